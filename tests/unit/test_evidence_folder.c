/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <float.h>
#include <ftw.h>
#include <jansson.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>

#include "evidence.h"
#include "json_emit.h"

enum { PULSES = 400 };

static char folder[] = "test_evidence_folder_XXXXXX";
static char *source_root;

static void enter(void)
{
	source_root = realpath(__FILE__, NULL);
	cr_assert_not_null(source_root, "run it from the build folder: %s is not found", __FILE__);
	for (int up = 0; up < 3; up++)
		*strrchr(source_root, '/') = '\0';
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
	free(source_root);
	if (chdir("..") == 0)
		nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

TestSuite(evidence_folder, .init = enter, .fini = leave);

static const struct measurand peak = {
	"pulse.peak1", 2, "First peak", "A", SUBJECT_PULSE, "The largest \"current\" of the first lobe.", "x"};
static const struct measurand interval = {"pulse.interval", 1, "Interval", "s", SUBJECT_INTERVAL, "Onset to onset.", "y"};

/* A made-up session with everything in it that a result can hold. */
struct session {
	struct pulse pulses[PULSES];
	struct measurement measurements[2 * PULSES - 1];
	struct gap gaps[1];
	struct run_event events[3];
	uint32_t missing[2];
	struct results results;
	struct requirement requirements[2];
	struct judgement judgements[2];
	struct budget budgets[2];
	struct spec spec;
	struct device device;
	struct rate_limit rates[1];
	struct sensor sensor;
	struct sim_fault faults[1];
	struct bench_setup setup;
	struct calibration_check calibration;
	struct plan plan;
	struct plan_block blocks[1];
	struct plan_justification justifications[1];
	struct expected_pulse expected[1];
	struct step steps[1];
	double section_duration_s[1];
	const char *verifies[1];
	struct evidence_finding findings[1];
	struct evidence_facts facts;
};

static void make_results(struct session *s)
{
	for (int i = 0; i < PULSES; i++) {
		s->pulses[i] = (struct pulse){.onset_s = i * 0.1 + 1.0 / 3,
					      .trigger_s = NAN,
					      .peak1_a = 6530.0 / 7,
					      .peak2_a = NAN,
					      .u_onset_s = 1e-9,
					      .first_frame = (uint64_t)i * 100000,
					      .frames = 2560,
					      .expected = i == 7 ? PULSE_NOT_EXPECTED : i,
					      .match = i == 7 ? PULSE_EXTRA : PULSE_MATCHED,
					      .waveform = WAVEFORM_BIPHASIC,
					      .clipped = i == 3,
					      .voided = i == 4};
		s->measurements[i] = (struct measurement){.measurand = &peak,
							  .value = 1000 + i,
							  .u_random = 3,
							  .u_systematic = 4,
							  .dof = (double)INFINITY,
							  .dof_systematic = (double)INFINITY,
							  .planned = NAN,
							  .subject = (uint32_t)i,
							  .expected = i,
							  .voided = i == 4};
	}
	for (int i = 0; i + 1 < PULSES; i++)
		s->measurements[PULSES + i] = (struct measurement){.measurand = &interval,
								   .value = 0.1,
								   .planned = 0.1,
								   .dof = 9,
								   .dof_systematic = (double)INFINITY,
								   .subject = (uint32_t)i + 1,
								   .expected = PULSE_NOT_EXPECTED};
	s->gaps[0] = (struct gap){12345, 678, GAP_LOST};
	s->events[0] = (struct run_event){EVENT_SECTION, 0, 0.001, 1e-7};
	s->events[1] = (struct run_event){EVENT_TRIGGER, 0, 0.3, 1e-7};
	s->events[2] = (struct run_event){EVENT_END, 0, 41, 1e-7};
	s->missing[0] = 3, s->missing[1] = 400;
	s->results = (struct results){.pulses = s->pulses,
				      .pulse_count = PULSES,
				      .missing = s->missing,
				      .missing_count = 2,
				      .matched_count = PULSES - 1,
				      .extra_count = 1,
				      .gaps = s->gaps,
				      .gap_count = 1,
				      .measurements = s->measurements,
				      .measurement_count = 2 * PULSES - 1,
				      .events = s->events,
				      .event_count = 3,
				      .duration_s = 41.5};
}

static void make_spec(struct session *s)
{
	s->requirements[0] = (struct requirement){.id = "AMP-ACC-01",
						  .revision = 3,
						  .text = "Peaks, within 5 %.",
						  .document = "Example",
						  .clause = "4.2",
						  .hazard = "HAZ-03",
						  .measurand = "pulse.peak1",
						  .rule = DECISION_GUARDED,
						  .judge = JUDGE_EVERY};
	s->requirements[1] = (struct requirement){.id = "DIS-01",
						  .revision = 1,
						  .text = "Discharged.",
						  .document = "Example",
						  .clause = "5",
						  .measurand = "capacitor.discharge_time",
						  .rule = DECISION_RISK,
						  .judge = JUDGE_MAXIMUM};
	s->judgements[0] = (struct judgement){.requirement = &s->requirements[0],
					      .verdict = VERDICT_PASS,
					      .value = 1399,
					      .u = 5,
					      .lower = NAN,
					      .upper = 1500,
					      .guard = 10,
					      .margin = 101,
					      .planned = NAN,
					      .population = PULSES,
					      .voided = 1,
					      .worst_subject = 399,
					      .worst_s = 40.2,
					      .reason = "1399 A, \"inside\" by 101 A"};
	s->judgements[1] = (struct judgement){.requirement = &s->requirements[1],
					      .verdict = VERDICT_NOT_TESTED,
					      .value = NAN,
					      .u = NAN,
					      .lower = NAN,
					      .upper = NAN,
					      .guard = NAN,
					      .margin = NAN,
					      .planned = NAN,
					      .worst_subject = UINT32_MAX,
					      .worst_s = NAN,
					      .reason = "nothing was measured"};
	s->spec = (struct spec){
		.id = "example", .title = "Example", .file = "example.yaml", .revision = 1, .requirements = s->requirements, .count = 2};
}

static void make_setup(struct session *s)
{
	s->device = (struct device){.id = "device",
				    .title = "Device",
				    .manufacturer = "Maker",
				    .model = "M",
				    .coil = "C",
				    .file = "device.yaml",
				    .waveform = WAVEFORM_BIPHASIC,
				    .voltage_v = {1800, "data sheet"},
				    .peak1_a = {NAN, NULL},
				    .trigger_latency_s = {8e-6, "measured"}};
	s->sensor = (struct sensor){.id = "rogowski-example", .certificate = "EXAMPLE-0001", .laboratory = "Example", .due = "2027-03-01"};
	s->faults[0] = (struct sim_fault){SIM_FAULT_DROP_PULSE, 3, NAN};
	s->setup = (struct bench_setup){.id = "virtual",
					.title = NULL,
					.file = "virtual.yaml",
					.clock_driver = "virtual",
					.device = &s->device,
					.stimulator_driver = "sim",
					.sim = {.seed = UINT64_C(9007199254740993), .faults = s->faults, .fault_count = 1}};
	s->setup.adc = (struct adc_setup){.driver = "sim", .sample_rate_hz = 1e6, .clock_accuracy_rel = 2e-6, .channel_count = 2};
	for (int c = 0; c < 2; c++)
		s->setup.adc.channels[c] = (struct adc_channel_setup){
			.channel = {.role = (enum channel_role)c,
				    .scale = 0.366,
				    .threshold = c ? 1.5 : NAN,
				    .bandwidth_hz = (double)INFINITY,
				    .droop_time_constant_s = (double)INFINITY},
			.sensor = c ? NULL : &s->sensor,
		};
	snprintf(s->setup.adc.channels[0].channel.name, 32, "coil_current");
	snprintf(s->setup.adc.channels[1].channel.name, 32, "trigger\xff\n");
}

static void make_plan(struct session *s)
{
	s->blocks[0] = (struct plan_block){.kind = "train",
					   .pulses = PULSES,
					   .pulses_per_burst = 1,
					   .bursts_per_train = PULSES,
					   .trains = 1,
					   .intra_burst_interval_s = NAN,
					   .burst_period_s = 0.1,
					   .train_period_s = NAN,
					   .iti_s = NAN,
					   .intensity_pct = 80};
	s->justifications[0] = (struct plan_justification){"dose.single_train", "bench only", 7};
	s->verifies[0] = "AMP-ACC-01";
	s->expected[0] = (struct expected_pulse){.time_s = 0.3, .intensity_pct = 80};
	s->steps[0] = (struct step){.kind = STEP_TRIGGER, .time_s = 0.3};
	s->section_duration_s[0] = 40;
	s->plan = (struct plan){.id = "ten-hertz",
				.title = "Ten \xc3\xa0 second",
				.path = "protocols/ten-hertz",
				.source = "ten-hertz.lua",
				.verifies = s->verifies,
				.verifies_count = 1,
				.motor_threshold_pct = NAN,
				.steps = s->steps,
				.step_count = 1,
				.pulses = s->expected,
				.pulse_count = 1,
				.blocks = s->blocks,
				.block_count = 1,
				.justifications = s->justifications,
				.justification_count = 1,
				.section_duration_s = s->section_duration_s,
				.section_count = 1};
}

static struct session *make_session(void)
{
	struct session *s = calloc(1, sizeof *s);
	cr_assert_not_null(s);
	make_results(s);
	make_spec(s);
	make_setup(s);
	make_plan(s);
	s->findings[0] = (struct evidence_finding){"warning", "dose.single_train", "longer than tested", "bench only", 7};
	s->calibration = calibration_check(&s->setup, "2026-11-21", false);
	s->facts = (struct evidence_facts){.command = "run",
					   .version = "0.1.0",
					   .build = "test",
					   .started = "2026-01-01T00:00:00Z",
					   .ended = "2026-01-01T00:00:41Z",
					   .setup = &s->setup,
					   .calibration = &s->calibration,
					   .plan = &s->plan,
					   .spec = &s->spec,
					   .results = &s->results,
					   .judgements = s->judgements,
					   .budgets = s->budgets,
					   .overall = VERDICT_PASS,
					   .findings = s->findings,
					   .finding_count = 1};
	return s;
}

static void put_file(const char *path, const char *content)
{
	FILE *file = fopen(path, "wb");
	cr_assert_not_null(file);
	fputs(content, file);
	cr_assert_eq(fclose(file), 0);
}

static void record(const char *path, bool finish)
{
	struct error error = {0};
	const struct recording_format format = {.sample_rate_hz = 1e6, .channel_count = 1};
	const struct reduced_layout layout = {256, 4096, 2, 7};
	const int16_t samples[256] = {1, 2, 3};
	auto_store struct store *store = store_create(path, &error);
	cr_assert_not_null(store, "%s", error.text);
	struct reduced_sink sink = store_sink(store);
	cr_assert(sink.format(sink.self, &format, &layout, &error));
	cr_assert(sink.window(sink.self, &(struct window){512, 256, samples}, &error));
	if (finish)
		cr_assert(sink.finish(sink.self, 41500000, &error), "%s", error.text);
}

/* Makes a whole folder. */
static void make_evidence(const char *dir, const struct session *session, bool finished)
{
	struct error error = {0};
	auto_evidence struct evidence *evidence = evidence_begin(dir, &error);
	cr_assert_not_null(evidence, "%s", error.text);
	record(evidence_path(evidence, "recording.h5"), finished);
	cr_assert(evidence_write_result(evidence, &session->facts, &error), "%s", error.text);
	cr_assert(evidence_seal(evidence, &error) && evidence_commit(evidence, &error), "%s", error.text);
}

static json_t *load(const char *dir)
{
	char path[256];
	json_error_t why;
	snprintf(path, sizeof path, "%s/result.json", dir);
	json_t *result = json_load_file(path, JSON_REJECT_DUPLICATES, &why);
	cr_assert_not_null(result, "%s:%d:%d: %s", path, why.line, why.column, why.text);
	return result;
}

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));
	return text ? text : "(null)";
}

static bool exists(const char *path)
{
	return access(path, F_OK) == 0;
}

/* The first line that a command prints. */
static void ask(const char *command, char *line, size_t size)
{
	FILE *pipe = popen(command, "r");
	cr_assert_not_null(pipe);
	cr_assert_not_null(fgets(line, (int)size, pipe), "%s", command);
	line[strcspn(line, "\n")] = '\0';
	cr_assert_eq(pclose(pipe), 0, "%s", command);
}

Test(evidence_folder, is_whole_only_after_commit)
{
	struct error error = {0};
	auto_free struct session *session = make_session();
	struct evidence *evidence = evidence_begin("deep/down/run/", &error);
	cr_assert_not_null(evidence, "%s", error.text);
	cr_assert_str_eq(evidence_path(evidence, "x"), "deep/down/run.incomplete/x");
	cr_assert(evidence_write_result(evidence, &session->facts, &error), "%s", error.text);
	evidence_destroy(evidence);
	cr_assert(exists("deep/down/run.incomplete/result.json"));
	cr_assert_not(exists("deep/down/run"));

	make_evidence("whole", session, true);
	cr_assert(exists("whole/SHA256SUMS"));
	cr_assert_not(exists("whole.incomplete"));
}

Test(evidence_folder, never_overwrites)
{
	struct error error = {0};
	mkdir("there", 0777);
	cr_assert_null(evidence_begin("there", &error));
	cr_assert_eq(error.kind, ERROR_CONFIG);
	cr_assert_not_null(strstr(error.text, "there: already exists"), "%s", error.text);
	mkdir("left.incomplete", 0777);
	cr_assert_null(evidence_begin("left", &error));
	cr_assert_eq(error.kind, ERROR_CONFIG);
	cr_assert_not_null(strstr(error.text, "left.incomplete: already exists"), "%s", error.text);
	put_file("file", "x");
	cr_assert_null(evidence_begin("file/run", &error));
	cr_assert_eq(error.kind, ERROR_CONFIG, "%s", error.text);

	struct evidence *evidence = evidence_begin("raced", &error);
	mkdir("raced", 0777);
	cr_assert_not(evidence_commit(evidence, &error));
	cr_assert(exists("raced.incomplete"), "still marked as not whole");
	evidence_destroy(evidence);
}

Test(evidence_folder, sha256sum_confirms_every_file)
{
	char line[128];
	auto_free struct session *session = make_session();
	put_file("a b.lua", "arm()\n");
	const char *files[] = {"a b.lua"};
	session->facts.input_files = files, session->facts.input_count = 1;
	make_evidence("run", session, true);
	cr_assert_eq(system("cd run && sha256sum -c --strict --quiet SHA256SUMS"), 0);
	cr_assert_eq(system("cd run && sed 's/^[0-9a-f]*  //' SHA256SUMS > ../listed && LC_ALL=C sort -c ../listed"), 0, "sorted");
	ask("cd run && find . -type f ! -name SHA256SUMS | wc -l", line, sizeof line);
	cr_assert_eq(atoi(line), 6, "recording, result, three tables and an input, not %s", line);
	ask("wc -l < listed", line, sizeof line);
	cr_assert_eq(atoi(line), 6);
	cr_assert_eq(system("cd run && printf x >> pulses.csv && ! sha256sum -c --status SHA256SUMS"), 0, "a changed file shows");
}

Test(evidence_folder, keeps_the_inputs_under_names_of_their_own)
{
	auto_free struct session *session = make_session();
	mkdir("b", 0777);
	put_file("x.yaml", "abc");
	put_file("b/x.yaml", "");
	put_file("b/plain", "1");
	const char *files[] = {"x.yaml", "b/x.yaml", "x.yaml", "b/plain"};
	session->facts.input_files = files, session->facts.input_count = 4;
	make_evidence("run", session, true);
	json_t *result = load("run");
	json_t *inputs = json_object_get(result, "inputs");
	cr_assert_eq(json_array_size(inputs), 3, "the file given twice is there once");
	cr_assert_str_eq(text_of(json_array_get(inputs, 0), "name"), "inputs/x.yaml");
	cr_assert_str_eq(text_of(json_array_get(inputs, 1), "name"), "inputs/x-2.yaml");
	cr_assert_str_eq(text_of(json_array_get(inputs, 1), "path"), "b/x.yaml");
	cr_assert_str_eq(text_of(json_array_get(inputs, 2), "name"), "inputs/plain");
	/* FIPS 180-4 examples: "abc" and the empty message. */
	cr_assert_str_eq(text_of(json_array_get(inputs, 0), "sha256"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	cr_assert_str_eq(text_of(json_array_get(inputs, 1), "sha256"), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	json_decref(result);
}

Test(evidence_folder, missing_input_is_an_error_that_names_it)
{
	struct error error = {0};
	auto_free struct session *session = make_session();
	const char *files[] = {"gone.lua"};
	session->facts.input_files = files, session->facts.input_count = 1;
	auto_evidence struct evidence *evidence = evidence_begin("run", &error);
	cr_assert_not(evidence_write_result(evidence, &session->facts, &error));
	cr_assert_eq(error.kind, ERROR_CONFIG);
	cr_assert_not_null(strstr(error.text, "gone.lua"), "%s", error.text);
}

Test(evidence_folder, result_says_what_was_found)
{
	auto_free struct session *session = make_session();
	make_evidence("run", session, true);
	json_t *result = load("run");
	cr_assert_str_eq(text_of(result, "verdict"), "pass");
	cr_assert_eq(json_integer_value(json_object_get(result, "exit_status")), 0);
	json_t *run = json_object_get(result, "run");
	cr_assert(json_is_true(json_object_get(run, "simulated")));
	cr_assert_eq(json_integer_value(json_object_get(run, "seed")), INT64_C(9007199254740993));
	cr_assert(json_is_true(json_object_get(run, "complete")));
	json_t *counts = json_object_get(result, "counts");
	cr_assert_eq(json_integer_value(json_object_get(counts, "detected")), PULSES);
	cr_assert_eq(json_integer_value(json_object_get(counts, "trigger_events")), 1);
	cr_assert_eq(json_integer_value(json_object_get(counts, "not_tested")), 1);
	cr_assert_eq(json_array_size(json_object_get(result, "events")), 2);
	json_t *tested = json_array_get(json_object_get(result, "requirements"), 0);
	json_t *untested = json_array_get(json_object_get(result, "requirements"), 1);
	cr_assert_eq(json_integer_value(json_object_get(tested, "measurand_version")), 2);
	cr_assert_str_eq(text_of(tested, "reason"), "1399 A, \"inside\" by 101 A");
	cr_assert(json_is_null(json_object_get(tested, "lower")));
	cr_assert(json_is_null(json_object_get(untested, "measurand_version")));
	cr_assert(json_is_null(json_object_get(untested, "worst_subject")));
	/* 1000 … 1399 without 1004: mean of 399 values, sample standard deviation of an arithmetic series with one taken out. */
	json_t *measurand = json_array_get(json_object_get(result, "measurands"), 0);
	const double mean = (400 * 1199.5 - 1004) / 399;
	const double squares = 400.0 * (400.0 * 400.0 - 1) / 12 + 400 * 1199.5 * 1199.5 - 1004.0 * 1004.0;
	cr_assert_eq(json_integer_value(json_object_get(measurand, "voided")), 1);
	cr_assert_float_eq(json_real_value(json_object_get(measurand, "mean")), mean, 1e-9);
	cr_assert_float_eq(json_real_value(json_object_get(measurand, "standard_deviation")), sqrt((squares - 399 * mean * mean) / 398),
			   1e-6);
	json_decref(result);
}

static void assert_verdict(const char *dir, const char *verdict, int exit_status)
{
	json_t *result = load(dir);
	cr_assert_str_eq(text_of(result, "verdict"), verdict, "%s", dir);
	cr_assert_eq(json_integer_value(json_object_get(result, "exit_status")), exit_status, "%s", dir);
	json_decref(result);
}

Test(evidence_folder, what_was_not_recorded_to_its_end_does_not_pass)
{
	auto_free struct session *session = make_session();
	make_evidence("unfinished", session, false);
	assert_verdict("unfinished", "void", EXIT_BENCH_FAULT);
	session->facts.overall = VERDICT_FAIL;
	make_evidence("unfinished-fail", session, false);
	assert_verdict("unfinished-fail", "fail", EXIT_NONCONFORMANT);
	session->facts.overall = VERDICT_PASS;
	session->results.aborted = true;
	make_evidence("aborted", session, true);
	assert_verdict("aborted", "void", EXIT_ABORTED);
	session->facts.ended_by = ERROR_BENCH;
	make_evidence("failed", session, true);
	assert_verdict("failed", "void", EXIT_BENCH_FAULT);
}

static void results_hash(const char *dir, char hex[65])
{
	json_t *result = load(dir);
	snprintf(hex, 65, "%s", text_of(result, "results_sha256"));
	json_decref(result);
}

Test(evidence_folder, results_hash_is_that_of_the_tables_and_of_nothing_else)
{
	char first[65], second[65], changed[65], judged[65], line[128];
	auto_free struct session *session = make_session();
	make_evidence("first", session, true);
	session->facts.started = "2027-02-02T00:00:00Z", session->facts.operator_name = "somebody";
	make_evidence("second", session, true);
	session->measurements[5].value = nextafter(session->measurements[5].value, DBL_MAX);
	make_evidence("changed", session, true);
	session->measurements[5].value = 1005;
	session->judgements[0].verdict = VERDICT_CONDITIONAL_PASS;
	make_evidence("judged", session, true);
	results_hash("first", first);
	results_hash("second", second);
	results_hash("changed", changed);
	results_hash("judged", judged);
	cr_assert_str_eq(first, second);
	cr_assert_str_neq(first, changed, "the last bit of one value");
	cr_assert_str_neq(first, judged);
	ask("cd first && cat pulses.csv measurements.csv judgements.csv | sha256sum | cut -c1-64", line, sizeof line);
	cr_assert_str_eq(first, line);
}

Test(evidence_folder, tables_hold_every_number_exactly)
{
	char line[4096];
	size_t rows = 0;
	auto_free struct session *session = make_session();
	make_evidence("run", session, true);
	auto_file FILE *pulses = fopen("run/pulses.csv", "r");
	cr_assert_not_null(fgets(line, sizeof line, pulses));
	cr_assert_eq(strncmp(line, "pulse,onset_s,u_onset_s,trigger_s,", 34), 0, "%s", line);
	for (; fgets(line, sizeof line, pulses); rows++) {
		char *end;
		cr_assert_eq(strtoul(line, &end, 10), rows);
		cr_assert_eq(memcmp(&(double){strtod(end + 1, &end)}, &session->pulses[rows].onset_s, sizeof(double)), 0);
		strtod(end + 1, &end);
		cr_assert_eq(strncmp(end, ",,", 2), 0, "nothing for NAN: %s", line);
	}
	cr_assert_eq(rows, PULSES);
	ask("sed -n 2p run/judgements.csv", line, sizeof line);
	cr_assert_not_null(strstr(line, ",\"1399 A, \"\"inside\"\" by 101 A\""), "%s", line);
	ask("sed -n 2p run/measurements.csv", line, sizeof line);
	cr_assert_str_eq(line, "pulse.peak1,2,A,pulse,0,0,1000,5,2,10,3,4,inf,,0,0,0");
	ask("for t in pulses measurements judgements; do awk -F, '!/\"/{print NF}' run/$t.csv | sort -u | wc -l; done | uniq", line,
	    sizeof line);
	cr_assert_str_eq(line, "1", "every row has the columns of its header");
}

Test(evidence_folder, numbers_read_back_as_themselves)
{
	const double values[] = {0.1, 1.0 / 3, DBL_MAX, DBL_MIN, 5e-324, -0.0, 1e22, 123456789012345680.0, 290e-6, -6530.25};
	for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
		char text[NUMBER_TEXT_SIZE];
		emit_number_text(text, values[i]);
		double back = strtod(text, NULL);
		cr_assert_eq(memcmp(&back, &values[i], sizeof back), 0, "%s", text);
		emit_exact_text(text, values[i]);
		back = strtod(text, NULL);
		cr_assert_eq(memcmp(&back, &values[i], sizeof back), 0, "%s", text);
	}
	char text[NUMBER_TEXT_SIZE];
	emit_number_text(text, 0.1);
	cr_assert_str_eq(text, "0.1");
}

/* Debian's own interpreter first: it has python3-jsonschema, others need not. */
#define PYTHON "PATH=/usr/bin:$PATH python3 -c "

static int validate(const char *dir)
{
	auto_free char *command = NULL;
	cr_assert_geq(asprintf(&command,
			       PYTHON "'import json, sys, jsonschema\n"
				      "schema = json.load(open(sys.argv[1]))\n"
				      "jsonschema.Draft202012Validator.check_schema(schema)\n"
				      "faults = list(jsonschema.Draft202012Validator(schema).iter_errors(json.load(open(sys.argv[2]))))\n"
				      "[print(list(f.absolute_path), f.message[:200], file=sys.stderr) for f in faults]\n"
				      "sys.exit(1 if faults else 0)' '%s/reports/result.schema.json' %s/result.json",
			       source_root, dir),
		      0);
	return system(command);
}

Test(evidence_folder, result_is_as_its_schema_says)
{
	if (system(PYTHON "'import jsonschema'") != 0)
		cr_skip_test("NOT TESTED: python3-jsonschema is not installed");
	auto_free struct session *session = make_session();
	make_evidence("full", session, true);
	cr_assert_eq(validate("full"), 0);
	session->facts.plan = NULL;
	session->setup.device = NULL;
	session->facts.command = "analyze";
	session->facts.recording = "full/pulses.csv";
	session->results.pulse_count = session->results.measurement_count = session->results.event_count = 0;
	make_evidence("bare", session, false);
	cr_assert_eq(validate("bare"), 0);
	cr_assert_eq(system("mkdir broken && sed 's/\"verdict\": \"void\"/\"verdict\": \"fine\"/' bare/result.json > broken/result.json"),
		     0);
	cr_assert_neq(validate("broken"), 0, "the schema refuses something");
}
