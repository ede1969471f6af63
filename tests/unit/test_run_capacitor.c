/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The capacitor's probe comes off, at many moments of a session: 0 V on its channel is then never taken for a discharge. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "capacitor_watch.h"
#include "config.h"
#include "idle_sink.h"
#include "plan_builder.h"
#include "run.h"
#include "sim.h"

enum { CAPACITOR = 2, CHANNELS = 3, RATE = 200000 };

static const struct driver *const DRIVERS[] = {&driver_sim, NULL};

/* The voltage as the channel shows it, every millisecond; when the safe state was entered. */
struct shown {
	double volts[60000];
	size_t count;
	double safe_s, scale;
};

static bool take_format(void *self, const struct recording_format *format, struct error *error)
{
	(void)error;
	((struct shown *)self)->scale = format->channels[CAPACITOR].scale;
	return true;
}

static bool take_block(void *self, const struct block *block, struct error *error)
{
	struct shown *shown = self;
	(void)error;
	for (size_t k = 0; k < block->frames; k++)
		if ((block->first_frame + k) % (RATE / 1000) == 0 && shown->count < sizeof shown->volts / sizeof *shown->volts)
			shown->volts[shown->count++] = shown->scale * block->samples[k * CHANNELS + CAPACITOR];
	return true;
}

static bool take_event(void *self, const struct run_event *event, struct error *error)
{
	(void)error;
	if (event->kind == EVENT_SAFE_STATE)
		((struct shown *)self)->safe_s = event->time_s;
	return true;
}

static void run_smoke(const char *fault, struct safety *safety, struct shown *shown)
{
	struct error error = {0};
	auto_bench_setup struct bench_setup *setup =
		config_load_bench(SOURCE_ROOT "/tests/torture/bench.yaml", SOURCE_ROOT "/fixtures", &error);
	cr_assert(setup, "%s", error.text);
	cr_assert(!fault || config_add_fault(setup, fault, &error), "%s", error.text);
	const struct plan_parameters parameters = {.motor_threshold_pct = NAN, .shipped_dir = SOURCE_ROOT "/scenarios/lib"};
	auto_plan struct plan *plan = plan_build(SOURCE_ROOT "/scenarios/smoke.lua", &parameters, &error);
	cr_assert(plan, "%s", error.text);
	auto_bench struct bench *bench = bench_open(setup, DRIVERS, NULL, &error);
	cr_assert(bench, "%s", error.text);
	struct recording_sink sink = idle_sink(shown);
	sink.format = take_format;
	sink.block = take_block;
	sink.event = take_event;
	const struct run_options options = {.safety = safety};
	bool finished;
	*shown = (struct shown){0};
	(void)!run_plan(bench, plan, &sink, &options, &finished, &error);
}

static bool seen_by_capacitor(const struct safety *safety)
{
	for (size_t i = 0; i < safety->by_count; i++)
		if (strcmp(safety->by[i], "capacitor voltage") == 0)
			return true;
	return false;
}

/*
 * What the same session shows with its probe on is the truth. 60 V more: a fall by less than the limit is within the channel's and the device's play, and
 * what is left is then nearly the limit.
 */
Test(capacitor, a_lost_probe_is_never_a_discharge)
{
	static struct shown healthy, lost;
	struct safety safety;
	unsigned tried = 0, tripped = 0, at_once = 0, harmless = 0;
	double worst_s = 0, discharged_s = 0;
	const char *moments = getenv("PROBE_MOMENTS");
	run_smoke(NULL, &safety, &healthy);
	cr_assert(safety.proof == SAFE_PROVEN && seen_by_capacitor(&safety) && !safety.tripped, "%s", safety.text);
	double end_s = (double)healthy.count / 1000 - 0.2;
	for (size_t ms = 0; ms < healthy.count; ms++)
		discharged_s = healthy.volts[ms] > 120 ? 1e-3 * (double)ms : discharged_s;
	for (double at_s = 0.05; at_s < end_s; at_s += end_s / (moments ? atof(moments) : 16)) {
		char fault[40];
		snprintf(fault, sizeof fault, "probe_lost_at=%.4f s", at_s);
		run_smoke(fault, &safety, &lost);
		double true_v = healthy.volts[(size_t)(1000 * at_s)];
		bool caught = safety.tripped && safety.monitor == MONITOR_CAPACITOR_LOST;
		tried++;
		tripped += caught;
		harmless += at_s > discharged_s;
		if (true_v > 120 && caught) {
			at_once += safety.trip_s - at_s < 0.01;
			worst_s = fmax(worst_s, safety.trip_s - at_s);
		}
		if (at_s <= discharged_s) {
			cr_expect(caught || !seen_by_capacitor(&safety), "%.4f s, %.0f V: %s", at_s, true_v, safety.text);
			cr_expect(!caught || safety.proof == SAFE_NOT_PROVEN, "%.4f s: %s", at_s, safety.text);
			cr_expect(!caught || safety_verdict(VERDICT_PASS, &safety) == VERDICT_VOID);
		}
		if (true_v > 120)
			cr_expect(caught, "%.4f s, %.0f V: %s", at_s, true_v, safety.text);
	}
	cr_log_info("probe lost at %u moments: %u found, %u of them within 10 ms, the latest after %.3f s; %u after the discharge", tried,
		    tripped, at_once, worst_s, harmless);
	cr_expect_geq(tried, 14);
	cr_expect_gt(at_once, tried / 4);
}

/* A device made by hand: 1800 V, sqrt(C / L) = 4 A/V, a dump resistor of 0.5 s. */
static const struct device DEVICE = {.waveform = WAVEFORM_BIPHASIC,
				     .capacitance_f = {.value = 160e-6, .source = "test"},
				     .inductance_h = {.value = 10e-6, .source = "test"},
				     .discharge_time_constant_s = {.value = 0.5, .source = "test"}};
enum { CELL = 256 };

struct course {
	struct capacitor_watch watch;
	double frame;
	unsigned fell, contradicted;
	char text[CAPACITOR_TEXT];
};

static struct course begin(const struct device *device)
{
	struct course course = {0};
	capacitor_watch_begin(&course.watch, device, 60, 1e6);
	return course;
}

static void cell(struct course *course, double volts, double peak_a)
{
	const struct capacitor_cell now = {course->frame, volts};
	const struct capacitor_current current = {(int)-peak_a, (int)peak_a, peak_a > 100, 1, 100};
	switch (capacitor_watch_take(&course->watch, &now, CELL, &current, course->text)) {
	case CAPACITOR_PLAUSIBLE: break;
	case CAPACITOR_FELL: course->fell++; break;
	case CAPACITOR_CONTRADICTED: course->contradicted++; break;
	}
	course->frame += CELL;
}

static void rest(struct course *course, double from_v, double to_v, double duration_s)
{
	unsigned cells = (unsigned)(duration_s * 1e6 / CELL);
	for (unsigned i = 0; i < cells; i++)
		cell(course, from_v * pow(to_v / from_v, (double)i / cells), 0);
}

Test(capacitor, pulses_and_discharges_are_plausible)
{
	struct course course = begin(&DEVICE);
	rest(&course, 1, 1800, 0.5);
	for (int i = 0; i < 5; i++) {
		cell(&course, 600, 7200);
		cell(&course, 1000, 3000);
		rest(&course, 1500, 1800, 0.02);
	}
	/* Three times as fast as its file says. */
	rest(&course, 1800, 1, 0.5 / 3 * log(1800));
	cr_expect_eq(course.fell + course.contradicted, 0, "%s", course.text);
	cr_expect_not(course.watch.in_doubt);
}

Test(capacitor, a_fall_that_no_resistor_does)
{
	struct course course = begin(&DEVICE);
	rest(&course, 1, 1800, 0.5);
	rest(&course, 1800, 1, 0.5 / 50 * log(1800));
	cr_expect_gt(course.fell, 0);
	cr_expect(strstr(course.text, "no discharge does"), "%s", course.text);
}

Test(capacitor, a_probe_connected_the_other_way_round_is_watched_too)
{
	struct course course = begin(&DEVICE);
	rest(&course, -1, -1800, 0.5);
	rest(&course, -1800, -1800, 0.1);
	cr_expect_eq(course.fell, 0);
	cell(&course, 0, 0);
	cr_expect_eq(course.fell, 1);
}

Test(capacitor, a_pulse_needs_its_charge)
{
	struct course course = begin(&DEVICE);
	rest(&course, 0.1, 0.1, 0.1);
	cell(&course, 0.1, 7200);
	cr_expect_eq(course.contradicted, 1);
	cr_expect(strstr(course.text, "7200") || strstr(course.text, "14400"), "%s", course.text);
}

Test(capacitor, a_biphasic_pulse_gives_back)
{
	struct course course = begin(&DEVICE);
	rest(&course, 1800, 1800, 0.1);
	cell(&course, 600, 7200);
	rest(&course, 0.1, 0.1, 0.01);
	cr_expect_eq(course.contradicted, 1, "%s", course.text);
	cr_expect(course.watch.in_doubt);
}

/* A monophasic one does not: what is left is no discharge by the dump resistor, nor a fault; and it is over when the capacitor is up again. */
Test(capacitor, after_a_monophasic_pulse_it_is_in_doubt)
{
	struct device device = DEVICE;
	device.waveform = WAVEFORM_MONOPHASIC;
	struct course course = begin(&device);
	rest(&course, 1800, 1800, 0.1);
	cell(&course, 600, 7200);
	rest(&course, 0.1, 0.1, 0.01);
	cr_expect_eq(course.fell + course.contradicted, 0, "%s", course.text);
	cr_expect(course.watch.in_doubt);
	rest(&course, 1, 1800, 0.3);
	cr_expect_not(course.watch.in_doubt);
	rest(&course, 1800, 1, 3);
	cr_expect_not(course.watch.in_doubt);
	cr_expect_eq(course.fell + course.contradicted, 0, "%s", course.text);
}

Test(capacitor, what_was_before_a_gap_is_not_compared)
{
	struct course course = begin(&DEVICE);
	rest(&course, 1800, 1800, 0.1);
	capacitor_watch_gap(&course.watch);
	rest(&course, 0.1, 0.1, 0.1);
	cr_expect_eq(course.fell + course.contradicted, 0, "%s", course.text);
}
