/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gap_watch.h"

#include <math.h>

struct observation {
	uint64_t received;
	double late_s;     /* time less that of as many samples, the lost ones counted, at the nominal rate */
	double envelope_s; /* least late_s of the window that ends here */
};

struct gap_watch {
	struct gap_watch_setup setup;
	struct observation *ring; /* the last two windows */
	uint64_t *least;          /* observations whose late_s rises: those that can become the least of the window; a ring */
	uint64_t least_first, least_end;
	uint64_t count; /* of observations */
	uint64_t lost;
	double first_time_s;
	double origin_s, origin_time_s; /* envelope and time at the end of the first two windows */
	bool has_origin;
	uint64_t verified; /* received by the last of what was told to be steady */
	double last_time_s;
};

static unsigned power_of_two(unsigned value)
{
	unsigned power = 1;
	while (power < value)
		power *= 2;
	return power;
}

struct gap_watch *gap_watch_create(const struct gap_watch_setup *setup)
{
	struct gap_watch *watch = calloc(1, sizeof *watch);
	if (!watch)
		return NULL;
	watch->setup = *setup;
	watch->setup.window = power_of_two(setup->window);
	watch->ring = calloc(2 * (size_t)watch->setup.window, sizeof *watch->ring);
	watch->least = calloc(watch->setup.window, sizeof *watch->least);
	if (!watch->ring || !watch->least) {
		gap_watch_destroy(watch);
		return NULL;
	}
	return watch;
}

void gap_watch_destroy(struct gap_watch *watch)
{
	if (!watch)
		return;
	free(watch->ring);
	free(watch->least);
	free(watch);
}

static struct observation *at(const struct gap_watch *watch, uint64_t index)
{
	return &watch->ring[index & (2 * (uint64_t)watch->setup.window - 1)];
}

static uint64_t *least_at(const struct gap_watch *watch, uint64_t index)
{
	return &watch->least[index & (watch->setup.window - 1)];
}

/* Takes observation `index` into the sliding minimum. */
static void slide(struct gap_watch *watch, uint64_t index)
{
	struct observation *now = at(watch, index);
	if (watch->least_first < watch->least_end && *least_at(watch, watch->least_first) + watch->setup.window <= index)
		watch->least_first++;
	while (watch->least_first < watch->least_end && at(watch, *least_at(watch, watch->least_end - 1))->late_s >= now->late_s)
		watch->least_end--;
	*least_at(watch, watch->least_end++) = index;
	now->envelope_s = at(watch, *least_at(watch, watch->least_first))->late_s;
}

/* How large a step must be to count, and what the tolerance of the rates may have added in the two windows. */
static double threshold_s(const struct gap_watch *watch, uint64_t index, uint64_t oldest)
{
	const struct gap_watch_setup *setup = &watch->setup;
	double drift_s = (double)(at(watch, index)->received - at(watch, oldest)->received) * setup->period_s * setup->rate_tolerance;
	return setup->step_s + drift_s;
}

/* Where a step seen after observation `before` ends: the first observation that surely lies behind it. */
static uint64_t locate(const struct gap_watch *watch, uint64_t before, uint64_t last, double raised_s, double margin_s)
{
	uint64_t behind = before + 1;
	while (behind < last && at(watch, behind)->late_s > raised_s + margin_s)
		behind++;
	return behind;
}

/* Counts the lost samples in from observation `before` on: what follows is then in line with what was before. */
static void take_step(struct gap_watch *watch, uint64_t before, uint64_t last, uint64_t lost)
{
	watch->lost += lost;
	watch->least_first = watch->least_end = 0;
	for (uint64_t i = before + 1; i <= last; i++)
		at(watch, i)->late_s -= (double)lost * watch->setup.period_s;
	/* The windows that begin before the step and end behind it. */
	double least_s = INFINITY;
	for (uint64_t i = before + 1; i <= last; i++) {
		least_s = fmin(least_s, at(watch, i)->late_s);
		double earlier_s = INFINITY;
		uint64_t first = i + 1 >= watch->setup.window ? i + 1 - watch->setup.window : 0;
		for (uint64_t k = first; k <= before; k++)
			earlier_s = fmin(earlier_s, at(watch, k)->late_s);
		slide(watch, i);
		at(watch, i)->envelope_s = fmin(least_s, earlier_s);
	}
}

/* The envelope has left the line through its origin by more than the tolerance of the rates. */
static bool has_drifted(const struct gap_watch *watch, double late_s, double limit_s)
{
	double drift_s = late_s - watch->origin_s;
	double allowed_s = limit_s + watch->setup.rate_tolerance * (watch->last_time_s - watch->origin_time_s);
	/* Stamps that were all late at the start make later ones seem early. */
	return watch->has_origin && (drift_s > allowed_s || drift_s < -allowed_s - watch->setup.step_s);
}

static enum gap_watch_state compare(struct gap_watch *watch, uint64_t index, struct gap_step *step)
{
	const struct gap_watch_setup *setup = &watch->setup;
	uint64_t before = index - setup->window;
	uint64_t oldest = before + 1 >= setup->window ? before + 1 - setup->window : 0;
	double limit_s = threshold_s(watch, index, oldest);
	double raised_s = at(watch, index)->envelope_s, rise_s = raised_s - at(watch, before)->envelope_s;
	if (rise_s > limit_s) {
		uint64_t behind = locate(watch, before, index, raised_s, limit_s);
		*step = (struct gap_step){.first = at(watch, before)->received,
					  .last = at(watch, behind)->received - 1,
					  .lost = (uint64_t)fmax(1, round(rise_s / setup->period_s))};
		take_step(watch, before, index, step->lost);
		return GAP_WATCH_LOST;
	}
	/* The first stamps may be late and come to be in time; not so once something counted as lost. */
	bool settled = watch->has_origin || before + 1 >= setup->window;
	if (rise_s < -limit_s && (watch->lost > 0 || settled))
		return GAP_WATCH_AHEAD;
	if (has_drifted(watch, raised_s, limit_s))
		return GAP_WATCH_RUNAWAY;
	if (!watch->has_origin && index + 1 == 2 * (uint64_t)setup->window) {
		watch->origin_s = raised_s;
		watch->origin_time_s = watch->last_time_s;
		watch->has_origin = true;
	}
	return GAP_WATCH_NONE;
}

enum gap_watch_state gap_watch_observe(struct gap_watch *watch, uint64_t received, double time_s, struct gap_step *step)
{
	uint64_t index = watch->count++;
	if (index == 0)
		watch->first_time_s = time_s;
	watch->last_time_s = time_s - watch->first_time_s;
	*at(watch, index) = (struct observation){
		.received = received,
		.late_s = watch->last_time_s - (double)(received + watch->lost) * watch->setup.period_s,
	};
	slide(watch, index);
	return index >= watch->setup.window ? compare(watch, index, step) : GAP_WATCH_NONE;
}

enum gap_watch_state gap_watch_steady(struct gap_watch *watch, uint64_t received, double time_s)
{
	watch->last_time_s = time_s - watch->first_time_s;
	double late_s = watch->last_time_s - (double)(received + watch->lost) * watch->setup.period_s;
	watch->count = watch->least_first = watch->least_end = 0;
	*at(watch, watch->count++) = (struct observation){.received = received, .late_s = late_s};
	slide(watch, 0);
	watch->verified = received;
	return has_drifted(watch, late_s, watch->setup.step_s) ? GAP_WATCH_RUNAWAY : GAP_WATCH_NONE;
}

bool gap_watch_is_settled(const struct gap_watch *watch)
{
	return watch->has_origin;
}

uint64_t gap_watch_verified(const struct gap_watch *watch)
{
	return watch->count > watch->setup.window ? at(watch, watch->count - 1 - watch->setup.window)->received : watch->verified;
}

double gap_watch_rate_error(const struct gap_watch *watch)
{
	double span_s = watch->last_time_s - watch->origin_time_s;
	if (!watch->has_origin || span_s <= 0)
		return 0;
	double drift_s = at(watch, watch->count - 1)->envelope_s - watch->origin_s;
	return -drift_s / span_s;
}
