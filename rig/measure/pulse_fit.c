/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>

#include "linear.h"
#include "pulse_work.h"

/*
 * What the fit leaves over, against the noise before the pulse: where it is no more than noise the two are one estimate of it with the degrees of
 * freedom of both; where it is more, the wave is none of the model's and what is left over counts.
 */
static void compare_noise(struct work *work)
{
	double free = (double)work->fit.points - 4, dof = work->noise_dof;
	double rest = free > 0 ? work->fit.residual_a * sqrt((double)work->fit.points / free) : 0;
	/* With noise below a count the baseline shows more or less of it, by where it lies between two counts. */
	double expected = hypot(work->noise, work->quantum);
	double most = expected * (1 + 5 * sqrt(0.5 / fmax(free, 1) + 0.5 / fmax(dof, 1)));
	work->clean = dof > 0 && rest <= most;
	work->fit_scale = fmax(work->noise, rest);
	if (!work->clean)
		return;
	double pooled = sqrt((work->noise * work->noise * dof + rest * rest * free) / (dof + free));
	if (work->noise < 4 * work->quantum)
		pooled = fmax(pooled, rest);
	work->u_baseline *= pooled / work->noise;
	work->noise = work->fit_scale = pooled;
	work->dof = dof + free;
}

/* So many samples of this noise would have left the baseline as uncertain as it is. */
static double baseline_weight(const struct work *work)
{
	return work->u_baseline > 0 ? work->noise * work->noise / (work->u_baseline * work->u_baseline) : 0;
}

/* Where the first lobe has come down to little: its end is later by what noise makes of samples after it that are no more than noise. */
static double lobe_foot(const struct work *work)
{
	double least = fmax(0.05 * work->peak_a, 4 * work->noise);
	ptrdiff_t i = work->peak1;
	while (i + 1 < (ptrdiff_t)work->n && (double)i < work->foot && work->y[i] > least)
		i++;
	return (double)i;
}

/* The first sample that surely is of the wave: the onset may be a sample early. */
static size_t wave_start(const struct work *work, double guard)
{
	ptrdiff_t risen = back_to_level(work, work->peak1, fmax(0.05 * work->peak_a, 4 * work->noise)) + 1;
	return (size_t)fmax((double)risen, ceil(work->onset + guard));
}

/* The largest error of a sloping baseline, at the last sample, as good as nothing, times the root of the number of samples, by the noise. */
#define SLOPE_LEAST 0.1
/*
 * A baseline that slopes by its u more moves the parameters; what it moves them by is added to the covariance. What it adds at the onset is in u_baseline
 * already.
 */
static void add_slope_error(struct work *work, const struct fit_input *input)
{
	struct fit_input sloping = *input;
	struct wave_fit moved, *fit = &work->fit;
	double points = (double)work->fit.points;
	sloping.ramp_a = work->u_slope;
	/* Less than this moves no parameter by a tenth of its u. */
	if (!(work->u_slope * points * sqrt(points) > SLOPE_LEAST * work->noise) || !wave_fit(&sloping, &moved))
		return;
	const double by[] = {moved.cosine_a - fit->cosine_a, moved.sine_a - fit->sine_a, moved.offset_a - fit->offset_a,
			     moved.alpha_per_s - fit->alpha_per_s, moved.omega_per_s - fit->omega_per_s};
	for (unsigned i = 0; i < LSQ_MAX; i++)
		for (unsigned j = 0; j < LSQ_MAX; j++)
			fit->covariance[i][j] += by[i] * by[j] / (work->fit_scale * work->fit_scale);
}

void pulse_fit_wave(struct work *work, bool half_sine)
{
	double end = half_sine ? lobe_foot(work) : (double)work->zero1, wave = end - work->onset;
	double guard = fmin(GUARD_S / work->ts, GUARD_SHARE * wave);
	struct fit_input in = {.current_a = work->y, .interval_s = work->ts, .origin = work->onset, .span_count = half_sine ? 1 : 2};
	in.spans[0] = (struct fit_span){wave_start(work, guard), (size_t)ceil(half_sine ? end : end - guard)};
	in.omega_start_per_s = PI / (wave * work->ts);
	in.alpha_start_per_s = 0.05 * in.omega_start_per_s;
	if (!half_sine) {
		double rho = fmin(0.99, fabs(work->y[work->peak2] / work->y[work->peak1]));
		in.spans[1] = (struct fit_span){(size_t)ceil((double)work->zero1 + guard), (size_t)ceil((double)work->zero2 - guard)};
		in.omega_start_per_s = PI / ((double)(work->peak2 - work->peak1) * work->ts);
		in.alpha_start_per_s = -log(rho) * in.omega_start_per_s / PI;
	}
	double peak_s = ((double)work->peak1 - work->onset) * work->ts;
	in.sine_start_a = work->y[work->peak1] * exp(in.alpha_start_per_s * peak_s) / fmax(0.5, sin(in.omega_start_per_s * peak_s));
	size_t points = 0;
	for (unsigned s = 0; s < in.span_count; s++) {
		if (in.spans[s].to > work->n || in.spans[s].to <= in.spans[s].from)
			return;
		points += in.spans[s].to - in.spans[s].from;
	}
	in.with_offset = points >= 8;
	in.offset_weight = baseline_weight(work);
	work->fitted = wave_fit(&in, &work->fit);
	if (!work->fitted)
		return;
	compare_noise(work);
	/* A wave that is none of the model's, as of an integrated recording with drift, may have an offset of its own. */
	if (!work->clean && in.offset_weight > 0) {
		in.offset_weight = 0;
		struct wave_fit apart;
		if (wave_fit(&in, &apart)) {
			work->fit = apart;
			compare_noise(work);
		}
	}
	add_slope_error(work, &in);
	wave_shape_of(&work->fit, work->fit_scale, &work->shape);
}

/*
 * Of a monophasic pulse only the rise is a damped wave, up to its peak: the diode begins to conduct when the voltage across it reverses, at the peak
 * (across the coil) or after it (across the capacitor, which at the peak has still R i). What comes then depends on the diode's branch.
 * A first fit ends well before the peak, the next ones as short of the peak as the one before knows it.
 */
#define RISE_SHARE 0.93
enum { RISE_FITS = 8 };
/* So many standard uncertainties before where the peak should be, and so many may a longer fit's peak differ. */
#define PEAK_MARGIN 1.0
#define PEAK_APART 4.0
/* What is known of the damping of any stimulator: alpha / omega lies between 0 and 0.15 (decay 0.62 a half wave), as mean and spread. */
#define DAMPING 0.05
#define U_DAMPING 0.05

/* The fit to the samples before index `to`; what it is told of the noise comes from before the pulse. */
static bool fit_rise_to(struct work *work, const struct work *before, size_t to)
{
	double guard = fmin(GUARD_S / work->ts, GUARD_SHARE * 2 * work->rise);
	struct fit_input in = {.current_a = work->y, .interval_s = work->ts, .origin = work->onset, .span_count = 1, .with_offset = true};
	*work = *before;
	in.spans[0] = (struct fit_span){wave_start(work, guard), to};
	in.omega_start_per_s = 0.5 * PI / (work->rise * work->ts);
	in.alpha_start_per_s = DAMPING * in.omega_start_per_s;
	double u_alpha_per_s = U_DAMPING * in.omega_start_per_s;
	in.alpha_weight = work->noise * work->noise / (u_alpha_per_s * u_alpha_per_s);
	in.offset_weight = baseline_weight(work);
	if (in.spans[0].to <= in.spans[0].from || !wave_fit(&in, &work->fit))
		return false;
	compare_noise(work);
	add_slope_error(work, &in);
	wave_shape_of(&work->fit, work->fit_scale, &work->shape);
	return true;
}

/* Whether the fit of more samples has the peak where the one of fewer had it (Hausman 1978: the variances' difference is that of the difference). */
static bool same_peak(const struct wave_shape *fewer, const struct wave_shape *more)
{
	double apart = more->peak.value - fewer->peak.value;
	double variance = fmax(fewer->peak.u * fewer->peak.u - more->peak.u * more->peak.u, 0.1 * fewer->peak.u * fewer->peak.u);
	return apart * apart <= PEAK_APART * PEAK_APART * variance;
}

void pulse_fit_rise(struct work *work)
{
	const struct work before = *work;
	ptrdiff_t to = work->peak1;
	while (to > 0 && work->y[to] > RISE_SHARE * work->peak_a)
		to--;
	to++;
	if (!fit_rise_to(work, &before, (size_t)to))
		return;
	for (unsigned k = 1; k < RISE_FITS && work->clean; k++) {
		struct work longer = before;
		double peak = work->onset + (work->shape.peak_at.value - PEAK_MARGIN * work->shape.peak_at.u) / work->ts;
		if (!(peak >= (double)to + 1 && peak < (double)work->n))
			return;
		to = (ptrdiff_t)peak;
		if (!fit_rise_to(&longer, &before, (size_t)to + 1) || !longer.clean || !same_peak(&work->shape, &longer.shape))
			return;
		*work = longer;
	}
}
