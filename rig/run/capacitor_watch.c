/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "capacitor_watch.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>

/* A fall is looked for within so long, from cells so far apart. */
static const double WINDOW_S = 4e-3, STEP_S = 0.5e-3;
/* No pulse takes longer than this from its last movement to rest. */
static const double REST_S = 1e-3;
/* A dump resistor may be so many times faster than the device's file says. Where that says nothing: no dump of a TMS device takes less (50 J to 1000 J). */
static const double DUMP_FASTER = 5, DUMP_S = 0.05;
/*
 * The largest peak-to-peak current over that of an undamped circuit, 2 V sqrt(C / L): another coil, tolerances, and a device that does twice what it
 * should, which is the device's fault and not the probe's.
 */
static const double CURRENT_SLACK = 2;
/* A biphasic pulse gives back (I_pk2 / I_pk1)^2 or so of the voltage, 0.5 to 0.9: less than this part is no such pulse. */
static const double GIVEN_BACK = 0.1;

void capacitor_watch_begin(struct capacitor_watch *watch, const struct device *device, double limit_v, double rate_hz)
{
	*watch = (struct capacitor_watch){
		.rate_hz = rate_hz, .limit_v = limit_v, .dump_s = DUMP_S, .quiet_since = INFINITY, .before_v = NAN};
	if (!device)
		return;
	double c_f = device->capacitance_f.value, l_h = device->inductance_h.value, dump_s = device->discharge_time_constant_s.value;
	if (c_f > 0 && l_h > 0)
		watch->amps_per_volt = sqrt(c_f / l_h);
	if (dump_s > 0)
		watch->dump_s = dump_s / DUMP_FASTER;
	watch->gives_back = device->waveform == WAVEFORM_BIPHASIC;
}

void capacitor_watch_gap(struct capacitor_watch *watch)
{
	watch->history_count = 0;
	watch->quiet_since = INFINITY;
	watch->in_pulse = false;
	watch->before_v = NAN;
}

/* Keeps what is needed to look back by the window; of cells closer together than a step the first. */
static void remember(struct capacitor_watch *watch, const struct capacitor_cell *cell)
{
	unsigned count = watch->history_count, from = 0;
	while (from + 1 < count && watch->history[from + 1].frame <= cell->frame - WINDOW_S * watch->rate_hz)
		from++;
	for (unsigned i = from; i < count; i++)
		watch->history[i - from] = watch->history[i];
	count -= from;
	bool near = count > 0 && cell->frame < watch->history[count - 1].frame + STEP_S * watch->rate_hz;
	if (!near && count == CAPACITOR_HISTORY) {
		for (unsigned i = 1; i < count; i++)
			watch->history[i - 1] = watch->history[i];
		count--;
	}
	if (!near)
		watch->history[count++] = *cell;
	watch->history_count = count;
}

/* Whether it fell by more than the limit, and by more than a fast dump resistor can do, since any of what is remembered. */
static bool fell(struct capacitor_watch *watch, const struct capacitor_cell *cell, char *text)
{
	for (unsigned i = 0; i < watch->history_count; i++) {
		double from_v = watch->sign * watch->history[i].volts, to_v = watch->sign * cell->volts;
		double took_s = (cell->frame - watch->history[i].frame) / watch->rate_hz;
		double dumped_v = from_v * -expm1(-took_s / watch->dump_s);
		if (from_v > watch->limit_v && from_v - to_v > fmax(watch->limit_v, dumped_v)) {
			snprintf(text, CAPACITOR_TEXT,
				 "the capacitor's channel fell from %.0f V to %.0f V within %.1f ms at %.3f s without a coil current, "
				 "which no "
				 "discharge does: its probe is off, or dead",
				 from_v, to_v, 1e3 * took_s, cell->frame / watch->rate_hz);
			return true;
		}
	}
	return false;
}

/* A pulse larger than what the voltage before it can drive. */
static bool outdoes(const struct capacitor_watch *watch, const struct capacitor_cell *cell, const struct capacitor_current *current,
		    char *text)
{
	if (isnan(watch->before_v) || !(watch->amps_per_volt > 0))
		return false;
	double volts = fmax(fabs(watch->before_v), watch->limit_v), span_a = (watch->most - watch->least) * current->scale_a;
	double most_a = 2 * CURRENT_SLACK * watch->amps_per_volt * volts;
	if (span_a <= most_a + current->threshold_a)
		return false;
	snprintf(text, CAPACITOR_TEXT,
		 "a pulse of %.0f A peak to peak at %.3f s with %.0f V on the capacitor's channel, from which no more than %.0f A can "
		 "come: its "
		 "probe is off, or the scale of one of the two is wrong",
		 span_a, cell->frame / watch->rate_hz, watch->before_v, most_a);
	return true;
}

/* After a pulse: the voltage from which on is compared again, if it is one that the pulse could leave. */
static bool came_back(struct capacitor_watch *watch, const struct capacitor_cell *cell, char *text)
{
	double before_v = watch->sign * watch->before_v, after_v = watch->sign * cell->volts;
	watch->in_pulse = false;
	if (!(before_v > 2 * watch->limit_v) || after_v > fmax(watch->limit_v, GIVEN_BACK * before_v))
		return true;
	watch->in_doubt = true;
	if (!watch->gives_back)
		return true;
	snprintf(text, CAPACITOR_TEXT,
		 "the capacitor's channel showed %.0f V before the pulse at %.3f s and %.0f V after it, though a biphasic pulse gives most "
		 "of the "
		 "charge back: its probe is off, or dead",
		 before_v, cell->frame / watch->rate_hz, after_v);
	return false;
}

static void begin_pulse(struct capacitor_watch *watch)
{
	watch->in_pulse = true;
	watch->before_v = watch->history_count > 0 ? watch->history[watch->history_count - 1].volts : NAN;
	watch->history_count = 0;
	watch->least = INT_MAX;
	watch->most = INT_MIN;
}

enum capacitor_finding capacitor_watch_take(struct capacitor_watch *watch, const struct capacitor_cell *cell, double frames,
					    const struct capacitor_current *current, char *text)
{
	bool charged = fabs(cell->volts) > watch->limit_v;
	if (charged && watch->sign == 0)
		watch->sign = copysign(1, cell->volts);
	if (charged && !watch->in_pulse)
		watch->in_doubt = false;
	if (current->moves) {
		if (!watch->in_pulse)
			begin_pulse(watch);
		watch->quiet_since = INFINITY;
		watch->least = current->least < watch->least ? current->least : watch->least;
		watch->most = current->most > watch->most ? current->most : watch->most;
		return outdoes(watch, cell, current, text) ? CAPACITOR_CONTRADICTED : CAPACITOR_PLAUSIBLE;
	}
	if (isinf(watch->quiet_since))
		watch->quiet_since = cell->frame;
	/* The whole cell must lie after the rest. */
	if (watch->in_pulse && cell->frame < watch->quiet_since + fmax(REST_S * watch->rate_hz, frames))
		return CAPACITOR_PLAUSIBLE;
	if (watch->in_pulse && !came_back(watch, cell, text))
		return CAPACITOR_CONTRADICTED;
	bool down = fell(watch, cell, text);
	if (down)
		watch->history_count = 0;
	remember(watch, cell);
	return down ? CAPACITOR_FELL : CAPACITOR_PLAUSIBLE;
}
