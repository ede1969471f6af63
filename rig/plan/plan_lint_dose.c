/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The published dose tables: Rossi 2009, Table 4 (one train) and Table 5 (trains in series, pause between them). Where a table has no row or
 * column for a value, the next higher one is used and the finding says "interpolated".
 */
#include <math.h>
#include <string.h>

#include "plan_lint_internal.h"

/* Chen 1997: trains this far apart are what Table 5B holds for; this close they were unsafe. */
static const double series_iti_s = 5, unsafe_iti_s = 1;

/* A block seen as the tables see it: `repeats` trains of `pulses` at one rate. */
struct dose_train {
	double pulses, interval_s;
	double repeats, period_s;
	double intensity_pct_mt;
	int line;
};

static bool same(double a, double b)
{
	return fabs(a - b) <= lint_tolerance * fabs(b);
}

/* Three pulses at 30 to 50 Hz, repeated 4 to 8 times a second, are a theta burst: the tables do not apply. */
static bool is_theta_burst(const struct plan_block *block)
{
	return !strcmp(block->kind, "train") && block->pulses_per_burst == 3 && block->bursts_per_train > 1 &&
	       block->intra_burst_interval_s <= 1 / 30.0 * (1 + lint_tolerance) &&
	       block->burst_period_s >= 1 / 8.0 * (1 - lint_tolerance) && block->burst_period_s <= 1 / 4.0 * (1 + lint_tolerance);
}

/* Pulses that go on at their own interval are one train, however they were counted. */
static void join(struct dose_train *train, double repeats, double period_s)
{
	if (repeats <= 1)
		return;
	if (train->pulses <= 1) {
		train->pulses = repeats;
		train->interval_s = period_s;
	} else if (same(train->pulses * train->interval_s, period_s)) {
		train->pulses *= repeats;
	} else if (train->repeats <= 1) {
		train->repeats = repeats;
		train->period_s = period_s;
	} else {
		train->repeats *= repeats;
	}
}

static struct dose_train dose_train(const struct plan *plan, const struct plan_block *block)
{
	struct dose_train train = {
		.pulses = block->pulses_per_burst,
		.interval_s = block->intra_burst_interval_s,
		.repeats = 1,
		.period_s = NAN,
		.intensity_pct_mt = block->intensity_pct / plan->motor_threshold_pct * 100,
		.line = block->line,
	};
	join(&train, block->bursts_per_train, block->burst_period_s);
	join(&train, block->trains, block->train_period_s);
	return train;
}

/* The cell of the next higher tabulated frequency and intensity; NULL beyond the table. */
static const struct dose_cell *cell_for(const struct dose_cell *cells, size_t count, const struct dose_train *train)
{
	const struct dose_cell *best = NULL;
	for (size_t i = 0; i < count; i++) {
		const struct dose_cell *cell = &cells[i];
		if (cell->frequency_hz < 1 / train->interval_s * (1 - lint_tolerance) ||
		    cell->intensity_pct_mt < train->intensity_pct_mt * (1 - lint_tolerance))
			continue;
		if (!best || cell->frequency_hz < best->frequency_hz ||
		    (same(cell->frequency_hz, best->frequency_hz) && cell->intensity_pct_mt < best->intensity_pct_mt))
			best = cell;
	}
	return best;
}

static void check_cell(struct lint *lint, const char *rule, const struct dose_train *train, const struct dose_cell *cell,
		       const char *source)
{
	double duration_s = train->pulses * train->interval_s;
	bool too_long = duration_s > cell->max_train_s * (1 + lint_tolerance);
	bool too_many = train->pulses > cell->max_train_pulses;
	if (!too_long && !too_many)
		return;
	bool interpolated = !same(cell->frequency_hz, 1 / train->interval_s) || !same(cell->intensity_pct_mt, train->intensity_pct_mt);
	char pulses[40] = "";
	if (!isnan(cell->max_train_pulses))
		snprintf(pulses, sizeof pulses, ", %.0f pulses", cell->max_train_pulses);
	lint_find(lint, cell->longest_tested ? LINT_NOTE : LINT_WARNING, rule, train->line,
		  "trains of %.4g s, %.0f pulses, %.4g Hz at %.4g %% MT: %s %.4g s%s at %.4g Hz and %.4g %% MT%s (%s)", duration_s,
		  train->pulses, 1 / train->interval_s, train->intensity_pct_mt,
		  cell->longest_tested ? "longest tested" : "the table allows", cell->max_train_s, pulses, cell->frequency_hz,
		  cell->intensity_pct_mt, interpolated ? ", interpolated" : "", source ? source : "no source given");
}

/* The verdict of Table 5A at the next lower pause and the next higher intensity; NULL where it has none. */
static const struct dose_iti *iti_row(const struct dose_tables *tables, double iti_s, double intensity_pct_mt)
{
	const struct dose_iti *best = NULL;
	for (size_t i = 0; i < tables->iti_count; i++) {
		const struct dose_iti *row = &tables->iti[i];
		if (row->iti_s > iti_s * (1 + lint_tolerance) || row->intensity_pct_mt < intensity_pct_mt * (1 - lint_tolerance))
			continue;
		if (!best || row->iti_s > best->iti_s || (same(row->iti_s, best->iti_s) && row->intensity_pct_mt < best->intensity_pct_mt))
			best = row;
	}
	return best;
}

static void check_iti(struct lint *lint, const struct dose_tables *tables, double iti_s, double intensity_pct_mt, int line)
{
	if (iti_s >= series_iti_s * (1 - lint_tolerance))
		return;
	const struct dose_iti *row = iti_row(tables, iti_s, intensity_pct_mt);
	char verdict[160] = "the table has no such combination";
	if (row)
		snprintf(verdict, sizeof verdict, "at %.4g s and %.4g %% MT the table says %s%s", row->iti_s, row->intensity_pct_mt,
			 row->verdict, same(row->iti_s, iti_s) && same(row->intensity_pct_mt, intensity_pct_mt) ? "" : ", interpolated");
	lint_find(lint, iti_s <= unsafe_iti_s * (1 + lint_tolerance) ? LINT_STRONG : LINT_WARNING, "dose.iti", line,
		  "pause of %.4g s between trains at %.4g %% MT: less than 5 s; %s (%s)", iti_s, intensity_pct_mt, verdict,
		  tables->iti_source ? tables->iti_source : "no source given");
}

static void check_train(struct lint *lint, const struct dose_tables *tables, const struct dose_train *train, bool in_series)
{
	const struct dose_cell *cell = cell_for(tables->single_train, tables->single_train_count, train);
	if (!cell) {
		lint_find(lint, LINT_WARNING, "dose.no_limit", train->line,
			  "trains of %.4g Hz at %.4g %% MT: beyond the tables, no published limit (%s)", 1 / train->interval_s,
			  train->intensity_pct_mt, tables->single_train_source ? tables->single_train_source : "no source given");
		return;
	}
	check_cell(lint, "dose.single_train", train, cell, tables->single_train_source);
	cell = cell_for(tables->train_in_series, tables->train_in_series_count, train);
	if (in_series && cell)
		check_cell(lint, "dose.train_in_series", train, cell, tables->train_in_series_source);
}

static double planned_at_s(const struct plan *plan, const struct expected_pulse *pulse)
{
	return plan_section_start_s(plan, pulse->section) + pulse->time_s;
}

static void check_theta_burst(struct lint *lint, const struct dose_tables *tables, double pulses, int line)
{
	const struct dose_exposure *least = NULL, *most = NULL;
	for (size_t i = 0; i < tables->theta_burst_count; i++) {
		const struct dose_exposure *exposure = &tables->theta_burst[i];
		if (!least || exposure->max_pulses < least->max_pulses)
			least = exposure;
		if (!most || exposure->max_pulses > most->max_pulses)
			most = exposure;
	}
	if (!most || pulses <= least->max_pulses)
		return;
	const struct dose_exposure *passed = pulses > most->max_pulses ? most : least;
	lint_find(lint, pulses > most->max_pulses ? LINT_WARNING : LINT_NOTE, "dose.theta_burst", line,
		  "%.0f theta-burst pulses in the session: more than %s %.0f of %s at %s (%s)", pulses,
		  passed == most ? "the largest published exposure," : "the reference exposure,", passed->max_pulses, passed->id,
		  passed->max_intensity ? passed->max_intensity : "?", passed->source ? passed->source : "no source given");
}

/* Single pulses slower than 1 Hz and pairs are no trains. */
static bool is_train(const struct plan_block *block)
{
	return block->pulses > 1 && (!strcmp(block->kind, "train") || (!strcmp(block->kind, "single") && block->burst_period_s <= 1));
}

void lint_dose(struct lint *lint, const struct dose_tables *tables)
{
	const struct plan *plan = lint->plan;
	size_t trains = 0;
	for (size_t i = 0; i < plan->block_count; i++)
		trains += is_train(&plan->blocks[i]);
	if (trains && isnan(plan->motor_threshold_pct)) {
		lint_find(lint, LINT_NOTE, "dose.threshold", 0, "no motor threshold is given: the dose was not checked");
		return;
	}
	double theta_pulses = 0, free_from_s = -INFINITY;
	int theta_line = 0;
	for (size_t i = 0; i < plan->block_count; i++) {
		const struct plan_block *block = &plan->blocks[i];
		if (!is_train(block))
			continue;
		struct dose_train train = dose_train(plan, block);
		const struct expected_pulse *first = &plan->pulses[block->first_pulse];
		double iti_s = planned_at_s(plan, first) - free_from_s;
		free_from_s = planned_at_s(plan, first + block->pulses - 1) + train.interval_s;
		if (is_theta_burst(block)) {
			theta_pulses += block->pulses;
			theta_line = theta_line ? theta_line : block->line;
			continue;
		}
		check_train(lint, tables, &train, train.repeats > 1 || trains > 1);
		if (train.repeats > 1)
			check_iti(lint, tables, train.period_s - train.pulses * train.interval_s, train.intensity_pct_mt, block->line);
		check_iti(lint, tables, iti_s, train.intensity_pct_mt, block->line);
	}
	check_theta_burst(lint, tables, theta_pulses, theta_line);
}
