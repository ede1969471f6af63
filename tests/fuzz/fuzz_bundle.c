/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any bytes as a packed bundle, as events, as a ledger, and as the manifest of a folder. */
#include <fcntl.h>
#include <ftw.h>
#include <string.h>
#include <sys/stat.h>

#include "bundle_zip.h"
#include "environment.h"
#include "event_log.h"
#include "ledger.h"
#include "manifest.h"
#include "memory_file.h"

static char dir[] = "/tmp/fuzz_bundle_XXXXXX";

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *walk)
{
	(void)status, (void)type;
	return walk->level > 0 ? remove(path) : 0;
}

static void empty_folder(void)
{
	nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void remove_folder(void)
{
	empty_folder();
	rmdir(dir);
}

static int count_one(const char *path, const struct stat *status, int type, struct FTW *walk)
{
	(void)status, (void)walk;
	/* Nothing but plain files and folders comes out of an archive, and all of it below. */
	if (strncmp(path, dir, strlen(dir)) != 0 || (type != FTW_F && type != FTW_D))
		abort();
	return 0;
}

static void try_zip(const char *path)
{
	static const struct bundle_zip_limits LIMITS = {1 << 20, 250, 64};
	struct error error = {0};
	char target[64];
	snprintf(target, sizeof target, "%s/out", dir);
	bool unpacked = bundle_zip_unpack(path, target, &LIMITS, &error);
	if (!unpacked && (!error.text[0] || access(target, F_OK) == 0))
		abort();
	nftw(dir, count_one, 16, FTW_PHYS);
	empty_folder();
}

static void put_file(const char *path, const uint8_t *data, size_t size)
{
	FILE *file = fopen(path, "w");
	if (!file || fwrite(data, 1, size, file) != size || fclose(file) != 0)
		abort();
}

static void try_manifest(const uint8_t *data, size_t size)
{
	char path[96];
	struct error error = {0};
	struct manifest_report report;
	static const char RESULT[] = "{\"a\": 1}\n";
	snprintf(path, sizeof path, "%s/result.json", dir);
	put_file(path, (const uint8_t *)RESULT, sizeof RESULT - 1);
	snprintf(path, sizeof path, "%s/" MANIFEST_FILE, dir);
	put_file(path, data, size);
	if (!manifest_check(dir, &report, &error))
		abort();
	for (size_t i = 0; i < report.finding_count; i++)
		for (const char *c = report.findings[i].text; *c; c++)
			if (*c < ' ' || *c > '~')
				abort();
	manifest_report_finish(&report);
	empty_folder();
}

static void try_logs(const uint8_t *data, size_t size)
{
	char path[96];
	snprintf(path, sizeof path, "%s/log", dir);
	put_file(path, data, size);
	struct error error = {0};
	struct event_log_state state;
	struct ledger_list list;
	/* What is read by its prefix must be read whole by the ledger as well, or be told with its line. */
	bool chained = event_log_check(path, NULL, NULL, &state, &error);
	if (!chained && !error.text[0])
		abort();
	error.text[0] = '\0';
	if (ledger_read(path, &list, NULL, &state, &error) ? !chained : !error.text[0])
		abort();
	ledger_list_finish(&list);
	empty_folder();
}

static void try_ambient(const uint8_t *data, size_t size)
{
	struct ambient ambient[AMBIENT_MAX];
	struct error error = {0};
	char *text = strndup((const char *)data, size);
	if (!text || (ambient_parse(text, ambient, &error) == 0 && !error.text[0]))
		abort();
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool made;
	if (!made && (!mkdtemp(dir) || atexit(remove_folder) != 0))
		abort();
	made = true;
	char path[64];
	int fd = memory_file(data, size, path);
	if (size >= 2 && data[0] == 'P' && data[1] == 'K')
		try_zip(path);
	try_logs(data, size);
	try_manifest(data, size);
	try_ambient(data, size);
	close(fd);
	return 0;
}
