/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "qualify_witness.h"

#include <math.h>

#include "sim.h"

/* The operations of the simulator, and of these a copy with the witness in between; they are given the simulator's own state. */
static struct {
	const char *truth;
	FILE *lines;
	double lose_s, sample_rate_hz;
	bool lost;
	struct clock_port clock;
	const struct gpio_ops *gpio;
	const struct adc_ops *adc;
	const struct stimulator_ops *stimulator;
	struct gpio_ops gpio_seen;
	struct adc_ops adc_seen;
	struct stimulator_ops stimulator_seen;
} witness;

void qualify_witness_prepare(const char *truth, const char *lines, double lose_s)
{
	witness.truth = truth;
	witness.lose_s = lose_s;
	witness.lines = fopen(lines, "we");
	if (witness.lines)
		fputs("time_s,what,level\n", witness.lines);
}

static void note(const char *what, int level)
{
	if (witness.lines)
		fprintf(witness.lines, "%.9f,%s,%d\n", witness.clock.ops->now_s(witness.clock.self), what, level);
}

static bool set(void *self, enum gpio_line line, bool level, struct error *error)
{
	note(gpio_line_name(line), level);
	return witness.gpio->set(self, line, level, error);
}

static bool pulse(void *self, enum gpio_line line, double *time_s, struct error *error)
{
	note("pulse", 1);
	return witness.gpio->pulse(self, line, time_s, error);
}

static bool arm(void *self, struct error *error)
{
	note("arm", 1);
	return witness.stimulator->arm(self, error);
}

static bool disarm(void *self, struct error *error)
{
	note("arm", 0);
	return witness.stimulator->disarm(self, error);
}

static bool fire(void *self, double *time_s, struct error *error)
{
	note("pulse", 1);
	return witness.stimulator->fire(self, time_s, error);
}

static bool read_samples(void *self, size_t max_frames, struct adc_read *read, struct error *error)
{
	if (!witness.adc->read(self, max_frames, read, error))
		return false;
	if (!witness.lost && read->state == ADC_BLOCK &&
	    (double)(read->block.first_frame + read->block.frames) > witness.lose_s * witness.sample_rate_hz) {
		const struct gap gap = {read->block.first_frame, read->block.frames, GAP_LOST};
		*read = (struct adc_read){.state = ADC_GAP, .gap = gap};
		witness.lost = true;
	}
	return true;
}

static void stand_between(struct ports *ports)
{
	witness.clock = ports->clock;
	witness.gpio = ports->gpio.ops;
	witness.adc = ports->adc.ops;
	witness.stimulator = ports->stimulator.ops;
	witness.gpio_seen = *witness.gpio;
	witness.gpio_seen.set = set;
	witness.gpio_seen.pulse = pulse;
	witness.adc_seen = *witness.adc;
	witness.adc_seen.read = read_samples;
	witness.stimulator_seen = *witness.stimulator;
	witness.stimulator_seen.arm = arm;
	witness.stimulator_seen.disarm = disarm;
	if (witness.stimulator->fire)
		witness.stimulator_seen.fire = fire;
	ports->gpio.ops = &witness.gpio_seen;
	ports->adc.ops = &witness.adc_seen;
	ports->stimulator.ops = &witness.stimulator_seen;
}

static bool open_sim(const struct bench_setup *setup, const char *recording, struct ports *ports, void **state, struct error *error)
{
	if (!driver_sim.open(setup, recording, ports, state, error))
		return false;
	witness.sample_rate_hz = setup->adc.sample_rate_hz;
	if (!ports->gpio.ops || !ports->adc.ops || !ports->stimulator.ops || !ports->clock.ops)
		return error_config(error, "%s: a qualification needs a bench of which all is simulated", setup->file);
	stand_between(ports);
	return true;
}

static void write_truth(const void *state)
{
	const struct sim_truth truth = sim_truth(state);
	auto_file FILE *file = fopen(witness.truth, "we");
	if (!file)
		return;
	fputs("pulse,trigger_s,onset_s,pulse.peak1,pulse.latency,pulse.period,pulse.decay_alpha,pulse.initial_slope\n", file);
	for (size_t i = 0; i < truth.count; i++) {
		const struct sim_truth_pulse *p = &truth.pulses[i];
		fprintf(file, "%zu,%.17g,%.17g,%.17g,%.17g,%.17g,%.17g,%.17g\n", i, p->trigger_s, p->onset_s, fabs(p->peak1_a),
			p->onset_s - p->trigger_s, 2 * M_PI / p->omega_per_s, p->alpha_per_s, fabs(p->didt0_a_per_s));
	}
}

static void close_sim(void *state)
{
	if (state)
		write_truth(state);
	if (witness.lines)
		fclose(witness.lines);
	witness.lines = NULL;
	driver_sim.close(state);
}

static const struct driver WITNESSED = {.name = "sim", .open = open_sim, .close = close_sim};
const struct driver *const QUALIFY_DRIVERS[] = {&WITNESSED, NULL};
