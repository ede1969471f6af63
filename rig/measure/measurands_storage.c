/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The storage capacitor: the voltage it is charged to, how long charging takes, how it is discharged. */
#include <math.h>

#include "contributions.h"
#include "discharge.h"
#include "plateau.h"
#include "readings.h"
#include "registry.h"

static void budget_voltage(struct budget *budget, const struct channel *channel, double value_v)
{
	contribute_gain(budget, channel, value_v);
	budget_add(budget, SOURCE_OFFSET, channel->u_offset, 1, INFINITY);
}

void measurand_storage_voltage(const struct population *in, const struct measurand *measurand, struct measurement_list *out)
{
	uint32_t step = 0;
	struct plateau plateau;
	while (plateau_next(in, &step, &plateau)) {
		struct measurement voltage = session_measurement(in, measurand, plateau.voltage_v);
		struct budget budget = {0};
		budget_add(&budget, SOURCE_REPEATABILITY, plateau.u_v, 1, plateau.dof);
		budget_voltage(&budget, plateau_channel(in), plateau.voltage_v);
		voltage.subject = plateau.step;
		voltage.expected = (int32_t)plateau.first;
		voltage.start_s = (double)plateau.first_cell * in->envelope_s;
		voltage.end_s = (double)plateau.end_cell * in->envelope_s;
		voltage.planned = in->device ? in->device->voltage_v.value * plateau.intensity_pct / 100 : NAN;
		voltage.voided = gap_between(in, voltage.start_s, voltage.end_s);
		measurement_add_budget(out, &voltage, &budget);
	}
}

/* The voltage is back when it is this close to its plateau and stays so until the next pulse. */
#define RECHARGED 0.01

static double pulse_end_s(const struct pulse *pulse)
{
	double end_s = isfinite(pulse->zero2_s) ? pulse->zero2_s : pulse->zero1_s;
	return isfinite(end_s) ? end_s : pulse->onset_s + 1e-3;
}

/* From the end of a pulse until the voltage is back, INFINITY when the next pulse came before; *waited_s: how long there was to it. */
static double recharge_s(const struct population *in, const struct plateau *plateau, const struct pulse *pulse, const struct pulse *next,
			 double *waited_s)
{
	double cell_s = in->envelope_s, end_s = pulse_end_s(pulse), least_v = (1 - RECHARGED) * plateau->voltage_v;
	size_t first = (size_t)(end_s / cell_s) + 1, last = (size_t)(next->onset_s / cell_s);
	double back_s = (double)first * cell_s, low_s = NAN, low_v = NAN;
	*waited_s = (double)last * cell_s - end_s;
	if (first >= last)
		return NAN;
	for (size_t i = first; i < last; i++) {
		double v = plateau_cell_v(in, i), at_s = ((double)i + 0.5) * cell_s;
		if (isnan(v))
			return NAN;
		if (fabs(v - plateau->voltage_v) > RECHARGED * plateau->voltage_v) {
			low_s = at_s;
			low_v = v;
			back_s = INFINITY;
		} else if (isinf(back_s)) {
			back_s = low_v < least_v && v > low_v ? low_s + (least_v - low_v) / (v - low_v) * (at_s - low_s) : at_s;
		}
	}
	return fmax(0, back_s - end_s);
}

typedef void recharge_visit(const struct population *in, const struct plateau *plateau, size_t p, double value_s, double waited_s,
			    void *context);

/* Visits every pulse that another one follows at the same setting, within one section. */
static void each_recharge(const struct population *in, recharge_visit *visit, void *context)
{
	uint32_t step = 0;
	struct plateau plateau;
	while (plateau_next(in, &step, &plateau)) {
		for (size_t p = plateau.first; p + 1 < plateau.end; p++) {
			const struct pulse *pulse = pulse_of(in, p), *next = pulse_of(in, p + 1);
			double waited_s;
			if (!pulse || !next || in->plan->pulses[p].section != in->plan->pulses[p + 1].section)
				continue;
			double value_s = recharge_s(in, &plateau, pulse, next, &waited_s);
			if (!isnan(value_s))
				visit(in, &plateau, p, value_s, waited_s, context);
		}
	}
}

static void find_longest(const struct population *in, const struct plateau *plateau, size_t p, double value_s, double waited_s,
			 void *context)
{
	(void)in, (void)plateau, (void)p, (void)waited_s;
	double *longest_s = context;
	if (isfinite(value_s) && !(value_s <= *longest_s))
		*longest_s = value_s;
}

struct recharges {
	const struct measurand *measurand;
	struct measurement_list *out;
	double longest_s; /* NAN: the voltage never came back */
};

/* A pulse after which there was less time than the others took says nothing; one with as much time or more that was not enough says all. */
static void add_recharge(const struct population *in, const struct plateau *plateau, size_t p, double value_s, double waited_s,
			 void *context)
{
	const struct recharges *recharges = context;
	const struct channel *channel = plateau_channel(in);
	if (isinf(value_s) && waited_s <= recharges->longest_s)
		return;
	const struct pulse *pulse = pulse_of(in, p);
	struct measurement recharge = session_measurement(in, recharges->measurand, value_s);
	struct budget budget = {0};
	budget_add(&budget, SOURCE_SAMPLING, in->envelope_s / sqrt(12.0), 1, INFINITY);
	/* The plateau and the voltage are of one channel: only its offset moves the band, by a share of what the dip is. */
	budget_add(&budget, SOURCE_OFFSET, channel->u_offset / plateau->voltage_v, isfinite(value_s) ? value_s : 0, INFINITY);
	budget_clock(&budget, in, isfinite(value_s) ? value_s : 0, 1);
	recharge.subject = (uint32_t)in->observed[p];
	recharge.expected = (int32_t)p;
	recharge.start_s = pulse_end_s(pulse);
	recharge.end_s = recharge.start_s + waited_s;
	recharge.voided = isnan(recharges->longest_s) || pulse->voided || gap_between(in, recharge.start_s, recharge.end_s);
	measurement_add_budget(recharges->out, &recharge, &budget);
}

void measurand_pulse_recharge_time(const struct population *in, const struct measurand *measurand, struct measurement_list *out)
{
	struct recharges recharges = {.measurand = measurand, .out = out, .longest_s = NAN};
	each_recharge(in, find_longest, &recharges.longest_s);
	each_recharge(in, add_recharge, &recharges);
}

/* Below this share of the voltage that the discharge began with its logarithm is not trusted. */
#define FIT_DOWN_TO 0.02
enum { FIT_MIN_CELLS = 4 };

/* Time constant of v = V exp(-t / tau) through the cells of a discharge; the logarithms weighted by v^2, for the noise is that of v. */
static double discharge_tau(const struct population *in, const struct discharge *discharge, double added_v, double *u_s, double *n)
{
	double cell_s = in->envelope_s, w = 0, t = 0, y = 0, tt = 0, ty = 0, yy = 0, start_v = NAN;
	*n = 0;
	for (size_t i = (size_t)fmax(0, discharge->start_s / cell_s) + 1;
	     (double)(i + 1) * cell_s <= discharge->start_s + discharge->watched_s; i++) {
		double v = plateau_cell_v(in, i) + added_v;
		start_v = isnan(start_v) ? v : start_v;
		if (!(v > FIT_DOWN_TO * start_v))
			break;
		/* Running weighted means keep the digits. */
		double weight = v * v, at = ((double)i + 0.5) * cell_s - discharge->start_s, value = log(v);
		w += weight;
		double dt = at - t, dy = value - y;
		t += dt * weight / w;
		y += dy * weight / w;
		tt += weight * dt * (at - t);
		ty += weight * dt * (value - y);
		yy += weight * dy * (value - y);
		*n += 1;
	}
	if (*n < FIT_MIN_CELLS || !(ty < 0))
		return NAN;
	double slope = ty / tt, squares = fmax(0, yy - slope * ty);
	*u_s = sqrt(squares / (*n - 2) / tt) / (slope * slope);
	return -1 / slope;
}

void measurand_discharge_time_constant(const struct population *in, const struct measurand *measurand, struct measurement_list *out)
{
	for (size_t k = 0; k < in->results->event_count; k++) {
		struct discharge discharge;
		double u_s = 0, n = 0, more_u_s, more_n;
		if (!discharge_watch(in, k, &discharge))
			continue;
		double tau_s = discharge_tau(in, &discharge, 0, &u_s, &n);
		struct measurement tau = session_measurement(in, measurand, tau_s);
		struct budget budget = {0};
		if (!isnan(tau_s)) {
			double more_s = discharge_tau(in, &discharge, discharge.channel->u_offset, &more_u_s, &more_n);
			budget_add(&budget, SOURCE_REPEATABILITY, u_s, 1, n - 2);
			budget_add(&budget, SOURCE_OFFSET, isnan(more_s) ? tau_s : fabs(more_s - tau_s), 1, INFINITY);
			budget_clock(&budget, in, tau_s, 1);
		}
		tau.subject = in->results->events[k].index;
		tau.start_s = discharge.start_s;
		tau.end_s = discharge.start_s + discharge.watched_s;
		tau.planned = in->device ? in->device->discharge_time_constant_s.value : NAN;
		tau.voided = isnan(tau_s) || !discharge.seen_charged || gap_between(in, tau.start_s, tau.end_s);
		measurement_add_budget(out, &tau, &budget);
	}
}

void measurand_discharge_rebound(const struct population *in, const struct measurand *measurand, struct measurement_list *out)
{
	for (size_t k = 0; k < in->results->event_count; k++) {
		struct discharge discharge;
		if (!discharge_watch(in, k, &discharge))
			continue;
		double cell_s = in->envelope_s, least_v = INFINITY, rise_v = 0, cells = 0;
		for (size_t i = (size_t)fmax(0, discharge.start_s / cell_s) + 1;
		     (double)(i + 1) * cell_s <= discharge.start_s + discharge.watched_s; i++) {
			double v = plateau_cell_v(in, i);
			if (isnan(v))
				continue;
			least_v = fmin(least_v, v);
			rise_v = fmax(rise_v, v - least_v);
			cells += 1;
		}
		struct measurement rebound = session_measurement(in, measurand, cells > 0 ? rise_v : NAN);
		struct budget budget = {0};
		contribute_gain(&budget, discharge.channel, rise_v);
		budget_add(&budget, SOURCE_QUANTISATION, fabs(discharge.channel->scale) / sqrt(12.0), sqrt(2.0), INFINITY);
		rebound.subject = in->results->events[k].index;
		rebound.start_s = discharge.start_s;
		rebound.end_s = discharge.start_s + discharge.watched_s;
		rebound.planned = 0;
		rebound.voided = cells < 1 || !discharge.seen_charged || gap_between(in, rebound.start_s, rebound.end_s);
		measurement_add_budget(out, &rebound, &budget);
	}
}
