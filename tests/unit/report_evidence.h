/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * A small evidence folder made by hand for tests of the views: theta bursts of a damped sine, one requirement of every verdict.
 */
#include <jansson.h>
#include <math.h>
#include <string.h>

#include "store.h"

struct made_evidence {
	unsigned pulses;  /* a multiple of 3 */
	const char *text; /* stands in every text field instead of the usual text; NULL: the usual text */
};

enum { MADE_RATE_HZ = 1000000, MADE_CELL_FRAMES = 1000, MADE_PRE = 150, MADE_POST = 600 };

static const double MADE_PEAK_A = 5200, MADE_COUNT_A = 0.3662109375;

/* A text field begins with @, which made_texts() takes away. */
static const char MADE_RESULT[] =
	"{\"schema\":\"tmsrig-result-1\",\"tool\":{\"name\":\"tmsrig\",\"version\":\"0.1.0\",\"build\":\"@gcc 12.2 release\"},"
	"\"run\":{\"command\":\"run\",\"started\":\"2026-11-21T20:35:07Z\",\"ended\":\"2026-11-21T20:38:40Z\",\"operator\":\"@M. Faraday\","
	"\"device_serial\":\"@X100-1234\",\"recording\":null,\"simulated\":true,\"seed\":1,\"faults\":[\"amplitude\"],\"complete\":true,"
	"\"aborted\":false},"
	"\"verdict\":\"fail\",\"exit_status\":1,"
	"\"scenario\":{\"id\":\"@itbs-600\",\"title\":\"@Intermittent theta burst, 600 pulses\",\"path\":\"@protocols/itbs-600\","
	"\"plan_sha256\":\"3b1f\",\"pulses\":600,\"first_to_last_onset_s\":191.84,\"duration_s\":200,\"motor_threshold_pct\":55,"
	"\"verifies\":[\"@TIM-IPI-01\",\"@AMP-ACC-01\"],"
	"\"blocks\":[{\"kind\":\"train\",\"first_pulse\":0,\"pulses\":600,\"pulses_per_burst\":3,\"bursts_per_train\":10,\"trains\":20,"
	"\"intra_burst_interval_s\":0.02,\"burst_period_s\":0.2,\"train_period_s\":10,\"iti_s\":8.2,\"iti_reference\":\"last_burst_onset\","
	"\"intensity_pct\":80}],\"justifications\":[{\"rule\":\"dose.train\",\"reason\":\"@bench test, nobody is "
	"stimulated\",\"line\":3}]},"
	"\"bench\":{\"id\":\"@virtual\",\"title\":\"@Virtual bench\",\"file\":\"@fixtures/benches/virtual.yaml\",\"clock\":\"virtual\","
	"\"adc\":{\"driver\":\"sim\",\"sample_rate_hz\":1000000,\"clock_accuracy_rel\":2e-6},"
	"\"channels\":[{\"name\":\"coil_current\",\"role\":\"coil_current\",\"unit\":\"A\",\"scale\":0.3662109375,\"offset\":0,"
	"\"u_gain_rel\":0.0042,\"u_sensor_gain_rel\":0.003,\"u_position_rel\":0.0029,\"u_adc_gain_rel\":0.0006,\"u_offset\":1.7,\"delay_"
	"s\":4e-8,\"bandwidth_hz\":1e6,\"droop_time_constant_s\":0.5,"
	"\"sensor\":\"@rogowski-example\",\"certificate\":\"@EXAMPLE-0001\",\"due\":\"2027-03-01\",\"calibrated\":true},"
	"{\"name\":\"trigger\",\"role\":\"trigger\",\"unit\":\"V\",\"scale\":0.00030517578125,\"offset\":0,\"u_gain_rel\":0,\"u_offset\":0,"
	"\"delay_s\":0,\"bandwidth_hz\":null,\"droop_time_constant_s\":null,\"sensor\":\"\",\"certificate\":null,\"due\":null,"
	"\"calibrated\":false}]},"
	"\"device\":{\"id\":\"magpro-x100-cool-b65\",\"title\":\"@MagPro X100 with Cool-B65\",\"manufacturer\":\"@MagVenture\","
	"\"model\":\"@MagPro X100\",\"coil\":\"@Cool-B65\",\"waveform\":\"biphasic\",\"values\":[{\"name\":\"peak1_a\",\"value\":6500,"
	"\"unit\":\"A\",\"source\":\"@recorded pulses, device table\"},{\"name\":\"period_s\",\"value\":290e-6,\"unit\":\"s\","
	"\"source\":\"@recorded pulses, device table\"},{\"name\":\"amplitude_cv\",\"value\":0.002,\"unit\":\"1\",\"source\":\"@data "
	"sheet\"}]},"
	"\"spec\":{\"id\":\"@example\",\"title\":\"@Example specification\",\"revision\":1,\"file\":\"@fixtures/specs/example.yaml\"},"
	"\"counts\":{\"expected\":600,\"detected\":600,\"matched\":600,\"missing\":1,\"extra\":1,\"untriggered\":0,\"trigger_edges\":600,"
	"\"gaps\":1},"
	"\"requirements\":["
	"{\"id\":\"@CNT-01\",\"revision\":1,\"text\":\"@Every planned pulse is fired, and no other.\",\"source\":{\"document\":\"@Example "
	"device "
	"specification\",\"clause\":\"@4.1\"},\"hazard\":\"@HAZ-01\",\"risk_control\":\"@RC-01\",\"measurand\":\"session.pulse_count\","
	"\"measurand_version\":1,\"unit\":\"1\",\"rule\":\"simple\",\"judge\":\"every\",\"verdict\":\"pass\",\"value\":600,\"u\":0,\"k\":2,"
	"\"expanded\":0,"
	"\"lower\":600,"
	"\"upper\":600,\"guard\":0,\"margin\":0,\"planned\":600,\"population\":1,\"outside\":0,\"voided\":0,\"worst_subject\":0,\"worst_"
	"s\":0,"
	"\"reason\":\"@the session has 600 pulses\"},"
	"{\"id\":\"@TIM-IPI-01\",\"revision\":1,\"text\":\"@Pulse intervals in a train are within 1 % or 0.1 ms of the programmed "
	"interval, "
	"whichever is larger.\",\"source\":{\"document\":\"@Example device specification\",\"clause\":\"@4.2.1\"},\"hazard\":\"@HAZ-03\","
	"\"risk_control\":\"@RC-07\",\"measurand\":\"pulse.interval\",\"measurand_version\":1,\"unit\":\"s\",\"rule\":\"guarded\","
	"\"judge\":\"every\",\"verdict\":\"pass\",\"value\":0.0200021,\"u\":3e-7,\"k\":2,\"expanded\":6e-7,\"lower\":0.0198,\"upper\":0."
	"0202,\"guard\":6e-7,"
	"\"margin\":0.0001979,\"planned\":0.02,\"population\":599,\"outside\":0,\"voided\":0,\"worst_subject\":17,\"worst_s\":1.22,"
	"\"reason\":\"@all within\"},"
	"{\"id\":\"@AMP-ACC-01\",\"revision\":2,\"text\":\"@The first peak of the coil current is within 5 % of the value for the "
	"intensity "
	"set.\",\"source\":{\"document\":\"@Example device "
	"specification\",\"clause\":\"@4.3\"},\"hazard\":\"@HAZ-02\",\"risk_control\":null,"
	"\"measurand\":\"pulse.peak1\",\"measurand_version\":1,\"unit\":\"A\",\"rule\":\"guarded\",\"judge\":\"every\",\"verdict\":"
	"\"fail\","
	"\"value\":4921.4,\"u\":21.9,\"k\":2,\"expanded\":43.8,\"lower\":4940,\"upper\":5460,\"guard\":43.8,\"margin\":-18.6,\"planned\":"
	"5200,\"population\":600,"
	"\"outside\":1,\"voided\":0,\"worst_subject\":7,\"worst_s\":0.42,\"reason\":\"@pulse 7 is 18.6 A below the lower limit\"},"
	"{\"id\":\"@AMP-REP-01\",\"revision\":1,\"text\":\"@The amplitude repeats within 0.5 % (relative standard deviation).\",\"source\":"
	"{\"document\":\"@Example device specification\",\"clause\":\"@4.3.2\"},\"hazard\":null,\"risk_control\":null,\"measurand\":"
	"\"session.amplitude_cv\",\"measurand_version\":1,\"unit\":\"1\",\"rule\":\"non_binary\",\"judge\":\"maximum\",\"verdict\":"
	"\"conditional_pass\",\"value\":0.0047,\"u\":0.00025,\"k\":2,\"expanded\":0.0005,\"lower\":null,\"upper\":0.005,\"guard\":0.0005,"
	"\"margin\":0.0003,\"planned\":"
	"null,"
	"\"population\":1,\"outside\":0,\"voided\":0,\"worst_subject\":0,\"worst_s\":null,\"reason\":\"@inside by less than U\"},"
	"{\"id\":\"@TIM-LAT-01\",\"revision\":1,\"text\":\"@A pulse follows its trigger within 100 "
	"us.\",\"source\":{\"document\":\"@Example "
	"device specification\",\"clause\":\"@4.2.4\"},\"hazard\":null,\"risk_control\":null,\"measurand\":\"pulse.latency\","
	"\"measurand_version\":1,\"unit\":\"s\",\"rule\":\"guarded\",\"judge\":\"every\",\"verdict\":\"void\",\"value\":null,\"u\":null,"
	"\"k\":null,\"expanded\":null,"
	"\"lower\":null,\"upper\":1e-4,\"guard\":null,\"margin\":null,\"planned\":null,\"population\":600,\"outside\":0,\"voided\":3,"
	"\"worst_subject\":null,\"worst_s\":null,\"reason\":\"@3 pulses lie in a gap of the recording\"},"
	"{\"id\":\"@DIS-60V-01\",\"revision\":1,\"text\":\"@After disarming, the capacitor is below 60 V within 5 "
	"s.\",\"source\":{\"document\":"
	"\"@IEC 60601-1\",\"clause\":\"@8.4.4\"},\"hazard\":\"@HAZ-09\",\"risk_control\":null,\"measurand\":\"step.discharge_time\","
	"\"measurand_version\":1,\"unit\":\"s\",\"rule\":\"simple\",\"judge\":\"maximum\",\"verdict\":\"not_tested\",\"value\":null,\"u\":"
	"null,"
	"\"lower\":null,\"upper\":5,\"guard\":null,\"margin\":null,\"planned\":null,\"population\":0,\"outside\":0,\"voided\":0,"
	"\"worst_subject\":null,\"worst_s\":null,\"reason\":\"@the bench has no capacitor voltage channel\"}],"
	"\"measurands\":[{\"id\":\"pulse.peak1\",\"version\":1,\"title\":\"@First "
	"peak\",\"unit\":\"A\",\"subject\":\"pulse\",\"definition\":"
	"\"@Least-squares parabola around the largest sample of the first lobe, above the baseline.\",\"source\":\"@measurands.md 2.1\","
	"\"count\":600,\"voided\":0,\"mean\":5199.2,\"standard_deviation\":12.1,\"minimum\":4921.4,\"maximum\":5231},"
	"{\"id\":\"pulse.interval\",\"version\":1,\"title\":\"@Interval\",\"unit\":\"s\",\"subject\":\"interval\",\"definition\":\"@Onset "
	"to onset "
	"of the next pulse.\",\"source\":\"@measurands.md "
	"3.3\",\"count\":599,\"voided\":0,\"mean\":0.32,\"standard_deviation\":1.1,\"minimum\":"
	"0.0199985,\"maximum\":8.16},"
	"{\"id\":\"pulse.latency\",\"version\":1,\"title\":\"@Latency\",\"unit\":\"s\",\"subject\":\"pulse\",\"definition\":\"@Trigger "
	"edge to "
	"onset.\",\"source\":\"@measurands.md "
	"3.1\",\"count\":600,\"voided\":3,\"mean\":1.2e-5,\"standard_deviation\":3e-7,\"minimum\":1.1e-5,"
	"\"maximum\":1.3e-5}],"
	"\"missing\":[5],\"gaps\":[{\"first_frame\":1500000,\"frames\":20000,\"cause\":\"lost\"}],\"events\":[],"
	"\"lint\":[{\"level\":\"warning\",\"rule\":\"dose.train\",\"text\":\"@the train is longer than the published table allows\","
	"\"justification\":\"@bench test, nobody is stimulated\",\"line\":12},{\"level\":\"warning\",\"rule\":\"device.rate\",\"text\":"
	"\"@50 Hz is above the device's rating at 80 %\",\"justification\":null,\"line\":14}],"
	"\"inputs\":[{\"name\":\"@scenarios/protocols/itbs-600.lua\",\"sha256\":\"9f86\"}],"
	"\"recording\":{\"file\":\"@recording.h5\",\"duration_s\":200,\"total_frames\":200000000},\"results_sha256\":\"60303a\"}";

static inline void made_texts(json_t *value, const char *text)
{
	const char *key;
	json_t *member;
	size_t index;
	json_object_foreach(value, key, member) made_texts(member, text);
	json_array_foreach(value, index, member) made_texts(member, text);
	if (json_is_string(value) && json_string_value(value)[0] == '@') {
		auto_free char *usual = strdup(json_string_value(value) + 1);
		json_string_set(value, text ? text : usual);
	}
}

/* Onset of pulse k: bursts of 3 at 50 Hz, 10 bursts at 5 Hz, trains each 10 s. */
static inline double made_onset_s(unsigned k)
{
	return 0.5 + 10 * (k / 30) + 0.2 * (k / 3 % 10) + 0.02 * (k % 3);
}

static inline double made_noise(unsigned k)
{
	return (double)((k * 2654435761u) >> 16 & 0xFFFF) / 65536 - 0.5;
}

static inline double made_peak_a(unsigned k)
{
	return k == 7 ? 4921.4 : MADE_PEAK_A * (1 + 0.008 * made_noise(k));
}

/* Coil current of pulse k at t after its onset: amplitude 1.16 peaks, 290 us period, as near as the eye can see. */
static inline double made_current_a(unsigned k, double t_s)
{
	return t_s < 0 || t_s > 290e-6 ? 0 : 1.06 * made_peak_a(k) * exp(-800 * t_s) * sin(2 * M_PI * t_s / 290e-6);
}

static inline bool made_window(const struct reduced_sink *sink, unsigned k, struct error *error)
{
	static int16_t samples[2 * (MADE_PRE + MADE_POST)];
	uint64_t onset = (uint64_t)llround(made_onset_s(k) * MADE_RATE_HZ);
	for (int i = 0; i < MADE_PRE + MADE_POST; i++) {
		samples[2 * i] =
			(int16_t)lround(made_current_a(k, (i - MADE_PRE) * 1e-6) / MADE_COUNT_A + 8 * made_noise((unsigned)i * 7 + k));
		samples[2 * i + 1] = i > MADE_PRE - 12 && i < MADE_PRE + 40 ? 16384 : 0;
	}
	struct window window = {.first_frame = onset - MADE_PRE, .frames = MADE_PRE + MADE_POST, .samples = samples};
	return sink->window(sink->self, &window, error);
}

static inline bool made_store(const char *path, unsigned pulses, struct error *error)
{
	auto_store struct store *store = store_create(path, error);
	if (!store)
		return false;
	struct reduced_sink sink = store_sink(store);
	struct recording_format format = {.sample_rate_hz = MADE_RATE_HZ, .u_clock_rel = 1e-6, .channel_count = 2};
	struct reduced_layout layout = {.cell_frames = 50, .envelope_frames = MADE_CELL_FRAMES, .pre_cells = 3, .post_cells = 3};
	format.channels[0] = (struct channel){.name = "coil_current",
					      .role = CHANNEL_COIL_CURRENT,
					      .unit = "A",
					      .scale = MADE_COUNT_A,
					      .count_min = -32768,
					      .count_max = 32767,
					      .threshold = NAN,
					      .droop_time_constant_s = 0.5,
					      .bandwidth_hz = 1e6,
					      .calibrated = true};
	format.channels[1] = (struct channel){.name = "trigger",
					      .role = CHANNEL_TRIGGER,
					      .unit = "V",
					      .scale = 0.00030517578125,
					      .count_min = -32768,
					      .count_max = 32767,
					      .threshold = 1.5,
					      .droop_time_constant_s = INFINITY,
					      .bandwidth_hz = INFINITY};
	if (!sink.format(sink.self, &format, &layout, error))
		return false;
	uint64_t end = (uint64_t)((made_onset_s(pulses - 1) + 0.5) * MADE_RATE_HZ) / MADE_CELL_FRAMES * MADE_CELL_FRAMES;
	unsigned k = 0;
	for (uint64_t frame = 0; frame < end; frame += MADE_CELL_FRAMES) {
		struct envelope_cell cell = {.first_frame = frame, .frames = MADE_CELL_FRAMES, .minimum = {-9, 0}, .maximum = {9, 0}};
		if (k < pulses && made_onset_s(k) * MADE_RATE_HZ < (double)(frame + MADE_CELL_FRAMES)) {
			cell.maximum[0] = (int16_t)(made_peak_a(k) / MADE_COUNT_A);
			cell.minimum[0] = (int16_t)(-0.89 * cell.maximum[0]);
			if (!made_window(&sink, k++, error))
				return false;
		}
		if (!sink.envelope(sink.self, &cell, error))
			return false;
	}
	return sink.finish(sink.self, end, error);
}

static inline void made_measurement(FILE *file, const char *head, unsigned k, double value, double u_random, double planned)
{
	char planned_text[32] = "";
	if (!isnan(planned))
		snprintf(planned_text, sizeof planned_text, "%.9f", planned);
	fprintf(file, "%s,%u,%u,%.9g,%g,%g,%g,inf,%s,%.9f,%.9f,0\n", head, k, k, value, u_random, u_random, 0.1 * u_random, planned_text,
		made_onset_s(k), made_onset_s(k) + 7e-4);
}

static inline void made_csv(const char *dir, unsigned pulses)
{
	char path[512];
	snprintf(path, sizeof path, "%s/pulses.csv", dir);
	auto_file FILE *list = fopen(path, "w");
	snprintf(path, sizeof path, "%s/measurements.csv", dir);
	auto_file FILE *measurements = fopen(path, "w");
	fprintf(list, "pulse,onset_s,trigger_s,peak1_a,zero1_s,zero2_s,expected,match,waveform,clipped,voided\n");
	fprintf(measurements,
		"measurand,version,unit,subject,index,expected,value,u,u_random,u_systematic,dof,planned,start_s,end_s,voided\n");
	for (unsigned k = 0; k < pulses; k++) {
		double onset_s = made_onset_s(k);
		char expected[16] = "";
		if (k != 11)
			snprintf(expected, sizeof expected, "%u", k);
		fprintf(list, "%u,%.9f,%.9f,%.3f,%.9f,%.9f,%s,%s,biphasic,0,0\n", k, onset_s, onset_s - 12e-6, made_peak_a(k),
			onset_s + 145e-6, onset_s + 290e-6, expected, k == 11 ? "extra" : "matched");
		made_measurement(measurements, "pulse.peak1,1,A,pulse", k, made_peak_a(k), 1.1, MADE_PEAK_A);
		made_measurement(measurements, "pulse.latency,1,s,pulse", k, 12e-6 + 1e-6 * made_noise(k), 2e-7, NAN);
		double planned_s = k ? onset_s - made_onset_s(k - 1) : NAN;
		if (k)
			made_measurement(measurements, "pulse.interval,1,s,interval", k,
					 planned_s + 4e-6 * made_noise(k + 77) + 1e-6 * planned_s, 3e-7, planned_s);
	}
}

/* Writes result.json, pulses.csv, measurements.csv and recording.h5 into dir. */
static inline bool made_evidence(const char *dir, const struct made_evidence *options, struct error *error)
{
	char path[512];
	json_t *result = json_loads(MADE_RESULT, 0, NULL);
	made_texts(result, options->text);
	snprintf(path, sizeof path, "%s/result.json", dir);
	bool written = json_dump_file(result, path, 0) == 0;
	json_decref(result);
	made_csv(dir, options->pulses);
	snprintf(path, sizeof path, "%s/recording.h5", dir);
	return written && made_store(path, options->pulses, error);
}
