/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <time.h>

#include "command.h"
#include "config.h"
#include "digest.h"
#include "folder.h"
#include "inputs.h"
#include "json_emit.h"
#include "paths.h"
#include "qualify.h"
#include "verdict.h"

#define SUMS "SHA256SUMS"

struct qualify_arguments {
	const char *out, *file, *operator_name;
	bool verbose;
};

enum { KEY_OPERATOR = 256 };

static const struct argp_option OPTIONS[] = {
	{"out", 'o', "DIR", 0, "Folder to make for the record (default: evidence/TIME-qualification)", 0},
	{"file", 'f', "FILE", 0, "The cases, or a name below fixtures/qualification (default: virtual)", 0},
	{"operator", KEY_OPERATOR, "NAME", 0, "Who qualifies", 0},
	{"verbose", 'v', 0, 0, "Print every check, not only a line a case and what is not as expected", 0},
	{0},
};

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
	struct qualify_arguments *arguments = state->input;
	switch (key) {
	case 'o': arguments->out = argument; return 0;
	case 'f': arguments->file = argument; return 0;
	case KEY_OPERATOR: arguments->operator_name = argument; return 0;
	case 'v': arguments->verbose = true; return 0;
	case ARGP_KEY_ARG: argp_error(state, "'%s' is not expected", argument); return 0;
	default: return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp ARGP = {
	OPTIONS,
	parse_option,
	NULL,
	"Qualifies the tool on this machine (operational qualification): runs sessions on virtual devices that are healthy, or wrong in a "
	"known way, and "
	"checks that each comes out as it must. Leaves a record for the file of the tool's validation.\n"
	"Exit status: 0 all as expected, 4 something is not.",
	NULL,
	NULL,
	NULL,
};

static void utc_now(char out[32])
{
	time_t now = time(NULL);
	struct tm parts;
	gmtime_r(&now, &parts);
	strftime(out, 32, "%Y-%m-%dT%H:%M:%SZ", &parts);
}

/* The record under construction. */
struct record {
	char final[PATH_MAX], work[PATH_MAX];
	const struct qualification *qualification;
	const struct qualify_arguments *arguments;
	struct qualify_table table;
	char started[32], ended[32], program_sha256[DIGEST_HEX_SIZE], cases_sha256[DIGEST_HEX_SIZE];
};

static bool begin_record(struct record *record, struct error *error)
{
	char stamp[32], cases[PATH_MAX];
	struct stat status;
	utc_now(record->started);
	/* 20261122-031500 */
	snprintf(stamp, sizeof stamp, "%.4s%.2s%.2s-%.2s%.2s%.2s", record->started, record->started + 5, record->started + 8,
		 record->started + 11, record->started + 14, record->started + 17);
	const char *out = record->arguments->out;
	int length = out ? snprintf(record->final, sizeof record->final, "%s", out)
			 : snprintf(record->final, sizeof record->final, "evidence/%s-qualification", stamp);
	while (length > 1 && record->final[length - 1] == '/')
		record->final[--length] = '\0';
	if (length < 1 || length > PATH_MAX / 2)
		return error_config(error, "--out: a folder is needed");
	if (lstat(record->final, &status) == 0)
		return error_config(error, "%s: already exists; a record is never overwritten, choose another folder", record->final);
	snprintf(record->work, sizeof record->work, "%.*s.incomplete", length, record->final);
	if (lstat(record->work, &status) == 0)
		return error_config(error,
				    "%s: already exists, left by a qualification that did not end; remove it or choose another folder",
				    record->work);
	snprintf(cases, sizeof cases, "%.*s/cases", PATH_MAX - 16, record->work);
	return folder_make(record->work, error) && folder_make(cases, error) &&
	       digest_file("/proc/self/exe", record->program_sha256, error) &&
	       digest_file(record->qualification->file, record->cases_sha256, error);
}

static void print_rows(FILE *out, const struct qualify_table *table, size_t from, bool all)
{
	for (size_t i = from; i < table->count; i++) {
		const struct qualify_row *row = &table->rows[i];
		if (all || !row->ok)
			fprintf(out, "  %-6s %-32s expected %s, seen %s\n", row->ok ? "ok" : "NOT OK", row->check, row->expected,
				row->seen);
	}
}

static void print_case(FILE *out, const struct qualification_case *one, const struct qualify_table *table, size_t from, bool all)
{
	size_t failed = 0;
	for (size_t i = from; i < table->count; i++)
		failed += !table->rows[i].ok;
	fprintf(out, "%-6s %-20s %s (%zu check%s)\n", failed ? "NOT OK" : "ok", one->id, one->title, table->count - from,
		table->count - from == 1 ? "" : "s");
	print_rows(out, table, from, all);
	fflush(out);
}

static bool run_case(struct record *record, const struct qualification_case *one, FILE *text, struct error *error)
{
	size_t from = record->table.count;
	auto_free struct qualify_run *runs = calloc(one->runs, sizeof *runs);
	if (!runs)
		return error_bench(error, "out of memory");
	for (unsigned r = 0; r < one->runs; r++) {
		runs[r] = (struct qualify_run){.of = one, .folder = record->work, .seed = one->seed + r};
		if (atomic_load(&command_abort))
			return error_set(error, ERROR_ABORTED, "stopped by the operator");
		if (!qualify_start(&runs[r], error))
			return false;
	}
	qualify_check(&record->table, one, runs);
	print_case(text, one, &record->table, from, true);
	print_case(stdout, one, &record->table, from, record->arguments->verbose);
	return true;
}

static void print_head(FILE *out, const struct record *record)
{
	struct utsname machine;
	uname(&machine);
	fprintf(out, "%s (%s)\n", record->qualification->title, record->qualification->file);
	fprintf(out, "tmsrig %s (%s), SHA-256 of the program %s\n", COMMAND_VERSION, COMMAND_BUILD, record->program_sha256);
	fprintf(out, "SHA-256 of the cases %s\n", record->cases_sha256);
	fprintf(out, "%s %s %s, begun %s%s%s\n\n", machine.sysname, machine.release, machine.machine, record->started,
		record->arguments->operator_name ? " by " : "", record->arguments->operator_name ? record->arguments->operator_name : "");
}

static void print_foot(FILE *out, const struct record *record)
{
	const struct qualification *qualification = record->qualification;
	fprintf(out, "\n%zu cases, %zu checks, %zu not as expected: %s\n", qualification->case_count, record->table.count,
		record->table.failed, record->table.failed ? "NOT QUALIFIED" : "qualified");
	fprintf(out, "\nThis does not show:\n");
	for (size_t i = 0; i < qualification->gap_count; i++)
		fprintf(out, "  - %s\n    (%s)\n", qualification->gaps[i].what, qualification->gaps[i].by);
}

static bool write_json(const struct record *record, struct error *error)
{
	char path[PATH_MAX];
	struct utsname machine;
	const struct qualification *qualification = record->qualification;
	uname(&machine);
	snprintf(path, sizeof path, "%.*s/qualification.json", PATH_MAX - 32, record->work);
	auto_file FILE *file = fopen(path, "wxe");
	if (!file)
		return error_errno(error, ERROR_BENCH, "%s", path);
	struct json_emitter emitter = {.file = file}, *json = &emitter;
	emit_open_object(json, NULL);
	emit_string(json, "schema", "tmsrig-qualification-1");
	emit_string(json, "qualification", qualification->id);
	emit_string(json, "file", qualification->file);
	emit_string(json, "file_sha256", record->cases_sha256);
	emit_string(json, "version", COMMAND_VERSION);
	emit_string(json, "build", COMMAND_BUILD);
	emit_string(json, "program_sha256", record->program_sha256);
	emit_string(json, "operator", record->arguments->operator_name);
	emit_string(json, "started", record->started);
	emit_string(json, "ended", record->ended);
	emit_open_object(json, "machine");
	emit_string(json, "system", machine.sysname);
	emit_string(json, "release", machine.release);
	emit_string(json, "kernel", machine.version);
	emit_string(json, "machine", machine.machine);
	emit_string(json, "node", machine.nodename);
	emit_close_object(json);
	emit_boolean(json, "qualified", record->table.failed == 0);
	emit_unsigned(json, "checks_failed", record->table.failed);
	emit_open_array(json, "checks");
	for (size_t i = 0; i < record->table.count; i++) {
		const struct qualify_row *row = &record->table.rows[i];
		emit_open_object(json, NULL);
		emit_string(json, "case", row->id);
		emit_string(json, "check", row->check);
		emit_string(json, "expected", row->expected);
		emit_string(json, "seen", row->seen);
		emit_boolean(json, "ok", row->ok);
		emit_close_object(json);
	}
	emit_close_array(json);
	emit_open_array(json, "not_shown");
	for (size_t i = 0; i < qualification->gap_count; i++) {
		emit_open_object(json, NULL);
		emit_string(json, "what", qualification->gaps[i].what);
		emit_string(json, "by", qualification->gaps[i].by);
		emit_close_object(json);
	}
	emit_close_array(json);
	emit_close_object(json);
	bool failed = ferror(file) != 0;
	failed |= fclose(steal(&file)) != 0;
	return !failed || error_errno(error, ERROR_BENCH, "%s", path);
}

/* SHA256SUMS over everything, then the final name. */
static bool end_record(struct record *record, struct error *error)
{
	char path[PATH_MAX];
	auto_folder_list struct folder_list *files = folder_list(record->work, error);
	if (!files)
		return false;
	snprintf(path, sizeof path, "%.*s/" SUMS, PATH_MAX - 32, record->work);
	auto_file FILE *sums = fopen(path, "wxe");
	if (!sums)
		return error_errno(error, ERROR_BENCH, "%s", path);
	for (size_t i = 0; i < files->count; i++) {
		char hex[DIGEST_HEX_SIZE], file[2 * PATH_MAX];
		snprintf(file, sizeof file, "%s/%s", record->work, files->names[i]);
		if (!digest_file(file, hex, error))
			return false;
		fprintf(sums, "%s  %s\n", hex, files->names[i]);
	}
	bool failed = ferror(sums) != 0;
	failed |= fclose(steal(&sums)) != 0;
	if (failed)
		return error_errno(error, ERROR_BENCH, "%s", path);
	return folder_sync(record->work, files, SUMS, error) && folder_rename(record->work, record->final, error);
}

static bool qualify_all(struct record *record, struct error *error)
{
	char path[PATH_MAX];
	if (!begin_record(record, error))
		return false;
	snprintf(path, sizeof path, "%.*s/qualification.txt", PATH_MAX - 32, record->work);
	auto_file FILE *text = fopen(path, "wxe");
	if (!text)
		return error_errno(error, ERROR_BENCH, "%s", path);
	print_head(text, record);
	print_head(stdout, record);
	for (size_t i = 0; i < record->qualification->case_count; i++)
		if (!run_case(record, &record->qualification->cases[i], text, error))
			return false;
	utc_now(record->ended);
	print_foot(text, record);
	print_foot(stdout, record);
	bool failed = ferror(text) != 0;
	failed |= fclose(steal(&text)) != 0;
	if (failed)
		return error_errno(error, ERROR_BENCH, "%s", path);
	return write_json(record, error) && end_record(record, error);
}

static int qualify(int argc, char **argv)
{
	struct qualify_arguments arguments = {.file = "virtual"};
	struct error error = {0};
	inputs_argp(&ARGP, "qualify", argc, argv, &arguments);
	char fixtures[PATH_MAX];
	if (!paths_data("fixtures", fixtures, sizeof fixtures, &error))
		return command_fail(&error);
	auto_qualification struct qualification *qualification = config_load_qualification(arguments.file, fixtures, &error);
	if (!qualification)
		return command_fail(&error);
	auto_free struct qualify_row *rows = calloc(QUALIFY_ROWS_MAX, sizeof *rows);
	struct record record = {.qualification = qualification, .arguments = &arguments, .table = {.rows = rows}};
	if (!rows)
		error_bench(&error, "out of memory");
	if (!rows || !qualify_all(&record, &error))
		return command_fail(&error);
	printf("\nrecord: %s\n", record.final);
	return record.table.failed ? EXIT_BENCH_FAULT : EXIT_CONFORMANT;
}

const struct command command_qualify = {"qualify", "show that the tool works here: faults are caught", qualify};
