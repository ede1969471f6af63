/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bundle_record.h"

#include <limits.h>
#include <string.h>

#include "command.h"
#include "companion.h"
#include "digest.h"
#include "environment.h"
#include "manifest.h"
#include "paths.h"
#include "report.h"

enum { PLAN_TEXT_CAP = 1 << 28 };

/* A simulated device is told by its seed and what is wrong with it: with others it is another device. */
static char *device_key(const struct session_setup *setup)
{
	const struct sim_setup *sim = &setup->bench->sim;
	if (!bench_setup_simulated(setup->bench))
		return setup->device_serial ? strdup(setup->device_serial) : NULL;
	auto_text struct text text = text_make(4096);
	text_printf(&text, "%s%ssimulated, seed %llu", setup->device_serial ? setup->device_serial : "", setup->device_serial ? ", " : "",
		    (unsigned long long)sim->seed);
	for (size_t i = 0; i < sim->fault_count; i++)
		text_printf(&text, ", %s=%zu:%g", sim_fault_name(sim->faults[i].kind), (size_t)sim->faults[i].pulse, sim->faults[i].value);
	return text_take(&text);
}

static bool write_environment(const struct bundle_record *record, const struct session_setup *setup, struct bench *bench, const char *path,
			      struct error *error)
{
	struct environment_instrument instruments[PORTS_MAX_NOTES];
	const struct ports *ports = bench ? bench_ports(bench) : NULL;
	char templates[PATH_MAX], templates_sha256[DIGEST_HEX_SIZE];
	if (!paths_data("reports", templates, sizeof templates, error) || !report_fingerprint(templates, templates_sha256, error))
		return false;
	struct environment_facts facts = {
		.run_id = record->run_id,
		.command = setup->command,
		.version = COMMAND_VERSION,
		.build = COMMAND_BUILD,
		.templates_sha256 = templates_sha256,
		.operator_name = setup->operator_name,
		.device_serial = setup->device_serial,
		.ambient = setup->ambient,
		.ambient_count = setup->ambient_count,
		.instruments = instruments,
		.opened = bench,
	};
	char paths[2][PATH_MAX];
	size_t companions = 0;
	struct error not_installed;
	if (companion_path("tmsrig-guardian", "guardian", paths[0], sizeof paths[0], &not_installed))
		facts.companions[companions++] = paths[0];
	if (companion_path("tmsrig-sigrok", "sigrok", paths[1], sizeof paths[1], &not_installed))
		facts.companions[companions++] = paths[1];
	for (size_t i = 0; ports && i < ports->note_count; i++)
		instruments[facts.instrument_count++] =
			(struct environment_instrument){ports->notes[i].part, ports->notes[i].key, ports->notes[i].value};
	return environment_write(path, &facts, error);
}

static bool plan_hash(const struct plan *plan, char hex[DIGEST_HEX_SIZE], struct error *error)
{
	auto_text struct text text = text_make(PLAN_TEXT_CAP);
	plan_serialise(plan, &text);
	if (text.overflown)
		return error_bench(error, "%s: no memory to hash the plan", plan->path);
	digest_bytes(text_view(&text), text.length, hex);
	return true;
}

/* A recording is known by its file, where no scenario is told. */
static const char *subject_of(const struct session_setup *setup)
{
	return setup->recording ? setup->recording : setup->plan ? setup->plan->id : "";
}

static bool enter_ledger(struct bundle_record *record, const struct session_setup *setup, struct error *error)
{
	char dir[PATH_MAX];
	auto_free char *device = device_key(setup);
	if (!paths_state(setup->bench->id, dir, sizeof dir, error) ||
	    (setup->plan && !plan_hash(setup->plan, record->plan_sha256, error)) ||
	    !digest_file(setup->spec->file, record->spec_sha256, error))
		return false;
	const struct ledger_run run = {
		.run_id = record->run_id,
		.command = setup->command,
		.scenario = subject_of(setup),
		.plan_sha256 = setup->plan ? record->plan_sha256 : NULL,
		.spec = setup->spec->id,
		.spec_sha256 = record->spec_sha256,
		.bench = setup->bench->id,
		.device_serial = device,
		.operator_name = setup->operator_name,
		.reason = setup->reason,
	};
	record->ledger = ledger_begin(dir, &run, &record->earlier, &record->place, error);
	return record->ledger;
}

bool bundle_record_begin(struct bundle_record *record, const struct session_setup *setup, struct bench *bench, struct evidence *evidence,
			 struct error *error)
{
	*record = (struct bundle_record){0};
	if (!ledger_make_run_id(record->run_id, error))
		return false;
	record->log = run_log_create(evidence_path(evidence, "events.jsonl"), setup->plan, error);
	if (!record->log || !write_environment(record, setup, bench, evidence_path(evidence, "environment.json"), error) ||
	    !enter_ledger(record, setup, error))
		return false;
	record->identity = (struct evidence_identity){
		.run_id = record->run_id,
		.reason = setup->reason,
		.ledger = &record->place,
		.plan_sha256 = setup->plan ? record->plan_sha256 : NULL,
		.spec_sha256 = record->spec_sha256,
		.earlier = &record->earlier,
	};
	return run_log_started(record->log, record->run_id, setup->command, setup->bench->id, subject_of(setup), record->place.hash, error);
}

bool bundle_record_ended(struct bundle_record *record, enum verdict overall, struct error *error)
{
	bool ended = run_log_ended(record->log, verdict_name(overall), &record->identity.events, error);
	run_log_destroy(steal(&record->log));
	return ended;
}

bool bundle_record_commit(struct bundle_record *record, struct evidence *evidence, enum verdict overall, struct error *error)
{
	char hex[DIGEST_HEX_SIZE];
	bool committed = evidence_seal(evidence, error) && digest_file(evidence_path(evidence, MANIFEST_FILE), hex, error) &&
			 ledger_end(record->ledger, verdict_name(overall), hex, error) && evidence_commit(evidence, error);
	return committed || error_prefix(error, "evidence");
}

void bundle_record_failed(struct bundle_record *record, const struct error *why)
{
	struct error ignored;
	struct event_log_state state;
	if (record->log)
		run_log_say(record->log, "error", why->text);
	bool told = record->log && run_log_ended(record->log, "failed", &state, &ignored);
	told = record->ledger && ledger_end(record->ledger, "failed", NULL, &ignored) && told;
	(void)told;
}

void bundle_record_finish(struct bundle_record *record)
{
	run_log_destroy(record->log);
	ledger_close(record->ledger);
	ledger_list_finish(&record->earlier);
	*record = (struct bundle_record){0};
}

void bundle_record_not_started(const struct session_setup *setup, const struct error *why)
{
	struct error error = {0};
	auto_bundle_record struct bundle_record record = {0};
	auto_evidence struct evidence *evidence = evidence_begin(setup->out, &error);
	if (!evidence)
		return;
	bool begun = bundle_record_begin(&record, setup, NULL, evidence, &error);
	bundle_record_failed(&record, why);
	if (!evidence_fail(evidence, &error) || !begun)
		fprintf(stderr, "tmsrig: note: the record of the failure is not whole: %s\n", error.text);
	fprintf(stderr, "tmsrig: the run did not start; its record is in %s\n", evidence_path(evidence, ""));
}
