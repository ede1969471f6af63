/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The linter against what the published tables say about the standard clinical protocols, and against made-up device ratings at their edges.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "plan_builder.h"
#include "plan_lint.h"

/* Rossi 2009, Table 4: longest single train, s. */
static struct dose_cell single_train[] = {
	{1, 90, true, 1800, NAN},    {1, 100, true, 1800, NAN},   {1, 110, true, 1800, NAN},   {1, 120, true, 360, NAN},
	{1, 130, true, 50, NAN},     {5, 90, true, 10, NAN},      {5, 100, true, 10, NAN},     {5, 110, true, 10, NAN},
	{5, 120, true, 10, NAN},     {5, 130, true, 10, NAN},     {10, 90, true, 5, NAN},      {10, 100, true, 5, NAN},
	{10, 110, true, 5, NAN},     {10, 120, false, 4.2, NAN},  {10, 130, false, 2.9, NAN},  {20, 90, false, 2.05, NAN},
	{20, 100, false, 2.05, NAN}, {20, 110, false, 1.6, NAN},  {20, 120, false, 1.0, NAN},  {20, 130, false, 0.55, NAN},
	{25, 90, false, 1.28, NAN},  {25, 100, false, 1.28, NAN}, {25, 110, false, 0.84, NAN}, {25, 120, false, 0.4, NAN},
	{25, 130, false, 0.24, NAN},
};

/* Rossi 2009, Table 5B: each of ten trains, s and pulses. */
static struct dose_cell in_series[] = {
	{1, 100, true, 270, 270},  {1, 110, true, 270, 270},  {1, 120, true, 180, 180},  {1, 130, false, 50, 50},
	{5, 100, false, 10, 50},   {5, 110, false, 10, 50},   {5, 120, false, 10, 50},   {5, 130, false, 10, 50},
	{10, 100, false, 5, 50},   {10, 110, false, 5, 50},   {10, 120, false, 3.2, 32}, {10, 130, false, 2.2, 22},
	{20, 100, false, 1.5, 30}, {20, 110, false, 1.2, 24}, {20, 120, false, 0.8, 16}, {20, 130, false, 0.4, 8},
	{25, 100, false, 1.0, 25}, {25, 110, false, 0.7, 17}, {25, 120, false, 0.3, 7},  {25, 130, false, 0.2, 5},
};

/* Rossi 2009, Table 5A. */
static struct dose_iti iti[] = {
	{5, 100, "safe"},
	{5, 105, "safe"},
	{5, 110, "safe"},
	{5, 120, "insufficient_data"},
	{1, 100, "unsafe_observed"},
	{1, 105, "unsafe_inferred"},
	{1, 110, "unsafe_observed"},
	{1, 120, "unsafe_observed"},
	{0.25, 100, "unsafe_inferred"},
	{0.25, 105, "unsafe_inferred"},
	{0.25, 110, "unsafe_observed"},
	{0.25, 120, "unsafe_observed"},
};

static struct dose_exposure theta[] = {{"tbs-2009", 600, "80 % AMT", "Huang 2005"},
				       {"itbs-clinical", 600, "120 % RMT", "THREE-D 2018"},
				       {"saint", 1800, "90 % RMT", "Cole 2020"}};

static struct dose_tables tables = {
	.file = "test",
	.single_train_source = "Rossi 2009, Table 4",
	.train_in_series_source = "Rossi 2009, Table 5B",
	.iti_source = "Rossi 2009, Table 5A",
	.single_train = single_train,
	.single_train_count = sizeof single_train / sizeof *single_train,
	.train_in_series = in_series,
	.train_in_series_count = sizeof in_series / sizeof *in_series,
	.iti = iti,
	.iti_count = sizeof iti / sizeof *iti,
	.theta_burst = theta,
	.theta_burst_count = sizeof theta / sizeof *theta,
};

static struct plan *build(double intensity_pct, const char *body)
{
	char text[2048];
	int length = snprintf(text, sizeof text,
			      "scenario { id = \"x\", title = \"X\" }\nintensity(%g)\narm()\nawait(\"ready\", seconds(2))\n%s\ndisarm()\n",
			      intensity_pct, body);
	struct plan_parameters parameters = {.motor_threshold_pct = 50};
	struct error error = {0};
	struct plan *plan = plan_build_text("x.lua", text, (size_t)length, &parameters, &error);
	cr_assert_not_null(plan, "%s", error.text);
	return plan;
}

static struct lint_finding findings[LINT_MAX_FINDINGS];
static size_t count;

static const struct lint_finding *find(const char *rule)
{
	for (size_t i = 0; i < count; i++)
		if (!strcmp(findings[i].rule, rule))
			return &findings[i];
	return NULL;
}

static bool warned(const char *rule)
{
	const struct lint_finding *finding = find(rule);
	return finding && finding->level >= LINT_WARNING;
}

static void lint_dose_of(double intensity_pct_mt, const char *body)
{
	auto_plan struct plan *plan = build(intensity_pct_mt / 2, body);
	count = plan_lint(plan, NULL, &tables, findings, LINT_MAX_FINDINGS);
}

/* safety-limits, section 3: what the tables do to the standard clinical protocols. */
Test(plan_lint, standard_protocols_against_the_tables)
{
	lint_dose_of(120, "train { pulses = 40, rate = 10, trains = 75, train_period = 30 }");
	cr_expect_null(find("dose.single_train"));
	cr_assert(warned("dose.train_in_series"));
	cr_expect_not_null(strstr(find("dose.train_in_series")->text, "3.2 s, 32 pulses at 10 Hz and 120 % MT (Rossi 2009, Table 5B)"),
			   "%s", find("dose.train_in_series")->text);
	cr_expect_eq(find("dose.train_in_series")->line, 5);
	cr_expect_eq(count, 1);

	lint_dose_of(120, "train { pulses = 36, rate = 18, trains = 55, train_period = 22 }");
	cr_assert(warned("dose.single_train"));
	cr_expect_not_null(strstr(find("dose.single_train")->text, "1 s at 20 Hz and 120 % MT, interpolated"), "%s",
			   find("dose.single_train")->text);
	cr_assert(warned("dose.train_in_series"));
	cr_expect_not_null(strstr(find("dose.train_in_series")->text, "0.8 s, 16 pulses at 20 Hz"));

	lint_dose_of(100, "train { pulses = 40, rate = 20, trains = 50, train_period = 22 }");
	cr_expect_null(find("dose.single_train"));
	cr_assert(warned("dose.train_in_series"));
	cr_expect_not_null(strstr(find("dose.train_in_series")->text, "1.5 s, 30 pulses"));

	lint_dose_of(110, "train { pulses = 32, rate = 20, trains = 10, train_period = 6.6 }");
	cr_expect_null(find("dose.single_train"));
	cr_assert(warned("dose.train_in_series"));
	cr_expect_not_null(strstr(find("dose.train_in_series")->text, "1.2 s, 24 pulses"));
	cr_expect_null(find("dose.iti"), "5 s from 1.6 s trains every 6.6 s are 5 s");

	lint_dose_of(160, "train { pulses = 3, rate = 50, bursts = 10, burst_rate = 5, trains = 20, train_period = 10 }");
	cr_expect_eq(count, 0);
	lint_dose_of(160, "train { pulses = 3, rate = 50, bursts = 200, burst_rate = 5 }");
	cr_expect_eq(count, 0);
}

/* Every cell of Table 4: exactly at the limit nothing is said, one pulse more is told at the level of its qualifier. */
Test(plan_lint, every_cell_of_the_single_train_table_at_its_edge)
{
	for (size_t i = 0; i < sizeof single_train / sizeof *single_train; i++) {
		const struct dose_cell *cell = &single_train[i];
		unsigned inside = (unsigned)floor(cell->max_train_s * cell->frequency_hz + 1e-9);
		char body[128];
		snprintf(body, sizeof body, "train { pulses = %u, rate = %g }", inside, cell->frequency_hz);
		lint_dose_of(cell->intensity_pct_mt, body);
		cr_expect_eq(count, 0, "%g Hz %g %%: %s", cell->frequency_hz, cell->intensity_pct_mt, count ? findings[0].text : "");
		snprintf(body, sizeof body, "train { pulses = %u, rate = %g }", inside + 1, cell->frequency_hz);
		lint_dose_of(cell->intensity_pct_mt, body);
		cr_assert_eq(count, 1, "%g Hz %g %%", cell->frequency_hz, cell->intensity_pct_mt);
		cr_expect_str_eq(findings[0].rule, "dose.single_train");
		cr_expect_eq(findings[0].level, cell->longest_tested ? LINT_NOTE : LINT_WARNING);
	}
}

Test(plan_lint, pauses_between_trains)
{
	lint_dose_of(110, "train { pulses = 20, rate = 20, trains = 10, iti = 3, iti_reference = \"last_pulse\" }");
	cr_assert_not_null(find("dose.iti"));
	cr_expect_eq(find("dose.iti")->level, LINT_WARNING);
	lint_dose_of(110, "train { pulses = 20, rate = 20, trains = 10, train_period = 2 }");
	cr_assert_not_null(find("dose.iti"));
	cr_expect_eq(find("dose.iti")->level, LINT_STRONG);
	cr_expect_not_null(strstr(find("dose.iti")->text, "at 1 s and 110 % MT the table says unsafe_observed"), "%s",
			   find("dose.iti")->text);
	/* trains written one by one are a series too */
	lint_dose_of(110, "for i = 1, 10 do train { pulses = 20, rate = 20 } wait(seconds(0.5)) end");
	cr_assert_not_null(find("dose.iti"));
	cr_expect_eq(find("dose.iti")->level, LINT_STRONG);
	cr_expect_not_null(strstr(find("dose.iti")->text, "[9 times]"), "%s", find("dose.iti")->text);
	lint_dose_of(120, "for i = 1, 10 do train { pulses = 20, rate = 20 } wait(seconds(5)) end");
	cr_expect_null(find("dose.iti"));
	cr_expect(warned("dose.train_in_series"));
}

Test(plan_lint, beyond_the_tables)
{
	lint_dose_of(110, "train { pulses = 10, rate = 30 }");
	cr_expect(warned("dose.no_limit"));
	lint_dose_of(140, "train { pulses = 10, rate = 1 }");
	cr_expect(warned("dose.no_limit"));
	lint_dose_of(90, "train { pulses = 4, ipi = ms(1250), bursts = 360, burst_period = 5 }");
	cr_expect_eq(count, 0, "continuous 0.8 Hz for 1800 s is what the table's first row holds");
	lint_dose_of(90, "train { pulses = 4, ipi = ms(5), bursts = 360, burst_period = 5 }");
	cr_expect(warned("dose.no_limit"));
	lint_dose_of(90, "train { pulses = 3, rate = 50, bursts = 10, burst_rate = 5, trains = 60, train_period = 10 }");
	cr_assert_eq(count, 1);
	cr_expect_str_eq(findings[0].rule, "dose.theta_burst");
	cr_expect_eq(findings[0].level, LINT_NOTE);
	lint_dose_of(90, "train { pulses = 3, rate = 50, bursts = 10, burst_rate = 5, trains = 61, train_period = 10 }");
	cr_assert_eq(count, 1);
	cr_expect_eq(findings[0].level, LINT_WARNING);
	lint_dose_of(
		160,
		"single { pulses = 20, interval = seconds(5) } pair { isi = ms(2), first = 40, second = 60, trials = 9, interval = 5 }");
	cr_expect_eq(count, 0, "single pulses and pairs are no trains");
}

Test(plan_lint, threshold_and_justification)
{
	auto_plan struct plan *plan = build(60, "justify(\"dose.train_in_series\", \"cleared\")\n"
						"train { pulses = 40, rate = 10, trains = 75, train_period = 30 }");
	count = plan_lint(plan, NULL, &tables, findings, LINT_MAX_FINDINGS);
	cr_assert_eq(count, 1);
	cr_expect_str_eq(findings[0].justification, "cleared");
	plan->motor_threshold_pct = NAN;
	count = plan_lint(plan, NULL, &tables, findings, LINT_MAX_FINDINGS);
	cr_assert_eq(count, 1);
	cr_expect_str_eq(findings[0].rule, "dose.threshold");
	cr_expect_eq(findings[0].level, LINT_NOTE);
	cr_expect_eq(plan_lint(plan, NULL, NULL, findings, LINT_MAX_FINDINGS), 0);
	cr_expect_eq(plan_lint(plan, NULL, &tables, findings, 0), 0);
}

/* A device with round numbers: 100 J at 100 %. */
static struct rate_limit rates[] = {{50, 50}, {100, 20}};
static struct device device = {
	.id = "example",
	.voltage_v = {1000, "test"},
	.capacitance_f = {200e-6, "test"},
	.intensity_step_pct = {1, "test"},
	.rate_table = rates,
	.rate_count = 2,
	.rate_source = "test",
	.minimum_interval_s = {10e-3, "test"},
	.average_power_w = {500, "test"},
	.burst_pulses = {NAN, NULL},
	.burst_interval_s = {NAN, NULL},
	.train_pulses = {100, "test"},
	.pair_interval_s = {1e-3, "test"},
};

static void lint_device_of(double intensity_pct, const char *body)
{
	auto_plan struct plan *plan = build(intensity_pct, body);
	count = plan_lint(plan, &device, NULL, findings, LINT_MAX_FINDINGS);
}

Test(plan_lint, ratings_of_the_device_at_their_edges)
{
	static const struct {
		double intensity_pct;
		const char *inside, *outside, *rule;
	} edges[] = {
		{50, "train { pulses = 10, rate = 50 }", "train { pulses = 10, rate = 50.1 }", "device.rate"},
		{51, "train { pulses = 10, rate = 19.2 }", "train { pulses = 10, rate = 20.1 }", "device.rate"},
		{30, "train { pulses = 1, bursts = 9, burst_rate = 50 }", "train { pulses = 1, bursts = 9, burst_rate = 51 }",
		 "device.rate"},
		{20, "single { pulses = 2, interval = ms(20) }", "single { pulses = 2, interval = ms(9.9) }", "device.interval"},
		{50, "train { pulses = 50, rate = 20 }", "train { pulses = 50, rate = 20.1 }", "device.energy"},
		{10, "train { pulses = 100, rate = 10 }", "train { pulses = 101, rate = 10 }", "device.train_pulses"},
		{50, "pair { isi = ms(1), first = 40, second = 50 }", "pair { isi = us(999), first = 40, second = 50 }", "device.pair"},
		{50, "single { pulses = 1 }", "intensity(50.5) await(\"ready\", 2) single { pulses = 1 }", "device.step"},
		{100, "single { pulses = 1 }", "intensity(101) await(\"ready\", 2) single { pulses = 1 }", "device.rate"},
	};
	for (size_t i = 0; i < sizeof edges / sizeof *edges; i++) {
		lint_device_of(edges[i].intensity_pct, edges[i].inside);
		cr_expect_null(find(edges[i].rule), "%s: %s", edges[i].inside, find(edges[i].rule) ? find(edges[i].rule)->text : "");
		lint_device_of(edges[i].intensity_pct, edges[i].outside);
		cr_expect(warned(edges[i].rule), "%s: no %s", edges[i].outside, edges[i].rule);
	}
}

Test(plan_lint, bursts_have_a_rating_of_their_own)
{
	static const char triplets[] = "train { pulses = 3, rate = 100, bursts = 10, burst_rate = 5 }";
	struct sourced none = {NAN, NULL};
	device.minimum_interval_s = none;
	lint_device_of(60, triplets);
	cr_expect(warned("device.rate"));
	device.burst_pulses = (struct sourced){3, "test"};
	device.burst_interval_s = (struct sourced){10e-3, "test"};
	lint_device_of(60, triplets);
	cr_expect_null(find("device.rate"));
	cr_expect_null(find("device.burst"));
	lint_device_of(60, "train { pulses = 4, rate = 100, bursts = 10, burst_rate = 5 }");
	cr_expect(warned("device.burst"));
	lint_device_of(60, "train { pulses = 3, rate = 100, bursts = 10, burst_rate = 7 }");
	cr_expect(warned("device.rate"), "21 pulses a second on average at 20 Hz allowed");
	device.pair_interval_s = none;
	lint_device_of(50, "pair { isi = ms(2), first = 40, second = 50 }");
	cr_assert(warned("device.pair"));
	cr_expect_not_null(strstr(find("device.pair")->text, "offers none"));
}
