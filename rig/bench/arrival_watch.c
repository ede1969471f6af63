/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "arrival_watch.h"

#include <math.h>
#include <stdlib.h>

/* The least step that is told: so many times the mean delay of the arrivals, within these limits. */
static const double DELAYS = 2, FLOOR_S = 1e-3, CAP_S = 5e-3;
/* How long all arrivals must stay away from the line; a step beyond CAP_S does not hide among delays for as long as a small one. */
static const double HOLD_S = 2, HOLD_LARGE_S = 1;
enum { HOLD = 8, HOLD_LARGE = 4 };
/* So much longer it may take where arrivals scatter about a level, or are in doubt between punctual and late. */
static const double LONGEST = 1.4;
/* By the arrivals of the first LESSON_S it is learnt where the line is. */
static const double LESSON_S = 0.25;
enum { LESSON = 4 };
/* Arrivals closer than that are judged together. */
static const double TOGETHER_S = 1e-3;
/* Arrivals must agree on where a loss ends: a few where it is larger than LARGE of the least steps, and more where delays come near to it. */
static const double AGREEMENT = 0.25, AGREEMENT_LARGE = 0.5, LARGE = 2, LARGE_S = 0.05;
enum { CONFIRMATIONS = 4, CONFIRMATIONS_LARGE = 2 };

struct arrival {
	uint64_t received;
	double time_s;
	double late_s;   /* time less that of as many samples, the lost ones counted, at the nominal rate */
	double excess_s; /* above the line; once judged */
};

struct arrival_watch {
	struct arrival_watch_setup setup;
	struct arrival *ring;
	uint64_t room;        /* of the ring, a power of two */
	uint64_t before;      /* arrivals of HOLD_S */
	uint64_t count, next; /* arrivals seen, and judged */
	uint64_t punctual;    /* the last that proves that nothing is missing before it */
	struct arrival group; /* the least late of those that are judged together */
	unsigned per_group, in_group;
	uint64_t lost;
	double first_time_s;
	double line_s, line_time_s;     /* the line, and the arrival that it was last laid through */
	double origin_s, origin_time_s; /* the line after HOLD_S */
	bool has_origin;
	double step_s, step_line_s, step_time_s; /* the last step told, 0: none; and the line behind it */
	double delay_s;                          /* mean of the arrivals, of HOLD_S */
	uint64_t delays;
	uint64_t small_since, large_since; /* the first arrival after which none was within the least step of the line, or within CAP_S */
	double fall_s;                     /* the furthest that an arrival came below the line: the line was too high by it */
	double limit_most_s;               /* the largest step that was needed until now */
};

struct arrival_watch *arrival_watch_create(const struct arrival_watch_setup *setup)
{
	struct arrival_watch *watch = calloc(1, sizeof *watch);
	if (!watch)
		return NULL;
	watch->setup = *setup;
	watch->per_group = (unsigned)fmax(1, floor(TOGETHER_S / setup->buffer_s));
	watch->before = (uint64_t)fmax(HOLD, ceil(HOLD_S / (setup->buffer_s * watch->per_group)));
	for (watch->room = 1; watch->room < 8 * watch->before;)
		watch->room *= 2;
	watch->limit_most_s = FLOOR_S;
	watch->ring = calloc(watch->room, sizeof *watch->ring);
	if (!watch->ring) {
		arrival_watch_destroy(watch);
		return NULL;
	}
	return watch;
}

void arrival_watch_destroy(struct arrival_watch *watch)
{
	if (!watch)
		return;
	free(watch->ring);
	free(watch);
}

unsigned arrival_watch_lesson(const struct arrival_watch *watch)
{
	return (unsigned)fmax(LESSON, ceil(LESSON_S / watch->setup.buffer_s));
}

double arrival_watch_held_s(const struct arrival_watch *watch)
{
	return (LONGEST * (double)watch->before + 1) * watch->setup.buffer_s * watch->per_group;
}

static struct arrival *at(const struct arrival_watch *watch, uint64_t index)
{
	return &watch->ring[index & (watch->room - 1)];
}

static double line_s(const struct arrival_watch *watch, double time_s)
{
	return watch->line_s + watch->setup.rate_tolerance * (time_s - watch->line_time_s);
}

static double limit_s(const struct arrival_watch *watch)
{
	return fmin(fmax(FLOOR_S, DELAYS * watch->delay_s), CAP_S);
}

static void learn_delay(struct arrival_watch *watch, double delay_s)
{
	watch->delays += watch->delays < watch->before;
	watch->delay_s += (fmin(fmax(delay_s, 0), CAP_S) - watch->delay_s) / (double)watch->delays;
}

void arrival_watch_observe(struct arrival_watch *watch, uint64_t received, double time_s)
{
	if (watch->count == 0 && watch->in_group == 0)
		watch->first_time_s = time_s;
	time_s -= watch->first_time_s;
	double late_s = time_s - (double)(received + watch->lost) * watch->setup.period_s;
	if (watch->in_group == 0 || late_s <= watch->group.late_s)
		watch->group = (struct arrival){.received = received, .time_s = time_s, .late_s = late_s};
	if (++watch->in_group < watch->per_group)
		return;
	watch->in_group = 0;
	*at(watch, watch->count++) = watch->group;
}

/* The arrivals up to `index` were delayed, and nothing more. */
static void take_as_delays(struct arrival_watch *watch, uint64_t index)
{
	for (uint64_t i = watch->punctual + 1; i <= index; i++)
		learn_delay(watch, at(watch, i)->excess_s);
	watch->punctual = index;
}

static void lay_line(struct arrival_watch *watch, const struct arrival *arrival)
{
	watch->line_s = arrival->late_s;
	watch->line_time_s = arrival->time_s;
}

/* An arrival near the line, or below it. */
static enum gap_watch_state take_punctual(struct arrival_watch *watch, uint64_t index)
{
	const struct arrival *arrival = at(watch, index);
	double fall_s = -arrival->excess_s, limit = limit_s(watch);
	take_as_delays(watch, index);
	if (fall_s > 0)
		lay_line(watch, arrival);
	if (index * watch->per_group >= arrival_watch_lesson(watch)) {
		watch->fall_s = fmax(watch->fall_s, fall_s);
		/* Under a line that was so much too high a loss may have passed unseen. */
		if (fall_s > CAP_S)
			return GAP_WATCH_AHEAD;
	}
	/* The first may all have waited for a reader that was slow to start. */
	if (!watch->has_origin && index >= watch->before) {
		watch->origin_s = watch->line_s;
		watch->origin_time_s = watch->line_time_s;
		watch->has_origin = true;
	}
	/* Delays that were taken for a loss come back by all of it. */
	double back_s = watch->step_line_s - arrival->late_s - watch->setup.rate_tolerance * (arrival->time_s - watch->step_time_s);
	if (watch->step_s > 0 && back_s > fmax(limit, 0.5 * watch->step_s))
		return GAP_WATCH_AHEAD;
	double allowed_s = CAP_S + limit + watch->setup.rate_tolerance * (arrival->time_s - watch->origin_time_s);
	return watch->has_origin && arrival->late_s < watch->origin_s - allowed_s ? GAP_WATCH_RUNAWAY : GAP_WATCH_NONE;
}

static double least_late_s(const struct arrival_watch *watch, uint64_t first, uint64_t last)
{
	double least_s = INFINITY;
	for (uint64_t i = first; i <= last; i++)
		least_s = fmin(least_s, at(watch, i)->late_s);
	return least_s;
}

/* The first of the arrivals of HOLD_S up to the last punctual one. */
static uint64_t first_before(const struct arrival_watch *watch)
{
	uint64_t first = watch->punctual;
	double since_s = at(watch, first)->time_s - HOLD_S;
	while (first > 0 && watch->punctual - first < watch->before && at(watch, first - 1)->time_s >= since_s)
		first--;
	return first;
}

/*
 * The first arrival that surely lies behind a loss: enough from `since` to it agree with the least late of those until `index`. Delays come near to a
 * small one, and may do so for a while.
 */
static uint64_t locate(const struct arrival_watch *watch, uint64_t since, uint64_t index, double after_s, double rise_s)
{
	bool large = rise_s > LARGE * limit_s(watch);
	unsigned needed = large ? CONFIRMATIONS_LARGE : CONFIRMATIONS, agreed = 0;
	double until_s = at(watch, since)->time_s + (large ? LARGE_S : HOLD_LARGE_S);
	double most_s = after_s + (large ? AGREEMENT_LARGE : AGREEMENT) * limit_s(watch);
	uint64_t behind = index;
	for (uint64_t i = since; i <= index && (agreed < needed || at(watch, behind)->time_s < until_s); i++) {
		if (at(watch, i)->late_s > most_s)
			continue;
		behind = i;
		agreed++;
	}
	return behind;
}

/* No arrival since that one has come back to the line. */
static enum gap_watch_state take_step(struct arrival_watch *watch, uint64_t since, uint64_t index, struct gap_step *step)
{
	double limit = limit_s(watch), after_s = least_late_s(watch, since, index);
	double rise_s = after_s - least_late_s(watch, first_before(watch), watch->punctual);
	/* A line that all left little by little is another rate. */
	if (rise_s < 0.5 * limit)
		return GAP_WATCH_RUNAWAY;
	uint64_t before = since - 1, behind = locate(watch, since, index, after_s, rise_s);
	while (before > watch->punctual && at(watch, before)->excess_s > fmin(limit, 0.5 * rise_s))
		before--;
	uint64_t lost = (uint64_t)fmax(1, round(rise_s / watch->setup.period_s));
	*step = (struct gap_step){at(watch, before)->received, at(watch, behind)->received - 1, lost};
	for (uint64_t i = before + 1; i < watch->count; i++)
		at(watch, i)->late_s -= (double)lost * watch->setup.period_s;
	watch->group.late_s -= (double)lost * watch->setup.period_s;
	watch->lost += lost;
	lay_line(watch, at(watch, behind));
	watch->step_s = rise_s;
	watch->step_line_s = watch->line_s;
	watch->step_time_s = watch->line_time_s;
	/* What followed is judged again: there may be another loss among it. */
	watch->punctual = behind;
	watch->next = behind + 1;
	return GAP_WATCH_LOST;
}

static bool have_lasted(const struct arrival_watch *watch, uint64_t since, uint64_t index, unsigned count, double time_s)
{
	/* What waited for the reader comes at once: the number alone says nothing. */
	return index + 1 >= since + count && at(watch, index)->time_s - at(watch, since)->time_s >= time_s;
}

/*
 * The first of the arrivals from `since` on that have lasted at one level of lateness, the highest of late; 0: none has. A rise that is not yet sure
 * keeps the one before it from being told: it may have been a delay, and the two are one loss.
 */
static uint64_t find_level(const struct arrival_watch *watch, uint64_t since, uint64_t index, unsigned count, double time_s)
{
	uint64_t first = since, lasted = 0;
	while (have_lasted(watch, since, index, count, time_s)) {
		double top_s = least_late_s(watch, since, index) + AGREEMENT * limit_s(watch);
		if (at(watch, index)->late_s <= top_s)
			return since;
		lasted = since;
		for (since = index; at(watch, since - 1)->late_s > top_s;)
			since--;
	}
	return have_lasted(watch, first, index, (unsigned)(LONGEST * HOLD), LONGEST * HOLD_S) ? lasted : 0;
}

/* An arrival away from the line. */
static enum gap_watch_state take_late(struct arrival_watch *watch, uint64_t index, struct gap_step *step)
{
	const struct arrival *arrival = at(watch, index);
	uint64_t first = watch->punctual + 1;
	if (index == first)
		watch->small_since = watch->large_since = first;
	if (arrival->excess_s <= limit_s(watch))
		watch->small_since = index + 1;
	if (arrival->excess_s <= CAP_S)
		watch->large_since = index + 1;
	uint64_t since = find_level(watch, watch->large_since, index, HOLD_LARGE, HOLD_LARGE_S);
	if (since == 0)
		since = find_level(watch, watch->small_since, index, HOLD, HOLD_S);
	if (since > 0)
		return take_step(watch, since, index, step);
	if (watch->small_since > first && have_lasted(watch, first, index, (unsigned)(LONGEST * HOLD), LONGEST * HOLD_S))
		take_as_delays(watch, watch->small_since - 1);
	return index - watch->punctual < watch->room - watch->before ? GAP_WATCH_NONE : GAP_WATCH_AHEAD;
}

enum gap_watch_state arrival_watch_judge(struct arrival_watch *watch, struct gap_step *step)
{
	enum gap_watch_state state = GAP_WATCH_NONE;
	while (watch->next < watch->count && state == GAP_WATCH_NONE) {
		uint64_t index = watch->next++;
		struct arrival *arrival = at(watch, index);
		if (index == 0)
			lay_line(watch, arrival);
		arrival->excess_s = arrival->late_s - line_s(watch, arrival->time_s);
		watch->limit_most_s = fmax(watch->limit_most_s, limit_s(watch));
		bool punctual = arrival->excess_s <= 0.5 * limit_s(watch);
		state = punctual ? take_punctual(watch, index) : take_late(watch, index, step);
	}
	return state;
}

void arrival_watch_known(struct arrival_watch *watch, uint64_t lost)
{
	watch->lost += lost;
}

uint64_t arrival_watch_verified(const struct arrival_watch *watch)
{
	return watch->count > 0 ? at(watch, watch->punctual)->received : 0;
}

double arrival_watch_resolution_s(const struct arrival_watch *watch)
{
	return watch->limit_most_s + watch->fall_s + 2 * HOLD_S * watch->setup.rate_tolerance;
}

double arrival_watch_rate_error(const struct arrival_watch *watch)
{
	if (!watch->has_origin || watch->count == 0)
		return 0;
	const struct arrival *last = at(watch, watch->count - 1);
	double span_s = last->time_s - watch->origin_time_s;
	return span_s > 0 ? -(last->late_s - watch->origin_s) / span_s : 0;
}
