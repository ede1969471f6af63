/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "baseline.h"

#include <math.h>

#define BASELINE_TO_S 10e-6
#define PI 3.14159265358979323846
enum { BASELINE_MIN_SAMPLES = 8 };
/* So many standard uncertainties is a slope that there is; from so many of them squared on a slope counts as more than chance. */
#define SLOPE_SEEN 4.5
#define SLOPE_SQUARED_BY_CHANCE 4.0

/*
 * Standard uncertainty of the mean of samples that are rounded to multiples of q, from the rounding alone: that of noise sigma's dither, averaged
 * over where the mean lies between two counts; the characteristic function of the noise at the multiples of 2 pi / q (Widrow and Kollar,
 * Quantization Noise, 2008, ch. 4). q / sqrt(12) without noise, nothing with more than half a count of it.
 */
static double rounding_of_mean(double sigma, double q)
{
	double variance = 0, turn = 2 * PI * sigma / q;
	for (unsigned k = 1; k <= 6; k++)
		variance += exp(-(double)(k * k) * turn * turn) / (double)(k * k);
	return q * sqrt(variance / 2) / PI;
}

struct baseline baseline_find(const struct trace *trace, const struct outline *outline, const struct pulse_context *context)
{
	double guard = fmax(BASELINE_TO_S / trace->interval_s, 1.5);
	ptrdiff_t to = (ptrdiff_t)floor(outline->onset - guard),
		  from = (ptrdiff_t)ceil(outline->onset - BASELINE_FROM_S / trace->interval_s - 1);
	if (from < (ptrdiff_t)context->from)
		from = (ptrdiff_t)context->from;
	double quantum = fabs(context->channel->scale) / sqrt(12.0);
	struct baseline base = {.noise = fmax(context->carried_noise_a, quantum), .u = context->channel->u_offset};
	double n = (double)(to - from);
	if (n < BASELINE_MIN_SAMPLES)
		return base;
	double sum = 0, early = 0, squares = 0;
	ptrdiff_t middle = from + (to - from) / 2;
	for (ptrdiff_t i = from; i < to; i++) {
		sum += trace->current_a[i];
		if (i < middle)
			early += trace->current_a[i];
	}
	base.floor = sum / n;
	if (context->previous) {
		/* On the tail of an earlier pulse: what decays towards that pulse's baseline is carried on as an exponential. */
		double floor = context->previous->baseline_a,
		       halves[2] = {early / (double)(middle - from) - floor, (sum - early) / (double)(to - middle) - floor};
		double ratio = halves[1] / halves[0];
		if (fabs(halves[1]) > 5 * base.noise / sqrt(n / 2) && ratio > 0 && ratio < 1) {
			base.floor = floor;
			base.level = halves[1];
			base.decay = -log(ratio) / (0.5 * n);
			base.centre = 0.5 * (double)(middle + to - 1);
		}
	}
	double middle_index = 0.5 * (double)(from + to - 1), moment = 0, spread = n * (n * n - 1) / 12;
	for (ptrdiff_t i = from; base.level == 0 && i < to; i++)
		moment += ((double)i - middle_index) * (trace->current_a[i] - base.floor);
	double slope = moment / spread;
	for (ptrdiff_t i = from; i < to; i++) {
		double tail = base.level != 0 ? base.level * exp(-base.decay * ((double)i - base.centre)) : 0;
		double rest = trace->current_a[i] - base.floor - tail;
		squares += rest * rest;
	}
	double around_line = fmax(0, squares - slope * moment) / (n - 2), u_slope = fmax(sqrt(around_line), quantum) / sqrt(spread);
	bool sloping = fabs(slope) > SLOPE_SEEN * u_slope;
	if (sloping) {
		base.slope = slope;
		base.u_slope = u_slope;
		base.centre = middle_index;
		squares = around_line * (n - 1);
	}
	base.noise = fmax(sqrt(squares / (n - 1)), quantum);
	double q = fabs(context->channel->scale), unrounded = sqrt(fmax(0, squares / (n - 1) - quantum * quantum));
	base.u_rounding = rounding_of_mean(unrounded, q);
	/* Carried on to the pulse; a slope that is not quite seen is an error of the baseline there. */
	double way = fabs((double)outline->peak1 - middle_index);
	double u_by_slope = way * (sloping ? u_slope : sqrt(fmax(0, slope * slope - SLOPE_SQUARED_BY_CHANCE * u_slope * u_slope)));
	if (!sloping && context->u_hum_slope_a > 0) {
		base.u_slope = context->u_hum_slope_a;
		u_by_slope = hypot(u_by_slope, way * context->u_hum_slope_a);
	}
	base.u = hypot(hypot(base.noise / sqrt(n), base.u_rounding), u_by_slope);
	base.dof = n - 1;
	return base;
}

void baseline_remove(const struct trace *trace, const struct baseline *base, int sign, const struct pulse_context *context)
{
	double tail = 0, factor = 1;
	if (base->level != 0) {
		tail = base->level * exp(-base->decay * ((double)context->from - base->centre));
		factor = exp(-base->decay);
	}
	if (base->level == 0 && base->slope == 0) {
		const double *current_a = trace->current_a + context->from;
		double *y = context->scratch, floor = base->floor, upright = sign;
		for (size_t i = 0; i < context->to - context->from; i++)
			y[i] = upright * (current_a[i] - floor);
		return;
	}
	for (size_t i = context->from; i < context->to; i++) {
		context->scratch[i - context->from] =
			sign * (trace->current_a[i] - base->floor - base->slope * ((double)i - base->centre) - tail);
		tail *= factor;
	}
}
