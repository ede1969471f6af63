/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stretch.h"

#include <math.h>
#include <string.h>

#include "activity.h"
#include "despike.h"
#include "detect.h"
#include "hum.h"
#include "order.h"
#include "pulse_measure.h"

/* A pulse leaves the baseline by more than so many counts: one is rounding. */
#define COUNTS_LEAST 1.5
/* A pulse is measured once so much of the stretch after it is there, or the stretch is over. */
#define COMPLETE_S 1.7e-3
/* Kept before a pulse that has to wait: its baseline. */
#define KEEP_S 0.5e-3
#define IDLE_BEFORE_S 50e-6
#define IDLE_AFTER_S 1.5e-3
/* A pulse's own samples end so long before the next one is detected. */
#define NEXT_S 10e-6
#define QUIET_START_S 100e-6
/* A longer window has the hum of each of its pieces taken out by itself. */
#define HUM_PIECE_S 25e-3
#define TAIL_S 5e-3
/* Of the magnitude of normal deviates, in standard deviations. */
#define MEDIAN_OF_NORMAL 0.6745
/* The noise of a start is judged by so many times its samples: as far as a window begins before what opened it. */
#define STEPS_SPAN 3
/* A median of N steps is too small by no more than this over sqrt(N), relatively, but once in a thousand times. */
#define STEPS_TOO_SMALL 3.0
/* Noise from fewer degrees of freedom than this does not replace what was known before, but is pooled with it. */
#define NOISE_DOF_ENOUGH 30.0
/* With fewer than this it may be so much too small that noise passes for pulses. */
#define NOISE_DOF_VAGUE 15.0

struct stretch {
	const struct recording_format *format;
	const struct channel *channel;
	unsigned index;
	double interval_s;
	double *current_a, *scratch;
	double *clean_a; /* the current without spikes */
	int16_t *counts;
	const double *seen_a; /* of the two, what was detected in last */
	size_t n, capacity;
	size_t done; /* so many at the beginning are of no use any more */
	uint64_t first_frame;
	double baseline_a, known_baseline_a, droop_integral_as;
	double noise_a, noise_dof; /* of the latest samples that showed it; dof 0: none has yet */
	bool baseline_known;
	bool began_astray; /* the stretch's first samples were not quiet */
	bool ranged;       /* the channel declares its range */
	struct clip_range range;
	double count_a; /* what the samples differ by at least: a file may have fewer bits than its counts */
	struct hum hum;
	uint32_t envelope_frames; /* of its cells; 0: none has come */
	double u_hum_slope_a;     /* of what the hum's slope is taken for, a sample; 0 without hum */
	struct arming arming;
	ptrdiff_t idle_from;    /* not yet looked at for idle excursions */
	ptrdiff_t measured_end; /* end of the last pulse */
	struct pulse previous;
	size_t pulses; /* found since the stretch began */
	uint64_t began_frame;
	double idle_peak_a; /* largest distance from the baseline outside pulses since then */
};

struct stretch *stretch_create(const struct recording_format *format, struct error *error)
{
	int index = recording_find(format, CHANNEL_COIL_CURRENT);
	if (index < 0)
		return NULL;
	struct stretch *stretch = calloc(1, sizeof *stretch);
	if (!stretch) {
		error_set(error, ERROR_BENCH, "out of memory for measuring");
		return NULL;
	}
	stretch->format = format;
	stretch->index = (unsigned)index;
	stretch->channel = &format->channels[index];
	stretch->interval_s = 1 / format->sample_rate_hz;
	int32_t least = stretch->channel->count_min, most = stretch->channel->count_max;
	stretch->ranged = least < most && (least > INT16_MIN || most < INT16_MAX);
	stretch->range = (struct clip_range){INT16_MIN, INT16_MAX};
	stretch->count_a = stretch->ranged ? fabs(stretch->channel->scale) : 0;
	return stretch;
}

void stretch_destroy(struct stretch *stretch)
{
	if (!stretch)
		return;
	free(stretch->current_a);
	free(stretch->scratch);
	free(stretch->clean_a);
	free(stretch->counts);
	free(stretch);
}

static bool reserve(struct stretch *stretch, size_t n, struct error *error)
{
	if (n <= stretch->capacity)
		return true;
	size_t capacity = n + n / 2;
	double *current_a = reallocarray(stretch->current_a, capacity, sizeof *current_a);
	if (current_a)
		stretch->current_a = current_a;
	double *scratch = reallocarray(stretch->scratch, capacity, sizeof *scratch);
	if (scratch)
		stretch->scratch = scratch;
	int16_t *counts = reallocarray(stretch->counts, capacity, sizeof *counts);
	if (counts)
		stretch->counts = counts;
	double *clean_a = reallocarray(stretch->clean_a, capacity, sizeof *clean_a);
	if (clean_a)
		stretch->clean_a = clean_a;
	if (!current_a || !scratch || !counts || !clean_a)
		return error_set(error, ERROR_BENCH, "out of memory for a window of %zu samples", n);
	stretch->capacity = capacity;
	return true;
}

static double full_scale_threshold_a(const struct stretch *stretch)
{
	return ACTIVITY_FULL_SCALE * channel_full_scale_counts(stretch->channel) * fabs(stretch->channel->scale);
}

/* How far n samples of white noise spread, in standard deviations: 2 sqrt(2 ln n) is where half of such stretches end, some more all of them. */
static double spread_of_noise(size_t n)
{
	return 2 * sqrt(2 * log((double)n)) + 1.5;
}

/*
 * The noise of the first n >= 4 samples that their steps show, by the median, which spikes do not move. Steps of the second order (x[i-1] - 2 x[i]
 * + x[i+1]) show it on a wave, too; those of the first order are less scattered.
 */
static double steps_noise(struct stretch *stretch, size_t n, unsigned order)
{
	const double *x = stretch->current_a;
	double *steps = stretch->scratch;
	for (size_t i = 2; i < n; i++)
		steps[i - 2] = fabs(order == 1 ? x[i] - x[i - 1] : x[i] - 2 * x[i - 1] + x[i - 2]);
	/* A median of whole counts may be half of one too small. */
	double median = order_statistic(steps, n - 2, (n - 2) / 2) + 0.5 * fabs(stretch->channel->scale);
	return median / (MEDIAN_OF_NORMAL * sqrt(order == 1 ? 2 : 6));
}

/* How far the current must leave its baseline to be a pulse. A noise of few degrees of freedom may be too small: by two standard deviations of it. */
static double detection_threshold_a(const struct stretch *stretch)
{
	bool vague = stretch->noise_dof > 0 && stretch->noise_dof < NOISE_DOF_VAGUE;
	double most_a = stretch->noise_a * (vague ? 1 + 2 / sqrt(2 * stretch->noise_dof) : 1);
	return fmax(fmax(ACTIVITY_SIGMA * most_a, full_scale_threshold_a(stretch)), COUNTS_LEAST * stretch->count_a);
}

/* Takes note of noise that was seen with so many degrees of freedom. */
static void learn_noise(struct stretch *stretch, double noise_a, double dof)
{
	if (dof >= NOISE_DOF_ENOUGH || stretch->noise_dof <= 0) {
		stretch->noise_a = noise_a;
		stretch->noise_dof = dof;
		return;
	}
	double known_dof = fmin(stretch->noise_dof, NOISE_DOF_ENOUGH), sum = known_dof + dof;
	stretch->noise_a = sqrt((known_dof * stretch->noise_a * stretch->noise_a + dof * noise_a * noise_a) / sum);
	stretch->noise_dof = sum;
}

/* The first n samples without spikes. */
static const double *clean(struct stretch *stretch, size_t n, double noise_a)
{
	struct despike settings = {.width = despike_width(stretch->interval_s),
				   .limit_a = fmax(ACTIVITY_SIGMA * noise_a, full_scale_threshold_a(stretch)),
				   .baseline_a = stretch->baseline_a};
	return despike(&settings, stretch->current_a, stretch->clean_a, stretch->scratch, n) ? stretch->clean_a : stretch->current_a;
}

/*
 * The first n samples without their spikes if they are quiet, else NULL. Quiet: no further apart than the threshold, or than noise is whose standard
 * deviation their differences show; a ramp's differences are far smaller than its range.
 */
static const double *quiet_start(struct stretch *stretch, size_t n)
{
	struct extremes all = extremes_of(stretch->current_a, n);
	double full_scale_a = full_scale_threshold_a(stretch);
	/* So near each other, of a noise that is known, there is no spike among them and nothing that differences could tell. */
	if (stretch->noise_dof > 0 && all.most - all.least <= fmax(full_scale_a, ACTIVITY_SIGMA * stretch->noise_a))
		return stretch->current_a;
	size_t span = STEPS_SPAN * n < stretch->n ? STEPS_SPAN * n : stretch->n;
	double by_steps_a = steps_noise(stretch, span, 1) * (1 + STEPS_TOO_SMALL / sqrt((double)span));
	/* Noise that nobody has seen yet must not count as none: a threshold below it finds pulses everywhere. */
	if (stretch->noise_dof <= 0)
		stretch->noise_a = steps_noise(stretch, span, 2);
	const double *clean_a = clean(stretch, n, fmax(stretch->noise_a, by_steps_a));
	all = extremes_of(clean_a, n);
	double quiet_a = fmax(full_scale_a, 2 * ACTIVITY_SIGMA * stretch->noise_a);
	return all.most - all.least > fmax(quiet_a, spread_of_noise(n) * by_steps_a) ? NULL : clean_a;
}

/* The baseline of a new stretch from its first samples if they are quiet; else that of the stretch before; else zero. */
static void find_start(struct stretch *stretch)
{
	size_t n = (size_t)fmax(8, QUIET_START_S / stretch->interval_s);
	n = n < stretch->n ? n : stretch->n;
	stretch->baseline_a = stretch->baseline_known ? stretch->known_baseline_a : 0;
	stretch->began_astray = false;
	if (n < 8)
		return;
	const double *current_a = quiet_start(stretch, n);
	stretch->began_astray = !current_a;
	if (!current_a)
		return;
	double sum = 0, squares = 0;
	for (size_t i = 0; i < n; i++)
		sum += current_a[i];
	stretch->baseline_a = stretch->known_baseline_a = sum / (double)n;
	stretch->baseline_known = true;
	for (size_t i = 0; i < n; i++)
		squares += (current_a[i] - stretch->baseline_a) * (current_a[i] - stretch->baseline_a);
	learn_noise(stretch, sqrt(squares / (double)(n - 1)), (double)(n - 1));
}

struct clip_range stretch_range(const struct stretch *stretch)
{
	return stretch->range;
}

void stretch_envelope(struct stretch *stretch, const struct envelope_cell *cell)
{
	stretch->envelope_frames = cell->frames;
	hum_cell_add(&stretch->hum, cell, stretch->index);
}

/* Takes the hum out of the samples from index `from` on, the first of which is that of the window. */
static void remove_hum(struct stretch *stretch, const struct window *window, size_t from)
{
	size_t piece = (size_t)ceil(HUM_PIECE_S / stretch->interval_s);
	double scale = stretch->channel->scale;
	stretch->u_hum_slope_a = 0;
	if (stretch->envelope_frames == 0)
		return;
	for (size_t i = 0; i < window->frames; i += piece) {
		size_t n = window->frames - i < piece ? window->frames - i : piece;
		uint64_t first_frame = window->first_frame + i;
		struct hum_wave wave;
		if (!hum_find(&stretch->hum, (double)first_frame + 0.5 * (double)n, window->first_frame + window->frames,
			      stretch->envelope_frames, stretch->interval_s, &wave))
			continue;
		hum_remove(&wave, first_frame, scale, stretch->current_a + from + i, n);
		stretch->u_hum_slope_a = fmax(stretch->u_hum_slope_a, fabs(scale) * wave.u_slope_per_s * stretch->interval_s);
	}
}

/* A recording without a declared range may be of fewer bits than its counts: what its samples differ by at least are its counts. */
static void learn_resolution(struct stretch *stretch, size_t from)
{
	/* It cannot be less than one count. */
	if (stretch->count_a > 0 && stretch->count_a <= fabs(stretch->channel->scale))
		return;
	double steps_a = fabs(stretch->channel->scale) * clip_resolution(stretch->counts, (ptrdiff_t)from, (ptrdiff_t)stretch->n);
	if (steps_a > 0)
		stretch->count_a = stretch->count_a > 0 ? fmin(stretch->count_a, steps_a) : steps_a;
}

static bool append(struct stretch *stretch, const struct window *window, struct error *error)
{
	size_t old = stretch->n, channels = stretch->format->channel_count;
	if (!reserve(stretch, old + window->frames, error))
		return false;
	double scale = stretch->channel->scale, offset = stretch->channel->offset;
	const int16_t *in = window->samples + stretch->index;
	for (size_t i = 0; i < window->frames; i++) {
		int16_t count = in[i * channels];
		stretch->counts[old + i] = count;
		stretch->current_a[old + i] = scale * count + offset;
	}
	stretch->n = old + window->frames;
	if (!stretch->ranged)
		learn_resolution(stretch, old);
	remove_hum(stretch, window, old);
	if (old == 0)
		find_start(stretch);
	double tau = stretch->channel->droop_time_constant_s;
	if (isfinite(tau) && tau > 0) {
		double integral = stretch->droop_integral_as / tau, baseline_a = stretch->baseline_a, share = stretch->interval_s / tau;
		double *current_a = stretch->current_a;
		for (size_t i = old; i < stretch->n; i++) {
			integral += (current_a[i] - baseline_a) * share;
			current_a[i] += integral;
		}
		stretch->droop_integral_as = integral * tau;
	}
	return true;
}

/* Takes note of how far the current is from its baseline outside pulses, up to index `to`. */
static void look_idle(struct stretch *stretch, ptrdiff_t to, struct findings *findings)
{
	ptrdiff_t from = stretch->idle_from < 0 ? 0 : stretch->idle_from;
	to = to > (ptrdiff_t)stretch->n ? (ptrdiff_t)stretch->n : to;
	if (from >= to)
		return;
	struct extremes all = extremes_of(stretch->current_a + from, (size_t)(to - from));
	stretch->idle_from = to;
	double deviation_a = fmax(all.most - stretch->baseline_a, stretch->baseline_a - all.least);
	stretch->idle_peak_a = fmax(stretch->idle_peak_a, deviation_a);
	if (deviation_a > findings->quiet_peak_a) {
		findings->quiet_peak_a = deviation_a;
		findings->quiet_peak_frame = stretch->first_frame + (uint64_t)from;
	}
}

/* Where the current has to be idle again: where the pulse's after-current was looked for no longer; without a defined end a tail is let pass. */
static ptrdiff_t idle_after(const struct stretch *stretch, const struct outline *outline, const struct pulse *pulse)
{
	double from = outline->onset + IDLE_AFTER_S / stretch->interval_s;
	if (isfinite(pulse->after_current_rel)) {
		double end_s = isfinite(pulse->zero2_s) ? pulse->zero2_s : pulse->zero1_s;
		double after = (end_s + stretch->channel->delay_s + PULSE_AFTER_S) / stretch->interval_s - (double)stretch->first_frame;
		from = fmin(from, after);
	}
	return (ptrdiff_t)ceil(from);
}

static bool measure_one(struct stretch *stretch, const struct trace *trace, const struct outline *outline, size_t to,
			struct findings *findings, struct error *error)
{
	double onset_s = ((double)stretch->first_frame + outline->onset) * stretch->interval_s;
	bool tail = findings->pulses.count > 0 && onset_s - stretch->previous.onset_s < TAIL_S && isfinite(stretch->previous.onset_s);
	struct pulse_context context = {.channel = stretch->channel,
					.sample_rate_hz = stretch->format->sample_rate_hz,
					.first_frame = stretch->first_frame,
					.from = stretch->measured_end < 0 ? 0 : (size_t)stretch->measured_end,
					.to = to,
					.previous = tail ? &stretch->previous : NULL,
					.carried_noise_a = stretch->noise_a,
					.u_hum_slope_a = stretch->u_hum_slope_a,
					.scratch = stretch->scratch};
	/* Only so much before the onset is of use. */
	double keep = floor(outline->onset - KEEP_S / stretch->interval_s);
	if (keep > (double)context.from)
		context.from = (size_t)keep;
	look_idle(stretch, (ptrdiff_t)floor(outline->onset - IDLE_BEFORE_S / stretch->interval_s), findings);
	struct pulse pulse;
	pulse_measure(trace, outline, &context, &pulse);
	if (pulse.noise_dof > 0)
		learn_noise(stretch, pulse.noise_a, pulse.noise_dof);
	stretch->idle_from = idle_after(stretch, outline, &pulse);
	stretch->measured_end = outline->end;
	stretch->previous = pulse;
	stretch->pulses++;
	return series_add(&findings->pulses, &pulse, error);
}

/* Lets go of what is of no use any more. */
static void drop(struct stretch *stretch)
{
	size_t count = stretch->done;
	if (count == 0)
		return;
	stretch->done = 0;
	memmove(stretch->current_a, stretch->current_a + count, (stretch->n - count) * sizeof *stretch->current_a);
	memmove(stretch->counts, stretch->counts + count, (stretch->n - count) * sizeof *stretch->counts);
	stretch->n -= count;
	stretch->first_frame += count;
	stretch->arming.from -= count;
	stretch->arming.onset -= (double)count;
	stretch->arming.end -= (double)count;
	stretch->idle_from -= (ptrdiff_t)count;
	stretch->measured_end -= (ptrdiff_t)count;
}

/* Takes note of a stretch that ends in the middle of something: a pulse, or what may be the beginning of one. */
static void note_end(const struct stretch *stretch, const struct trace *trace, bool open, struct findings *findings)
{
	double last_a = stretch->current_a[stretch->n - 1], spike_a = last_a - stretch->seen_a[stretch->n - 1];
	if (!open && stretch->arming.pending == 0 && fabs(spike_a) <= trace->threshold_a)
		return;
	findings->open = true;
	findings->open_frame = stretch->first_frame + stretch->n;
}

/* Without a declared range flat tops show where it ends. */
static void learn_range(struct stretch *stretch, struct trace *trace)
{
	double scale = fabs(stretch->channel->scale);
	struct clip_input in = {.trace = trace,
				.to = (ptrdiff_t)stretch->n,
				.quiet_to = (ptrdiff_t)fmin(QUIET_START_S / stretch->interval_s, (double)stretch->n),
				.noise = stretch->noise_a / scale};
	clip_learn(&in, trace->threshold_a / scale, &stretch->range);
	trace->count_min = stretch->range.least;
	trace->count_max = stretch->range.most;
}

/* As it is now; current_a is left to the caller. */
static struct trace trace_of(const struct stretch *stretch)
{
	return (struct trace){.counts = stretch->counts,
			      .n = stretch->n,
			      .interval_s = stretch->interval_s,
			      .baseline_a = stretch->baseline_a,
			      .threshold_a = detection_threshold_a(stretch),
			      .full_scale_a = channel_full_scale_counts(stretch->channel) * fabs(stretch->channel->scale),
			      .count_min = stretch->channel->count_min,
			      .count_max = stretch->channel->count_max};
}

/* Measures every pulse that is complete; with `over` every one. */
static bool measure_all(struct stretch *stretch, bool over, struct findings *findings, struct error *error)
{
	struct trace trace = trace_of(stretch);
	if (!stretch->ranged)
		learn_range(stretch, &trace);
	trace.current_a = stretch->seen_a = clean(stretch, stretch->n, stretch->noise_a);
	findings->threshold_a = fmax(findings->threshold_a, trace.threshold_a);
	struct arming before = stretch->arming;
	struct outline current, next;
	bool found = detect_next(&trace, &stretch->arming, &current), open = false;
	double complete = COMPLETE_S / stretch->interval_s;
	while (found) {
		if (!over && current.onset + complete > (double)stretch->n) {
			stretch->arming = before;
			break;
		}
		struct arming between = stretch->arming;
		found = detect_next(&trace, &stretch->arming, &next);
		double end = current.onset + complete;
		if (found)
			end = fmin(end, (double)next.detected - NEXT_S / stretch->interval_s);
		end = fmin(fmax(end, (double)current.end), (double)stretch->n);
		if (!measure_one(stretch, &trace, &current, (size_t)end, findings, error))
			return false;
		open = (size_t)current.end == stretch->n;
		before = between;
		current = next;
	}
	double keep = KEEP_S / stretch->interval_s;
	size_t settled = stretch->arming.from;
	if (over) {
		settled = stretch->n;
		note_end(stretch, &trace, open, findings);
	}
	look_idle(stretch, (ptrdiff_t)settled - (found ? (ptrdiff_t)keep : 0), findings);
	double first = (double)settled - keep;
	if (found && current.onset - keep < first)
		first = current.onset - keep;
	if (first > (double)stretch->arming.from)
		first = (double)stretch->arming.from;
	stretch->done = first > 0 ? (size_t)first : 0;
	return true;
}

/* More samples come: what was left out at the end of those that are there is made up for. */
static void go_on(struct stretch *stretch)
{
	struct trace trace = trace_of(stretch);
	trace.current_a = stretch->seen_a;
	detect_catch_up(&trace, &stretch->arming);
	drop(stretch);
}

bool stretch_window(struct stretch *stretch, const struct window *window, struct findings *findings, struct error *error)
{
	if (window->frames == 0)
		return true;
	if (stretch->n > 0 && window->first_frame != stretch->first_frame + stretch->n && !stretch_finish(stretch, findings, error))
		return false;
	if (stretch->n == 0) {
		stretch->first_frame = window->first_frame;
		stretch->began_frame = window->first_frame;
		stretch->pulses = 0;
		stretch->idle_peak_a = 0;
		stretch->done = 0;
		stretch->droop_integral_as = 0;
		stretch->arming = (struct arming){0};
		stretch->idle_from = stretch->measured_end = 0;
	}
	bool fresh = stretch->n == 0;
	if (!fresh)
		go_on(stretch);
	if (!append(stretch, window, error))
		return false;
	if (fresh && stretch->began_astray && !findings->astray) {
		findings->astray = true;
		findings->astray_frame = window->first_frame;
	}
	return measure_all(stretch, false, findings, error);
}

bool stretch_finish(struct stretch *stretch, struct findings *findings, struct error *error)
{
	/* Nothing comes any more that the baseline would have to be followed for. */
	stretch->arming.behind = 0;
	drop(stretch);
	if (stretch->n > 0 && !measure_all(stretch, true, findings, error))
		return false;
	findings->strayed |= stretch->arming.strayed;
	struct quiet_stretch quiet = {stretch->began_frame, stretch->first_frame + stretch->n, stretch->idle_peak_a};
	bool silent = quiet.end_frame > quiet.first_frame && stretch->pulses == 0;
	stretch->n = stretch->done = 0;
	return !silent || series_add(&findings->quiet, &quiet, error);
}
