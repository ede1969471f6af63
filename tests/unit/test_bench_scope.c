/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Frames of an oscilloscope over the real libsigrok: a simulated one that speaks to its driver rigol-ds, and is made to fail in every way.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <time.h>

#include "bench.h"
#include "device.h"
#include "sim_process.h"

enum { SCREEN_DIVISIONS = 14, POINTS = 14000 };
static const double RATE_HZ = 1e6, RANGE_A = 12e3;

static struct ports ports;
static struct bench_setup setup;
static struct device device = {.waveform = WAVEFORM_BIPHASIC, .didt0_a_per_s = {.value = 150e6}};
static void *state, *device_state;
static char connection[128], line[96];
static uint64_t next_frame;

static double now_s(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* As the file of bench has it, but for what a test makes of it before it is opened. */
static void describe(const struct sim_process *sim)
{
	snprintf(connection, sizeof connection, "rigol-ds:conn=tcp-raw/127.0.0.1/%u", sim ? sim->port : 1);
	setup = (struct bench_setup){.device = &device};
	setup.adc = (struct adc_setup){.driver = "sigrok-frame",
				       .connection = connection,
				       .sample_rate_hz = RATE_HZ,
				       .clock_accuracy_rel = 5e-6,
				       .timeout_s = 1,
				       .channel_count = 1};
	setup.adc.channels[0] = (struct adc_channel_setup){
		.source = "CH1",
		.adc_range = RANGE_A,
		.per_volt = 3e3,
		.channel = {.name = "coil_current", .unit = "A", .scale = RANGE_A / 100, .count_min = -100, .count_max = 100}};
}

static void open_scope(void)
{
	struct error error = {0};
	cr_assert(driver_sigrok_frame.open(&setup, NULL, &ports, &state, &error), "%s", error.text);
}

static void start(void)
{
	struct error error = {0};
	open_scope();
	cr_assert(ports.adc.ops->start(ports.adc.self, &error), "%s", error.text);
	next_frame = 0;
}

/* Reads to the next block; gaps lie before it without a seam. */
static bool read_on(enum adc_state until, struct adc_read *read, struct error *error)
{
	do {
		if (!ports.adc.ops->read(ports.adc.self, 65536, read, error))
			return false;
		if (read->state == ADC_GAP) {
			cr_assert_eq(read->gap.first_frame, next_frame);
			cr_assert_eq(read->gap.cause, GAP_NOT_RECORDED);
			next_frame += read->gap.frames;
		} else if (read->state == ADC_BLOCK) {
			cr_assert_eq(read->block.first_frame, next_frame);
			next_frame += read->block.frames;
		}
	} while (read->state != until);
	return true;
}

static void ready(const struct sim_process *sim)
{
	struct error error = {0};
	snprintf(line, sizeof line, "%s/magventure", sim->folder);
	setup.stimulator_driver = "magventure";
	setup.stimulator.port = line;
	cr_assert(driver_magventure.open(&setup, NULL, &ports, &device_state, &error), "%s", error.text);
	const struct stimulator_port *stimulator = &ports.stimulator;
	struct stimulator_status status = {.state = STIMULATOR_OFF};
	cr_assert(stimulator->ops->set_intensity(stimulator->self, 50, NAN, &error), "%s", error.text);
	cr_assert(stimulator->ops->arm(stimulator->self, &error), "%s", error.text);
	for (double until_s = now_s() + 5; status.state != STIMULATOR_READY && now_s() < until_s; usleep(50000))
		cr_assert(stimulator->ops->status(stimulator->self, &status, &error), "%s", error.text);
	cr_assert_eq(status.state, STIMULATOR_READY);
}

/* told: the driver is told of it. */
static double fire(bool told)
{
	struct error error = {0};
	double time_s;
	for (double until_s = now_s() + 5; !ports.adc.ops->expect_shot(ports.adc.self, &error); usleep(20000))
		cr_assert(now_s() < until_s, "%s", error.text);
	cr_assert(ports.stimulator.ops->fire(ports.stimulator.self, &time_s, &error), "%s", error.text);
	if (told)
		ports.adc.ops->shot(ports.adc.self, &(struct host_time){time_s, 0.03});
	return time_s;
}

static void finish(struct sim_process *sim)
{
	if (device_state)
		driver_magventure.close(device_state);
	driver_sigrok_frame.close(state);
	state = device_state = NULL;
	if (sim)
		sim_process_stop(sim);
}

Test(bench_scope, frames_of_shots, .timeout = 60)
{
	struct sim_process sim = sim_process_start("served-scope", "scope");
	struct error error = {0};
	struct adc_read read;
	describe(&sim);
	start();
	cr_expect_not(ports.adc.ops->expect_shot(ports.adc.self, &error), "it was armed a moment ago");
	cr_expect(strstr(error.text, "further apart"), "%s", error.text);
	ready(&sim);
	for (int shot = 0; shot < 2; shot++) {
		double u_frames, fired_s = fire(true);
		cr_expect_not(ports.adc.ops->expect_shot(ports.adc.self, &error), "its frame has not come");
		cr_assert(read_on(ADC_BLOCK, &read, &error), "%s", error.text);
		cr_assert_eq(read.block.frames, POINTS);
		double middle = (double)read.block.first_frame + POINTS / 2.0;
		cr_expect_float_eq(middle, ports.adc.ops->frame_of_host_time(ports.adc.self, fired_s, &u_frames), 1);
		cr_expect_float_eq(u_frames, POINTS / sqrt(12), 1e-6);
		int least = 0, most = 0;
		size_t rise = 0;
		for (size_t k = 0; k < POINTS; k++) {
			least = read.block.samples[k] < least ? read.block.samples[k] : least;
			most = read.block.samples[k] > most ? read.block.samples[k] : most;
			rise = rise == 0 && read.block.samples[k] >= 5 ? k : rise;
		}
		/* A biphasic pulse at half of the output, at the trigger's place on the screen: two of fourteen divisions from the left. */
		cr_expect(most > 15 && least < -10 && most < 100, "%d to %d counts of %g A", least, most, RANGE_A / 100);
		cr_expect_float_eq((double)rise, POINTS / SCREEN_DIVISIONS * 2, 2);
	}
	cr_assert(ports.adc.ops->stop(ports.adc.self, &error));
	cr_assert(read_on(ADC_END, &read, &error), "%s", error.text);
	finish(&sim);
}

/* With a trigger line a frame stands where the line rises in it. The input that is taken for the line here has the current's 0.2 V. */
static void described_by_line(const struct sim_process *sim, double threshold_v)
{
	describe(sim);
	setup.gpio_driver = "gpiod";
	setup.gpio[GPIO_TRIGGER].present = true;
	setup.adc.channels[0] = (struct adc_channel_setup){.source = "CH1",
							   .adc_range = 4,
							   .per_volt = 1,
							   .channel = {.name = "trigger",
								       .role = CHANNEL_TRIGGER,
								       .unit = "V",
								       .scale = 0.04,
								       .count_min = -100,
								       .count_max = 100,
								       .threshold = threshold_v}};
}

Test(bench_scope, a_frame_stands_where_its_trigger_is, .timeout = 60)
{
	struct sim_process sim = sim_process_start("served-scope", "scope");
	struct error error = {0};
	struct adc_read read;
	double u_frames;
	described_by_line(&sim, 0.2);
	start();
	ready(&sim);
	double fired_s = fire(true);
	cr_assert(read_on(ADC_BLOCK, &read, &error), "%s", error.text);
	double trigger = (double)read.block.first_frame + 2.0 * POINTS / SCREEN_DIVISIONS;
	cr_expect_float_eq(trigger, ports.adc.ops->frame_of_host_time(ports.adc.self, fired_s, &u_frames), 2);
	cr_expect_float_eq(u_frames, sqrt(2.0 / 12), 1e-6);
	finish(&sim);
}

Test(bench_scope, a_frame_without_the_trigger_line_is_told, .timeout = 60)
{
	struct sim_process sim = sim_process_start("served-scope", "scope");
	struct error error = {0};
	struct adc_read read;
	described_by_line(&sim, 3.9);
	start();
	ready(&sim);
	fire(true);
	cr_assert_not(read_on(ADC_BLOCK, &read, &error));
	cr_expect(strstr(error.text, "does not show the trigger line rise"), "%s", error.text);
	finish(&sim);
}

/* What goes wrong is told in time, by name; shoot: once a pulse was fired. */
static void fault_is_told(const char *fault, bool shoot, const char *word)
{
	struct sim_process sim = sim_process_start("served-scope", "scope");
	struct error error = {0};
	struct adc_read read;
	describe(&sim);
	start();
	if (shoot)
		ready(&sim);
	if (!fault)
		sim_process_shell("kill -KILL $(pgrep -x -P $PPID tmsrig-sigrok)");
	else if (*fault)
		sim_process_command(&sim, fault);
	double since_s = shoot ? fire(fault && *fault) : now_s();
	cr_assert_not(read_on(ADC_BLOCK, &read, &error), "nothing was told");
	cr_expect_lt(now_s() - since_s, 2);
	cr_expect(error.kind == ERROR_BENCH && strncmp(error.text, connection, strlen(connection)) == 0 && strstr(error.text, word), "%s",
		  error.text);
	cr_expect_not(ports.adc.ops->expect_shot(ports.adc.self, &error), "a failure stays");
	since_s = now_s();
	finish(&sim);
	cr_expect_lt(now_s() - since_s, 2);
}

Test(bench_scope, mute_is_told_while_it_waits, .timeout = 30)
{
	fault_is_told("scope mute", false, "it has not answered for 1.3 s");
}

Test(bench_scope, close_is_told_while_it_waits, .timeout = 30)
{
	fault_is_told("scope close", false, "");
}

Test(bench_scope, reset_is_told_while_it_waits, .timeout = 30)
{
	fault_is_told("scope reset", false, "");
}

Test(bench_scope, a_killed_child_is_told, .timeout = 30)
{
	fault_is_told(NULL, false, "its program has ended");
}

Test(bench_scope, a_trigger_it_does_not_see_is_told, .timeout = 30)
{
	fault_is_told("scope stall", true, "no samples for 1.0 s after a trigger");
}

Test(bench_scope, an_end_in_a_frame_is_told, .timeout = 30)
{
	fault_is_told("scope short", true, "");
}

Test(bench_scope, a_frame_without_a_trigger_is_told, .timeout = 30)
{
	fault_is_told("", true, "the rig gave no trigger");
}

static void start_fails(const char *word, double limit_s)
{
	struct error error = {0};
	open_scope();
	double since_s = now_s();
	cr_assert_not(ports.adc.ops->start(ports.adc.self, &error), "%s starts", connection);
	cr_expect_lt(now_s() - since_s, limit_s);
	cr_expect(strncmp(error.text, connection, strlen(connection)) == 0 && strstr(error.text, word), "%s", error.text);
	driver_sigrok_frame.close(state);
}

Test(bench_scope, what_does_not_fit, .timeout = 60)
{
	struct sim_process sim = sim_process_start("served-scope", "scope");
	struct error error = {0};
	struct adc_read read;
	describe(&sim);
	setup.adc.channels[0].per_volt = 1e3;
	start_fails("CH1 stands at 1 V a division, so that the screen ends at 4000 A; 'range' of 'coil_current' is 12000 A", 3);
	describe(&sim);
	setup.adc.channels[0].source = "CH9";
	start_fails("there is no channel 'CH9'", 3);
	sim_process_command(&sim, "scope mute");
	describe(&sim);
	start_fails("", 3);
	sim_process_command(&sim, "clear");
	describe(NULL);
	start_fails("no instrument answers", 3);
	/* That the rate is another one than the file's shows with the first frame. */
	describe(&sim);
	setup.adc.sample_rate_hz = 2e6;
	start();
	ready(&sim);
	fire(true);
	cr_expect_not(read_on(ADC_BLOCK, &read, &error));
	cr_expect(strstr(error.text, "14000 samples in 0.014 s, that is 1e+06 Hz; 'sample_rate' is 2e+06 Hz"), "%s", error.text);
	finish(&sim);
}
