/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The logic driver over the real libsigrok: its demo device beside sigrok-cli, and a simulated BeagleLogic that is made to fail in every way.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <time.h>

#include "bench.h"
#include "sim_process.h"

enum { MAX_TAKEN = 200000 };

static struct ports ports;
static struct bench_setup setup;
static void *state;
static struct edge taken[MAX_TAKEN];
static size_t taken_count;
static char connection[128];

static double now_s(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void pause_s(double duration_s)
{
	usleep((useconds_t)(1e6 * duration_s));
}

static void open_logic(const char *where, double rate_hz)
{
	struct error error = {0};
	setup.logic =
		(struct logic_setup){.driver = "sigrok", .connection = where, .sample_rate_hz = rate_hz, .clock_accuracy_rel = 200e-6};
	cr_assert(driver_sigrok.open(&setup, NULL, &ports, &state, &error), "%s", error.text);
}

static void have_channel(enum logic_line line, const char *channel)
{
	setup.logic.present[line] = true;
	setup.logic.channel[line] = channel;
}

static void open_beaglelogic(const struct sim_process *sim, unsigned channels, double rate_hz)
{
	snprintf(connection, sizeof connection, "beaglelogic:conn=tcp-raw/127.0.0.1/%u:logic_channels=%u", sim->port, channels);
	open_logic(connection, rate_hz);
	have_channel(LOGIC_TRIGGER, "P8_45");
	have_channel(LOGIC_TRIGGER_OUT, "P8_46");
	have_channel(LOGIC_READY, "P8_43");
}

static void start_logic(void)
{
	struct error error = {0};
	cr_assert(ports.logic.ops->start(ports.logic.self, &error), "%s", error.text);
}

static bool take(struct error *error)
{
	size_t count;
	bool end;
	do {
		if (!ports.logic.ops->read(ports.logic.self, taken + taken_count, MAX_TAKEN - taken_count, &count, &end, error))
			return false;
		taken_count += count;
	} while (count > 0 && taken_count < MAX_TAKEN);
	return true;
}

/* Takes edges for so long, or until an error. */
static bool take_for(double duration_s, struct error *error)
{
	for (double until_s = now_s() + duration_s; now_s() < until_s; pause_s(0.01))
		if (!take(error))
			return false;
	return true;
}

static void stop_logic(void)
{
	struct error error = {0};
	bool end = false;
	size_t count = 1;
	cr_assert(ports.logic.ops->stop(ports.logic.self, &error), "%s", error.text);
	for (double until_s = now_s() + 2; !end && now_s() < until_s; pause_s(0.01)) {
		cr_assert(ports.logic.ops->read(ports.logic.self, taken + taken_count, MAX_TAKEN - taken_count, &count, &end, &error), "%s",
			  error.text);
		taken_count += count;
	}
	cr_assert(end, "drained");
}

/* The edge of a line and direction after a time; NULL when there is none. */
static const struct edge *next_edge(enum logic_line line, bool rising, double after_s)
{
	for (size_t k = 0; k < taken_count; k++)
		if (taken[k].line == line && taken[k].rising == rising && taken[k].time_s > after_s)
			return &taken[k];
	return NULL;
}

static size_t count_edges(enum logic_line line)
{
	size_t count = 0;
	for (size_t k = 0; k < taken_count; k++)
		count += taken[k].line == line;
	return count;
}

/* The edges of the driver are those of the samples that sigrok-cli gets of the same device. */
Test(bench_sigrok, demo_as_sigrok_cli_sees_it, .timeout = 60)
{
	enum { SAMPLES = 6400 };
	uint8_t samples[SAMPLES];
	char path[] = "/tmp/tmsrig-demo-XXXXXX", command[256];
	struct error error = {0};
	close(mkstemp(path));
	snprintf(command, sizeof command,
		 "sigrok-cli -d demo:logic_channels=8:analog_channels=0 -c samplerate=100k --samples %d -O binary -o %s >/dev/null",
		 SAMPLES, path);
	sim_process_shell(command);
	FILE *file = fopen(path, "r");
	cr_assert_eq(fread(samples, 1, SAMPLES, file), SAMPLES);
	fclose(file);
	unlink(path);

	open_logic("demo:logic_channels=8:analog_channels=0", 100e3);
	have_channel(LOGIC_READY, "D3");
	start_logic();
	double u_s, begin_s = ports.logic.ops->start_time(ports.logic.self, &u_s);
	cr_assert(fabs(begin_s - now_s()) < 2 && u_s > 0 && u_s < 0.5, "%g %g", begin_s, u_s);
	cr_assert(take_for(0.3, &error), "%s", error.text);
	stop_logic();
	size_t next = 0;
	for (size_t k = 1; k < SAMPLES; k++) {
		bool before = samples[k - 1] >> 3 & 1, level = samples[k] >> 3 & 1;
		if (level == before)
			continue;
		cr_assert_lt(next, taken_count);
		cr_assert_eq(lrint(taken[next].time_s * 100e3), (long)k);
		cr_assert_eq(taken[next].rising, level);
		next++;
	}
	cr_assert_gt(next, 10);
	driver_sigrok.close(state);
}

/* 14 channels are two bytes a sample, which TCP cuts anywhere. */
static void fires_are_seen(unsigned channels, double rate_hz)
{
	struct sim_process sim = sim_process_start("served", "beaglelogic");
	struct error error = {0};
	enum { SHOTS = 1 };
	open_beaglelogic(&sim, channels, rate_hz);
	start_logic();
	double u_s, begin_s = ports.logic.ops->start_time(ports.logic.self, &u_s), before_s[SHOTS], after_s[SHOTS];
	for (int shot = 0; shot < SHOTS; shot++) {
		before_s[shot] = now_s() - begin_s;
		sim_process_fire(&sim);
		after_s[shot] = now_s() - begin_s;
		cr_assert(take_for(0.2, &error), "%s", error.text);
	}
	stop_logic();
	cr_expect_eq(count_edges(LOGIC_TRIGGER_OUT), 2 * SHOTS);
	for (int shot = 0; shot < SHOTS; shot++) {
		const struct edge *rise = next_edge(LOGIC_TRIGGER_OUT, true, before_s[shot] - 3 * u_s - 0.05);
		const struct edge *fall = rise ? next_edge(LOGIC_TRIGGER_OUT, false, rise->time_s) : NULL;
		cr_assert(rise && fall);
		cr_expect(rise->time_s < after_s[shot] + 3 * u_s + 0.05, "%g, %g to %g", rise->time_s, before_s[shot], after_s[shot]);
		cr_expect_float_eq(fall->time_s - rise->time_s, 50e-6, 1 / rate_hz + 1e-9);
		cr_expect_not_null(next_edge(LOGIC_READY, true, before_s[shot] - 3 * u_s - 0.05));
	}
	driver_sigrok.close(state);
	sim_process_stop(&sim);
}

Test(bench_sigrok, edges_of_shots, .timeout = 60)
{
	fires_are_seen(8, 1e6);
}

Test(bench_sigrok, edges_of_shots_in_samples_of_two_bytes, .timeout = 60)
{
	fires_are_seen(14, 2e6);
}

/* What goes wrong while it samples is told within 2 s, by name, and closing does not take long, whatever the child does then. */
static void fault_is_told(const char *fault, const char *word, double limit_s)
{
	struct sim_process sim = sim_process_start("served", "beaglelogic");
	struct error error = {0};
	open_beaglelogic(&sim, 8, 1e6);
	start_logic();
	cr_assert(take_for(0.3, &error), "%s", error.text);
	if (fault) {
		sim_process_command(&sim, fault);
	} else {
		char command[128];
		snprintf(command, sizeof command, "kill -KILL $(pgrep -x -P %d tmsrig-sigrok)", (int)getpid());
		sim_process_shell(command);
	}
	double since_s = now_s();
	cr_assert_not(take_for(limit_s + 1, &error), "nothing was told");
	cr_expect_lt(now_s() - since_s, limit_s);
	cr_expect_eq(error.kind, ERROR_BENCH);
	cr_expect(strncmp(error.text, connection, strlen(connection)) == 0, "%s", error.text);
	cr_expect(strstr(error.text, word), "%s", error.text);
	struct error again = {0};
	since_s = now_s();
	cr_expect_not(ports.logic.ops->stop(ports.logic.self, &again), "a failure stays");
	driver_sigrok.close(state);
	cr_expect_lt(now_s() - since_s, 1);
	sim_process_stop(&sim);
}

Test(bench_sigrok, close_is_told, .timeout = 30)
{
	fault_is_told("beaglelogic close", "", 2);
}

Test(bench_sigrok, reset_is_told, .timeout = 30)
{
	fault_is_told("beaglelogic reset", "", 2);
}

Test(bench_sigrok, stall_is_told, .timeout = 30)
{
	fault_is_told("beaglelogic stall", "no samples for 0.7 s", 2);
}

Test(bench_sigrok, a_killed_child_is_told, .timeout = 30)
{
	fault_is_told(NULL, "its program has ended", 2);
}

/* By the clock: two windows of 1 s may pass. */
Test(bench_sigrok, lost_samples_are_told, .timeout = 30)
{
	fault_is_told("beaglelogic lose 100000", "samples are missing by the clock", 3.5);
}

static void start_fails(double limit_s, const char *word)
{
	struct error error = {0};
	double since_s = now_s();
	cr_assert_not(ports.logic.ops->start(ports.logic.self, &error), "%s starts", setup.logic.connection);
	cr_expect_lt(now_s() - since_s, limit_s);
	cr_expect(strncmp(error.text, setup.logic.connection, strlen(setup.logic.connection)) == 0 && strstr(error.text, word), "%s",
		  error.text);
	driver_sigrok.close(state);
}

Test(bench_sigrok, mute_at_scan, .timeout = 30)
{
	struct sim_process sim = sim_process_start("served", "beaglelogic");
	open_beaglelogic(&sim, 8, 1e6);
	sim_process_command(&sim, "beaglelogic mute");
	start_fails(2, "");
	sim_process_stop(&sim);
}

Test(bench_sigrok, nobody_there, .timeout = 30)
{
	open_logic("beaglelogic:conn=tcp-raw/127.0.0.1/1", 1e6);
	have_channel(LOGIC_TRIGGER, "P8_45");
	start_fails(2, "no instrument answers");
}

Test(bench_sigrok, what_cannot_be, .timeout = 60)
{
	static const struct {
		const char *connection, *channel;
		double rate_hz;
		const char *words;
	} CASES[] = {
		{"no-such-driver", "D0", 1e6, "no driver 'no-such-driver'"},
		{"demo:colour=red", "D0", 1e6, "'colour=red' is no option"},
		{"demo:logic_channels=many", "D0", 1e6, "'logic_channels=many' is no option"},
		{"demo:logic_channels=4", "D7", 1e6, "no channel 'D7'"},
		{"demo", "A0", 1e6, "'A0' is no logic channel"},
	};
	for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
		open_logic(CASES[i].connection, CASES[i].rate_hz);
		have_channel(LOGIC_TRIGGER, CASES[i].channel);
		start_fails(6, CASES[i].words);
	}
}

Test(bench_sigrok, calls_out_of_order, .timeout = 60)
{
	struct error error = {0};
	size_t count;
	bool end;
	struct edge edges[4];
	open_logic("demo:logic_channels=1", 1e6);
	have_channel(LOGIC_TRIGGER, "D0");
	driver_sigrok.close(state);

	open_logic("demo:logic_channels=1", 1e6);
	have_channel(LOGIC_TRIGGER, "D0");
	double since_s = now_s();
	cr_expect(ports.logic.ops->stop(ports.logic.self, &error), "%s", error.text);
	cr_expect(ports.logic.ops->read(ports.logic.self, edges, 4, &count, &end, &error) && count == 0 && end, "%s", error.text);
	cr_expect_lt(now_s() - since_s, 1);
	driver_sigrok.close(state);

	open_logic("demo:logic_channels=1", 1e6);
	have_channel(LOGIC_TRIGGER, "D0");
	start_logic();
	stop_logic();
	cr_expect(ports.logic.ops->stop(ports.logic.self, &error), "%s", error.text);
	driver_sigrok.close(state);

	open_logic("demo:logic_channels=1", 1e6);
	have_channel(LOGIC_TRIGGER, "D0");
	start_logic();
	driver_sigrok.close(state);
}
