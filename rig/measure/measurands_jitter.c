/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How regular the pulses are: jitter of intervals and latencies, time-interval error, Allan deviation. */
#include <math.h>

#include "readings.h"
#include "registry.h"
#include "trains.h"

enum { ALLAN_MIN_PULSES = 200, JITTER_MIN_INTERVALS = 3 };

/* Mean and sum of squared deviations, running (Welford). */
struct scatter {
	double n, mean, squares, worst; /* worst: largest magnitude */
};

static void scatter_add(struct scatter *scatter, double value)
{
	double step = value - scatter->mean;
	scatter->n += 1;
	scatter->mean += step / scatter->n;
	scatter->squares += step * (value - scatter->mean);
	scatter->worst = fmax(scatter->worst, fabs(value));
}

static double scatter_s(const struct scatter *scatter)
{
	return sqrt(scatter->squares / (scatter->n - 1));
}

/* Running sums of a line x(t) through the points of one section. */
struct line_scatter {
	double n, t, x, tt, tx, xx;
};

static void line_scatter_add(struct line_scatter *line, double t, double x)
{
	double dt = t - line->t, dx = x - line->x;
	line->n += 1;
	line->t += dt / line->n;
	line->x += dx / line->n;
	line->tt += dt * (t - line->t);
	line->tx += dt * (x - line->x);
	line->xx += dx * (x - line->x);
}

/* The regularity of a span of expected pulses; sections are measured apart, for no time is planned between them. */
struct regularity {
	struct scatter interval, cycle; /* interval less the planned one, s; the difference of two such neighbours */
	double tie_worst_s;
	double tt, tx, xx, dof; /* time-interval error against planned time, over all sections with an intercept each */
	double onset_squares;   /* sum of the squared uncertainties of the onsets */
	double pulses, duration_s;
	bool lacking; /* a pulse is missing or void */
};

static void close_section(struct regularity *r, struct line_scatter *line)
{
	if (line->n >= 2) {
		r->tt += line->tt;
		r->tx += line->tx;
		r->xx += line->xx;
		r->dof += line->n - 1;
	}
	*line = (struct line_scatter){0};
}

static struct regularity regularity_of(const struct population *in, const struct span *span)
{
	struct regularity r = {0};
	struct line_scatter line = {0};
	const struct pulse *first = NULL, *before = NULL;
	double first_plan_s = 0, error_before = NAN;
	for (size_t p = span->first; p < span->end; p++) {
		const struct expected_pulse *plan = &in->plan->pulses[p];
		const struct pulse *pulse = pulse_of(in, p);
		if (p == span->first || plan->section != plan[-1].section) {
			close_section(&r, &line);
			first = before = NULL;
			error_before = NAN;
		}
		if (!pulse || pulse->voided) {
			r.lacking = true;
			before = NULL;
			error_before = NAN;
			continue;
		}
		r.pulses += 1;
		r.onset_squares += pulse->u_onset_s * pulse->u_onset_s;
		if (before) {
			double error = pulse->onset_s - before->onset_s - (plan->time_s - plan[-1].time_s);
			scatter_add(&r.interval, error);
			if (isfinite(error_before))
				scatter_add(&r.cycle, error - error_before);
			error_before = error;
		}
		if (!first) {
			first = pulse;
			first_plan_s = plan->time_s;
		}
		double tie = pulse->onset_s - first->onset_s - (plan->time_s - first_plan_s);
		r.tie_worst_s = fmax(r.tie_worst_s, fabs(tie));
		r.duration_s = fmax(r.duration_s, plan->time_s - first_plan_s);
		line_scatter_add(&line, plan->time_s - first_plan_s, tie);
		before = pulse;
	}
	close_section(&r, &line);
	return r;
}

/* Standard uncertainty of an onset, rms over the pulses. */
static double onset_u(const struct regularity *r)
{
	return sqrt(r->onset_squares / r->pulses);
}

typedef bool regularity_read(const struct population *in, const struct regularity *r, double *value, struct budget *budget);

/*
 * A standard deviation of a quantity in which `share` times the rig's own variance of an onset is contained: it is not taken out, so that the value
 * is at most too large by it. Neighbouring values share an onset where those scatter on their own: of 1 / (1 + 2 sum rho^2) times as many degrees of
 * freedom (rho -1/2 of intervals; -2/3 and 1/6 of their differences), `correlated` being the divisor.
 */
static bool deviation(const struct scatter *scatter, const struct regularity *r, double share, double correlated, double *value,
		      struct budget *budget)
{
	if (scatter->n < JITTER_MIN_INTERVALS)
		return false;
	double own = share * onset_u(r) * onset_u(r), s = scatter_s(scatter);
	double dof = (scatter->n - 1) / correlated;
	*value = s;
	budget_add(budget, SOURCE_REPEATABILITY, s / sqrt(2 * dof), 1, dof);
	budget_add(budget, SOURCE_MODEL, (s - sqrt(fmax(0, s * s - own))) / sqrt(3.0), 1, INFINITY);
	return true;
}

static bool read_period_jitter(const struct population *in, const struct regularity *r, double *value, struct budget *budget)
{
	(void)in;
	return deviation(&r->interval, r, 2, 1.5, value, budget);
}

static bool read_cycle_jitter(const struct population *in, const struct regularity *r, double *value, struct budget *budget)
{
	(void)in;
	return deviation(&r->cycle, r, 6, 35.0 / 18, value, budget);
}

static bool worst_of(const struct population *in, const struct regularity *r, const struct scatter *scatter, double share, double length_s,
		     double *value, struct budget *budget)
{
	if (scatter->n < 1)
		return false;
	*value = scatter->worst;
	budget_add(budget, SOURCE_NOISE, sqrt(share) * onset_u(r), 1, INFINITY);
	budget_clock(budget, in, length_s, 1);
	return true;
}

static bool read_period_worst(const struct population *in, const struct regularity *r, double *value, struct budget *budget)
{
	return worst_of(in, r, &r->interval, 2, r->duration_s / r->pulses, value, budget);
}

static bool read_cycle_worst(const struct population *in, const struct regularity *r, double *value, struct budget *budget)
{
	return worst_of(in, r, &r->cycle, 6, 0, value, budget);
}

static bool read_tie_worst(const struct population *in, const struct regularity *r, double *value, struct budget *budget)
{
	if (r->pulses < 2 || !(r->duration_s > 0))
		return false;
	*value = r->tie_worst_s;
	budget_add(budget, SOURCE_NOISE, sqrt(2.0) * onset_u(r), 1, INFINITY);
	budget_clock(budget, in, r->duration_s, 1);
	return true;
}

/* Residual standard deviation about the line of time-interval error against time. */
static double tie_residual(const struct regularity *r)
{
	return sqrt(fmax(0, r->xx - r->tx * r->tx / r->tt) / (r->dof - 1));
}

static bool read_clock_error(const struct population *in, const struct regularity *r, double *value, struct budget *budget)
{
	if (r->dof < 2 || !(r->tt > 0))
		return false;
	*value = r->tx / r->tt;
	budget_add(budget, SOURCE_REPEATABILITY, fmax(tie_residual(r), onset_u(r)) / sqrt(r->tt), 1, r->dof - 1);
	budget_clock(budget, in, 1, 1);
	return true;
}

static bool read_tie_residual(const struct population *in, const struct regularity *r, double *value, struct budget *budget)
{
	(void)in;
	if (r->dof < 1 + JITTER_MIN_INTERVALS || !(r->tt > 0))
		return false;
	double own = onset_u(r) * onset_u(r), s = tie_residual(r);
	*value = s;
	budget_add(budget, SOURCE_REPEATABILITY, s / sqrt(2 * (r->dof - 1)), 1, r->dof - 1);
	budget_add(budget, SOURCE_MODEL, (s - sqrt(fmax(0, s * s - own))) / sqrt(3.0), 1, INFINITY);
	return true;
}

static void add_regularity(const struct population *in, const struct measurand *measurand, const struct span *span, regularity_read *read,
			   bool signed_value, struct measurement_list *out)
{
	struct regularity r = regularity_of(in, span);
	struct measurement measurement = span_measurement(in, measurand, span, measurand->subject == SUBJECT_TRAIN);
	struct budget budget = {0};
	if (!read(in, &r, &measurement.value, &budget))
		return;
	measurement.planned = signed_value ? 0 : NAN;
	measurement.voided |= r.lacking || in->results->aborted;
	measurement_add_budget(out, &measurement, &budget);
}

static void regularity(const struct population *in, const struct measurand *measurand, regularity_read *read, bool signed_value,
		       struct measurement_list *out)
{
	if (!in->plan || !in->current)
		return;
	struct span span = {.end = in->plan->pulse_count};
	if (measurand->subject == SUBJECT_SESSION) {
		add_regularity(in, measurand, &span, read, signed_value, out);
		return;
	}
	uint32_t counted = 0;
	span.end = 0;
	while (span_next_train(in->plan, &span, &counted))
		add_regularity(in, measurand, &span, read, signed_value, out);
}

#define COMPUTE(name, read, signed_value)                                                                                                  \
	void measurand_##name(const struct population *in, const struct measurand *measurand, struct measurement_list *out)                \
	{                                                                                                                                  \
		regularity(in, measurand, read, signed_value, out);                                                                        \
	}

COMPUTE(train_period_jitter, read_period_jitter, false)
COMPUTE(train_period_error_max, read_period_worst, false)
COMPUTE(train_cycle_jitter, read_cycle_jitter, false)
COMPUTE(train_cycle_error_max, read_cycle_worst, false)
COMPUTE(train_tie_max, read_tie_worst, false)
COMPUTE(train_clock_error, read_clock_error, true)
COMPUTE(train_tie_residual, read_tie_residual, false)
COMPUTE(session_period_jitter, read_period_jitter, false)
COMPUTE(session_period_error_max, read_period_worst, false)
COMPUTE(session_cycle_jitter, read_cycle_jitter, false)
COMPUTE(session_cycle_error_max, read_cycle_worst, false)
COMPUTE(session_tie_max, read_tie_worst, false)
COMPUTE(session_clock_error, read_clock_error, true)
COMPUTE(session_tie_residual, read_tie_residual, false)

/* Whether all pulses of a train are observed, of one section and equally spaced; *interval_s is the spacing. */
static bool equally_spaced(const struct population *in, const struct span *span, double *interval_s)
{
	const struct expected_pulse *plan = in->plan->pulses;
	*interval_s = plan[span->first + 1].time_s - plan[span->first].time_s;
	for (size_t p = span->first + 1; p < span->end; p++)
		if (plan[p].section != plan[span->first].section ||
		    fabs(plan[p].time_s - plan[p - 1].time_s - *interval_s) > 1e-9 + 1e-6 * *interval_s)
			return false;
	return *interval_s > 0;
}

void measurand_train_allan_deviation(const struct population *in, const struct measurand *measurand, struct measurement_list *out)
{
	struct span span = {0};
	uint32_t counted = 0;
	while (in->current && span_next_train(in->plan, &span, &counted)) {
		double interval_s, sum = 0, terms = 0;
		if (span.end - span.first < ALLAN_MIN_PULSES || !equally_spaced(in, &span, &interval_s))
			continue;
		struct regularity r = regularity_of(in, &span);
		for (size_t p = span.first; p + 2 < span.end && !r.lacking; p++) {
			double second = pulse_of(in, p + 2)->onset_s - 2 * pulse_of(in, p + 1)->onset_s + pulse_of(in, p)->onset_s;
			sum += second * second;
			terms += 1;
		}
		struct measurement allan = span_measurement(in, measurand, &span, true);
		struct budget budget = {0};
		allan.voided |= r.lacking;
		if (!r.lacking) {
			double variance = sum / (2 * interval_s * interval_s * terms), own = onset_u(&r) / interval_s;
			allan.value = sqrt(variance);
			/* Of white phase noise the terms are correlated: their number counts by about a half. */
			budget_add(&budget, SOURCE_REPEATABILITY, allan.value / sqrt(terms), 1, terms / 2);
			double without = sqrt(fmax(0, variance - 3 * own * own));
			budget_add(&budget, SOURCE_MODEL, (allan.value - without) / sqrt(3.0), 1, INFINITY);
		}
		measurement_add_budget(out, &allan, &budget);
	}
}

void measurand_train_duration_with_interval(const struct population *in, const struct measurand *measurand, struct measurement_list *out)
{
	struct span span = {0};
	uint32_t counted = 0;
	while (in->current && span_next_train(in->plan, &span, &counted)) {
		const struct expected_pulse *first = &in->plan->pulses[span.first], *last = &in->plan->pulses[span.end - 1];
		const struct pulse *start = pulse_of(in, span.first), *end = pulse_of(in, span.end - 1);
		if (span.end - span.first < 2 || first->section != last->section)
			continue;
		struct measurement duration = span_measurement(in, measurand, &span, true);
		struct budget budget = {0};
		double nominal_s = (last->time_s - first->time_s) / (double)(span.end - span.first - 1);
		duration.planned = last->time_s - first->time_s + nominal_s;
		duration.voided |= !start || !end || start->voided || end->voided;
		if (start && end) {
			duration.value = end->onset_s - start->onset_s + nominal_s;
			budget_add(&budget, SOURCE_NOISE, hypot(start->u_onset_s, end->u_onset_s), 1, INFINITY);
			budget_clock(&budget, in, end->onset_s - start->onset_s, 1);
		}
		measurement_add_budget(out, &duration, &budget);
	}
}

/* The latencies of matched pulses, and the rig's own part in their scatter. */
struct latencies {
	struct scatter all;
	double least, most, own_squares;
	bool lacking;
};

static struct latencies latencies_of(const struct population *in)
{
	struct latencies l = {.least = INFINITY, .most = -INFINITY};
	double u_edge_s = 1 / (in->format->sample_rate_hz * sqrt(12.0));
	for (size_t k = 0; k < in->results->pulse_count && in->has_trigger; k++) {
		const struct pulse *pulse = &in->results->pulses[k];
		bool seen = isfinite(pulse->trigger_s);
		const struct expected_pulse *expected = expected_of(in, pulse);
		l.lacking |= !seen && pulse->match == PULSE_MATCHED && !(expected && expected->follows);
		if (!seen || pulse->voided || (in->plan && pulse->match != PULSE_MATCHED))
			continue;
		double latency = pulse->onset_s - pulse->trigger_s;
		scatter_add(&l.all, latency);
		l.least = fmin(l.least, latency);
		l.most = fmax(l.most, latency);
		l.own_squares += pulse->u_onset_s * pulse->u_onset_s + u_edge_s * u_edge_s;
	}
	return l;
}

void measurand_session_latency_jitter_net(const struct population *in, const struct measurand *measurand, struct measurement_list *out)
{
	struct latencies l = latencies_of(in);
	if (l.all.n < JITTER_MIN_INTERVALS)
		return;
	double own = l.own_squares / l.all.n, s = scatter_s(&l.all), net = sqrt(fmax(0, s * s - own));
	struct measurement jitter = session_measurement(in, measurand, net);
	struct budget budget = {0};
	/* Of the difference of two variances; near zero as large as what could hide below the rig's own. */
	double u_s = s / sqrt(2 * (l.all.n - 1)), reach = net > 0 ? s / net * u_s : INFINITY;
	budget_add(&budget, SOURCE_REPEATABILITY, fmin(reach, sqrt(2 * s * u_s)), 1, l.all.n - 1);
	jitter.voided |= l.lacking;
	jitter.planned = in->device ? in->device->trigger_jitter_s.value : NAN;
	measurement_add_budget(out, &jitter, &budget);
}

void measurand_session_latency_peak_to_peak(const struct population *in, const struct measurand *measurand, struct measurement_list *out)
{
	struct latencies l = latencies_of(in);
	if (l.all.n < JITTER_MIN_INTERVALS)
		return;
	struct measurement range = session_measurement(in, measurand, l.most - l.least);
	struct budget budget = {0};
	budget_add(&budget, SOURCE_NOISE, sqrt(2 * l.own_squares / l.all.n), 1, l.all.n - 1);
	range.voided |= l.lacking;
	measurement_add_budget(out, &range, &budget);
}
