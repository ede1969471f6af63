/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <criterion/criterion.h>
#include <ftw.h>
#include <string.h>
#include <sys/stat.h>
#include <zip.h>

#include "bundle_zip.h"
#include "digest.h"
#include "environment.h"
#include "event_log.h"
#include "ledger.h"
#include "manifest.h"

static char folder[] = "test_evidence_bundle_XXXXXX";

static void enter(void)
{
	cr_assert_not_null(mkdtemp(folder));
	cr_assert_eq(chdir(folder), 0);
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *walk)
{
	(void)status, (void)type, (void)walk;
	return remove(path);
}

static void leave(void)
{
	if (chdir("..") == 0)
		nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

TestSuite(evidence_bundle, .init = enter, .fini = leave);

static void put(const char *path, const void *bytes, size_t size)
{
	FILE *file = fopen(path, "wb");
	cr_assert(file && fwrite(bytes, 1, size, file) == size);
	cr_assert_eq(fclose(file), 0);
}

static void put_text(const char *path, const char *text)
{
	put(path, text, strlen(text));
}

static size_t get(const char *path, char *bytes, size_t size)
{
	FILE *file = fopen(path, "rb");
	cr_assert_not_null(file, "%s", path);
	size_t got = fread(bytes, 1, size, file);
	fclose(file);
	return got;
}

/* A folder of three files with its manifest. */
static void make_bundle(void)
{
	cr_assert_eq(mkdir("b", 0777), 0);
	cr_assert_eq(mkdir("b/inputs", 0777), 0);
	put_text("b/result.json", "{}\n");
	put_text("b/inputs/spec.yaml", "spec: x\n");
	put_text("b/empty", "");
	char *names[] = {(char *)"empty", (char *)"inputs/spec.yaml", (char *)"result.json"};
	struct error error;
	cr_assert(manifest_write("b", names, 3, &error), "%s", error.text);
}

static void expect_findings(size_t count, enum manifest_fault fault, const char *name, const char *words)
{
	struct error error;
	struct manifest_report report auto_manifest_report = {0};
	cr_assert(manifest_check("b", &report, &error), "%s", error.text);
	cr_assert_eq(report.finding_count, count, "%zu findings, first %s", report.finding_count,
		     report.finding_count ? report.findings[0].text : "none");
	if (count == 0)
		return;
	cr_expect_eq(report.findings[0].fault, fault, "%s", manifest_fault_name(report.findings[0].fault));
	cr_expect_str_eq(report.findings[0].name, name);
	cr_expect(strstr(report.findings[0].text, words), "%s", report.findings[0].text);
}

Test(evidence_bundle, manifest_of_sha256sum_holds)
{
	make_bundle();
	/* The SHA-256 of no bytes, FIPS 180-4. */
	char sums[1024] = "";
	get("b/SHA256SUMS", sums, sizeof sums - 1);
	cr_expect(strncmp(sums, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  empty\n", 72) == 0, "%s", sums);
	expect_findings(0, 0, "", "");
	struct error error;
	struct manifest_report report auto_manifest_report = {0};
	cr_assert(manifest_check("b", &report, &error));
	cr_expect_eq(report.file_count, 3);
	cr_expect_eq(report.byte_count, 11);
	cr_expect_eq(mkdir("b/signatures", 0777), 0);
	put_text("b/signatures/01-performed.json", "{}");
	expect_findings(0, 0, "", "");
}

Test(evidence_bundle, manifest_names_what_is_wrong)
{
	make_bundle();
	put_text("b/inputs/spec.yaml", "spec: y\n");
	expect_findings(1, MANIFEST_CHANGED, "inputs/spec.yaml", "inputs/spec.yaml: changed");
	cr_assert_eq(remove("b/inputs/spec.yaml"), 0);
	expect_findings(1, MANIFEST_MISSING, "inputs/spec.yaml", "missing");
	put_text("b/inputs/spec.yaml", "spec: x\n");
	put_text("b/inputs/more.yaml", "");
	expect_findings(1, MANIFEST_EXTRA, "inputs/more.yaml", "extra");
	cr_assert_eq(remove("b/inputs/more.yaml"), 0);
	cr_assert_eq(symlink("result.json", "b/zz"), 0);
	expect_findings(1, MANIFEST_KIND, "zz", "link");
	cr_assert_eq(remove("b/zz"), 0);
	cr_assert_eq(mkfifo("b/pipe", 0666), 0);
	expect_findings(1, MANIFEST_KIND, "pipe", "special");
	cr_assert_eq(remove("b/pipe"), 0);
	/* A file that became a link to one of the same content is no longer in the bundle. */
	cr_assert_eq(rename("b/result.json", "outside.json"), 0);
	cr_assert_eq(symlink("../outside.json", "b/result.json"), 0);
	expect_findings(2, MANIFEST_KIND, "result.json", "link");
}

Test(evidence_bundle, manifest_trusts_no_line)
{
	static const char HASH[] = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
	static const struct {
		const char *line, *name;
		enum manifest_fault fault;
	} LINES[] = {
		{"%s  ../outside\n", "../outside", MANIFEST_LEAVES},
		{"%s  /etc/passwd\n", "/etc/passwd", MANIFEST_LEAVES},
		{"%s  inputs//spec.yaml\n", "inputs//spec.yaml", MANIFEST_LEAVES},
		{"%s  ./empty\n", "./empty", MANIFEST_LEAVES},
		{"%s  inputs/../empty\n", "inputs/../empty", MANIFEST_LEAVES},
		{"%s  a\\b\n", "a\\b", MANIFEST_LEAVES},
		{"%s  SHA256SUMS\n", "SHA256SUMS", MANIFEST_LEAVES},
		{"%s  signatures/x\n", "signatures/x", MANIFEST_LEAVES},
		{"%s  empty\n", "empty", MANIFEST_TWICE},
		{"%s *empty\n", "SHA256SUMS", MANIFEST_LINE},
		{"%s empty\n", "SHA256SUMS", MANIFEST_LINE},
		{"%s  \n", "SHA256SUMS", MANIFEST_LINE},
		{"E%s  empty\n", "SHA256SUMS", MANIFEST_LINE},
		{"\n", "SHA256SUMS", MANIFEST_LINE},
		{"%s  nosuch", "SHA256SUMS", MANIFEST_LINE},
	};
	make_bundle();
	char good[1024] = "", bad[2048];
	size_t length = get("b/SHA256SUMS", good, sizeof good - 1);
	for (size_t i = 0; i < sizeof LINES / sizeof *LINES; i++) {
		memcpy(bad, good, length);
		/* One conversion at most; the table above is its only source. */
		const char *mark = strstr(LINES[i].line, "%s");
		int written = mark ? snprintf(bad + length, sizeof bad - length, "%.*s%s%s", (int)(mark - LINES[i].line), LINES[i].line,
					      HASH, mark + 2)
				   : snprintf(bad + length, sizeof bad - length, "%s", LINES[i].line);
		put("b/SHA256SUMS", bad, length + (size_t)written);
		expect_findings(1, LINES[i].fault, LINES[i].name, "");
	}
	put("b/SHA256SUMS", "", 0);
	expect_findings(4, MANIFEST_LINE, "SHA256SUMS", "empty");
	cr_assert_eq(remove("b/SHA256SUMS"), 0);
	expect_findings(1, MANIFEST_MISSING, "SHA256SUMS", "no whole bundle");
}

Test(evidence_bundle, manifest_messages_print)
{
	make_bundle();
	put_text("b/\x1b[2J\xff", "x");
	expect_findings(1, MANIFEST_EXTRA, "\x1b[2J\xff", "\\x1b[2J\\xff: extra");
}

static void write_events(const char *path, int count)
{
	struct error error;
	auto_event_log struct event_log *log = event_log_create(path, &error);
	cr_assert_not_null(log, "%s", error.text);
	for (int i = 0; i < count; i++) {
		emit_integer(event_log_begin(log, "tick"), "i", i);
		cr_assert(event_log_end(log, &error), "%s", error.text);
	}
}

static void expect_chain(const char *path, size_t lines, const char *words)
{
	struct error error = {0};
	struct event_log_state state;
	bool holds = event_log_check(path, NULL, NULL, &state, &error);
	cr_expect_eq(holds, words == NULL, "%s", error.text);
	cr_expect_eq(state.lines, lines, "%zu lines", state.lines);
	if (words)
		cr_expect(strstr(error.text, words), "%s", error.text);
}

Test(evidence_bundle, every_byte_of_every_line_but_the_last_is_in_the_chain)
{
	static char good[4096], bad[4096];
	write_events("events", 4);
	expect_chain("events", 4, NULL);
	size_t size = get("events", good, sizeof good);
	size_t last = size - 1;
	while (good[last - 1] != '\n')
		last--;
	for (size_t i = 0; i < last; i++) {
		memcpy(bad, good, size);
		bad[i] ^= 1;
		put("bad", bad, size);
		struct error error = {0};
		struct event_log_state state;
		cr_expect(!event_log_check("bad", NULL, NULL, &state, &error) || state.lines != 4, "byte %zu", i);
	}
}

Test(evidence_bundle, a_broken_chain_names_the_line)
{
	char text[4096];
	write_events("events", 4);
	size_t size = get("events", text, sizeof text - 1);
	text[size] = '\0';
	char *second = strchr(text, '\n') + 1;
	put_text("bad", second);
	expect_chain("bad", 0, "bad:1: the chain is broken");
	char *third = strchr(second, '\n') + 1;
	memmove(second, third, strlen(third) + 1);
	put_text("bad", text);
	expect_chain("bad", 1, "bad:2: the chain is broken");
	put("bad", "{\"n\": 0\0}\n", 10);
	expect_chain("bad", 0, "bad:1:");
	static char wide[EVENT_LOG_MAX_LINE + 10];
	memset(wide, 'x', sizeof wide);
	put("bad", wide, sizeof wide);
	expect_chain("bad", 0, "longer than 1 MiB");
	cr_assert_eq(symlink("events", "link"), 0);
	expect_chain("link", 0, "cannot read");
	expect_chain("nosuch", 0, "cannot read");
}

Test(evidence_bundle, a_torn_line_is_no_line_and_is_cut_off)
{
	struct error error;
	struct event_log_state state;
	write_events("log", 2);
	FILE *file = fopen("log", "a");
	cr_assert(file && fputs("{\"n\": 2, \"pre", file) >= 0 && fclose(file) == 0);
	cr_assert(event_log_check("log", NULL, NULL, &state, &error));
	cr_expect_eq(state.lines, 2);
	cr_expect_eq(state.torn_bytes, 13);
	auto_event_log struct event_log *log = event_log_open("log", NULL, NULL, &error);
	cr_assert_not_null(log, "%s", error.text);
	event_log_begin(log, "more");
	cr_assert(event_log_end(log, &error), "%s", error.text);
	cr_assert(event_log_check("log", NULL, NULL, &state, &error), "%s", error.text);
	cr_expect_eq(state.lines, 3);
	cr_expect_eq(state.torn_bytes, 0);
	cr_expect_str_eq(state.head, event_log_state(log).head);
}

static struct ledger_run a_run(const char *id, const char *serial)
{
	return (struct ledger_run){.run_id = id,
				   .command = "run",
				   .scenario = "smoke",
				   .plan_sha256 = "p",
				   .spec = "example",
				   .spec_sha256 = "s",
				   .bench = "x",
				   .device_serial = serial};
}

/* Begins and ends a run; returns how many like it came before. */
static size_t do_run(const char *id, const char *serial, const char *verdict)
{
	struct error error;
	struct ledger_place place;
	auto_ledger_list struct ledger_list earlier = {0};
	struct ledger_run run = a_run(id, serial);
	auto_ledger struct ledger *ledger = ledger_begin(".", &run, &earlier, &place, &error);
	cr_assert_not_null(ledger, "%s", error.text);
	if (verdict)
		cr_assert(ledger_end(ledger, verdict, "abc", &error), "%s", error.text);
	return earlier.count;
}

Test(evidence_bundle, the_ledger_knows_earlier_runs)
{
	struct error error;
	struct event_log_state state;
	cr_expect_eq(do_run("r0", "SN-1", "fail"), 0);
	cr_expect_eq(do_run("r1", "SN-2", "pass"), 0);
	cr_expect_eq(do_run("r2", "SN-1", NULL), 1);
	cr_expect_eq(do_run("r3", NULL, "pass"), 0);
	cr_expect_eq(do_run("r4", "SN-1", "pass"), 2);
	auto_ledger_list struct ledger_list list = {0};
	cr_assert(ledger_read(LEDGER_FILE, &list, NULL, &state, &error), "%s", error.text);
	cr_assert_eq(list.count, 5);
	cr_expect_eq(state.lines, 9);
	cr_expect_str_eq(list.entries[0].verdict, "fail");
	cr_expect_null(list.entries[2].verdict);
	cr_expect_str_eq(list.entries[4].sums_sha256, "abc");
	cr_expect_eq(list.entries[4].line, 8);
	char line[4096];
	FILE *file = fopen(LEDGER_FILE, "r");
	cr_assert_not_null(fgets(line, sizeof line, file));
	fclose(file);
	line[strcspn(line, "\n")] = '\0';
	char hex[DIGEST_HEX_SIZE];
	digest_bytes(line, strlen(line), hex);
	cr_expect_str_eq(list.entries[0].hash, hex);
}

Test(evidence_bundle, two_runs_share_a_ledger)
{
	struct error error;
	struct event_log_state state;
	struct ledger_place place[2];
	auto_ledger_list struct ledger_list none = {0}, one = {0}, list = {0};
	struct ledger_run run[] = {a_run("r0", "A"), a_run("r1", "A")};
	auto_ledger struct ledger *first = ledger_begin(".", &run[0], &none, &place[0], &error);
	auto_ledger struct ledger *second = ledger_begin(".", &run[1], &one, &place[1], &error);
	cr_assert(first && second, "%s", error.text);
	cr_expect_eq(one.count, 1);
	cr_assert(ledger_end(first, "pass", NULL, &error), "%s", error.text);
	cr_assert(ledger_end(second, "fail", NULL, &error), "%s", error.text);
	cr_assert(ledger_read(LEDGER_FILE, &list, NULL, &state, &error), "%s", error.text);
	cr_expect_str_eq(list.entries[0].verdict, "pass");
	cr_expect_str_eq(list.entries[1].verdict, "fail");
	/* Which ledger it is, and how far it had come, whatever else is in it. */
	cr_expect(place[0].line == 1 && place[0].runs_before == 0 && strcmp(place[0].first, place[0].hash) == 0);
	cr_expect(place[1].line == 2 && place[1].runs_before == 1 && strcmp(place[1].first, place[0].hash) == 0);
	cr_expect_str_eq(place[0].began, list.entries[0].time);
	cr_expect_str_eq(place[1].began, place[0].began);
	cr_expect_str_eq(list.entries[1].hash, place[1].hash);
}

Test(evidence_bundle, a_ledger_that_was_changed_stops_runs)
{
	static char text[8192];
	struct error error;
	struct event_log_state state;
	do_run("r0", "A", "fail");
	do_run("r1", "A", "pass");
	size_t size = get(LEDGER_FILE, text, sizeof text - 1);
	/* A run is taken out, with its end. */
	char *third = strchr(strchr(text, '\n') + 1, '\n') + 1;
	put("cut", third, size - (size_t)(third - text));
	cr_assert_eq(rename("cut", LEDGER_FILE), 0);
	auto_ledger_list struct ledger_list list = {0}, earlier = {0};
	cr_expect(!ledger_read(LEDGER_FILE, &list, NULL, &state, &error));
	cr_expect(strstr(error.text, LEDGER_FILE ":1: the chain is broken"), "%s", error.text);
	struct ledger_run run = a_run("r2", "A");
	struct ledger_place place;
	cr_expect_null(ledger_begin(".", &run, &earlier, &place, &error));
	cr_expect(strstr(error.text, "was changed") && strstr(error.text, ":1: the chain"), "%s", error.text);
}

Test(evidence_bundle, the_ledger_of_another_bench_is_refused)
{
	struct error error;
	struct ledger_place place;
	auto_ledger_list struct ledger_list earlier = {0};
	do_run("r0", "A", "pass");
	struct ledger_run run = a_run("r1", "A");
	static const char *const OTHERS[] = {"", "y", "xx"};
	for (size_t i = 0; i < sizeof OTHERS / sizeof *OTHERS; i++) {
		run.bench = OTHERS[i];
		cr_expect_null(ledger_begin(".", &run, &earlier, &place, &error));
		cr_expect(strstr(error.text, LEDGER_FILE ":1: a run of another bench"), "%s", error.text);
		ledger_list_finish(&earlier);
	}
}

Test(evidence_bundle, a_ledger_that_goes_away_is_told)
{
	struct error error;
	struct ledger_place place;
	auto_ledger_list struct ledger_list earlier = {0};
	struct ledger_run run = a_run("r0", NULL);
	auto_ledger struct ledger *ledger = ledger_begin(".", &run, &earlier, &place, &error);
	cr_assert_not_null(ledger, "%s", error.text);
	cr_assert_eq(remove(LEDGER_FILE), 0);
	cr_expect(!ledger_end(ledger, "pass", NULL, &error));
	cr_expect(strstr(error.text, "removed or cut"), "%s", error.text);
}

Test(evidence_bundle, an_end_without_a_beginning_is_no_ledger)
{
	struct error error;
	struct event_log_state state;
	auto_ledger_list struct ledger_list list = {0};
	write_events("ticks", 1);
	cr_expect(!ledger_read("ticks", &list, NULL, &state, &error));
	cr_expect(strstr(error.text, "ticks:1: not a line of a ledger"), "%s", error.text);
}

Test(evidence_bundle, run_ids_differ)
{
	struct error error;
	char a[LEDGER_RUN_ID_SIZE], b[LEDGER_RUN_ID_SIZE];
	cr_assert(ledger_make_run_id(a, &error) && ledger_make_run_id(b, &error));
	cr_expect_str_neq(a, b);
	cr_expect_eq(strlen(a), 29);
}

Test(evidence_bundle, ambient_is_read_or_refused)
{
	struct error error;
	struct ambient ambient[AMBIENT_MAX];
	cr_assert_eq(ambient_parse("temperature=21.5,humidity=40,pressure=101.3", ambient, &error), 3, "%s", error.text);
	cr_expect_eq(ambient[0].value, 21.5);
	cr_expect_str_eq(ambient[1].unit, "%");
	static const char *const BAD[] = {"",
					  "temperature",
					  "temperature=",
					  "temperature=x",
					  "temperature=nan",
					  "temperature=294.65",
					  "humidity=101",
					  "pressure=1013",
					  "light=5",
					  "humidity=40,",
					  "humidity=40,humidity=41",
					  "temperature=21C"};
	for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++)
		cr_expect_eq(ambient_parse(BAD[i], ambient, &error), 0, "%s", BAD[i]);
}

/* An archive with these entries, then every occurrence of one text in its bytes replaced by another of the same length. */
static void make_zip(const char *const names[], size_t count, const char *content, size_t size, int method, const char *from,
		     const char *to)
{
	static char bytes[1 << 16];
	remove("x.zip");
	zip_t *archive = zip_open("x.zip", ZIP_CREATE, NULL);
	for (size_t i = 0; i < count; i++) {
		zip_int64_t index = zip_file_add(archive, names[i], zip_source_buffer(archive, content, size, 0), 0);
		cr_assert(index >= 0 && zip_set_file_compression(archive, (zip_uint64_t)index, method, 9) == 0);
	}
	cr_assert_eq(zip_close(archive), 0);
	size_t length = get("x.zip", bytes, sizeof bytes);
	cr_assert(length < sizeof bytes);
	for (size_t i = 0; from && i + strlen(from) <= length; i++)
		if (memcmp(bytes + i, from, strlen(from)) == 0)
			memcpy(bytes + i, to, strlen(to));
	put("x.zip", bytes, length);
}

static void expect_refused(const char *words)
{
	struct error error = {0};
	cr_expect(!bundle_zip_unpack("x.zip", "out", &bundle_zip_default_limits, &error), "%s", words);
	cr_expect_eq(error.kind, ERROR_CONFIG, "%s", error.text);
	cr_expect(strstr(error.text, words), "%s instead of %s", error.text, words);
	cr_expect_neq(access("out", F_OK), 0, "something is left behind");
	cr_expect_neq(access("yyyy", F_OK), 0, "something was written outside");
}

Test(evidence_bundle, a_bundle_goes_through_a_zip)
{
	struct error error;
	static char one[1 << 16], two[1 << 16];
	make_bundle();
	cr_assert(bundle_zip_pack("b/", "one.zip", &error), "%s", error.text);
	cr_assert(bundle_zip_pack("./b", "two.zip", &error), "%s", error.text);
	size_t size = get("one.zip", one, sizeof one);
	cr_expect_eq(get("two.zip", two, sizeof two), size);
	cr_expect_arr_eq(one, two, size);
	cr_expect(!bundle_zip_pack("b", "one.zip", &error), "an archive is overwritten");
	cr_assert_eq(rename("b", "before"), 0);
	cr_assert(bundle_zip_unpack("one.zip", "b", &bundle_zip_default_limits, &error), "%s", error.text);
	expect_findings(0, 0, "", "");
	cr_expect(!bundle_zip_unpack("one.zip", "b", &bundle_zip_default_limits, &error), "a folder is overwritten");
	expect_findings(0, 0, "", "");
}

Test(evidence_bundle, hostile_names_are_refused)
{
	static const char *const TWO[] = {"top/xx/yyyy", "top/zz"};
	static const struct {
		const char *from, *to, *words;
	} CASES[] = {
		{"top/xx/yyyy", "top/../yyyy", "entry 'top/../yyyy' is not a plain path"},
		{"top/xx/yyyy", "/op/xx/yyyy", "entry '/op/xx/yyyy' is not a plain path"},
		{"top/xx/yyyy", "top//x/yyyy", "is not a plain path"},
		{"top/xx/yyyy", "top/./xyyyy", "is not a plain path"},
		{"top/xx/yyyy", "top\\xx\\yyyy", "is not a plain path"},
		{"top/xx/yyyy", "top/x\n/yyyy", "entry 'top/x\\x0a/yyyy' is not a plain path"},
		{"top/xx/yyyy", "toq/xx/yyyy", "is not in the same top folder"},
		{"top/xx/yyyy", "topxxx_yyyy", "is not a plain path"},
		{"top/zz", "top/xx", "entry 'top/xx' comes twice, or is both"},
	};
	for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
		make_zip(TWO, 2, "hello", 5, ZIP_CM_STORE, CASES[i].from, CASES[i].to);
		expect_refused(CASES[i].words);
	}
	static const char *const SAME[] = {"top/aa", "top/bb"};
	make_zip(SAME, 2, "hello", 5, ZIP_CM_STORE, "top/bb", "top/aa");
	expect_refused("'top/aa' comes twice");
}

Test(evidence_bundle, links_are_refused)
{
	static const char *const ONE[] = {"top/link"};
	make_zip(ONE, 1, "/etc/passwd", 11, ZIP_CM_STORE, NULL, NULL);
	zip_t *archive = zip_open("x.zip", 0, NULL);
	cr_assert_eq(zip_file_set_external_attributes(archive, 0, 0, ZIP_OPSYS_UNIX, (zip_uint32_t)(S_IFLNK | 0777) << 16), 0);
	cr_assert_eq(zip_close(archive), 0);
	expect_refused("entry 'top/link' is a link");
}

Test(evidence_bundle, bombs_are_refused)
{
	static char zeros[4 << 20];
	static const char *const ONE[] = {"top/zeros"}, *const MANY[] = {"top/a", "top/b", "top/c"};
	make_zip(ONE, 1, zeros, sizeof zeros, ZIP_CM_DEFLATE, NULL, NULL);
	expect_refused("entry 'top/zeros' unpacks to far more");
	struct error error;
	struct bundle_zip_limits limits = bundle_zip_default_limits;
	make_zip(MANY, 3, "hello", 5, ZIP_CM_STORE, NULL, NULL);
	limits.total_bytes = 14;
	cr_expect(!bundle_zip_unpack("x.zip", "out", &limits, &error));
	cr_expect(strstr(error.text, "entry 'top/c' takes the archive beyond"), "%s", error.text);
	limits = bundle_zip_default_limits;
	limits.files = 2;
	cr_expect(!bundle_zip_unpack("x.zip", "out", &limits, &error));
	cr_expect(strstr(error.text, "3 entries; at most 2"), "%s", error.text);
	cr_expect_neq(access("out", F_OK), 0);
}

Test(evidence_bundle, damaged_archives_leave_nothing)
{
	static char bytes[1 << 16];
	static const char *const TWO[] = {"top/a/first", "top/b/second"};
	make_zip(TWO, 2, "hello world", 11, ZIP_CM_STORE, "secondhello", "secondhellO");
	expect_refused("entry 'top/b/second' is damaged");
	make_zip(TWO, 2, "hello world", 11, ZIP_CM_STORE, NULL, NULL);
	size_t size = get("x.zip", bytes, sizeof bytes);
	for (size_t length = 0; length < size; length += 7) {
		put("x.zip", bytes, length);
		expect_refused("x.zip");
	}
}
