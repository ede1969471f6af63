/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The far end of a Magstim's serial line, against check sums and answers that public toolboxes give. */
#include "magstim_device.h"
#include "sim_bench.h"

struct line {
	struct sim_bench bench;
	struct magstim_device magstim;
	struct serial_reply reply;
};

static void line_open(struct line *line, enum serve_magstim_model model, unsigned software)
{
	struct serve_setup setup = {
		.magstim_model = model, .magstim_software = software, .magstim_keep_alive_s = NAN, .magstim_armed_keep_alive_s = NAN};
	bench_init(&line->bench);
	bench_open_sim(&line->bench);
	bench_set(&line->bench, GPIO_EMERGENCY_STOP, false);
	bench_set(&line->bench, GPIO_ENABLE, true);
	magstim_device_make(&line->magstim, &line->bench.ports.stimulator, &setup);
}

/* Sends bytes as they are; the reply is kept. */
static void line_send(struct line *line, const char *bytes, size_t count)
{
	struct error error = {0};
	line->reply = (struct serial_reply){.count = 0};
	for (size_t i = 0; i < count; i++)
		cr_assert(magstim_device_ops.byte(&line->magstim, (uint8_t)bytes[i], bench_now(&line->bench), &line->reply, &error), "%s",
			  error.text);
}

/* Sends a frame with its check sum; the reply's check sum is looked at. */
static const char *line_ask(struct line *line, const char *frame)
{
	char bytes[32];
	size_t count = strlen(frame);
	memcpy(bytes, frame, count);
	bytes[count] = (char)magstim_crc((const uint8_t *)frame, count);
	line_send(line, bytes, count + 1);
	if (line->reply.count > 1)
		cr_expect_eq(line->reply.bytes[line->reply.count - 1], magstim_crc(line->reply.bytes, line->reply.count - 1), "%s", frame);
	return (const char *)line->reply.bytes;
}

static void line_wait(struct line *line, double seconds)
{
	struct error error = {0};
	bench_sleep(&line->bench, seconds);
	cr_assert(magstim_device_ops.tick(&line->magstim, bench_now(&line->bench), 0, &line->reply, &error), "%s", error.text);
}

static size_t fired(const struct line *line)
{
	return sim_truth(line->bench.state).count;
}

static void make_ready(struct line *line)
{
	cr_expect_eq(line_ask(line, "@050")[1], (char)0x89);
	cr_expect_eq(line_ask(line, "EB")[0], 'E');
	for (int k = 0; k < 20; k++) {
		line_wait(line, 0.1);
		if (line_ask(line, "J@")[1] & 4)
			break;
	}
	cr_assert(line->reply.bytes[1] & 4, "not ready after two seconds");
}

Test(magstim, check_sums_are_those_of_the_toolboxes)
{
	static const struct {
		const char *frame;
		uint8_t crc;
	} VECTORS[] = {{"Q@", 'n'},  {"R@", 'm'},  {"@050", '*'}, {"EA", 'y'},  {"EB", 'x'},  {"EH", 'r'},
		       {"J@", 0x75}, {"F@", 0x79}, {"\\@", 0x63}, {"ND", 0x6D}, {"x@", 0x47}, {"I@", 0x76},
		       {"b@", 0x5D}, {"^@", 0x61}, {"_@", 0x60},  {"Y@", 0x66}, {"Z@", 0x65}, {"X@", 0x67}};
	for (size_t v = 0; v < sizeof VECTORS / sizeof *VECTORS; v++)
		cr_expect_eq(magstim_crc((const uint8_t *)VECTORS[v].frame, strlen(VECTORS[v].frame)), VECTORS[v].crc, "%s",
			     VECTORS[v].frame);
}

Test(magstim, answers_have_the_lengths_of_the_table)
{
	static const struct {
		const char *frame;
		size_t bytes[3]; /* software 5, 8, 9 */
	} ANSWERS[] = {{"J@", {12, 12, 12}}, {"F@", {9, 9, 9}}, {"\\@", {21, 22, 24}}, {"I@", {6, 6, 6}},
		       {"EA", {3, 3, 3}},    {"ND", {8, 8, 8}}, {"x@", {1, 1, 6}}};
	static const unsigned SOFTWARE[] = {5, 8, 9};
	for (unsigned s = 0; s < 3; s++) {
		struct line line;
		line_open(&line, SERVE_MAGSTIM_RAPID2, SOFTWARE[s]);
		for (size_t a = 0; a < sizeof ANSWERS / sizeof *ANSWERS; a++) {
			line_ask(&line, ANSWERS[a].frame);
			cr_expect_eq(line.reply.count, ANSWERS[a].bytes[s], "%s of software %u: %zu bytes", ANSWERS[a].frame, SOFTWARE[s],
				     line.reply.count);
		}
		line_wait(&line, 0.3);
		line_ask(&line, "ND");
		char version[16];
		snprintf(version, sizeof version, "%u.0.0", SOFTWARE[s]);
		cr_expect_str_eq((const char *)line.reply.bytes + 1, version);
		bench_finish(&line.bench);
	}
}

Test(magstim, errors_are_told_apart)
{
	struct line line;
	line_open(&line, SERVE_MAGSTIM_RAPID2, 8);
	line_send(&line, "\r", 1);
	cr_expect(line.reply.count == 1 && line.reply.bytes[0] == '?', "an unknown byte is answered by one");
	line_ask(&line, "@050");
	cr_expect_eq(memcmp(line.reply.bytes, "@S", 2), 0, "no power without remote control");
	cr_expect_eq(memcmp(line_ask(&line, "EB"), "ES", 2), 0);
	cr_expect_eq(line_ask(&line, "EA")[1], 9, "disarming needs no remote control: standby, coil");
	cr_expect_eq(line_ask(&line, "Q@")[1], (char)0x89, "remote, coil, standby");
	cr_expect_eq(memcmp(line_ask(&line, "@101"), "@?", 2), 0);
	cr_expect_eq(memcmp(line_ask(&line, "@0x1"), "@?", 2), 0);
	cr_expect_eq(memcmp(line_ask(&line, "EC"), "E?", 2), 0);
	cr_expect_eq(memcmp(line_ask(&line, "EH"), "ES", 2), 0, "no shot when not armed");
	line_send(&line, "J@\x01", 3);
	cr_expect(line.reply.count == 3 && memcmp(line.reply.bytes, "J?", 2) == 0, "a wrong check sum");
	cr_expect_eq(fired(&line), 0);
	bench_finish(&line.bench);
}

Test(magstim, a_session_fires_once)
{
	struct line line;
	line_open(&line, SERVE_MAGSTIM_RAPID2, 8);
	line_ask(&line, "Q@");
	make_ready(&line);
	cr_expect_eq(memcmp(line_ask(&line, "EB"), "ES", 2), 0, "armed is armed");
	cr_expect_eq(line_ask(&line, "EH")[0], 'E');
	line_wait(&line, 0.1);
	cr_expect_eq(fired(&line), 1);
	cr_expect_float_eq(sim_truth(line.bench.state).pulses[0].intensity_pct, 50, 1e-9);
	cr_expect_eq(memcmp(line_ask(&line, "EH"), "ES", 2), 0, "single pulses come at most once a second");
	cr_expect_eq(memcmp((line_ask(&line, "J@"), line.reply.bytes + 2), "050000000", 9), 0);
	cr_expect_eq(line_ask(&line, "EA")[1], (char)0x89);
	cr_expect_eq(line_ask(&line, "R@")[1], 0x09);
	cr_expect_eq(fired(&line), 1);
	bench_finish(&line.bench);
}

Test(magstim, power_takes_its_time)
{
	struct line line;
	line_open(&line, SERVE_MAGSTIM_200_2, 5);
	line_ask(&line, "Q@");
	make_ready(&line);
	line_ask(&line, "@030");
	line_wait(&line, 0.95);
	line_ask(&line, "J@");
	line_wait(&line, 0.95);
	cr_expect_not(line_ask(&line, "J@")[1] & 4, "20 %% down take 2 s");
	line_wait(&line, 0.2);
	cr_expect(line_ask(&line, "J@")[1] & 4);
	cr_expect_eq(line_ask(&line, "\\@")[0], '?', "a 200-2 has no such command");
	bench_finish(&line.bench);
}

Test(magstim, silence_disarms)
{
	struct line line;
	line_open(&line, SERVE_MAGSTIM_RAPID2, 8);
	line_ask(&line, "Q@");
	make_ready(&line);
	for (int k = 0; k < 5; k++) {
		line_wait(&line, 0.5);
		cr_expect(line_ask(&line, "Q@")[1] & 2, "kept alive every 0.5 s");
	}
	line_wait(&line, 1.1);
	cr_expect_eq(line_ask(&line, "J@")[1], 9, "standby and local");
	cr_expect_eq(bench_status(&line.bench).state, STIMULATOR_STANDBY);
	line_ask(&line, "Q@");
	line_wait(&line, 9);
	cr_expect(line_ask(&line, "J@")[1] & 0x80);
	line_wait(&line, 10.1);
	cr_expect_not(line_ask(&line, "J@")[1] & 0x80);
	bench_finish(&line.bench);
}

Test(magstim, a_train_has_its_rate_and_its_wait)
{
	struct line line;
	line_open(&line, SERVE_MAGSTIM_RAPID2, 8);
	line_ask(&line, "Q@");
	cr_expect_eq(line_ask(&line, "B0100")[0], 'B');
	cr_expect_eq(line.reply.count, 4);
	line_ask(&line, "D0005");
	cr_expect_eq(line_ask(&line, "[010")[2] & 8, 0, "not in single-pulse mode");
	make_ready(&line);
	line_ask(&line, "\\@");
	cr_expect_eq(memcmp(line.reply.bytes + 3, "050010000050100005", 18), 0, "%.18s", (const char *)line.reply.bytes + 3);
	line_ask(&line, "EH");
	for (int k = 0; k < 45; k++)
		line_wait(&line, 0.01);
	cr_expect_eq(fired(&line), 5);
	cr_expect_eq(memcmp(line_ask(&line, "D0010"), "DS", 2), 0, "no new train in the wait");
	line_wait(&line, 0.5);
	cr_expect_neq(line_ask(&line, "D0010")[1], 'S');
	struct sim_truth truth = sim_truth(line.bench.state);
	for (size_t i = 1; i < truth.count; i++)
		cr_expect_float_eq(truth.pulses[i].onset_s - truth.pulses[i - 1].onset_s, 0.1, 0.0101);
	bench_finish(&line.bench);
}

Test(magstim, newer_software_wants_a_code)
{
	struct line line;
	line_open(&line, SERVE_MAGSTIM_RAPID2, 9);
	cr_expect_eq(memcmp(line_ask(&line, "Q@"), "Q?", 2), 0);
	cr_expect_eq(line_ask(&line, "Q1234-ABCD5678-zz")[1], (char)0x89);
	cr_expect_eq(line_ask(&line, "x@")[0], 'x');
	cr_expect_eq(line.reply.count, 6);
	bench_finish(&line.bench);
}

Test(magstim, an_unfinished_frame_is_forgotten)
{
	struct line line;
	line_open(&line, SERVE_MAGSTIM_RAPID2, 8);
	line_send(&line, "@0", 2);
	bench_sleep(&line.bench, 0.3);
	cr_expect_eq(line_ask(&line, "J@")[0], 'J');
	cr_expect_eq(line.reply.count, 12);
	bench_finish(&line.bench);
}

static double reaction_s(const struct line *line)
{
	struct sim_truth truth = sim_truth(line->bench.state);
	return truth.trip_count ? truth.trips[truth.trip_count - 1].trip_s - truth.trips[truth.trip_count - 1].cause_s : NAN;
}

Test(magstim, silence_is_the_virtual_device_s_affair_where_its_bench_says_so)
{
	struct line line;
	struct stimulator_status status;
	struct error error = {0};
	line_open(&line, SERVE_MAGSTIM_200_2, 8);
	line.magstim.emulator = &line.bench.ports.emulator;
	cr_expect_eq(line_ask(&line, "Q@")[0], 'Q');
	make_ready(&line);
	line_wait(&line, 1.1);
	line_wait(&line, 2);
	cr_assert(line.bench.ports.stimulator.ops->status(line.bench.ports.stimulator.self, &status, &error));
	cr_expect(status.state == STIMULATOR_FAULT && strstr(status.fault, "remote control silent"), "%s", status.fault);
	cr_expect_float_eq(reaction_s(&line), interlock_default_reaction_s(IL13_WATCHDOG), 1e-6);
	/* A word ends the silence, disarming resets. */
	line_ask(&line, "Q@");
	line_ask(&line, "EA");
	cr_assert(line.bench.ports.stimulator.ops->status(line.bench.ports.stimulator.self, &status, &error));
	cr_expect_eq(status.state, STIMULATOR_STANDBY, "%s", status.fault);
	bench_finish(&line.bench);
}
