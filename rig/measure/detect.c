/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "detect.h"

#include <math.h>

#include "despike.h"
#include "order.h"

/* A half wave belongs to the pulse when it reaches this share of the first peak; reverse recovery and ringing do not. */
#define LOBE_SHARE 0.2
/* A damped wave's lobes get smaller. One that is larger than the lobe before by this is the first of another pulse. */
#define LOBE_GROWTH 1.03
/* No stimulator's second half wave is so many times its first: what came first is a step of the baseline just before a pulse. */
#define FORERUNNER 3.0
/* The top of a lobe is what reaches this share of its largest sample: its middle is where the wave peaks, wherever noise is the largest. */
#define TOP_SHARE 0.85
/* Clipped samples are a half wave's top when they are no lower than this share of it, and so many times as long as a spike. */
#define FLAT_SHARE 0.9
enum { FLAT_WIDTHS = 2 };
/* A further lobe is over where this share of the first peak is left; some devices and probes come no nearer to zero. */
#define LOBE_END_SHARE 0.04
/* For so long after a pulse's onset only a rise of this share of its peak is a new pulse: after-current and ringing stay below it. */
#define SHADOW_S 1.5e-3
#define SHADOW_SHARE 0.02
/* Shortly after its end there is reverse recovery too. */
#define RECOVERY_S 200e-6
#define RECOVERY_SHARE 0.05
/* A pulse's first lobe is looked at for no longer than this. */
#define LOBE_LIMIT_S 2e-3
/* So long after a pulse was seen a fall to half may be that of a spike at its onset. */
#define ONSET_SPIKE_S 4e-6
/* For a sine the zero comes one rise time after the peak, a little later with damping; a monophasic tail takes far longer. */
#define FAST_ZERO_RISES 1.6
/* Within this share of the threshold the current is as good as zero. */
#define ZERO_SHARE 0.25
/* The followed baseline: time constant, and how fast it may move, in full scales a second (5 % of hum at 60 Hz: 19 pulses' peaks a second). */
#define FOLLOW_S 100e-6
#define FOLLOW_LIMIT_PER_S 60.0
#define SLOPE_S 1e-3
#define WANDER_S 30e-3
/* A pulse rises for no longer than this before it is beyond the threshold. */
#define UNSEEN_S 40e-6
/* The mean of so much is the baseline that a tail has come down to. */
#define LEVEL_S 100e-6
/* After a step of the baseline the current stays where it is for so long; no pulse does, unless it is clipped. */
#define STEP_FLAT_S 100e-6
#define STEP_SHARE 0.2
enum { STEP_PARTS = 4 };

static ptrdiff_t later(ptrdiff_t index, double samples)
{
	return index + (ptrdiff_t)ceil(samples);
}

static double level(const struct trace *trace, ptrdiff_t i, int sign)
{
	return sign * (trace->current_a[i] - trace->baseline_a);
}

/* What following the baseline takes at one sampling interval. */
struct pace {
	double interval_s, share, limit_a, slope_share, wander_kept;
};

static struct pace pace_of(const struct trace *trace)
{
	double interval_s = trace->interval_s;
	return (struct pace){.interval_s = interval_s,
			     .share = interval_s / FOLLOW_S,
			     .limit_a = FOLLOW_LIMIT_PER_S * trace->full_scale_a * interval_s,
			     .slope_share = interval_s / SLOPE_S,
			     .wander_kept = 1 - interval_s / WANDER_S};
}

/*
 * Once a sample. The limit is a branch that is hardly ever taken, no part of the chain from one level to the next; and the level is subtracted from
 * where the slope is added to, or else compilers do both in one vector, where the level has to wait for the slope's division.
 */
static inline void follow(struct follower *baseline, double current_a, const struct pace *pace)
{
	double back_a = (baseline->level_a - current_a) * pace->share;
	if (__builtin_expect(fabs(back_a) > pace->limit_a, 0))
		back_a = back_a > 0 ? pace->limit_a : -pace->limit_a;
	baseline->level_a -= back_a;
	baseline->slope_a_per_s += (-back_a / pace->interval_s - baseline->slope_a_per_s) * pace->slope_share;
	double steep = fabs(baseline->slope_a_per_s), wander = baseline->wander_a_per_s * pace->wander_kept;
	baseline->wander_a_per_s = steep > wander ? steep : wander;
}

/* How far the current must leave the baseline, or the valley after a pulse, at index i, where the pulse before still casts its shadow. */
static inline double threshold_in_shadow(const struct trace *trace, const struct arming *arming, double wander_a_per_s, size_t i)
{
	double since_s = ((double)i - arming->onset) * trace->interval_s;
	if (!arming->after || since_s >= SHADOW_S)
		return trace->threshold_a;
	double share = ((double)i - arming->end) * trace->interval_s < RECOVERY_S ? RECOVERY_SHARE : SHADOW_SHARE;
	double wandered_a = trace->threshold_a + wander_a_per_s * since_s, of_peak_a = share * arming->peak_a;
	return wandered_a > of_peak_a ? wandered_a : of_peak_a;
}

/* The mean current shortly before index i, from `from` on, where a pulse that may be rising at i cannot have begun. */
static double level_before(const struct trace *trace, size_t from, size_t i)
{
	size_t unseen = (size_t)(UNSEEN_S / trace->interval_s) + 1, width = (size_t)(LEVEL_S / trace->interval_s) + 1;
	size_t to = i > from + unseen ? i - unseen : from, first = to > from + width ? to - width + 1 : from;
	double sum = 0;
	for (size_t k = first; k <= to; k++)
		sum += trace->current_a[k];
	return sum / (double)(to - first + 1);
}

/* What find_rise() carries from sample to sample. */
struct rise {
	const struct trace *trace;
	struct pace pace;
	struct follower baseline;
	double shadow_end, valley_a;
	size_t i, up, down; /* up, down: so many samples before i are beyond the threshold */
	int home;
	bool tail;
};

/* Looks at sample i and goes on to the next. */
static inline void step(struct rise *rise, const struct arming *arming)
{
	const struct trace *trace = rise->trace;
	double x = trace->current_a[rise->i], threshold_a = trace->threshold_a;
	if ((double)rise->i < rise->shadow_end) {
		threshold_a = threshold_in_shadow(trace, arming, rise->baseline.wander_a_per_s, rise->i);
	} else if (rise->tail && rise->up == 0 && rise->down == 0) {
		/* The tail is gone. A pulse may be rising, but not for long without having been seen. */
		rise->tail = false;
		rise->baseline.level_a = level_before(trace, arming->from, rise->i);
	}
	double y = rise->home * (x - rise->baseline.level_a), floor_a = rise->valley_a > 0 ? rise->valley_a : 0;
	rise->up = y > floor_a + threshold_a ? rise->up + 1 : 0;
	rise->down = -y > threshold_a ? rise->down + 1 : 0;
	rise->valley_a = y < rise->valley_a ? y : rise->valley_a;
	if (rise->up == 0 && rise->down == 0 && !rise->tail)
		follow(&rise->baseline, x, &rise->pace);
	rise->i++;
}

/*
 * Steps on as long as nothing is as far from the baseline as the least that the threshold may be, up to index `end`: what step() would do, with all that it
 * carries in registers. The valley is no more than zero, where it does not matter how low it is.
 */
static void step_quietly(struct rise *rise, size_t end, double least_a)
{
	const double *current_a = rise->trace->current_a;
	const struct pace pace = rise->pace;
	struct follower baseline = rise->baseline;
	size_t i = rise->i;
	for (; i < end && fabs(current_a[i] - baseline.level_a) <= least_a; i++)
		follow(&baseline, current_a[i], &pace);
	rise->baseline = baseline;
	rise->i = i;
}

/*
 * Is all from sample i on so near the baseline that nothing will be as far from it as the least that the threshold may be? The baseline is followed by
 * means of itself and the samples, and stays among them. Looks no further than to where it is not so.
 */
static bool quiet_from(const struct rise *rise, double least_a)
{
	enum { PIECE = 256 };
	const struct trace *trace = rise->trace;
	double least = rise->baseline.level_a, most = least;
	if (rise->pace.share > 0.5)
		return false;
	for (size_t i = rise->i; i < trace->n; i += PIECE) {
		struct extremes all = extremes_of(trace->current_a + i, trace->n - i < PIECE ? trace->n - i : PIECE);
		least = all.least < least ? all.least : least;
		most = all.most > most ? all.most : most;
		/* The factor is for rounding. */
		if (!(most - least <= least_a * (1 - 1e-9)))
			return false;
	}
	return true;
}

/* The first of enough consecutive samples beyond the threshold, and their direction in *sign. */
static ptrdiff_t find_rise(const struct trace *trace, struct arming *arming, int *sign)
{
	size_t confirm = despike_width(trace->interval_s), n = trace->n, seen = n - arming->from;
	struct rise rise = {.trace = trace,
			    .pace = pace_of(trace),
			    .baseline = arming->baseline,
			    .shadow_end = arming->after ? arming->onset + SHADOW_S / trace->interval_s : -INFINITY,
			    .valley_a = arming->after ? arming->valley_a : 0,
			    .i = arming->from,
			    .home = arming->after ? arming->sign : 1,
			    .tail = arming->tail};
	/* The shadow's last sample is left to step(): by rounding it may be none of the shadow. */
	double shadowed = fmin(ceil(rise.shadow_end) - 1, (double)n), of_peak_a = fmin(SHADOW_SHARE, RECOVERY_SHARE) * arming->peak_a;
	size_t shadow = shadowed > 0 ? (size_t)shadowed : 0;
	bool looked = false;
	while (rise.i < n && rise.up < confirm && rise.down < confirm) {
		if (rise.up == 0 && rise.down == 0 && rise.valley_a <= 0 && !rise.tail) {
			if (!looked && quiet_from(&rise, trace->threshold_a)) {
				arming->behind = n - rise.i;
				break;
			}
			looked = true;
			if (rise.i < shadow)
				step_quietly(&rise, shadow, fmax(trace->threshold_a, of_peak_a));
			else if ((double)rise.i >= rise.shadow_end)
				step_quietly(&rise, n, trace->threshold_a);
		}
		if (rise.i < n)
			step(&rise, arming);
	}
	arming->tail = rise.tail;
	arming->baseline = rise.baseline;
	arming->valley_a = rise.valley_a;
	if (rise.up >= confirm || rise.down >= confirm) {
		*sign = rise.up >= confirm ? rise.home : -rise.home;
		return (ptrdiff_t)(rise.i - confirm);
	}
	arming->pending = rise.up > rise.down ? rise.up : rise.down;
	arming->from = n - (arming->pending < seen ? arming->pending : seen);
	return NO_INDEX;
}

void detect_catch_up(const struct trace *trace, struct arming *arming)
{
	struct rise rise = {.trace = trace, .pace = pace_of(trace), .baseline = arming->baseline, .i = arming->from - arming->behind};
	step_quietly(&rise, arming->from, INFINITY);
	arming->baseline = rise.baseline;
	arming->behind = 0;
}

static bool clipped_at(const struct trace *trace, ptrdiff_t i)
{
	return trace->count_min < trace->count_max && (trace->counts[i] <= trace->count_min || trace->counts[i] >= trace->count_max);
}

/*
 * Is the rise at `detected` a step of the baseline? The means of some parts of what follows must not differ; *level_a is then the last of them,
 * *end where it ends.
 */
static bool is_step(const struct trace *trace, const struct arming *arming, ptrdiff_t detected, double *level_a, ptrdiff_t *end)
{
	ptrdiff_t n = (ptrdiff_t)trace->n, begin = detected + (ptrdiff_t)despike_width(trace->interval_s);
	double part = fmax(3, floor(STEP_FLAT_S / STEP_PARTS / trace->interval_s)), least = INFINITY, most = -INFINITY;
	*end = begin + STEP_PARTS * (ptrdiff_t)part;
	if (*end > n)
		return false;
	for (unsigned k = 0; k < STEP_PARTS; k++) {
		double sum = 0;
		for (ptrdiff_t i = begin + k * (ptrdiff_t)part; i < begin + (k + 1) * (ptrdiff_t)part; i++) {
			if (clipped_at(trace, i))
				return false;
			sum += trace->current_a[i];
		}
		*level_a = sum / part;
		least = fmin(least, *level_a);
		most = fmax(most, *level_a);
	}
	double height_a = fabs(*level_a - arming->baseline.level_a);
	return most - least < fmax(STEP_SHARE * height_a, arming->baseline.wander_a_per_s * STEP_FLAT_S);
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
		} else if (y < 0.5 * pulse->peak1_a && (double)(i - pulse->detected) * trace->interval_s > ONSET_SPIKE_S) {
			break;
		}
	}
	/* A clipped lobe peaks in the middle of its flat top. */
	pulse->peak1 += (flat_end - pulse->peak1) / 2;
	return i;
}

/* The middle of the first lobe's top. */
static double top_middle(const struct trace *trace, const struct outline *pulse, ptrdiff_t half)
{
	double least_a = TOP_SHARE * pulse->peak1_a;
	ptrdiff_t first = pulse->detected, last = half - 1;
	while (first < pulse->peak1 && level(trace, first, pulse->sign) < least_a)
		first++;
	while (last > pulse->peak1 && level(trace, last, pulse->sign) < least_a)
		last--;
	return 0.5 * (double)(first + (last > first ? last : first));
}

/* What of an earlier pulse's tail is left under the pulse, in its direction: the least current shortly before it. */
static double foot_a(const struct trace *trace, const struct outline *pulse, ptrdiff_t lowest)
{
	ptrdiff_t from = pulse->detected - (ptrdiff_t)(UNSEEN_S / trace->interval_s) - 1;
	double least = level(trace, pulse->detected, pulse->sign);
	for (ptrdiff_t i = from > lowest ? from : lowest; i < pulse->detected; i++)
		least = fmin(least, level(trace, i, pulse->sign));
	return fmax(0, least);
}

/* The onset of a sine from where it passes 10 and 50 %, counted from its foot: asin(0.1) and asin(0.5) of it. */
static double extrapolate_onset(const struct trace *trace, const struct outline *pulse, ptrdiff_t lowest, double foot)
{
	double height = pulse->peak1_a - foot;
	ptrdiff_t half = pulse->peak1;
	while (half > lowest && level(trace, half, pulse->sign) > foot + 0.5 * height)
		half--;
	ptrdiff_t tenth = half;
	while (tenth > lowest && level(trace, tenth, pulse->sign) > foot + 0.1 * height)
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

/*
 * The middle of the clipped samples of a half wave that peaks at `peak`, which noise may interrupt. They lie where the wave is about as large, and are more
 * than a spike's.
 */
static ptrdiff_t flat_middle(const struct trace *trace, ptrdiff_t from, ptrdiff_t limit, int sign, ptrdiff_t peak)
{
	ptrdiff_t first = NO_INDEX, last = NO_INDEX;
	size_t clipped = 0;
	if (trace->count_min >= trace->count_max)
		return peak;
	double least_a = FLAT_SHARE * level(trace, peak, sign);
	for (ptrdiff_t i = from; i < (ptrdiff_t)trace->n && i <= limit; i++) {
		if (!clipped_at(trace, i) || level(trace, i, sign) < least_a)
			continue;
		first = first == NO_INDEX ? i : first;
		last = i;
		clipped++;
	}
	return clipped > FLAT_WIDTHS * despike_width(trace->interval_s) ? first + (last - first) / 2 : peak;
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
		peak = flat_middle(trace, zero, later(zero, width), sign, peak);
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

/* Everything of a pulse that was detected in *found, down to its end. False when its first lobe is longer than that of any pulse. */
static bool outline_pulse(const struct trace *trace, ptrdiff_t lowest, bool on_tail, struct outline *found)
{
	ptrdiff_t half = follow_first_lobe(trace, found);
	if (half >= later(found->detected, LOBE_LIMIT_S / trace->interval_s))
		return false;
	found->onset = extrapolate_onset(trace, found, lowest, on_tail ? foot_a(trace, found, lowest) : 0);
	double top = top_middle(trace, found, half), rise = fmax(1, top - found->onset);
	ptrdiff_t latest = (ptrdiff_t)ceil(top + FAST_ZERO_RISES * rise + 1);
	found->zero1 = find_below(trace, half, latest, found->sign, 0);
	if (found->zero1 == NO_INDEX) {
		/* A half-sine ends at zero, and the baseline may be known to lie a little below. */
		double least = ZERO_SHARE * trace->threshold_a;
		found->zero1 = find_below(trace, half, latest, found->sign, least);
	}
	if (found->zero1 != NO_INDEX) {
		found->end = found->zero1;
		follow_lobes(trace, found, rise);
	} else {
		found->end = later(half > found->peak1 ? half : found->peak1, 0.25 * rise);
	}
	if (found->end > (ptrdiff_t)trace->n)
		found->end = (ptrdiff_t)trace->n;
	return true;
}

/* Was what was outlined a step of the baseline just before a pulse? *level_a is then the baseline after it, *end where the pulse begins. */
static bool is_forerunner(const struct trace *trace, const struct outline *found, double *level_a, ptrdiff_t *end)
{
	if (found->peak2 == NO_INDEX || -level(trace, found->peak2, found->sign) < FORERUNNER * found->peak1_a)
		return false;
	ptrdiff_t from = found->detected + 1, to = found->zero1;
	while (to > from + 1 && level(trace, to - 1, found->sign) < 0.5 * found->peak1_a)
		to--;
	*level_a = 0;
	for (ptrdiff_t i = from; i < to; i++)
		*level_a += trace->current_a[i] / (double)(to - from);
	*end = to;
	return to > from;
}

/* The baseline is somewhere else from index `from` on. */
static void rebase(struct arming *arming, ptrdiff_t from, double level_a)
{
	arming->from = (size_t)from;
	arming->baseline.level_a = level_a;
	arming->valley_a = INFINITY;
	arming->tail = false;
}

bool detect_next(const struct trace *trace, struct arming *arming, struct outline *found)
{
	if (!arming->baseline.started) {
		arming->baseline.started = true;
		arming->baseline.level_a = trace->baseline_a;
	}
	for (;;) {
		*found = (struct outline){.peak1 = NO_INDEX, .zero1 = NO_INDEX, .peak2 = NO_INDEX, .zero2 = NO_INDEX, .lobes = 1};
		ptrdiff_t lowest = (ptrdiff_t)arming->from, end;
		double level_a;
		arming->pending = 0;
		found->detected = find_rise(trace, arming, &found->sign);
		if (found->detected == NO_INDEX)
			return false;
		if (is_step(trace, arming, found->detected, &level_a, &end)) {
			rebase(arming, end, level_a);
			continue;
		}
		struct trace here = *trace;
		here.baseline_a = arming->baseline.level_a;
		bool outlined = outline_pulse(&here, lowest, arming->tail, found);
		if (outlined && is_forerunner(&here, found, &level_a, &end)) {
			rebase(arming, end, level_a);
			continue;
		}
		if (outlined)
			break;
		arming->strayed = true;
		end = later(found->detected, LOBE_LIMIT_S / trace->interval_s);
		rebase(arming, end, trace->current_a[end < (ptrdiff_t)trace->n ? end : (ptrdiff_t)trace->n - 1]);
	}
	struct follower baseline = arming->baseline;
	bool strayed = arming->strayed;
	*arming = (struct arming){.from = (size_t)found->end,
				  .after = true,
				  .tail = found->zero1 == NO_INDEX,
				  .sign = found->sign,
				  .peak_a = found->peak1_a,
				  .onset = found->onset,
				  .end = (double)found->end,
				  .valley_a = INFINITY,
				  .baseline = baseline,
				  .strayed = strayed};
	return true;
}
