/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "detect.h"

#include <math.h>

/* A half wave belongs to the pulse when it reaches this share of the first peak; reverse recovery and ringing do not. */
#define LOBE_SHARE 0.2
/* A damped wave's lobes get smaller. One that is larger than the lobe before by this is the first of another pulse. */
#define LOBE_GROWTH 1.03
/* A further lobe is over where this share of the first peak is left; some devices and probes come no nearer to zero. */
#define LOBE_END_SHARE 0.04
/* For so long after a pulse's onset only a rise of this share of its peak is a new pulse: after-current and ringing stay below it. */
#define SHADOW_S 1.5e-3
#define SHADOW_SHARE 0.05
/* A pulse's first lobe is looked at for no longer than this. */
#define LOBE_LIMIT_S 2e-3
/* For a sine the zero comes one rise time after the peak, a little later with damping; a monophasic tail takes far longer. */
#define FAST_ZERO_RISES 1.6
/* Within this share of the threshold the current is as good as zero. */
#define ZERO_SHARE 0.25
#define CONFIRM_S 2e-6

static ptrdiff_t later(ptrdiff_t index, double samples)
{
	return index + (ptrdiff_t)ceil(samples);
}

static size_t confirm_samples(double interval_s)
{
	if (interval_s > 4e-6)
		return 2;
	double samples = ceil(CONFIRM_S / interval_s);
	return samples < 3 ? 3 : (size_t)samples;
}

static double level(const struct trace *trace, ptrdiff_t i, int sign)
{
	return sign * (trace->current_a[i] - trace->baseline_a);
}

/* A run of samples beyond the threshold, and the valley before it. */
struct rise {
	size_t up, down;
	double valley_a;
};

/* Looks at [from, to) with one threshold; the index at which `confirm` samples in a row were beyond it, or `to`. */
static size_t follow_rise(const struct trace *trace, size_t from, size_t to, int home, double threshold_a, size_t confirm,
			  struct rise *rise)
{
	size_t up = rise->up, down = rise->down, i = from;
	double valley_a = rise->valley_a, baseline_a = trace->baseline_a;
	const double *current_a = trace->current_a;
	for (; i < to; i++) {
		double y = home * (current_a[i] - baseline_a), floor_a = valley_a > 0 ? valley_a : 0;
		if (y <= floor_a + threshold_a && -y <= threshold_a) {
			up = down = 0;
			valley_a = y < valley_a ? y : valley_a;
			continue;
		}
		up = y > floor_a + threshold_a ? up + 1 : 0;
		down = -y > threshold_a ? down + 1 : 0;
		valley_a = y < valley_a ? y : valley_a;
		if (up == confirm || down == confirm)
			break;
	}
	*rise = (struct rise){up, down, valley_a};
	return i;
}

/* The first of enough consecutive samples beyond the threshold, and their direction in *sign. */
static ptrdiff_t find_rise(const struct trace *trace, struct arming *arming, int *sign)
{
	size_t confirm = confirm_samples(trace->interval_s), n = trace->n, i = arming->from;
	int home = arming->after ? arming->sign : 1;
	struct rise rise = {.valley_a = arming->after ? arming->valley_a : 0};
	if (arming->after) {
		double end = ceil(arming->onset + SHADOW_S / trace->interval_s);
		size_t shadow = end <= (double)i ? i : end >= (double)n ? n : (size_t)end;
		double shadow_a = fmax(trace->threshold_a, SHADOW_SHARE * arming->peak_a);
		i = follow_rise(trace, i, shadow, home, shadow_a, confirm, &rise);
	}
	if (rise.up < confirm && rise.down < confirm)
		i = follow_rise(trace, i, n, home, trace->threshold_a, confirm, &rise);
	if (arming->after)
		arming->valley_a = rise.valley_a;
	if (rise.up == confirm || rise.down == confirm) {
		*sign = rise.up == confirm ? home : -home;
		return (ptrdiff_t)(i + 1 - confirm);
	}
	size_t pending = rise.up > rise.down ? rise.up : rise.down, seen = n - arming->from;
	arming->from = n - (pending < seen ? pending : seen);
	return NO_INDEX;
}

/* Follows the first lobe down to half its peak; the index where that was, or the end of what there is. */
static ptrdiff_t follow_first_lobe(const struct trace *trace, struct outline *pulse)
{
	ptrdiff_t n = (ptrdiff_t)trace->n, limit = later(pulse->detected, LOBE_LIMIT_S / trace->interval_s), i = pulse->detected;
	ptrdiff_t flat_end = i;
	pulse->peak1 = i;
	for (; i < n && i < limit; i++) {
		double y = level(trace, i, pulse->sign);
		if (y > pulse->peak1_a) {
			pulse->peak1_a = y;
			pulse->peak1 = flat_end = i;
		} else if (trace->counts[i] == trace->counts[pulse->peak1]) {
			flat_end = i;
		} else if (y < 0.5 * pulse->peak1_a) {
			break;
		}
	}
	/* A clipped lobe peaks in the middle of its flat top. */
	pulse->peak1 += (flat_end - pulse->peak1) / 2;
	return i;
}

/* The onset of a sine from where it passes 10 and 50 %: asin(0.1) and asin(0.5) of it. */
static double extrapolate_onset(const struct trace *trace, const struct outline *pulse, ptrdiff_t lowest)
{
	ptrdiff_t half = pulse->peak1;
	while (half > lowest && level(trace, half, pulse->sign) > 0.5 * pulse->peak1_a)
		half--;
	ptrdiff_t tenth = half;
	while (tenth > lowest && level(trace, tenth, pulse->sign) > 0.1 * pulse->peak1_a)
		tenth--;
	double onset = (double)tenth - 0.236 * (double)(half - tenth);
	return onset > (double)lowest ? onset : (double)lowest;
}

/* The first index from `from` on, before `limit`, where the current in direction `sign` is no more than `least`; or NO_INDEX. */
static ptrdiff_t find_below(const struct trace *trace, ptrdiff_t from, ptrdiff_t limit, int sign, double least)
{
	for (ptrdiff_t i = from; i < (ptrdiff_t)trace->n && i <= limit; i++)
		if (level(trace, i, sign) <= least)
			return i;
	return NO_INDEX;
}

static ptrdiff_t find_extremum(const struct trace *trace, ptrdiff_t from, ptrdiff_t limit, int sign)
{
	ptrdiff_t best = from;
	for (ptrdiff_t i = from; i < (ptrdiff_t)trace->n && i <= limit; i++)
		if (level(trace, i, sign) > level(trace, best, sign))
			best = i;
	return best;
}

/* The half waves after the first zero. */
static void follow_lobes(const struct trace *trace, struct outline *pulse, double rise)
{
	double width = (double)pulse->zero1 - pulse->onset, least_a = LOBE_SHARE * pulse->peak1_a;
	ptrdiff_t zero = pulse->zero1;
	double before_a = INFINITY; /* what a first lobe leaves to the second depends on the device: some have a larger second one */
	int sign = pulse->sign;
	while (zero != NO_INDEX && zero < (ptrdiff_t)trace->n) {
		sign = -sign;
		ptrdiff_t peak = find_extremum(trace, zero, later(zero, 0.8 * width), sign);
		double lobe_a = level(trace, peak, sign);
		if (lobe_a < least_a)
			break;
		if (lobe_a > LOBE_GROWTH * before_a) {
			pulse->end = zero;
			return;
		}
		before_a = lobe_a;
		pulse->lobes++;
		zero = find_below(trace, peak, later(peak, FAST_ZERO_RISES * rise), sign, LOBE_END_SHARE * pulse->peak1_a);
		if (pulse->lobes == 2) {
			pulse->peak2 = peak;
			pulse->zero2 = zero;
		}
		pulse->end = zero == NO_INDEX ? later(peak, rise) : zero;
	}
	pulse->end = later(pulse->end, 0.25 * width);
}

bool detect_next(const struct trace *trace, struct arming *arming, struct outline *found)
{
	*found = (struct outline){.peak1 = NO_INDEX, .zero1 = NO_INDEX, .peak2 = NO_INDEX, .zero2 = NO_INDEX, .lobes = 1};
	ptrdiff_t lowest = (ptrdiff_t)arming->from;
	found->detected = find_rise(trace, arming, &found->sign);
	if (found->detected == NO_INDEX)
		return false;
	ptrdiff_t half = follow_first_lobe(trace, found);
	found->onset = extrapolate_onset(trace, found, lowest);
	double rise = fmax(1, (double)found->peak1 - found->onset);
	found->zero1 = find_below(trace, half, later(found->peak1, FAST_ZERO_RISES * rise + 1), found->sign, 0);
	if (found->zero1 == NO_INDEX) {
		/* A half-sine ends at zero, and the baseline may be known to lie a little below. */
		double least = ZERO_SHARE * trace->threshold_a;
		found->zero1 = find_below(trace, half, later(found->peak1, FAST_ZERO_RISES * rise + 1), found->sign, least);
	}
	if (found->zero1 != NO_INDEX) {
		found->end = found->zero1;
		follow_lobes(trace, found, rise);
	} else {
		found->end = later(half > found->peak1 ? half : found->peak1, 0.25 * rise);
	}
	if (found->end > (ptrdiff_t)trace->n)
		found->end = (ptrdiff_t)trace->n;
	*arming = (struct arming){.from = (size_t)found->end,
				  .after = true,
				  .sign = found->sign,
				  .peak_a = found->peak1_a,
				  .onset = found->onset,
				  .valley_a = INFINITY};
	return true;
}
