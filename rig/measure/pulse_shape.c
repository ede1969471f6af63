/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pulse_shape.h"

#include <math.h>

#include "wave_features.h"

/* Not counted for the largest slope: so long after the onset, and to either side of the first zero (domain/measurands.md, 2.10). */
#define ONSET_SPIKE_S 3e-6
#define ZERO_SPIKE_S 5e-6
/* A pulse without a defined end is integrated for so long. */
#define INTEGRAL_S 1e-3
/* Before the onset and after the end, from 5 us on, the current is averaged over so much for the flux balance. */
#define FLUX_S 20e-6
#define RINGING_S 500e-6
/* The current rings where it swings by more than this share of the peak, and than so many sigma of its noise. */
#define RINGING_SHARE 0.002
#define RINGING_SIGMA 4.0
/* Differences are taken over so many times noise by the step of one sample. */
#define E_RISE_CLEAR 11.2
enum { RINGING_MIN_ZEROS = 3, CORNER_MIN_POINTS = 6, E_RISE_PASSES = 3 };

void pulse_shape_unknown(struct pulse *pulse)
{
	float *const values[] = {&pulse->u_zero1_s,
				 &pulse->u_zero2_s,
				 &pulse->u_from_onset1_s,
				 &pulse->u_from_onset2_s,
				 &pulse->width_10_s,
				 &pulse->u_width_10_s,
				 &pulse->half_width_linear_s,
				 &pulse->u_half_width_linear_s,
				 &pulse->e_rise_s,
				 &pulse->u_e_rise_s,
				 &pulse->phase1_s,
				 &pulse->u_phase1_s,
				 &pulse->phase2_s,
				 &pulse->u_phase2_s,
				 &pulse->slope_max_a_per_s,
				 &pulse->u_slope_max_a_per_s,
				 &pulse->raw_slope_max_a_per_s,
				 &pulse->raw_slope_min_a_per_s,
				 &pulse->action_a2s,
				 &pulse->u_action_a2s,
				 &pulse->flux_rel,
				 &pulse->u_flux_rel,
				 &pulse->u_after_current_rel,
				 &pulse->after_late_rel,
				 &pulse->u_after_late_rel,
				 &pulse->ringing_hz,
				 &pulse->u_ringing_hz,
				 &pulse->fit_worst_rel,
				 &pulse->fit_correlation,
				 &pulse->u_stored_charge_rel};
	for (size_t i = 0; i < sizeof values / sizeof *values; i++)
		*values[i] = NAN;
}

static ptrdiff_t index_of(const struct work *work, double index)
{
	return index <= 0 ? 0 : index >= (double)work->n ? (ptrdiff_t)work->n : (ptrdiff_t)index;
}

static double end_index(const struct shape_input *in)
{
	return isfinite(in->end_s) ? (in->end_s - in->time0_s) / in->work->ts : in->work->onset + INTEGRAL_S / in->work->ts;
}

struct range {
	double least, most;
};

/*
 * The range of y[i + apart] - y[i], of y[i] itself where apart is 0, over [from, to); in lanes that the compiler turns into vectors. False when empty.
 */
static inline bool range_of(const double *y, ptrdiff_t apart, ptrdiff_t from, ptrdiff_t to, struct range *range)
{
	enum { LANES = 8 };
	double low[LANES], high[LANES];
	if (from >= to)
		return false;
	for (unsigned k = 0; k < LANES; k++)
		low[k] = high[k] = apart ? y[from + apart] - y[from] : y[from];
	ptrdiff_t i = from;
	for (; i + LANES <= to; i += LANES) {
		for (unsigned k = 0; k < LANES; k++) {
			double x = apart ? y[i + k + apart] - y[i + k] : y[i + k];
			low[k] = x < low[k] ? x : low[k];
			high[k] = x > high[k] ? x : high[k];
		}
	}
	for (; i < to; i++) {
		double x = apart ? y[i + apart] - y[i] : y[i];
		low[0] = x < low[0] ? x : low[0];
		high[0] = x > high[0] ? x : high[0];
	}
	*range = (struct range){low[0], high[0]};
	for (unsigned k = 1; k < LANES; k++) {
		range->least = low[k] < range->least ? low[k] : range->least;
		range->most = high[k] > range->most ? high[k] : range->most;
	}
	return true;
}

/* The largest slope of a straight line through 2 half + 1 neighbours, all of them in [from, to), per sample. */
static double largest_slope(const double *y, ptrdiff_t from, ptrdiff_t to, ptrdiff_t half)
{
	ptrdiff_t points = 2 * half + 1;
	if (to - from < points)
		return -INFINITY;
	double first = 0, sum = 0, m = (double)half, largest;
	for (ptrdiff_t k = -half; k <= half; k++) {
		first += (double)k * y[from + half + k];
		sum += y[from + half + k];
	}
	largest = first;
	for (ptrdiff_t i = from + half + 1; i + half < to; i++) {
		/* One on: every index counts one less, the oldest leaves with -m - 1, the newest enters with m. */
		double oldest = y[i - half - 1], newest = y[i + half];
		first += m * newest + (m + 1) * oldest - sum;
		sum += newest - oldest;
		largest = first > largest ? first : largest;
	}
	return largest * 3 / (m * (m + 1) * (2 * m + 1));
}

static void measure_slopes(const struct shape_input *in, struct pulse *pulse)
{
	const struct work *work = in->work;
	double ts = work->ts, end = end_index(in), zero = isfinite(pulse->zero1_s) ? (pulse->zero1_s - in->time0_s) / ts : INFINITY;
	ptrdiff_t half = (ptrdiff_t)slope_half_window(ts), from = index_of(work, ceil(work->onset + ONSET_SPIKE_S / ts)),
		  to = index_of(work, floor(end) + 1), before = index_of(work, ceil(zero - ZERO_SPIKE_S / ts)),
		  after = index_of(work, floor(zero + ZERO_SPIKE_S / ts) + 1);
	double largest = largest_slope(work->y, from, before < to ? before : to, half);
	largest = fmax(largest, largest_slope(work->y, after, to, half));
	double n = (double)(2 * half + 1);
	if (isfinite(largest)) {
		pulse->slope_max_a_per_s = (float)(largest / ts);
		pulse->u_slope_max_a_per_s = (float)(work->noise / ts * sqrt(12 / (n * (n * n - 1))));
	}
	struct range steps;
	ptrdiff_t onset = index_of(work, floor(work->onset)), last = to < (ptrdiff_t)work->n ? to : (ptrdiff_t)work->n - 1;
	if (range_of(work->y, 1, onset, last, &steps)) {
		pulse->raw_slope_max_a_per_s = (float)(steps.most / ts);
		pulse->raw_slope_min_a_per_s = (float)(steps.least / ts);
	}
}

/* Where the wave passes a level on its way up, or (down) down again after its first peak: between which two samples; false where it does not. */
static bool straddle(const struct work *work, double level, bool down, ptrdiff_t *before)
{
	ptrdiff_t i = work->peak1, n = (ptrdiff_t)work->n;
	if (down) {
		while (i < n && work->y[i] > level)
			i++;
		*before = i - 1;
		return i < n;
	}
	*before = back_to_level(work, i, level);
	return *before >= 0;
}

/*
 * Variance of the middle of the first and the last crossing of a ramp of one a sample with noise `reach`, in units of reach^2. Of two samples with little
 * noise it is the mean of s^2 + (1 - s)^2, 2/3; with much, first and last are extremes of many samples, which scatter the less the more there are
 * (as 1 / ln, Gumbel). Fitted within 4 % to what is seen of 40 000 and more ramps for each of 0.05 to 100 (test_measure_crossing).
 */
double crossing_variance(double reach)
{
	return 1 / (reach < 1 ? 1.5 + 0.9 * reach * reach : 2.4 + 1.75 * log(reach));
}

/*
 * By linear interpolation between two samples, y then moved by what the wave's bend takes from a chord, f'' s (1 - s) / (2 f') (s the way from one sample to
 * the other): a damped wave's, on the tail of a monophasic pulse an exponential's. Where noise makes more than one crossing the middle of the first and
 * the last.
 */
static bool linear_crossing(const struct work *work, double level, bool down, struct feature *at)
{
	ptrdiff_t first, last, n = (ptrdiff_t)work->n, steps = down ? 1 : -1;
	if (!straddle(work, level, down, &first))
		return false;
	/* The slope between the levels 20 % lower and higher; as far on may the last crossing be. */
	ptrdiff_t low, high;
	if (!straddle(work, 0.8 * level, down, &low) || !straddle(work, 1.2 * level, down, &high))
		return false;
	ptrdiff_t end = down ? low + 1 : low, apart = down ? low - high : high - low;
	double slope = apart > 2 ? 0.4 * level / (double)apart : fabs(work->y[first + 1] - work->y[first]);
	last = first;
	for (ptrdiff_t i = first; i >= 0 && i + 1 < n && (down ? i <= end : i >= end); i += steps)
		if ((work->y[i] > level) != (work->y[i + 1] > level))
			last = i;
	double sum = 0;
	const ptrdiff_t ends[2] = {first, last};
	for (unsigned k = 0; k < 2; k++) {
		double step = work->y[ends[k] + 1] - work->y[ends[k]], share = (level - work->y[ends[k]]) / step;
		double omega = work->fitted ? hypot(work->fit.omega_per_s, work->fit.alpha_per_s) * work->ts : 0.5 * PI / work->rise;
		double sloping = down ? -slope : slope, damping = work->fitted ? 2 * work->fit.alpha_per_s * work->ts * sloping : 0;
		double bend = down && work->zero1 < 0 ? slope * slope / level : -omega * omega * level - damping;
		sum += (double)ends[k] + share + (work->straight ? 0 : 0.5 * bend * share * (1 - share) / sloping);
	}
	double reach = work->noise / slope;
	*at = (struct feature){.at = 0.5 * sum, .value = slope, .u_at = reach * sqrt(crossing_variance(reach))};
	return isfinite(at->at);
}

/* By a parabola through what lies between 0.7 and 1.3 of the level, but of the wave only. */
static bool smooth_crossing(const struct work *work, double level, bool down, struct feature *at)
{
	ptrdiff_t from, to, middle;
	if (!straddle(work, level, down, &middle) || !straddle(work, (down ? 1.3 : 0.7) * level, down, &from) ||
	    !straddle(work, (down ? 0.7 : 1.3) * level, down, &to))
		return false;
	double reach = fmin((double)(middle - from), (double)(to - middle));
	size_t lowest = (size_t)index_of(work, ceil(work->onset));
	if (reach < 1)
		return linear_crossing(work, level, down, at);
	return feature_crossing(work->y, work->n, (size_t)middle, (size_t)reach, lowest, level, work->noise, at);
}

/* Between two crossings of a level that is a share of the peak: a baseline or a peak too high narrows the wave at both of its flanks. */
static void set_width(const struct work *work, const struct feature *up, const struct feature *down, double share, double u_peak,
		      float *width, float *u)
{
	double u_noise = sqrt(fmax(0, u_peak * u_peak - work->u_baseline * work->u_baseline));
	double u_level = hypot((1 - share) * work->u_baseline, share * u_noise);
	double per_level = 1 / fabs(up->value) + 1 / fabs(down->value);
	*width = (float)((down->at - up->at) * work->ts);
	*u = (float)(hypot(hypot(up->u_at, down->u_at), u_level * per_level) * work->ts);
}

static void measure_level_widths(const struct shape_input *in, struct pulse *pulse)
{
	const struct work *work = in->work;
	struct feature up, down;
	double peak = fabs(pulse->peak1_a);
	if (linear_crossing(work, 0.5 * peak, false, &up) && linear_crossing(work, 0.5 * peak, true, &down))
		set_width(work, &up, &down, 0.5, pulse->u_peak1_a, &pulse->half_width_linear_s, &pulse->u_half_width_linear_s);
	if (in->waveform != WAVEFORM_BIPHASIC && isnan(pulse->width_10_s) && smooth_crossing(work, 0.1 * peak, false, &up) &&
	    smooth_crossing(work, 0.1 * peak, true, &down))
		set_width(work, &up, &down, 0.1, pulse->u_peak1_a, &pulse->width_10_s, &pulse->u_width_10_s);
}

/* Of the ramp that the field's step is over `reach` samples, the middle half; the instant of the step as it places it. */
struct field_step {
	double at, count;
};

/*
 * The ramp of y[i + reach] - y[i], i = at - reach .. at, of a current that starts at `at` with `slope` a sample: moved to where the samples around its middle
 * have half of the step on average. Its own slope is known; what the wave's bend takes from it by then is given back.
 */
static struct field_step place_step(const struct work *work, double slope, ptrdiff_t reach, double at)
{
	bool known = work->fitted || work->clean;
	double alpha = known ? work->fit.alpha_per_s * work->ts : 0,
	       omega = known ? work->fit.omega_per_s * work->ts : 0.5 * PI / work->rise, middle = at - 0.5 * (double)reach,
	       half = fmax(0.25 * (double)reach, 1), early = 0;
	struct field_step step = {.count = 0};
	for (ptrdiff_t i = (ptrdiff_t)floor(middle - half) + 1; (double)i <= middle + half; i++) {
		double since = (double)(i + reach) - at, bend = work->straight ? 0 : wave_bend(since, alpha, omega);
		early += since + bend - (work->y[i + reach] - work->y[i]) / slope;
		step.count += 1;
	}
	step.at = at + early / step.count;
	return step;
}

/*
 * The step of di/dt at the onset, seen through a window of some samples, is a ramp that passes its half at the instant of the step.
 */
static void measure_e_rise(const struct shape_input *in, struct pulse *pulse)
{
	const struct work *work = in->work;
	double ts = work->ts, slope = fabs(pulse->didt0_a_per_s) * ts;
	/* As far apart as noise does not hide the step. */
	double clear = fmin(E_RISE_CLEAR * work->noise / slope, 0.3 * work->rise);
	ptrdiff_t reach = (ptrdiff_t)fmax(2, round(fmax(2e-6 / ts, clear)));
	double most = 0.5 * (double)reach;
	if (!(slope > 0) || !(work->onset - 2 * (double)reach >= 0) || !(work->onset + 2 * (double)reach < (double)work->n))
		return;
	struct field_step step = {.at = work->onset};
	for (unsigned pass = 0; pass < E_RISE_PASSES; pass++) {
		step = place_step(work, slope, reach, step.at);
		if (!(fabs(step.at - work->onset) <= most))
			return;
	}
	/* The samples before and after the onset are others: twice the variance of a mean; but all before it may be rounded the same way. */
	double u = hypot(work->noise * sqrt(2 / step.count), work->u_rounding) / slope, u_wave = work->u_peak_at;
	if (work->clean) {
		u_wave = wave_u_field_rise(&work->fit, work->fit_scale, most * ts) / ts;
	} else {
		double u_slope = most * pulse->u_didt0_a_per_s * ts / slope;
		u = hypot(u, hypot(u_slope, wave_bend(most, 0, 0.5 * PI / work->rise) / sqrt(3.0)));
	}
	pulse->e_rise_s = (float)(pulse->peak1_s - pulse->onset_s - (step.at - work->onset) * ts);
	pulse->u_e_rise_s = (float)(hypot(u, u_wave) * ts);
}

/* What depends on the peak of a near-rectangular pulse, once that is known to be its corner. */
static void correct_widths(const struct shape_input *in, struct pulse *pulse)
{
	const struct work *work = in->work;
	struct feature tenth, half, ninetieth, down;
	double peak = fabs(pulse->peak1_a);
	float width, u;
	if (smooth_crossing(work, 0.1 * peak, false, &tenth) && linear_crossing(work, 0.9 * peak, false, &ninetieth)) {
		pulse->rise_10_90_s = (ninetieth.at - tenth.at) * work->ts;
		pulse->u_rise_10_90_s = hypot(tenth.u_at, ninetieth.u_at) * work->ts;
	}
	if (smooth_crossing(work, 0.5 * peak, false, &half) && smooth_crossing(work, 0.5 * peak, true, &down)) {
		set_width(work, &half, &down, 0.5, pulse->u_peak1_a, &width, &u);
		pulse->half_width_s = (double)width;
		pulse->u_half_width_s = (double)u;
	}
}

/* A parabola through y[from, to): value and slope are had at index `at`. */
struct branch {
	double c[3], middle;
	double points;
};

static bool branch_fit(const struct work *work, ptrdiff_t from, ptrdiff_t to, struct branch *branch)
{
	if (from < 0 || to > (ptrdiff_t)work->n || to - from < CORNER_MIN_POINTS)
		return false;
	branch->middle = (double)from + floor(0.5 * (double)(to - from));
	branch->points = (double)(to - from);
	return parabola_fit(work->y + from, (size_t)(to - from), branch->c);
}

/* Onset to the corner where the current turns (the zero of E), and on to its zero: the phases of a near-rectangular pulse (2.9). */
static void measure_phases(const struct shape_input *in, struct pulse *pulse)
{
	const struct work *work = in->work;
	double corner = (double)work->peak1, guard = fmax(1, 1e-6 / work->ts);
	double zero = (pulse->zero1_s - in->time0_s) / work->ts, rise = corner - work->onset, fall = zero - corner;
	struct branch up, down;
	if (!isfinite(zero) || !branch_fit(work, (ptrdiff_t)ceil(corner - 0.6 * rise), (ptrdiff_t)floor(corner - guard) + 1, &up) ||
	    !branch_fit(work, (ptrdiff_t)ceil(corner + guard), (ptrdiff_t)floor(corner + 0.6 * fall) + 1, &down))
		return;
	double slopes = 0;
	for (unsigned pass = 0; pass < 4; pass++) {
		double a = corner - up.middle, b = corner - down.middle;
		double apart = up.c[0] + a * (up.c[1] + a * up.c[2]) - down.c[0] - b * (down.c[1] + b * down.c[2]);
		slopes = up.c[1] + 2 * up.c[2] * a - down.c[1] - 2 * down.c[2] * b;
		corner -= apart / slopes;
	}
	if (!(fabs(corner - (double)work->peak1) <= 3 * guard))
		return;
	/* A parabola laid over a corner is too flat: the corner itself is the peak. */
	double a = corner - up.middle, b = corner - down.middle;
	double from_left = up.c[0] + a * (up.c[1] + a * up.c[2]), from_right = down.c[0] + b * (down.c[1] + b * down.c[2]);
	pulse->peak1_a = work->sign * 0.5 * (from_left + from_right);
	pulse->peak1_s = in->time0_s + corner * work->ts;
	pulse->u_peak1_a = hypot(3 * work->noise / sqrt(up.points + down.points), work->u_baseline);
	/* At its end the variance of a parabola through n points is 9 sigma^2 / n. */
	double u = 3 * work->noise * sqrt(1 / up.points + 1 / down.points) / fabs(slopes) * work->ts;
	pulse->phase1_s = (float)((corner - work->onset) * work->ts);
	pulse->u_phase1_s = (float)hypot(u, pulse->u_onset_s);
	pulse->phase2_s = (float)((zero - corner) * work->ts);
	pulse->u_phase2_s = (float)hypot(u, pulse->u_zero1_s);
	pulse->u_rise_s = (double)pulse->u_phase1_s;
	correct_widths(in, pulse);
}

static void measure_action(const struct shape_input *in, struct pulse *pulse)
{
	const struct work *work = in->work;
	ptrdiff_t from = index_of(work, ceil(work->onset)), to = index_of(work, floor(end_index(in)) + 1);
	double squares = 0, n = (double)(to - from), sum = work->sign * pulse->net_charge_as / work->ts;
	for (ptrdiff_t i = from; i < to; i++)
		squares += work->y[i] * work->y[i];
	if (n < 1)
		return;
	pulse->action_a2s = (float)((squares - n * work->noise * work->noise) * work->ts);
	pulse->u_action_a2s = (float)(2 * work->ts * hypot(work->noise * sqrt(squares), work->u_baseline * sum));
}

static double mean_between(const struct work *work, double from, double to, double *n)
{
	ptrdiff_t first = index_of(work, ceil(from)), last = index_of(work, floor(to) + 1);
	double sum = 0;
	for (ptrdiff_t i = first; i < last; i++)
		sum += work->y[i];
	*n = (double)(last - first);
	return sum / *n;
}

static void measure_flux(const struct shape_input *in, struct pulse *pulse)
{
	const struct work *work = in->work;
	double guard = GUARD_S / work->ts, span = fmax(2, FLUX_S / work->ts), end = end_index(in), n_before, n_after;
	double before = mean_between(work, work->onset - guard - span, work->onset - guard, &n_before);
	double after = mean_between(work, end + guard, end + guard + span, &n_after);
	if (n_before < 1 || n_after < 1)
		return;
	pulse->flux_rel = (float)((after - before) / fabs(pulse->peak1_a));
	double u_noise = work->noise * sqrt(1 / n_before + 1 / n_after), u_slope = work->u_slope * (end - work->onset + 2 * guard + span);
	pulse->u_flux_rel = (float)(hypot(u_noise, u_slope) / fabs(pulse->peak1_a));
}

static void measure_late(const struct shape_input *in, struct pulse *pulse)
{
	const struct work *work = in->work;
	struct magnitude after;
	if (pulse_magnitude(work, (size_t)index_of(work, ceil(end_index(in) + GUARD_S / work->ts)), work->n, &after)) {
		pulse->after_late_rel = (float)(after.value_a / fabs(pulse->peak1_a));
		pulse->u_after_late_rel = (float)(after.u_a / fabs(pulse->peak1_a));
	}
}

/* Zeros are counted between swings beyond the threshold in opposite directions; each is where the last sign change before the swing is. */
static void measure_ringing(const struct shape_input *in, struct pulse *pulse)
{
	const struct work *work = in->work;
	double end = end_index(in), threshold = fmax(RINGING_SHARE * fabs(pulse->peak1_a), RINGING_SIGMA * work->noise);
	ptrdiff_t from = index_of(work, ceil(end + GUARD_S / work->ts)), to = index_of(work, floor(end + RINGING_S / work->ts) + 1);
	double first = NAN, last = NAN, change = NAN;
	unsigned zeros = 0;
	struct range range;
	if (!range_of(work->y, 0, from, to, &range) || range.most < threshold || range.least > -threshold)
		return;
	int side = 0;
	for (ptrdiff_t i = from; i < to; i++) {
		double y = work->y[i];
		if (i > from && (y > 0) != (work->y[i - 1] > 0))
			change = (double)(i - 1) + work->y[i - 1] / (work->y[i - 1] - y);
		if (fabs(y) < threshold)
			continue;
		int now = y > 0 ? 1 : -1;
		if (side != 0 && now != side) {
			first = zeros == 0 ? change : first;
			last = change;
			zeros++;
		}
		side = now;
	}
	if (zeros < RINGING_MIN_ZEROS)
		return;
	double span_s = (last - first) * work->ts, hz = (zeros - 1) / (2 * span_s);
	/* A zero of a swing of at least the threshold, and where it lies between two samples. */
	double u_zero_s = hypot(work->noise / (2 * PI * hz * threshold), work->ts / sqrt(12.0));
	pulse->ringing_hz = (float)hz;
	pulse->u_ringing_hz = (float)(hz * sqrt(2.0) * u_zero_s / span_s);
}

/* Largest distance between current and fitted wave on [from, to), the wave turned on from sample to sample. */
static double largest_distance(const struct work *work, double origin, ptrdiff_t from, ptrdiff_t to)
{
	const struct wave_fit *fit = &work->fit;
	double t = ((double)from - origin) * work->ts, size = exp(-fit->alpha_per_s * t), largest = 0;
	double c = size * cos(fit->omega_per_s * t), s = size * sin(fit->omega_per_s * t);
	double shrink = exp(-fit->alpha_per_s * work->ts), turn_c = shrink * cos(fit->omega_per_s * work->ts),
	       turn_s = shrink * sin(fit->omega_per_s * work->ts);
	for (ptrdiff_t i = from; i < to; i++) {
		double distance = fabs(work->y[i] - fit->offset_a - fit->cosine_a * c - fit->sine_a * s);
		largest = distance > largest ? distance : largest;
		double next = c * turn_c - s * turn_s;
		s = s * turn_c + c * turn_s;
		c = next;
	}
	return largest;
}

static void measure_fit(const struct shape_input *in, struct pulse *pulse)
{
	const struct work *work = in->work;
	const struct wave_fit *fit = &work->fit;
	double a = fit->alpha_per_s, w = fit->omega_per_s, p = fit->cosine_a, q = fit->sine_a, size = p * p + q * q;
	pulse->fit_correlation = (float)(fit->covariance[3][4] / sqrt(fit->covariance[3][3] * fit->covariance[4][4]));
	/* Gradient of the logarithm of R w exp(-a onset) / (a^2 + w^2), onset = -atan(p / q) / w, after p, q, a, w. */
	double onset = -atan2(p, q) / w, squares = a * a + w * w;
	const double g[5] = {p / size + a * q / (size * w), q / size - a * p / (size * w), 0, -onset - 2 * a / squares,
			     1 / w + a * onset / w - 2 * w / squares};
	double variance = 0;
	for (unsigned i = 0; i < 5; i++)
		for (unsigned j = 0; j < 5; j++)
			variance += g[i] * fit->covariance[i][j] * g[j];
	pulse->u_stored_charge_rel = (float)(work->fit_scale * sqrt(fmax(0, variance)));
	double guard = GUARD_S / work->ts, zero = (pulse->zero1_s - in->time0_s) / work->ts, end = end_index(in);
	if (!isfinite(zero))
		return;
	ptrdiff_t start = index_of(work, ceil(work->onset + guard)), before = index_of(work, floor(zero - guard) + 1),
		  after = index_of(work, ceil(zero + guard)), last = index_of(work, floor(end - guard) + 1);
	double largest = fmax(largest_distance(work, in->fit_origin, start, before), largest_distance(work, in->fit_origin, after, last));
	pulse->fit_worst_rel = (float)(largest / fabs(pulse->peak1_a));
}

void pulse_shape(const struct shape_input *in, struct pulse *pulse)
{
	bool resonant = in->waveform == WAVEFORM_BIPHASIC || in->waveform == WAVEFORM_HALF_SINE;
	if (!(fabs(pulse->peak1_a) > 0))
		return;
	if (in->waveform == WAVEFORM_RECTANGULAR)
		measure_phases(in, pulse);
	measure_slopes(in, pulse);
	measure_level_widths(in, pulse);
	measure_e_rise(in, pulse);
	measure_action(in, pulse);
	if (isfinite(in->end_s)) {
		measure_flux(in, pulse);
		measure_late(in, pulse);
		measure_ringing(in, pulse);
	}
	if (resonant && in->work->fitted)
		measure_fit(in, pulse);
}
