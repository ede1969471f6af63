/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The shipped scenarios against the table of protocols: pulses, onsets, duration. The numbers are those of the published protocols, not of
 * this program.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "plan_builder.h"

struct row {
	const char *file;
	double pulses_per_burst, ipi_s, burst_period_s, bursts, train_period_s, trains;
	double total, first_to_last_s, printed_digits_s, session_s;
};

/* first_to_last is printed with three digits; where those round, printed_digits_s is the half of the last one. */
static const struct row rows[] = {
	{"rt1-600", 1, 0, 1, 600, 0, 1, 600, 599.000, 0, 600},
	{"rt1-900", 1, 0, 1, 900, 0, 1, 900, 899.000, 0, 900},
	{"rt1-1200", 1, 0, 1, 1200, 0, 1, 1200, 1199.000, 0, 1200},
	{"rt1-1800", 1, 0, 1, 1800, 0, 1, 1800, 1799.000, 0, 1800},
	{"rt5-300", 1, 0, 0.2, 50, 60, 6, 300, 309.800, 0, 360},
	{"hf10-std", 1, 0, 0.1, 40, 30, 75, 3000, 2223.900, 0, 2250},
	{"hf10-dash", 1, 0, 0.1, 40, 15, 75, 3000, 1113.900, 0, 1125},
	{"hf10-5-25", 1, 0, 0.1, 50, 30, 60, 3000, 1774.900, 0, 1800},
	{"dtms18", 1, 0, 0.0555555556, 36, 22, 55, 1980, 1189.944, 0.0005, 1210},
	{"dtms20-ocd", 1, 0, 0.05, 40, 22, 50, 2000, 1079.950, 0, 1100},
	{"dtms10-smoke", 1, 0, 0.1, 30, 18, 60, 1800, 1064.900, 0, 1080},
	{"hf20-2-28", 1, 0, 0.05, 40, 30, 40, 1600, 1171.950, 0, 1200},
	{"hf20-chen", 1, 0, 0.05, 32, 6.6, 10, 320, 60.950, 0, 66},
	{"itbs-600", 3, 0.02, 0.2, 10, 10, 20, 600, 191.840, 0, 200},
	{"itbs-1200", 3, 0.02, 0.2, 10, 10, 40, 1200, 391.840, 0, 400},
	{"itbs-1800", 3, 0.02, 0.2, 10, 10, 60, 1800, 591.840, 0, 600},
	{"ctbs-300", 3, 0.02, 0.2, 100, 0, 1, 300, 19.840, 0, 20},
	{"ctbs-600", 3, 0.02, 0.2, 200, 0, 1, 600, 39.840, 0, 40},
	{"imtbs-600", 3, 0.02, 0.2, 25, 15, 8, 600, 109.840, 0, 120},
	{"qps-1-5", 4, 0.0015, 5, 360, 0, 1, 1440, 1795.005, 0.000501, 1800},
	{"qps-5", 4, 0.005, 5, 360, 0, 1, 1440, 1795.015, 0, 1800},
	{"qps-10", 4, 0.01, 5, 360, 0, 1, 1440, 1795.030, 0, 1800},
	{"qps-30", 4, 0.03, 5, 360, 0, 1, 1440, 1795.090, 0, 1800},
	{"qps-50", 4, 0.05, 5, 360, 0, 1, 1440, 1795.150, 0, 1800},
	{"qps-100", 4, 0.1, 5, 360, 0, 1, 1440, 1795.300, 0, 1800},
	{"qps-1250", 4, 1.25, 5, 360, 0, 1, 1440, 1798.750, 0, 1800},
};

static const struct plan_parameters defaults = {.motor_threshold_pct = NAN};

static struct plan *build(const char *name)
{
	char path[512];
	struct error error = {0};
	snprintf(path, sizeof path, "%s/scenarios/%s.lua", SOURCE_ROOT, name);
	struct plan *plan = plan_build(path, &defaults, &error);
	cr_assert_not_null(plan, "%s", error.text);
	return plan;
}

static void check_row(const struct row *row)
{
	char name[64];
	snprintf(name, sizeof name, "protocols/%s", row->file);
	auto_plan struct plan *plan = build(name);
	cr_expect_str_eq(plan->path, name);
	cr_expect_str_eq(plan->id, row->file);
	cr_assert_eq(plan->pulse_count, (size_t)row->total, "%s: %zu pulses", name, plan->pulse_count);
	cr_expect_float_eq(plan_first_to_last_onset_s(plan), row->first_to_last_s, 1e-6 + row->printed_digits_s, "%s: %.9f", name,
			   plan_first_to_last_onset_s(plan));
	cr_expect_float_eq(plan_duration_s(plan), row->session_s, 1e-6, "%s: %.9f", name, plan_duration_s(plan));
	size_t n = 0;
	for (double train = 0; train < row->trains; train++)
		for (double burst = 0; burst < row->bursts; burst++)
			for (double i = 0; i < row->pulses_per_burst; i++) {
				double expect_s = train * row->train_period_s + burst * row->burst_period_s + i * row->ipi_s;
				double onset_s = plan->pulses[n++].time_s;
				cr_assert_float_eq(onset_s, expect_s, 1e-7, "%s: pulse %zu at %.9f, not %.9f", name, n, onset_s, expect_s);
			}
}

Test(plan_protocols, every_row_of_the_table)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		check_row(&rows[i]);
}

static const char *const others[] = {"smoke",
				     "single-pulse",
				     "motor-threshold-ascending",
				     "motor-threshold-descending",
				     "linearity",
				     "rate-table-corners",
				     "paired/sici",
				     "paired/icf",
				     "paired/sicf",
				     "paired/lici"};

static void check_frame(const struct plan *plan)
{
	cr_expect_gt(plan->verifies_count, 0);
	cr_assert_gt(plan->step_count, 4);
	cr_expect_eq(plan->steps[plan->step_count - 2].kind, STEP_DISARM, "%s", plan->path);
	cr_expect_eq(plan->steps[plan->step_count - 1].kind, STEP_EXPECT_DISCHARGE, "%s", plan->path);
	for (size_t i = 0; i < plan->pulse_count; i++) {
		const struct expected_pulse *pulse = &plan->pulses[i];
		const struct step *step = &plan->steps[pulse->step];
		cr_assert_eq(step->kind, STEP_TRIGGER);
		cr_assert_eq(step->trigger.pulse, i);
		cr_assert_eq(step->section, pulse->section);
		cr_assert(fabs(step->time_s - pulse->time_s) <= 0);
		cr_assert(i == 0 || pulse->section > pulse[-1].section || pulse->time_s > pulse[-1].time_s);
	}
	for (size_t i = 1; i < plan->step_count; i++)
		cr_assert(plan->steps[i].section > plan->steps[i - 1].section || plan->steps[i].time_s >= plan->steps[i - 1].time_s,
			  "%s: step %zu goes back in time", plan->path, i);
}

static void check_determinism(const char *name)
{
	auto_plan struct plan *first = build(name);
	auto_plan struct plan *second = build(name);
	auto_text struct text a = text_make(64 << 20);
	auto_text struct text b = text_make(64 << 20);
	plan_serialise(first, &a);
	plan_serialise(second, &b);
	cr_assert_gt(a.length, 100);
	cr_assert_not(a.overflown);
	cr_assert_eq(a.length, b.length, "%s", name);
	cr_assert_eq(memcmp(text_view(&a), text_view(&b), a.length), 0, "%s differs from run to run", name);
	check_frame(first);
}

Test(plan_protocols, same_bytes_every_time_and_well_formed)
{
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		check_determinism(others[i]);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char name[64];
		snprintf(name, sizeof name, "protocols/%s", rows[i].file);
		check_determinism(name);
	}
}

static struct plan *build_text(const char *body, double threshold_pct)
{
	static const char head[] =
		"scenario { id = \"x\", title = \"X\", motor_threshold = 40 }\nintensity(50)\narm()\nawait(\"ready\", seconds(2))\n";
	char text[4096];
	int length = snprintf(text, sizeof text, "%s%s\ndisarm()\n", head, body);
	struct plan_parameters parameters = {.motor_threshold_pct = threshold_pct};
	struct error error = {0};
	struct plan *plan = plan_build_text("x.lua", text, (size_t)length, &parameters, &error);
	cr_assert_not_null(plan, "%s", error.text);
	return plan;
}

/* The three ways of counting the same iTBS session: domain's table of 191.84, 188.80 and 188.04 s. */
Test(plan_protocols, inter_train_interval_conventions)
{
	static const struct {
		const char *reference;
		double iti_s, first_to_last_s;
		enum iti_reference expect;
	} ways[] = {{"train_onset", 10, 191.84, ITI_TRAIN_ONSET},
		    {"last_pulse", 8, 188.80, ITI_LAST_PULSE},
		    {"last_burst_onset", 8, 188.04, ITI_LAST_BURST_ONSET}};
	for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
		char body[256];
		snprintf(body, sizeof body,
			 "train { pulses = 3, rate = 50, bursts = 10, burst_rate = 5, trains = 20, iti = %g, iti_reference = \"%s\" }",
			 ways[i].iti_s, ways[i].reference);
		auto_plan struct plan *plan = build_text(body, NAN);
		cr_expect_float_eq(plan_first_to_last_onset_s(plan), ways[i].first_to_last_s, 1e-9, "%s", ways[i].reference);
		cr_expect_eq(plan->blocks[0].iti_reference, ways[i].expect);
		cr_expect_float_eq(plan->blocks[0].iti_s, ways[i].iti_s, 1e-12);
	}
}

Test(plan_protocols, pairs_carry_both_intensities)
{
	auto_plan struct plan *plan = build_text("pair { isi = ms(2.5), first = 36, second = 54, trials = 3, interval = seconds(5) }", NAN);
	cr_assert_eq(plan->pulse_count, 6);
	for (uint32_t i = 0; i < 6; i++) {
		const struct expected_pulse *pulse = &plan->pulses[i];
		cr_expect_float_eq(pulse->intensity_pct, i % 2 ? 54 : 36, 1e-12);
		cr_expect_eq(pulse->index, i % 2);
		cr_expect_eq(pulse->burst, i / 2);
		cr_expect_float_eq(pulse->time_s, i / 2 * 5.0 + (i % 2) * 0.0025, 1e-12);
	}
}

Test(plan_protocols, jitter_stays_within_its_bound)
{
	auto_plan struct plan *plan = build_text("single { pulses = 200, interval = 4, jitter = 25 }", NAN);
	double least_s = INFINITY, most_s = 0;
	for (size_t i = 1; i < plan->pulse_count; i++) {
		double interval_s = plan->pulses[i].time_s - plan->pulses[i - 1].time_s;
		least_s = fmin(least_s, interval_s);
		most_s = fmax(most_s, interval_s);
	}
	cr_expect_geq(least_s, 3.0 - 1e-9);
	cr_expect_leq(most_s, 5.0 + 1e-9);
	cr_expect_lt(least_s, 3.9);
	cr_expect_gt(most_s, 4.1);
}

Test(plan_protocols, threshold_of_the_operator_wins)
{
	static const char body[] = "intensity(percent_of_threshold(120))\nawait(\"ready\", 2)\nsingle { pulses = 1 }\n"
				   "reversed(true)\nsingle { pulses = 1 }";
	auto_plan struct plan *own = build_text(body, NAN);
	auto_plan struct plan *given = build_text(body, 55);
	cr_expect_float_eq(own->pulses[0].intensity_pct, 48, 1e-9);
	cr_expect_float_eq(given->pulses[0].intensity_pct, 66, 1e-9);
	cr_expect_float_eq(given->motor_threshold_pct, 55, 1e-12);
	cr_expect_not(own->pulses[0].reversed);
	cr_expect(own->pulses[1].reversed);
}

/* One hundred thousand trains: the last onset is exactly the product, nothing accumulated. */
Test(plan_protocols, no_rounding_accumulates)
{
	auto_plan struct plan *plan = build_text("train { pulses = 1, trains = 100000, train_period = 0.1 }", NAN);
	cr_assert_eq(plan->pulse_count, 100000);
	cr_expect(fabs(plan->pulses[99999].time_s - 99999 * 0.1) <= 0);
}
