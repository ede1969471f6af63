/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Any bytes as result.json of a bundle that somebody made, for everything that reads one without a check of its sums: every view of the report (as fast as
 * it is with tables and a recording that are not there), diff, trace, replay and history. Text up to a line of "=====" is result.json, then measurements.csv,
 * then pulses.csv, then environment.json.
 */
#include <fcntl.h>
#include <ftw.h>
#include <string.h>
#include <sys/stat.h>

#include "diff.h"
#include "digest.h"
#include "memory_file.h"
#include "replay.h"
#include "run_record.h"
#include "trace_bundle.h"
#include "view.h"

enum { REPORT_CAP = 16 << 20 };

static char dir[] = "/tmp/fuzz_result_XXXXXX";

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *walk)
{
	(void)status, (void)type, (void)walk;
	return remove(path);
}

static void remove_folder(void)
{
	nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void put_file(const char *name, const void *data, size_t size)
{
	char path[128];
	snprintf(path, sizeof path, "%s/%s", dir, name);
	FILE *file = fopen(path, "w");
	if (!file || fwrite(data, 1, size, file) != size || fclose(file) != 0)
		abort();
}

static void try_views(void)
{
	static const char *const VIEWS[] = {"report.html.lua", "junit.xml.lua", "atml.xml.lua", "needs.json.lua", "requirements.reqif.lua"};
	const char *reports = getenv("TMSRIG_REPORTS");
	struct error error = {0};
	auto_evidence_view struct evidence_view *view = evidence_view_open(dir, &error);
	if (!view && !error.text[0])
		abort();
	for (size_t i = 0; view && i < sizeof VIEWS / sizeof *VIEWS; i++) {
		auto_text struct text out = text_make(REPORT_CAP);
		const struct view_source source = {.runs = &view, .count = 1};
		error.text[0] = '\0';
		if (!view_render(&source, reports ? reports : "reports", "views", VIEWS[i], &out, &error) && !error.text[0])
			abort();
	}
}

static void try_diff(void)
{
	static FILE *nowhere;
	struct error error = {0};
	struct replay replay;
	struct diff_measurands measurands = {0};
	if (!nowhere && !(nowhere = fopen("/dev/null", "w")))
		abort();
	struct json_emitter emitter = {.file = nowhere};
	struct diff_output output = {.json = &emitter};
	bool read = diff_read_measurands(dir, &measurands, &error);
	if (!read && !error.text[0])
		abort();
	if (replay_open(dir, &replay, &error)) {
		json_t *other =
			json_pack("{s:{s:s},s:[{s:s,s:s}]}", "bench", "id", "virtual", "requirements", "id", "A", "verdict", "pass");
		emit_open_object(&emitter, NULL);
		diff_show_setup(&output, replay.result, other);
		diff_show_environment(&output, replay.result, NULL);
		diff_show_plan(&output, other, replay.result);
		diff_show_measurands(&output, &measurands, &measurands);
		diff_show_verdicts(&output, replay.result, other);
		emit_close_object(&emitter);
		json_decref(other);
	}
	replay_finish(&replay);
	free(measurands.items);
}

static void try_trace(void)
{
	struct error error = {0};
	struct trace_bundle bundle;
	auto_arena struct arena *arena = arena_create(64 << 20);
	if (!arena || (!trace_bundle_read(&bundle, dir, arena, &error) && !error.text[0]))
		abort();
}

static void try_history(void)
{
	struct error error = {0};
	struct run_record *record = run_record_read(dir, &error);
	if (!record && !error.text[0])
		abort();
	run_record_destroy(record);
}

static void seal(const void *data, size_t size)
{
	char line[128], hex[DIGEST_HEX_SIZE];
	digest_bytes(data, size, hex);
	int length = snprintf(line, sizeof line, "%s  result.json\n", hex);
	put_file("SHA256SUMS", line, (size_t)length);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const NAMES[] = {"result.json", "measurements.csv", "pulses.csv", "environment.json"};
	static const char RULE[] = "\n=====\n";
	static bool made;
	if (!made && (!mkdtemp(dir) || atexit(remove_folder) != 0))
		abort();
	made = true;
	for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++) {
		const uint8_t *end = size > 0 ? memmem(data, size, RULE, sizeof RULE - 1) : NULL;
		size_t length = end ? (size_t)(end - data) : size;
		put_file(NAMES[i], data, length);
		if (i == 0)
			seal(data, length);
		size_t used = end ? length + sizeof RULE - 1 : length;
		data += used;
		size -= used;
	}
	try_views();
	try_diff();
	try_trace();
	try_history();
	return 0;
}
