/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "session.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>

#include "bundle_record.h"
#include "command.h"
#include "inputs.h"
#include "judging.h"
#include "measure.h"
#include "operator_prompt.h"
#include "paths.h"
#include "report.h"
#include "run.h"
#include "scan.h"
#include "sim.h"
#include "tee.h"
#include "terminal.h"

const struct driver *const SESSION_DRIVERS[] = {
	&driver_sim,
	&driver_file,
	&driver_monotonic,
	&driver_sigrok,
	&driver_sigrok_frame,
	&driver_magstim,
	&driver_magventure,
	&driver_generic,
#ifdef TMSRIG_GPIOD
	&driver_gpiod,
#endif
#ifdef TMSRIG_IIO
	&driver_iio,
	&driver_iio_dac,
#endif
#if defined(TMSRIG_GPIOD) && defined(TMSRIG_IIO)
	&driver_relays,
#endif
	NULL,
};

struct session {
	const struct session_setup *setup;
	struct progress progress;
	struct measure *measure;
	struct run_log *log;
	struct safety safety;
	struct operator_prompt prompt;
	bool fires;    /* on a bench, and it is open: it must be left safe. Cleared once the run itself sees to that */
	double time_s; /* of the recording, until now */
};

/* Pulses and seconds until now; the plan's own seconds do not count its waits, so the time may go beyond them. */
static void show_progress(struct session *session, double fraction)
{
	char words[96];
	size_t pulses = measure_pulses_so_far(session->measure);
	if (session->setup->plan)
		snprintf(words, sizeof words, "%.1f s, %zu of %zu pulses", session->time_s, pulses, session->setup->plan->pulse_count);
	else
		snprintf(words, sizeof words, "%.1f s, %zu pulses", session->time_s, pulses);
	progress_update(&session->progress, fraction, words);
}

/* 100 % is shown when all is recorded and measured, and not before. */
static void on_progress(void *self, const struct run_progress *progress)
{
	struct session *session = self;
	session->time_s = progress->time_s;
	double fraction = progress->planned_s > 0 ? progress->time_s / progress->planned_s : 0;
	show_progress(session, fraction > 0.999 ? 0.999 : fraction);
}

static void on_ask(void *self, const char *text)
{
	struct session *session = self;
	run_log_say(session->log, "prompt", text);
	progress_end(&session->progress);
	operator_prompt_ask(&session->prompt, STDIN_FILENO, text);
}

static enum run_answer on_answer(void *self, double patience_s)
{
	struct session *session = self;
	enum run_answer answer = operator_prompt_answer(&session->prompt, patience_s);
	switch (answer) {
	case ANSWER_NONE: break;
	case ANSWER_CONFIRMED: run_log_say(session->log, "answer", "confirmed"); break;
	case ANSWER_REFUSED:
		run_log_say(session->log, "answer", isatty(STDIN_FILENO) ? "not confirmed" : "nobody is there to answer");
		break;
	}
	return answer;
}

static void on_notice(void *self, const char *text)
{
	struct session *session = self;
	progress_end(&session->progress);
	run_log_say(session->log, "notice", text);
	fprintf(stderr, "tmsrig: note: %s\n", text);
}

static void on_step(void *self, uint32_t step, const struct error *why_not)
{
	struct session *session = self;
	run_log_did(session->log, step, why_not);
}

static void utc_now(char *out, size_t size)
{
	time_t now = time(NULL);
	struct tm parts;
	gmtime_r(&now, &parts);
	strftime(out, size, "%Y-%m-%dT%H:%M:%SZ", &parts);
}

/* Pushes the recording through scan, store and measure. *finished: the sinks are complete, so there is something to judge. */
static bool record(struct session *session, struct bench *bench, const char *store_path, bool *finished, struct error *error)
{
	const struct session_setup *setup = session->setup;
	*finished = false;
	auto_store struct store *store = store_create(store_path, error);
	if (!store)
		return false;
	struct tee kept = tee_make(store_sink(store), measure_sink(session->measure));
	struct tee tee = tee_make(tee_sink(&kept), run_log_sink(session->log));
	struct reduced_sink reduced = tee_sink(&tee);
	auto_scan struct scan *scan = scan_create(&reduced, error);
	if (!scan)
		return false;
	struct recording_sink sink = scan_sink(scan);
	struct run_options options = {.progress = setup->quiet ? NULL : on_progress,
				      .ask = on_ask,
				      .answer = on_answer,
				      .notice = on_notice,
				      .did = on_step,
				      .self = session,
				      .abort = &command_abort,
				      .safety = &session->safety};
	session->fires = false;
	if (setup->plan && !setup->recording)
		return run_plan(bench, setup->plan, &sink, &options, finished, error);
	*finished = run_recording(bench, &sink, &options, error);
	return *finished;
}

static bool write_report(struct evidence *evidence, struct error *error)
{
	char templates[PATH_MAX];
	if (!paths_data("reports", templates, sizeof templates, error))
		return false;
	const char *dir = evidence_path(evidence, "");
	if (!report_render(dir, templates, dir, error))
		return error_prefix(error, "report");
	return true;
}

static int print_result_json(const char *out)
{
	char path[PATH_MAX], bytes[65536];
	snprintf(path, sizeof path, "%s/result.json", out);
	auto_file FILE *file = fopen(path, "re");
	if (!file)
		return -1;
	for (size_t count; (count = fread(bytes, 1, sizeof bytes, file)) > 0;)
		fwrite(bytes, 1, count, stdout);
	return 0;
}

static void print_verdicts(const struct session_setup *setup, const struct judgement *judgements, const struct results *results,
			   enum verdict overall)
{
	if (!setup->quiet && !setup->json)
		terminal_verdicts(stdout, terminal_width(stdout), terminal_colours(stdout), results, judgements, setup->spec->count,
				  overall, setup->plan ? (long)setup->plan->pulse_count : -1);
}

/* Loud where the safe state was not seen; where it was, the evidence says so. */
static void tell_safety(const struct session_setup *setup, const struct safety *safety)
{
	if (!safety)
		return;
	if (safety->tripped)
		fprintf(stderr, "tmsrig: STOPPED BY A MONITOR (%s, %s): %s\n", monitor_name(safety->monitor),
			monitor_blames_device(safety->monitor) ? "against the device" : "a fault of the bench", safety->trip_text);
	switch (safety->proof) {
	case SAFE_PROVEN: break;
	case SAFE_NOT_PROVEN: fprintf(stderr, "tmsrig: %s; no pass is given. MAKE SURE THAT THE DEVICE IS SAFE\n", safety->text); break;
	case SAFE_NOT_PROVABLE: fprintf(stderr, "%s: warning: %s\n", setup->bench->file, safety->text); break;
	}
}

static void tell_time_base(const struct session_setup *setup, const struct results *results)
{
	char note[400];
	if (time_base_note(&results->time_base, note, sizeof note))
		fprintf(stderr, "%s: warning: %s\n", setup->bench->file, note);
	if (results->edges_dropped > 0)
		fprintf(stderr, "%s: warning: %zu edges of the logic analyser were not kept, a line switched without end\n",
			setup->bench->file, results->edges_dropped);
}

/* The first attempt counts: a pass that came after others is never shown alone. */
static void print_attempt(const struct session_setup *setup, const struct ledger_list *earlier)
{
	size_t passed = 0;
	if (earlier->count == 0)
		return;
	for (size_t i = 0; i < earlier->count; i++)
		passed += earlier->entries[i].verdict && strcmp(earlier->entries[i].verdict, "pass") == 0;
	const struct ledger_entry *first = &earlier->entries[0];
	printf("ATTEMPT %zu: %zu run%s of this test came before, %zu of them no pass; the first, %s: %s. Reason for the repeat: %s\n",
	       earlier->count + 1, earlier->count, earlier->count == 1 ? "" : "s", earlier->count - passed, first->time,
	       first->verdict ? first->verdict : "no end", setup->reason ? setup->reason : "no reason given");
}

static void print_place(const struct session_setup *setup, const struct bundle_record *bundle, const struct calibration_check *calibration,
			bool simulated)
{
	if (setup->json) {
		if (print_result_json(setup->out) != 0)
			fprintf(stderr, "tmsrig: %s/result.json cannot be read back\n", setup->out);
		return;
	}
	print_attempt(setup, &bundle->earlier);
	if (simulated)
		printf("SIMULATED: no real device was tested\n");
	if (calibration_overrides(calibration))
		printf("CALIBRATION NOT IN FORCE: judged all the same, by --allow-overdue-calibration\n");
	printf("evidence: %s\n", setup->out);
	printf("report:   %s/report.html\n", setup->out);
	if (bundle->place.runs_before == 0)
		printf("ledger:   begins with this run\n");
	else
		printf("ledger:   %zu run%s before this one, since %s\n", bundle->place.runs_before,
		       bundle->place.runs_before == 1 ? "" : "s", bundle->place.began);
}

/* A scenario may name requirements of another spec than the one at hand; that must not go unseen. */
static void tell_unknown_requirements(const struct plan *plan, const struct spec *spec)
{
	for (size_t i = 0; plan && i < plan->verifies_count; i++) {
		bool known = false;
		for (size_t k = 0; k < spec->count; k++)
			known = known || strcmp(spec->requirements[k].id, plan->verifies[i]) == 0;
		if (!known)
			fprintf(stderr, "%s: note: it verifies '%s', which %s does not have\n", plan->source, plan->verifies[i],
				spec->file);
	}
}

/* What the guardian does and sees goes into the evidence, also when this program is dead by then. */
static bool keep_guardian_log(struct bench *bench, struct evidence *evidence, struct error *error)
{
	const struct guardian_port *guardian = &bench_ports(bench)->guardian;
	if (!guardian->ops)
		return true;
	const char *path = evidence_path(evidence, "guardian.log");
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0644);
	if (fd < 0)
		return error_errno(error, ERROR_BENCH, "%s", path);
	bool kept = guardian->ops->log_to(guardian->self, fd, error);
	close(fd);
	return kept;
}

/* The folder keeps its name ".incomplete": something was recorded, but there is no result. */
static int abandon(struct bundle_record *bundle, const struct error *error)
{
	bundle_record_failed(bundle, error);
	return command_fail(error);
}

/* Nothing was fired. */
static int give_up(struct evidence *evidence, const struct error *error)
{
	struct error late = {0};
	int status = command_fail(error);
	if (evidence_fail(evidence, &late))
		fprintf(stderr, "tmsrig: the run did not start; its record is in %s\n", evidence_path(evidence, ""));
	else
		fprintf(stderr, "tmsrig: note: %s\n", late.text);
	return status;
}

/* The run did not begin, for whatever reason, though the bench is open. */
static void withdraw(struct session *session, struct bench *bench)
{
	const struct run_options options = {.safety = &session->safety};
	if (!session->fires || !bench)
		return;
	session->fires = false;
	run_withdraw(bench, &options);
	tell_safety(session->setup, &session->safety);
}

int session_run(const struct session_setup *setup)
{
	struct error error = {0}, run_error = {0};
	char started[32], ended[32];
	utc_now(started, sizeof started);
	tell_unknown_requirements(setup->plan, setup->spec);
	if (bench_setup_stimulator_note(setup->bench))
		fprintf(stderr, "%s: note: %s\n", setup->bench->file, bench_setup_stimulator_note(setup->bench));
	struct session session = {.setup = setup, .fires = setup->plan && !setup->recording};
	auto_measure struct measure *measure = measure_create(setup->plan, setup->bench->device, &error);
	/* Opening checks all that can be checked, so a bench that cannot run leaves no folder behind. */
	auto_bench struct bench *bench =
		measure ? bench_open(setup->bench, setup->drivers ? setup->drivers : SESSION_DRIVERS, setup->recording, &error) : NULL;
	/* What failed to open before anything was fired is told all the same; a mistake in the user's files is not a run. */
	if (measure && !bench && error.kind != ERROR_CONFIG) {
		int status = command_fail(&error);
		bundle_record_not_started(setup, &error);
		return status;
	}
	auto_bundle_record struct bundle_record bundle = {0};
	auto_evidence struct evidence *evidence = bench ? evidence_begin(setup->out, &error) : NULL;
	auto_free struct evidence_finding *findings = inputs_keep_findings(setup->findings, setup->finding_count);
	if (!evidence || !findings) {
		withdraw(&session, bench);
		return command_fail(&error);
	}
	session.measure = measure;
	session.progress = progress_begin(stderr);
	bool finished;
	if (!bundle_record_begin(&bundle, setup, bench, evidence, &error) || !keep_guardian_log(bench, evidence, &error)) {
		withdraw(&session, bench);
		bundle_record_failed(&bundle, &error);
		return give_up(evidence, &error);
	}
	session.log = bundle.log;
	bool ran = record(&session, bench, evidence_path(evidence, "recording.h5"), &finished, &run_error);
	bool begun = !session.fires;
	withdraw(&session, bench);
	if (ran && !setup->quiet)
		show_progress(&session, 1);
	progress_end(&session.progress);
	const struct adc_port *adc = &bench_ports(bench)->adc;
	struct recording_format format = adc->format;
	bool simulated = bench_setup_simulated(setup->bench) || bench_ports(bench)->simulated;
	char gaps_found_by[256] = "";
	if (adc->ops->gaps_found_by)
		adc->ops->gaps_found_by(adc->self, gaps_found_by, sizeof gaps_found_by);
	bench_close(steal(&bench));
	if (!finished) {
		tell_safety(setup, begun && setup->plan && !setup->recording ? &session.safety : NULL);
		return abandon(&bundle, &run_error);
	}
	utc_now(ended, sizeof ended);
	auto_results struct results *results = measure_finish(measure, &error);
	if (!results)
		return abandon(&bundle, &error);
	const struct safety *safety = setup->plan && !setup->recording ? &session.safety : NULL;
	const struct judging_question question = {
		.safety = safety,
		.bench = setup->bench,
		.plan = setup->plan,
		.spec = setup->spec,
		.date = setup->date,
		.override_calibration = setup->override_calibration,
		.ended_by = ran ? ERROR_NONE : run_error.kind,
	};
	struct judging judging auto_judging = {0};
	if (!judging_make(&question, measure, results, &judging, &error))
		return abandon(&bundle, &error);
	if (judging.unasked)
		fprintf(stderr,
			"%s: note: pulses are missing, extra or came where they were to be refused, and no requirement counts them "
			"(session.missing, session.extra, session.provoked); so it is "
			"no pass\n",
			setup->spec->file);
	const struct about about = about_over(&setup->bench->about, setup->about);
	if (!ran)
		run_log_say(bundle.log, "error", run_error.text);
	if (safety)
		run_log_safety(bundle.log, safety);
	if (!bundle_record_ended(&bundle, judging.overall, &error))
		return abandon(&bundle, &error);
	struct evidence_facts facts = {
		.identity = &bundle.identity,
		.command = setup->command,
		.version = COMMAND_VERSION,
		.build = COMMAND_BUILD,
		.started = started,
		.ended = ended,
		.operator_name = setup->operator_name,
		.device_serial = setup->device_serial,
		.recording = setup->recording,
		.about = &about,
		.setup = setup->bench,
		.simulated = simulated,
		.format = &format,
		.gaps_found_by = gaps_found_by[0] ? gaps_found_by : NULL,
		.calibration = &judging.calibration,
		.plan = setup->plan,
		.spec = setup->spec,
		.results = results,
		.judgements = judging.judgements,
		.budgets = judging.budgets,
		.overall = judging.overall,
		.safety = safety,
		.ended_by = question.ended_by,
		.fixtures = setup->fixtures,
		.findings = findings,
		.finding_count = setup->finding_count,
		.input_files = setup->input_files,
		.input_count = setup->input_count,
	};
	if (!evidence_write_result(evidence, &facts, &error)) {
		error_prefix(&error, "evidence");
		return abandon(&bundle, &error);
	}
	print_verdicts(setup, judging.judgements, results, judging.overall);
	tell_safety(setup, safety);
	tell_time_base(setup, results);
	/* A report is made from the evidence alone; what it was written from need not wait beside it. */
	results_destroy(steal(&results));
	if (!write_report(evidence, &error) || !bundle_record_commit(&bundle, evidence, judging.overall, &error))
		return abandon(&bundle, &error);
	print_place(setup, &bundle, &judging.calibration, simulated);
	int status = ran ? (int)verdict_exit_status(judging.overall) : command_fail(&run_error);
	bool device_fault = safety && safety->tripped && monitor_blames_device(safety->monitor);
	return device_fault && run_error.kind != ERROR_ABORTED ? EXIT_NONCONFORMANT : status;
}
