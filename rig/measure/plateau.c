/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plateau.h"

#include <math.h>

#include "levels.h"

/* So many cells before its first pulse the device has been ready. */
enum { CELLS_BEFORE = 10, STATE_PASSES = 3 };
/* A capacitor this close to its level is charged. */
#define STATE_REL 0.01

const struct channel *plateau_channel(const struct population *in)
{
	int index = recording_find(in->format, CHANNEL_CAPACITOR_VOLTAGE);
	return index < 0 ? NULL : &in->format->channels[index];
}

double plateau_cell_v(const struct population *in, size_t cell)
{
	const float *volts = in->findings->capacitor.items;
	return cell < in->findings->capacitor.count ? fabs((double)volts[cell]) : NAN;
}

/* The first step after `step` that changes the intensity. */
static uint32_t next_setting(const struct plan *plan, uint32_t step)
{
	do
		step++;
	while (step < plan->step_count && plan->steps[step].kind != STEP_SET_INTENSITY);
	return step;
}

static bool take_pulses(const struct population *in, uint32_t from, uint32_t to, struct plateau *plateau)
{
	const struct plan *plan = in->plan;
	size_t p = 0;
	while (p < plan->pulse_count && plan->pulses[p].step < from)
		p++;
	plateau->first = p;
	plateau->start_s = INFINITY;
	plateau->end_s = -INFINITY;
	for (; p < plan->pulse_count && plan->pulses[p].step < to; p++) {
		const struct pulse *pulse = pulse_of(in, p);
		if (!pulse)
			continue;
		plateau->start_s = fmin(plateau->start_s, pulse->onset_s);
		plateau->end_s = fmax(plateau->end_s, pulse->onset_s);
	}
	plateau->end = p;
	return plateau->start_s <= plateau->end_s;
}

/*
 * The mode is one bin, and of a device that does not repeat exactly the bin of one pulse or other: the state is all that lies within 1 % of it, sought
 * again about its own mean. Magnitudes. False when nothing is there.
 */
static bool mean_of_state(const struct population *in, struct plateau *plateau, double mode_v)
{
	double level_v = mode_v, squares = 0, n = 0;
	for (int pass = 0; pass < STATE_PASSES; pass++) {
		double mean_v = 0;
		n = squares = 0;
		for (size_t i = plateau->first_cell; i < plateau->end_cell; i++) {
			double v = plateau_cell_v(in, i);
			if (!(fabs(v - level_v) <= STATE_REL * level_v))
				continue;
			double step_v = v - mean_v;
			n += 1;
			mean_v += step_v / n;
			squares += step_v * (v - mean_v);
		}
		if (n < 1)
			return false;
		level_v = mean_v;
	}
	size_t pulses = 0;
	for (size_t p = plateau->first; p < plateau->end; p++)
		pulses += pulse_of(in, p) != NULL;
	double independent = fmin(n, (double)pulses);
	plateau->voltage_v = level_v;
	/* Of one pulse nothing is known of the scatter: that of its own cells stands, noise and what is left of charging. */
	plateau->u_v = n > 1 ? sqrt(squares / (n - 1) / fmax(1, independent)) : 0;
	plateau->dof = independent > 1 ? independent - 1 : INFINITY;
	return true;
}

static bool find_level(const struct population *in, struct plateau *plateau)
{
	double first = floor(plateau->start_s / in->envelope_s);
	plateau->first_cell = first > CELLS_BEFORE ? (size_t)first - CELLS_BEFORE : 0;
	plateau->end_cell = (size_t)fmax(0, floor(plateau->end_s / in->envelope_s));
	size_t count = in->findings->capacitor.count;
	if (plateau->end_cell > count)
		plateau->end_cell = count;
	struct levels levels;
	const float *volts = in->findings->capacitor.items;
	if (plateau->first_cell >= plateau->end_cell ||
	    !levels_find(volts + plateau->first_cell, plateau->end_cell - plateau->first_cell, &levels))
		return false;
	/* Of a capacitor charged the other way round the plateau is the lower level. */
	bool negative = fabs(levels.low) > fabs(levels.high);
	return mean_of_state(in, plateau, fabs(negative ? levels.low : levels.high));
}

bool plateau_next(const struct population *in, uint32_t *step, struct plateau *plateau)
{
	while (in->plan && plateau_channel(in) && *step < in->plan->step_count) {
		uint32_t setting = *step, next = next_setting(in->plan, setting);
		const struct step *set = &in->plan->steps[setting];
		*step = next;
		if (set->kind != STEP_SET_INTENSITY || isfinite(set->set.second_pct))
			continue;
		*plateau = (struct plateau){.step = setting, .intensity_pct = set->set.intensity_pct};
		if (take_pulses(in, setting, next, plateau) && find_level(in, plateau))
			return true;
	}
	return false;
}
