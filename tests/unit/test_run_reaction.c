/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How long after an event on the virtual bench its monitor has the lines safe, at random moments of a session; the worst of them is printed.
 * REACTION_TRIALS: of each monitor (default 3).
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "config.h"
#include "idle_sink.h"
#include "plan_builder.h"
#include "run.h"
#include "sim.h"

enum { CURRENT = 0, CAPACITOR = 2, CHANNELS = 3, RATE = 200000 };

static const struct driver *const DRIVERS[] = {&driver_sim, NULL};

struct session {
	double volts_per_count, above_v; /* the event is the first sample above so many volts; 0: it is given */
	double event_s, safe_s;
};

static bool take_format(void *self, const struct recording_format *format, struct error *error)
{
	(void)error;
	((struct session *)self)->volts_per_count = format->channels[CAPACITOR].scale;
	return true;
}

static bool take_block(void *self, const struct block *block, struct error *error)
{
	struct session *session = self;
	(void)error;
	for (size_t k = 0; session->above_v > 0 && isnan(session->event_s) && k < block->frames; k++)
		if (session->volts_per_count * block->samples[k * CHANNELS + CAPACITOR] > session->above_v)
			session->event_s = (double)(block->first_frame + k) / RATE;
	return true;
}

static bool take_event(void *self, const struct run_event *event, struct error *error)
{
	(void)error;
	if (event->kind == EVENT_SAFE_STATE)
		((struct session *)self)->safe_s = event->time_s;
	return true;
}

/* An ADC whose coil current stands still from a frame on. */
static struct {
	struct adc_port real;
	uint64_t from;
	int16_t samples[1 << 18];
} frozen;

static bool frozen_read(void *self, size_t max_frames, struct adc_read *read, struct error *error)
{
	(void)self;
	if (!frozen.real.ops->read(frozen.real.self, max_frames, read, error))
		return false;
	if (read->state != ADC_BLOCK || read->block.first_frame + read->block.frames <= frozen.from)
		return true;
	memcpy(frozen.samples, read->block.samples, read->block.frames * CHANNELS * sizeof(int16_t));
	for (size_t k = 0; k < read->block.frames; k++)
		if (read->block.first_frame + k >= frozen.from)
			frozen.samples[k * CHANNELS + CURRENT] = 7;
	read->block.samples = frozen.samples;
	return true;
}

static bool frozen_start(void *self, struct error *error)
{
	(void)self;
	return frozen.real.ops->start(frozen.real.self, error);
}

static bool frozen_stop(void *self, struct error *error)
{
	(void)self;
	return frozen.real.ops->stop(frozen.real.self, error);
}

static double frozen_frame(void *self, double host_s, double *u_frames)
{
	(void)self;
	return frozen.real.ops->frame_of_host_time(frozen.real.self, host_s, u_frames);
}

static const struct adc_ops FROZEN_OPS = {
	.start = frozen_start, .read = frozen_read, .stop = frozen_stop, .frame_of_host_time = frozen_frame};

/* A device that tells from a time on that its coil is hot. */
static struct {
	struct stimulator_port real;
	struct stimulator_ops ops;
	const struct clock_port *clock;
	double from_s;
} hot;

static bool hot_status(void *self, struct stimulator_status *status, struct error *error)
{
	bool told = hot.real.ops->status(self, status, error);
	if (hot.clock->ops->now_s(hot.clock->self) >= hot.from_s)
		status->coil_temperature_degc = 99;
	return told;
}

/* heat_s: NAN for never. */
static void heat_coil(struct bench *bench, double heat_s)
{
	struct ports *ports = bench_ports(bench);
	if (isnan(heat_s))
		return;
	hot.real = ports->stimulator;
	hot.ops = *hot.real.ops;
	hot.ops.status = hot_status;
	hot.clock = &ports->clock;
	hot.from_s = heat_s;
	ports->stimulator.ops = &hot.ops;
}

/* What a session is made wrong by; NULL and NAN: not. */
struct wrong {
	const char *scenario, *fault;
	double capacitor_max_v, freeze_s, heat_s;
};

static void run_wrong(const struct wrong *wrong, struct session *session, struct safety *safety)
{
	const char *fault = wrong->fault;
	double capacitor_max_v = wrong->capacitor_max_v, freeze_s = wrong->freeze_s;
	struct error error = {0};
	auto_bench_setup struct bench_setup *setup =
		config_load_bench(SOURCE_ROOT "/tests/torture/bench.yaml", SOURCE_ROOT "/fixtures", &error);
	cr_assert(setup, "%s", error.text);
	cr_assert(!fault || config_add_fault(setup, fault, &error), "%s", error.text);
	setup->safety.capacitor_max_v = capacitor_max_v;
	const struct plan_parameters parameters = {.motor_threshold_pct = NAN, .shipped_dir = SOURCE_ROOT "/scenarios/lib"};
	auto_plan struct plan *plan = wrong->scenario
					      ? plan_build_text("x.lua", wrong->scenario, strlen(wrong->scenario), &parameters, &error)
					      : plan_build(SOURCE_ROOT "/scenarios/smoke.lua", &parameters, &error);
	cr_assert(plan, "%s", error.text);
	auto_bench struct bench *bench = bench_open(setup, DRIVERS, NULL, &error);
	cr_assert(bench, "%s", error.text);
	struct adc_port *adc = &bench_ports(bench)->adc;
	if (!isnan(freeze_s)) {
		frozen.real = *adc;
		frozen.from = (uint64_t)(freeze_s * RATE);
		adc->ops = &FROZEN_OPS;
	}
	heat_coil(bench, wrong->heat_s);
	struct recording_sink sink = idle_sink(session);
	sink.format = take_format;
	sink.block = take_block;
	sink.event = take_event;
	const struct run_options options = {.safety = safety};
	bool finished;
	session->safe_s = NAN;
	cr_expect_not(run_plan(bench, plan, &sink, &options, &finished, &error));
	cr_expect(safety->tripped, "%s", error.text);
}

/* freeze_s: NAN for never. */
static void run_smoke(const char *fault, double capacitor_max_v, double freeze_s, struct session *session, struct safety *safety)
{
	run_wrong(&(struct wrong){NULL, fault, capacitor_max_v, freeze_s, NAN}, session, safety);
}

static double uniform(unsigned *seed, double from, double to)
{
	*seed = *seed * 1103515245u + 12345u;
	return from + (to - from) * ((*seed >> 8) & 0xffff) / 65536;
}

static unsigned trials(void)
{
	const char *text = getenv("REACTION_TRIALS");
	return text ? (unsigned)atoi(text) : 3;
}

/* The stream is 0.15 s behind the virtual clock at most, and a look at it 0.05 s; the rest is what the monitor itself takes. */
static void conclude(const char *name, double worst_s, double own_s)
{
	cr_log_info("%s: safe lines at most %.0f ms after the event, worst of %u", name, 1e3 * worst_s, trials());
	cr_expect_leq(worst_s, own_s + 0.15 + 0.06, "%s: %.3f s", name, worst_s);
}

Test(reaction, untriggered)
{
	unsigned seed = 1;
	double worst_s = 0;
	for (unsigned i = 0; i < trials(); i++) {
		char fault[64];
		struct session session = {.event_s = NAN};
		struct safety safety;
		snprintf(fault, sizeof fault, "spontaneous=%u:%.4f s", i % 2, uniform(&seed, 0.12, 0.35));
		run_smoke(fault, 0, NAN, &session, &safety);
		cr_expect_eq(safety.monitor, MONITOR_UNTRIGGERED, "%s", safety.trip_text);
		/* The cell in which it began: up to 1.3 ms before it. */
		worst_s = fmax(worst_s, session.safe_s - safety.trip_s);
	}
	conclude("untriggered", worst_s, 0.1);
}

Test(reaction, overvoltage)
{
	unsigned seed = 2;
	double worst_s = 0;
	for (unsigned i = 0; i < trials(); i++) {
		struct session session = {.above_v = uniform(&seed, 200, 850), .event_s = NAN};
		struct safety safety;
		run_smoke(NULL, session.above_v, NAN, &session, &safety);
		cr_expect_eq(safety.monitor, MONITOR_OVERVOLTAGE, "%s", safety.trip_text);
		worst_s = fmax(worst_s, session.safe_s - session.event_s);
	}
	conclude("overvoltage", worst_s, 0.01);
}

Test(reaction, capacitor_lost)
{
	unsigned seed = 3;
	double worst_s = 0;
	for (unsigned i = 0; i < trials(); i++) {
		char fault[64];
		struct session session = {.event_s = uniform(&seed, 2.15, 2.6)};
		struct safety safety;
		snprintf(fault, sizeof fault, "probe_lost_at=%.5f s", session.event_s);
		run_smoke(fault, 0, NAN, &session, &safety);
		cr_expect_eq(safety.monitor, MONITOR_CAPACITOR_LOST, "%s", safety.trip_text);
		worst_s = fmax(worst_s, session.safe_s - session.event_s);
	}
	/* With a trigger shortly before, the next pulse tells: 0.5 s. */
	conclude("capacitor_lost", worst_s, 0.6);
}

Test(reaction, current_dead)
{
	unsigned seed = 4;
	double worst_s = 0;
	for (unsigned i = 0; i < trials(); i++) {
		struct session session = {.event_s = uniform(&seed, 0.5, 4)};
		struct safety safety;
		run_smoke(NULL, 0, session.event_s, &session, &safety);
		cr_expect_eq(safety.monitor, MONITOR_CURRENT_DEAD, "%s", safety.trip_text);
		worst_s = fmax(worst_s, session.safe_s - session.event_s);
	}
	conclude("current_dead", worst_s, 1.01);
}

#define HEAD "scenario { id = 'x', title = 'X' }\nintensity(80) arm() await('ready', seconds(5))\n"

/* A pulse while the device is disarmed, which has pulses before and would have some after. */
Test(reaction, current_disarmed)
{
	static const char SCENARIO[] = HEAD "single { pulses = 2, interval = ms(200) } disarm() wait(seconds(1))\n"
					    "arm() await('ready', seconds(5)) single { pulses = 3, interval = ms(500) } disarm()";
	unsigned seed = 5;
	double worst_s = 0;
	for (unsigned i = 0; i < trials(); i++) {
		char fault[64];
		struct session session = {.event_s = NAN};
		struct safety safety;
		snprintf(fault, sizeof fault, "spontaneous=1:%.4f s", uniform(&seed, 0.32, 0.9));
		run_wrong(&(struct wrong){SCENARIO, fault, 0, NAN, NAN}, &session, &safety);
		cr_expect_eq(safety.monitor, MONITOR_CURRENT_DISARMED, "%s", safety.trip_text);
		worst_s = fmax(worst_s, session.safe_s - safety.trip_s);
	}
	conclude("current_disarmed", worst_s, 0.1);
}

/* The device is asked once a second where the pauses are that long. */
Test(reaction, coil_hot)
{
	static const char SCENARIO[] = HEAD "single { pulses = 4, interval = seconds(3) } disarm()";
	unsigned seed = 6;
	double worst_s = 0;
	for (unsigned i = 0; i < trials(); i++) {
		struct session session = {.event_s = uniform(&seed, 1, 8)};
		struct safety safety;
		run_wrong(&(struct wrong){SCENARIO, NULL, 0, NAN, session.event_s}, &session, &safety);
		cr_expect_eq(safety.monitor, MONITOR_COIL_HOT, "%s", safety.trip_text);
		worst_s = fmax(worst_s, session.safe_s - session.event_s);
	}
	/* Not asked in the last second before a pulse. */
	conclude("coil_hot", worst_s, 2);
}
