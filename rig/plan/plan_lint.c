/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plan_lint.h"

#include <math.h>
#include <stdarg.h>
#include <string.h>

#include "plan_lint_internal.h"

const char *const *plan_lint_rules(void)
{
	static const char *const rules[] = {"device.rate",
					    "device.interval",
					    "device.burst",
					    "device.energy",
					    "device.train_pulses",
					    "device.pair",
					    "device.step",
					    "dose.threshold",
					    "dose.single_train",
					    "dose.train_in_series",
					    "dose.iti",
					    "dose.no_limit",
					    "dose.theta_burst",
					    NULL};
	return rules;
}

const char *lint_level_name(enum lint_level level)
{
	switch (level) {
	case LINT_NOTE: return "note";
	case LINT_WARNING: return "warning";
	case LINT_STRONG: return "strong warning";
	}
	return "?";
}

static const char *justification(const struct plan *plan, const char *rule)
{
	for (size_t i = 0; i < plan->justification_count; i++)
		if (!strcmp(plan->justifications[i].rule, rule))
			return plan->justifications[i].reason;
	return NULL;
}

void lint_find(struct lint *lint, enum lint_level level, const char *rule, int line, const char *format, ...)
{
	struct lint_finding finding = {.level = level, .rule = rule, .line = line, .justification = justification(lint->plan, rule)};
	va_list args;
	va_start(args, format);
	vsnprintf(finding.text, sizeof finding.text, format, args);
	va_end(args);
	for (size_t i = 0; i < lint->count; i++)
		if (!strcmp(lint->findings[i].rule, rule) && !strcmp(lint->findings[i].text, finding.text)) {
			lint->times[i]++;
			return;
		}
	if (lint->count == lint->max)
		return;
	lint->times[lint->count] = 1;
	lint->findings[lint->count++] = finding;
}

static const char *source_of(const char *source)
{
	return source ? source : "no source given";
}

/* The larger of the two intensities of a pair, else the block's. */
static double highest_intensity_pct(const struct plan *plan, const struct plan_block *block)
{
	const struct expected_pulse *first = &plan->pulses[block->first_pulse];
	return block->pulses > 1 && first[1].intensity_pct > first->intensity_pct ? first[1].intensity_pct : first->intensity_pct;
}

static bool is_pair(const struct plan_block *block)
{
	return !strcmp(block->kind, "pair");
}

/* True when the device's rating lets the bursts of this block come closer than its rate table says. */
static bool burst_is_rated(const struct device *device, const struct plan_block *block)
{
	return block->pulses_per_burst > 1 && block->pulses_per_burst <= device->burst_pulses.value &&
	       block->intra_burst_interval_s >= device->burst_interval_s.value * (1 - lint_tolerance);
}

static void check_rate(struct lint *lint, const struct device *device, const struct plan_block *block)
{
	double intensity_pct = highest_intensity_pct(lint->plan, block), limit_hz = device_rate_limit_hz(device, intensity_pct);
	if (limit_hz <= 0) {
		lint_find(lint, LINT_WARNING, "device.rate", block->line, "%.4g %% is beyond the rate table of %s (%s)", intensity_pct,
			  device->id, source_of(device->rate_source));
		return;
	}
	double intra_hz = is_pair(block) ? NAN : 1 / block->intra_burst_interval_s, burst_hz = 1 / block->burst_period_s;
	if (intra_hz > limit_hz * (1 + lint_tolerance)) {
		bool has_bursts = !isnan(device->burst_pulses.value) && block->bursts_per_train > 1;
		if (!burst_is_rated(device, block)) {
			if (has_bursts)
				lint_find(
					lint, LINT_WARNING, "device.burst", block->line,
					"bursts of %u pulses %.4g ms apart at %.4g %%: %s allows bursts of %.0f pulses, %.4g ms apart (%s)",
					(unsigned)block->pulses_per_burst, block->intra_burst_interval_s * 1e3, intensity_pct, device->id,
					device->burst_pulses.value, device->burst_interval_s.value * 1e3,
					source_of(device->burst_pulses.source));
			else
				lint_find(lint, LINT_WARNING, "device.rate", block->line,
					  "%.5g Hz at %.4g %%: %s allows %.5g Hz there (%s)", intra_hz, intensity_pct, device->id, limit_hz,
					  source_of(device->rate_source));
			return;
		}
		burst_hz *= block->pulses_per_burst;
	}
	if (burst_hz > limit_hz * (1 + lint_tolerance))
		lint_find(lint, LINT_WARNING, "device.rate", block->line, "%.5g Hz on average at %.4g %%: %s allows %.5g Hz there (%s)",
			  burst_hz, intensity_pct, device->id, limit_hz, source_of(device->rate_source));
}

/* From the block's first pulse to its nominal end, without a pause behind the last train. */
static double block_length_s(const struct plan *plan, const struct plan_block *block)
{
	const struct expected_pulse *first = &plan->pulses[block->first_pulse], *last = first + block->pulses - 1;
	double last_period_s = block->bursts_per_train > 1 ? block->burst_period_s : block->intra_burst_interval_s;
	return last->time_s - first->time_s + (isnan(last_period_s) ? 0 : last_period_s);
}

static void check_energy(struct lint *lint, const struct device *device, const struct plan_block *block)
{
	const struct plan *plan = lint->plan;
	double limit_w = device->average_power_w.value, length_s = block_length_s(plan, block), energy_j = 0;
	for (uint32_t i = 0; i < block->pulses; i++)
		energy_j += device_stored_energy_j(device, plan->pulses[block->first_pulse + i].intensity_pct);
	if (block->pulses > 1 && energy_j / length_s > limit_w * (1 + lint_tolerance))
		lint_find(lint, LINT_WARNING, "device.energy", block->line,
			  "%.4g J in %.4g s are %.4g W (stored energy times rate): %s is rated for %.4g W on average (%s)", energy_j,
			  length_s, energy_j / length_s, device->id, limit_w, source_of(device->average_power_w.source));
}

static void check_pair(struct lint *lint, const struct device *device, const struct plan_block *block)
{
	double shortest_s = device->pair_interval_s.value;
	if (isnan(shortest_s))
		lint_find(lint, LINT_WARNING, "device.pair", block->line, "paired pulses: %s offers none", device->id);
	else if (block->intra_burst_interval_s < shortest_s * (1 - lint_tolerance))
		lint_find(lint, LINT_WARNING, "device.pair", block->line, "pairs %.4g ms apart: %s allows %.4g ms (%s)",
			  block->intra_burst_interval_s * 1e3, device->id, shortest_s * 1e3, source_of(device->pair_interval_s.source));
}

static void check_train_pulses(struct lint *lint, const struct device *device, const struct plan_block *block)
{
	double pulses = (double)block->pulses_per_burst * block->bursts_per_train;
	if (!strcmp(block->kind, "train") && pulses > device->train_pulses.value)
		lint_find(lint, LINT_WARNING, "device.train_pulses", block->line, "%.0f pulses in a train: %s allows %.0f (%s)", pulses,
			  device->id, device->train_pulses.value, source_of(device->train_pulses.source));
}

/* Every two pulses that follow one another in a section, across blocks too. */
static void check_intervals(struct lint *lint, const struct device *device)
{
	const struct plan *plan = lint->plan;
	double shortest_s = device->minimum_interval_s.value;
	for (size_t i = 1; i < plan->pulse_count; i++) {
		const struct expected_pulse *before = &plan->pulses[i - 1], *pulse = &plan->pulses[i];
		const struct plan_block *block = &plan->blocks[pulse->block];
		bool in_burst = before->block == pulse->block && before->burst == pulse->burst && before->train == pulse->train;
		double interval_s = pulse->time_s - before->time_s;
		if (before->section != pulse->section || interval_s >= shortest_s * (1 - lint_tolerance) || isnan(shortest_s) ||
		    (in_burst && (is_pair(block) || burst_is_rated(device, block))))
			continue;
		lint_find(lint, LINT_WARNING, "device.interval", block->line, "pulses %.4g ms apart: %s allows %.4g ms (%s)",
			  round(interval_s * 1e9) / 1e6, device->id, shortest_s * 1e3, source_of(device->minimum_interval_s.source));
	}
}

static void check_step(struct lint *lint, const struct device *device, int line, double intensity_pct)
{
	double step_pct = device->intensity_step_pct.value, steps = intensity_pct / step_pct;
	if (fabs(steps - round(steps)) > lint_tolerance)
		lint_find(lint, LINT_WARNING, "device.step", line, "%.6g %% cannot be set: the intensity of %s has steps of %.4g %% (%s)",
			  intensity_pct, device->id, step_pct, source_of(device->intensity_step_pct.source));
}

static void lint_device(struct lint *lint, const struct device *device)
{
	const struct plan *plan = lint->plan;
	for (size_t i = 0; i < plan->block_count; i++) {
		const struct plan_block *block = &plan->blocks[i];
		check_rate(lint, device, block);
		check_energy(lint, device, block);
		check_train_pulses(lint, device, block);
		if (is_pair(block))
			check_pair(lint, device, block);
	}
	check_intervals(lint, device);
	for (size_t i = 0; i < plan->step_count; i++) {
		const struct step *step = &plan->steps[i];
		if (step->kind != STEP_SET_INTENSITY)
			continue;
		check_step(lint, device, step->line, step->set.intensity_pct);
		check_step(lint, device, step->line, step->set.second_pct);
	}
}

size_t plan_lint(const struct plan *plan, const struct device *device, const struct dose_tables *tables, struct lint_finding *findings,
		 size_t max)
{
	struct lint lint = {.plan = plan, .findings = findings, .max = max < LINT_MAX_FINDINGS ? max : LINT_MAX_FINDINGS};
	if (device)
		lint_device(&lint, device);
	if (tables)
		lint_dose(&lint, tables);
	for (size_t i = 0; i < lint.count; i++) {
		size_t length = strlen(findings[i].text);
		if (lint.times[i] > 1)
			snprintf(findings[i].text + length, sizeof findings[i].text - length, " [%u times]", lint.times[i]);
	}
	return lint.count;
}
