/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pulse_measure.h"

#include <math.h>

#include "baseline.h"
#include "clip.h"
#include "extreme.h"
#include "lobes.h"
#include "order.h"
#include "pulse_shape.h"
#include "pulse_work.h"
#include "wave_features.h"

#define SEGMENT_S 1.5e-3
#define CHARGE_S 1e-3

/*
 * The onset: a straight line through the samples between 5 and 25 % of the peak, met with the baseline; the bend of the wave is taken out with
 * the fit's alpha and omega, or with those a quarter wave of the same rise would have. False with too few samples.
 */
static bool onset_by_line(struct work *work, double *slope, double *u_slope)
{
	ptrdiff_t high = back_to_level(work, work->peak1, 0.25 * work->peak_a), low = back_to_level(work, high, 0.05 * work->peak_a);
	if (high - low < 4)
		return false;
	double alpha = work->fitted ? work->fit.alpha_per_s * work->ts : 0;
	double omega = work->fitted ? work->fit.omega_per_s * work->ts : 0.5 * PI / work->rise;
	struct line_fit line = {0};
	double onset = work->onset, tangent = 0;
	for (unsigned pass = 0; pass < 3; pass++) {
		struct line_sums sums = {0};
		for (ptrdiff_t i = low + 1; i <= high; i++) {
			double t = (double)i - onset;
			line_add(&sums, t, work->y[i] - (pass > 0 && !work->straight ? tangent * wave_bend(t, alpha, omega) : 0));
		}
		if (!line_solve(&sums, &line) || !(line.slope > 0))
			return false;
		onset += line.zero;
		tangent = line.slope;
	}
	double m = line.slope, sigma = work->noise;
	double variance = sigma * sigma * line.zero_variance + work->u_baseline * work->u_baseline;
	double u_bend = 0;
	if (!work->fitted) {
		/* The damping is not known: up to a tenth of omega, which bends the line by alpha t1 t2 / 2. */
		u_bend = 0.05 * omega * ((double)low + 1 - onset) * ((double)high - onset);
	}
	work->onset = onset;
	work->u_onset = sqrt(variance / (m * m) + u_bend * u_bend);
	*slope = m;
	*u_slope = sigma * sqrt(line.slope_variance);
	return true;
}

/* Index, relative to the fit's origin, where the fitted wave is zero near the onset. */
static double fit_zero(const struct work *work)
{
	return -atan2(work->fit.cosine_a, work->fit.sine_a) / (work->fit.omega_per_s * work->ts);
}

static bool crossing(const struct work *work, ptrdiff_t near, double level, struct feature *out)
{
	size_t half = (size_t)fmax(1, 0.12 * work->rise), lowest = (size_t)fmax(0, ceil(work->onset));
	return near >= 0 && feature_crossing(work->y, work->n, (size_t)near, half, lowest, level, work->noise, out);
}

/* Weighted least squares of the logarithm of the tail by the level on [first, last), every value freed of what noise takes from a logarithm. */
static bool tail_line(const struct work *work, double floor, double level, ptrdiff_t first, ptrdiff_t last, bool known, double *at,
		      double *slope, double *u)
{
	double sum = 0, t = 0, y = 0, tt = 0, ty = 0, noise = work->noise / level;
	for (ptrdiff_t i = first; i < last; i++) {
		double share = (work->y[i] - floor) / level;
		if (!(share > 0.1))
			continue;
		/* Weights of the noisy values themselves would prefer those that are too large. */
		double expected = known ? exp(*slope * ((double)i - *at)) : share, weight = expected * expected, when = (double)(i - first),
		       value = log(share) + 0.5 * noise * noise / weight;
		sum += weight;
		t += weight * when;
		y += weight * value;
		tt += weight * when * when;
		ty += weight * when * value;
	}
	double mean = t / sum, spread = tt - mean * t;
	*slope = (ty - mean * y) / spread;
	if (last - first < 4 || !(spread > 0) || !(*slope < 0))
		return false;
	double way = mean - y / (sum * *slope);
	*at = (double)first + way;
	*u = noise * sqrt(1 / sum + (way - mean) * (way - mean) / spread) / -*slope;
	return isfinite(*u);
}

bool pulse_tail_crossing(const struct work *work, double floor, double level, struct feature *out)
{
	ptrdiff_t first = work->peak1, last, n = (ptrdiff_t)work->n;
	double at, slope, u;
	while (first < n && work->y[first] - floor > 1.3 * level)
		first++;
	for (last = first; last < n && work->y[last] - floor > 0.7 * level;)
		last++;
	if (last >= n || !tail_line(work, floor, level, first, last, false, &at, &slope, &u))
		return false;
	/* Noise chose these ends; the exponential's own are free of it. */
	double begin = ceil(at + log(1.3) / slope), end = ceil(at + log(0.7) / slope);
	if (begin > (double)work->peak1 && end < (double)n)
		tail_line(work, floor, level, (ptrdiff_t)begin, (ptrdiff_t)end, true, &at, &slope, &u);
	*out = (struct feature){.at = at, .value = slope * level, .u_at = u, .u_value = 0};
	return isfinite(u) && isfinite(at);
}

static void measure_widths(const struct work *work, struct pulse *pulse)
{
	struct feature tenth, ninetieth, up, down;
	double peak = fabs(pulse->peak1_a);
	if (crossing(work, back_to_level(work, work->peak1, 0.1 * peak), 0.1 * peak, &tenth) &&
	    crossing(work, back_to_level(work, work->peak1, 0.9 * peak), 0.9 * peak, &ninetieth)) {
		pulse->rise_10_90_s = (ninetieth.at - tenth.at) * work->ts;
		pulse->u_rise_10_90_s = hypot(tenth.u_at, ninetieth.u_at) * work->ts;
	}
	ptrdiff_t after = work->peak1;
	while (after < (ptrdiff_t)work->n && work->y[after] > 0.5 * peak)
		after++;
	if (after < (ptrdiff_t)work->n && crossing(work, back_to_level(work, work->peak1, 0.5 * peak), 0.5 * peak, &up) &&
	    (crossing(work, after, 0.5 * peak, &down) || pulse_tail_crossing(work, 0, 0.5 * peak, &down))) {
		pulse->half_width_s = (down.at - up.at) * work->ts;
		pulse->u_half_width_s = hypot(up.u_at, down.u_at) * work->ts;
	}
}

/* The largest of rounded noise below 0.8 counts, in standard deviations of the rounding: no count or one. */
#define ONE_COUNT 2.8

/* How many samples of [from, to) are at least so far from zero. */
static double count_from(const struct work *work, size_t from, size_t to, double least)
{
	int64_t count = 0;
	for (size_t i = from; i < to; i++)
		count += fabs(work->y[i]) >= least;
	return (double)count;
}

/*
 * A largest magnitude that is of noise alone, in either direction. The noise and the rounding to counts apart: of noise of a quarter of a count and more the
 * rounding lifts the largest by 0.3 and scatters it by 0.8 of a count's standard deviation; with less it is no count or one (test_measure_extreme).
 */
static struct magnitude of_noise(const struct work *work, double largest, double n)
{
	double q = work->quantum, variance = fmax(0, work->noise * work->noise - q * q), noise = sqrt(variance);
	double excess = extreme_mean(n), scatter = extreme_deviation(n), dof = fmax(1, work->dof);
	/* Of a variance that is a difference, u is that of the larger; near zero the root is as uncertain as what may hide there. */
	double u_variance = work->noise * work->noise * sqrt(2 / dof), u_noise = 0.5 * u_variance / fmax(noise, sqrt(u_variance));
	bool one_count = excess * noise < ONE_COUNT * q;
	double too_large = one_count ? fmax(excess * noise + 0.3 * q, sqrt(3) * q) : excess * noise + 0.3 * q;
	/*
	 * A baseline that is wrong by d lifts one side and lowers the other: of as many Gumbel-distributed tops on either side, scaled by b, the largest is higher by
	 * b ln cosh(d / b), no more.
	 */
	double b = scatter * work->noise * sqrt(6) / PI,
	       zero = sqrt(fmax(0, work->u_baseline * work->u_baseline - work->u_rounding * work->u_rounding)),
	       lifted = b * log(cosh(fmin(zero / b, 100)));
	/* 1.96 of its standard deviations to either side hold 95.45 % of a Gumbel distribution. */
	double u_top = hypot(0.98 * scatter * noise, excess * u_noise), u_rounding = q * (one_count ? sqrt(2) : 0.8);
	return (struct magnitude){.value_a = largest - too_large - lifted, .u_a = hypot(hypot(u_top, u_rounding), lifted)};
}

bool pulse_magnitude(const struct work *work, size_t from, size_t to, struct magnitude *out)
{
	if (from >= to)
		return false;
	struct extremes all = extremes_of(work->y + from, to - from);
	double largest = fmax(all.most, -all.least), noise = work->noise;
	/* Noise alone may be the largest in either direction; of a current, those samples may that noise could have lifted to the top. */
	double n = 2 * (double)(to - from), excess = extreme_mean(n);
	if (largest <= (excess + 1) * noise) {
		*out = of_noise(work, largest, n);
		return true;
	}
	for (unsigned pass = 0; pass < 2; pass++) {
		n = count_from(work, from, to, largest - (excess + (pass == 0)) * noise);
		excess = extreme_mean(n);
	}
	/* Rounding has no tails: it makes half a count at most. */
	double q = work->quantum, gaussian = sqrt(fmax(0, noise * noise - q * q)),
	       too_large = fmin(excess * noise, excess * gaussian + sqrt(3) * q);
	/* How many samples could have been it is noisy too: seen with a current that dies away with 100 samples, 0.93 of one's noise. */
	double u_noise = work->dof > 0 ? excess / sqrt(2 * work->dof) : 0;
	double u_zero = hypot(work->u_baseline, work->u_slope * fmax(0, (double)to - work->onset));
	*out = (struct magnitude){.value_a = largest - too_large, .u_a = hypot(noise * hypot(1, u_noise), u_zero)};
	return true;
}

static void measure_after(const struct work *work, double end_s, double time0, struct pulse *pulse)
{
	double from = (end_s - time0 + GUARD_S) / work->ts, to = (end_s - time0 + PULSE_AFTER_S) / work->ts;
	struct magnitude after;
	if (pulse_magnitude(work, clamp_index(work, ceil(from)), clamp_index(work, floor(to) + 1), &after)) {
		pulse->after_current_rel = after.value_a / fabs(pulse->peak1_a);
		pulse->u_after_current_rel = (float)(after.u_a / fabs(pulse->peak1_a));
	}
}

static void measure_charge(const struct work *work, double end_index, struct pulse *pulse)
{
	size_t first = clamp_index(work, ceil(work->onset)), last = clamp_index(work, floor(end_index) + 1);
	double sum = 0;
	for (size_t i = first; i < last; i++)
		sum += work->y[i];
	double n = (double)last - (double)first;
	pulse->net_charge_as = work->sign * sum * work->ts;
	/* A slope of the baseline is carried on from the onset to the end. */
	pulse->u_net_charge_as = work->ts * hypot(work->noise * sqrt(fmax(n, 0)), 0.5 * n * n * work->u_slope);
	pulse->charge_s = work->ts * fmax(n, 0);
	pulse->u_baseline_a = work->u_baseline;
}

static bool is_clipped(const struct trace *trace, const struct outline *outline, const struct pulse_context *context, double noise_a,
		       struct pulse *pulse)
{
	ptrdiff_t onset = (ptrdiff_t)floor(outline->onset), quiet_from = onset - (ptrdiff_t)(BASELINE_FROM_S / trace->interval_s);
	struct clip_input in = {.trace = trace,
				.from = onset,
				.to = outline->end,
				.quiet_from = quiet_from < (ptrdiff_t)context->from ? (ptrdiff_t)context->from : quiet_from,
				.quiet_to = onset - (ptrdiff_t)(GUARD_S / trace->interval_s) - 1,
				.noise = noise_a / fabs(context->channel->scale)};
	struct clip_range seen;
	bool clipped = clip_found(&in, &seen);
	pulse->least_count = seen.least;
	pulse->most_count = seen.most;
	return clipped;
}

/* Of the rise, this much goes into the slope at its beginning: below, the onset's uncertainty counts; above, the wave is no cubic any more. */
#define SLOPE_FROM 0.02
#define SLOPE_TO 0.6
enum { SLOPE_TERMS = 4, SLOPE_MIN_POINTS = 8 };

/*
 * Slope at the onset of a wave that has no fit of its own: least squares of a cubic, t in units of the rise; its
 * constant takes up what the onset is wrong by. A
 * straight line over the foot would be low by the sine's curvature and by the damping (2 alpha t), together some percent.
 */
static bool slope_at_onset(const struct work *work, double *slope, double *u_slope)
{
	double matrix[LSQ_MAX][LSQ_MAX] = {{0}}, inverse[LSQ_MAX][LSQ_MAX], rhs[LSQ_MAX] = {0};
	size_t first = clamp_index(work, ceil(work->onset)), last = clamp_index(work, (double)work->peak1), points = 0;
	for (size_t i = first; i < last && work->y[i] < SLOPE_TO * work->peak_a; i++) {
		if (work->y[i] < SLOPE_FROM * work->peak_a)
			continue;
		double t = ((double)i - work->onset) / work->rise, power[SLOPE_TERMS] = {1, t, t * t, t * t * t};
		for (unsigned r = 0; r < SLOPE_TERMS; r++) {
			for (unsigned c = 0; c < SLOPE_TERMS; c++)
				matrix[r][c] += power[r] * power[c];
			rhs[r] += power[r] * work->y[i];
		}
		points++;
	}
	if (points < SLOPE_MIN_POINTS || !cholesky_solve(matrix, rhs, SLOPE_TERMS, inverse))
		return false;
	*slope = rhs[1] / work->rise;
	/* The onset is not known exactly: shifting it by its u moves the slope by the curvature there. */
	double by_onset = 2 * rhs[2] / (work->rise * work->rise) * work->u_onset;
	*u_slope = hypot(work->noise * sqrt(inverse[1][1]) / work->rise, by_onset);
	return true;
}

static void take_fit(struct work *work, double slope, double u_slope, struct pulse *pulse)
{
	pulse->didt0_a_per_s = work->sign * slope / work->ts;
	pulse->u_didt0_a_per_s = u_slope / work->ts;
	if (!work->fitted) {
		if (slope_at_onset(work, &slope, &u_slope)) {
			pulse->didt0_a_per_s = work->sign * slope / work->ts;
			pulse->u_didt0_a_per_s = u_slope / work->ts;
		}
		return;
	}
	const struct wave_fit *fit = &work->fit;
	double start_s = fit_zero(work) * work->ts;
	pulse->fit_amplitude_a = work->sign * hypot(fit->cosine_a, fit->sine_a) * exp(-fit->alpha_per_s * start_s);
	pulse->fit_alpha_per_s = fit->alpha_per_s;
	pulse->fit_omega_per_s = fit->omega_per_s;
	pulse->u_fit_alpha_per_s = work->fit_scale * sqrt(fit->covariance[3][3]);
	pulse->u_fit_omega_per_s = work->fit_scale * sqrt(fit->covariance[4][4]);
	pulse->fit_residual_rel = fit->residual_a / fabs(pulse->peak1_a);
	pulse->didt0_a_per_s = work->sign * wave_slope_a_per_s(fit, start_s);
	pulse->u_didt0_a_per_s = work->shape.slope.u;
}

static void set_nothing_known(struct pulse *pulse)
{
	*pulse = (struct pulse){.expected = PULSE_NOT_EXPECTED, .match = PULSE_UNMATCHED};
	double *const values[] = {&pulse->onset_s,         &pulse->u_onset_s,         &pulse->trigger_s,         &pulse->u_trigger_s,
				  &pulse->u_time_base_s,   &pulse->peak1_s,           &pulse->peak1_a,           &pulse->u_peak1_a,
				  &pulse->peak2_s,         &pulse->peak2_a,           &pulse->u_peak2_a,         &pulse->u_rise_s,
				  &pulse->zero1_s,         &pulse->zero2_s,           &pulse->rise_10_90_s,      &pulse->u_rise_10_90_s,
				  &pulse->didt0_a_per_s,   &pulse->u_didt0_a_per_s,   &pulse->fit_amplitude_a,   &pulse->fit_alpha_per_s,
				  &pulse->fit_omega_per_s, &pulse->u_fit_alpha_per_s, &pulse->u_fit_omega_per_s, &pulse->fit_residual_rel,
				  &pulse->half_width_s,    &pulse->u_half_width_s,    &pulse->after_current_rel, &pulse->net_charge_as,
				  &pulse->u_net_charge_as, &pulse->charge_s,          &pulse->u_peak_ratio};
	for (size_t i = 0; i < sizeof values / sizeof *values; i++)
		*values[i] = NAN;
	pulse_shape_unknown(pulse);
}

static ptrdiff_t relative(ptrdiff_t index, size_t from)
{
	return index == NO_INDEX ? NO_INDEX : index - (ptrdiff_t)from;
}

static void measure_onset(struct work *work, struct pulse *pulse, double time0)
{
	double slope = NAN, u_slope = NAN, before = work->onset;
	if (!onset_by_line(work, &slope, &u_slope)) {
		work->u_onset = 0.5;
		if (work->fitted) {
			work->onset = before + fit_zero(work);
			double u =
				work->fit_scale * sqrt(work->fit.covariance[0][0]) / (fabs(wave_slope_a_per_s(&work->fit, 0)) * work->ts);
			work->u_onset = hypot(u, 0.1);
		}
	}
	pulse->onset_s = time0 + work->onset * work->ts;
	pulse->u_onset_s = work->u_onset * work->ts;
	double corrected = work->onset;
	/* The fit counts from the onset it was made with; without a fit the better onset serves. */
	if (work->fitted)
		work->onset = before;
	take_fit(work, slope, u_slope, pulse);
	work->onset = corrected;
}

/* From where the fitted rise passes a share of the peak, which is `up`, to where the tail does. */
static bool rise_to_tail(const struct work *work, double origin, double share, const struct wave_value *up, double *width_s, double *u_s)
{
	const struct wave_shape *shape = &work->shape;
	struct feature down;
	if (!pulse_tail_crossing(work, work->fit.offset_a, share * shape->peak.value, &down))
		return false;
	double u_offset = work->fit_scale * sqrt(work->fit.covariance[2][2]);
	double level = hypot(share * shape->peak.u, u_offset) / fabs(down.value);
	*width_s = (down.at - origin) * work->ts - up->value;
	/* Peak and rise are of one fit: a peak too high is met too early on the tail and too late on the rise. */
	*u_s = hypot(down.u_at * work->ts, level * work->ts + up->u);
	return true;
}

/* Where the damped wave holds, widths are the fit's: they have no bias by the bend of the wave, and all samples count. */
static void take_shape(struct work *work, double origin, double time0, struct pulse *pulse)
{
	const struct wave_shape *shape = &work->shape;
	pulse->u_rise_s = hypot(work->u_onset, work->u_peak_at) * work->ts;
	bool rise = pulse->waveform == WAVEFORM_MONOPHASIC && !pulse->clipped;
	if (rise) {
		work->clean = false;
		work->onset = origin;
		pulse_fit_rise(work);
		if (!work->clean)
			pulse_peak_kinked(work, time0, pulse);
	}
	if (!work->clean || pulse->waveform == WAVEFORM_RECTANGULAR || pulse->waveform == WAVEFORM_UNKNOWN)
		return;
	pulse->rise_10_90_s = shape->rise_10_90.value;
	pulse->u_rise_10_90_s = shape->rise_10_90.u;
	double start_s = time0 + origin * work->ts;
	pulse->onset_s = start_s + shape->onset.value;
	pulse->u_onset_s = shape->onset.u;
	pulse->u_rise_s = shape->rise.u;
	work->onset = origin + shape->onset.value / work->ts;
	pulse_peaks_fitted(work, start_s, pulse);
	if (!rise) {
		pulse->half_width_s = shape->half_width.value;
		pulse->u_half_width_s = shape->half_width.u;
		if (pulse->waveform == WAVEFORM_HALF_SINE) {
			pulse->width_10_s = (float)shape->width_10.value;
			pulse->u_width_10_s = (float)shape->width_10.u;
		}
		return;
	}
	pulse->didt0_a_per_s = work->sign * shape->slope.value;
	pulse->u_didt0_a_per_s = shape->slope.u;
	double half_s, u_half_s;
	if (rise_to_tail(work, origin, 0.5, &shape->half_up, &half_s, &u_half_s)) {
		pulse->half_width_s = half_s;
		pulse->u_half_width_s = u_half_s;
	}
	if (rise_to_tail(work, origin, 0.1, &shape->low_up, &half_s, &u_half_s)) {
		pulse->width_10_s = (float)half_s;
		pulse->u_width_10_s = (float)u_half_s;
	}
}

void pulse_measure(const struct trace *trace, const struct outline *outline, const struct pulse_context *context, struct pulse *pulse)
{
	set_nothing_known(pulse);
	struct baseline base = baseline_find(trace, outline, context);
	baseline_remove(trace, &base, outline->sign, context);
	struct work work = {.y = context->scratch,
			    .n = context->to - context->from,
			    .ts = trace->interval_s,
			    .sign = outline->sign,
			    .noise = base.noise,
			    .u_baseline = base.u,
			    .u_slope = base.u_slope,
			    .noise_dof = base.dof,
			    .dof = base.dof,
			    .quantum = fabs(context->channel->scale) / sqrt(12.0),
			    .u_rounding = base.u_rounding,
			    .peak1 = relative(outline->peak1, context->from),
			    .zero1 = relative(outline->zero1, context->from),
			    .peak2 = relative(outline->peak2, context->from),
			    .zero2 = relative(outline->zero2, context->from),
			    .onset = outline->onset - (double)context->from,
			    .foot = INFINITY,
			    .rise = fmax(1, (double)outline->peak1 - outline->onset)};
	/* Sample n was taken at n / rate; the sensor showed the current late. */
	double time0 = (double)(context->first_frame + context->from) / context->sample_rate_hz - channel_lag_s(context->channel);
	pulse->baseline_a = base.floor;
	pulse->noise_a = base.noise;
	pulse->noise_dof = base.dof;
	pulse->u_baseline_a = base.u;
	double raw_peak = work.y[work.peak1];
	work.peak_a = raw_peak;
	double slope, u_slope, raw_onset = work.onset;
	if (!onset_by_line(&work, &slope, &u_slope)) {
		work.onset = raw_onset;
		work.u_onset = hypot(1, 2 * work.noise * work.rise / work.peak_a);
	}
	double fit_origin = work.onset;
	/* The samples of a clipped top are none of the wave's: the onset is the foot's alone. */
	pulse->clipped = is_clipped(trace, outline, context, base.noise, pulse);
	struct lobes lobes = lobes_find(&work);
	unsigned waves = pulse_half_waves(&work, &lobes);
	bool biphasic = waves == 2, half_sine = waves == 1;
	if ((biphasic || half_sine) && !pulse->clipped)
		pulse_fit_wave(&work, half_sine);
	pulse_hidden_end(&work, waves);
	pulse->waveform = pulse_classify(&work, &lobes, pulse);
	pulse_peaks_local(&work, time0, pulse);
	work.onset = fit_origin;
	measure_onset(&work, pulse, time0);
	measure_widths(&work, pulse);
	take_shape(&work, fit_origin, time0, pulse);
	pulse_zeros(&work, waves, time0, pulse);
	pulse->noise_dof = work.dof;
	double end_s = biphasic ? pulse->zero2_s : half_sine ? pulse->zero1_s : NAN;
	if (isfinite(end_s))
		measure_after(&work, end_s, time0, pulse);
	measure_charge(&work, isfinite(end_s) ? (end_s - time0) / work.ts : work.onset + CHARGE_S / work.ts, pulse);
	struct shape_input shape = {.work = &work, .fit_origin = fit_origin, .time0_s = time0, .end_s = end_s, .waveform = pulse->waveform};
	pulse_shape(&shape, pulse);
	ptrdiff_t first = (ptrdiff_t)floor(outline->onset - BASELINE_FROM_S / trace->interval_s);
	ptrdiff_t last = (ptrdiff_t)ceil(outline->onset + SEGMENT_S / trace->interval_s);
	first = first < (ptrdiff_t)context->from ? (ptrdiff_t)context->from : first;
	last = last > (ptrdiff_t)context->to ? (ptrdiff_t)context->to : last;
	pulse->first_frame = context->first_frame + (uint64_t)first;
	pulse->frames = (uint32_t)(last - first);
}
