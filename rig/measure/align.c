/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "align.h"

#include <math.h>

/* So many pulses may be missing, or extra, at the start of a section whose start is not known. */
enum { ALIGN_DEPTH = 16, ALIGN_SAMPLE = 400 };
/* No clock is off by more than this; it takes this long to learn how much. */
#define RATE_LIMIT 300e-6
#define RATE_SETTLING_S 10.0
#define FOLLOW 0.5

static double window_s(const double *planned_s, size_t count, size_t k, double limit_s)
{
	double interval = INFINITY;
	if (k > 0)
		interval = planned_s[k] - planned_s[k - 1];
	if (k + 1 < count)
		interval = fmin(interval, planned_s[k + 1] - planned_s[k]);
	return fmin(MATCH_SHARE * interval, limit_s);
}

double match_window_s(const double *planned_s, size_t count, size_t k)
{
	return window_s(planned_s, count, k, MATCH_LIMIT_S);
}

/* Where the next observation is due, learnt from those before. */
struct tracker {
	double offset_s, rate;
	double last_s; /* planned time at which offset_s held */
	double first_planned, first_observed;
	bool started;
};

static double due(const struct tracker *tracker, double planned_s)
{
	return planned_s + tracker->offset_s + tracker->rate * (planned_s - tracker->last_s);
}

static void learn(struct tracker *tracker, double planned_s, double observed_s, bool drifts)
{
	double miss = observed_s - due(tracker, planned_s);
	tracker->offset_s = due(tracker, planned_s) - planned_s + FOLLOW * miss;
	tracker->last_s = planned_s;
	if (!tracker->started) {
		tracker->started = true;
		tracker->first_planned = planned_s;
		tracker->first_observed = observed_s;
	}
	double span = planned_s - tracker->first_planned;
	if (drifts && span > 0) {
		double rate = (observed_s - tracker->first_observed) / span - 1;
		tracker->rate = fmax(-RATE_LIMIT, fmin(RATE_LIMIT, rate)) * span / (span + RATE_SETTLING_S);
	}
}

size_t match_sequence(const struct sequence *sequence, double offset_s, int32_t *found, double *misfit_s)
{
	struct tracker tracker = {.offset_s = offset_s};
	for (size_t k = 0; sequence->known_s && k < sequence->planned_count; k++) {
		if (isfinite(sequence->known_s[k])) {
			tracker.offset_s = sequence->known_s[k] + offset_s - sequence->planned_s[k];
			break;
		}
	}
	size_t matched = 0, j = 0;
	double misfit = 0;
	for (size_t k = 0; k < sequence->planned_count; k++) {
		bool known = sequence->known_s && isfinite(sequence->known_s[k]);
		double limit_s = known ? fmax(MATCH_LIMIT_S, 3 * sequence->u_known_s) : MATCH_LIMIT_S;
		double planned = sequence->planned_s[k], window = window_s(sequence->planned_s, sequence->planned_count, k, limit_s);
		/* A known time already holds the drift: only the latency is left to follow. */
		double expected = known ? sequence->known_s[k] + offset_s : due(&tracker, planned);
		while (j < sequence->observed_count && sequence->observed_s[j] < expected - window)
			j++;
		size_t best = j;
		while (best + 1 < sequence->observed_count &&
		       fabs(sequence->observed_s[best + 1] - expected) < fabs(sequence->observed_s[best] - expected))
			best++;
		bool hit = best < sequence->observed_count && fabs(sequence->observed_s[best] - expected) <= window;
		if (found)
			found[k] = hit ? (int32_t)best : -1;
		if (known) {
			tracker.offset_s = expected - planned;
			tracker.last_s = planned;
		}
		if (!hit)
			continue;
		matched++;
		misfit += fabs(sequence->observed_s[best] - expected);
		if (!known)
			learn(&tracker, planned, sequence->observed_s[best], !sequence->known_s);
		j = best + 1;
	}
	if (misfit_s)
		*misfit_s = misfit;
	return matched;
}

bool align_sequence(const struct sequence *sequence, double *offset_s, size_t *matched)
{
	if (sequence->planned_count == 0 || sequence->observed_count == 0)
		return false;
	struct sequence head = *sequence;
	if (head.planned_count > ALIGN_SAMPLE)
		head.planned_count = ALIGN_SAMPLE;
	size_t best = 0;
	double best_misfit = INFINITY;
	for (size_t candidate = 0; candidate < 2 * ALIGN_DEPTH - 1; candidate++) {
		size_t i = candidate < ALIGN_DEPTH ? 0 : candidate - ALIGN_DEPTH + 1, j = candidate < ALIGN_DEPTH ? candidate : 0;
		if (i >= head.planned_count || j >= head.observed_count)
			continue;
		double offset = head.observed_s[j] - head.planned_s[i], misfit;
		size_t count = match_sequence(&head, offset, NULL, &misfit);
		if (count > best || (count == best && misfit < 0.5 * best_misfit)) {
			best = count;
			best_misfit = misfit;
			*offset_s = offset;
		}
	}
	*matched = best;
	return best > 0;
}
