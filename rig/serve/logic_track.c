/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "logic_track.h"

#include <math.h>
#include <pthread.h>
#include <string.h>

enum { EDGES_AT_ONCE = 64 };
static const double kept_s = 5;

struct change {
	double time_s;
	unsigned char levels; /* from then on */
};

struct logic_track {
	struct plant *plant;
	const unsigned *bits;
	double start_s; /* virtual time of the logic port's zero */
	pthread_mutex_t lock;
	double now_s;
	unsigned char levels;       /* now */
	unsigned char first_levels; /* before the first change kept */
	struct change *changes;
	size_t count, capacity;
	unsigned long discharges;
};

struct logic_track *logic_track_start(struct plant *plant, const unsigned bits[LOGIC_LINE_COUNT], struct error *error)
{
	struct logic_track *track = calloc(1, sizeof *track);
	const struct logic_port *logic = &plant->ports->logic;
	if (!track) {
		error_bench(error, "out of memory");
		return NULL;
	}
	track->plant = plant;
	track->bits = bits;
	pthread_mutex_init(&track->lock, NULL);
	track->start_s = plant->ports->clock.ops->now_s(plant->ports->clock.self);
	if (logic->ops->start(logic->self, error))
		return track;
	pthread_mutex_destroy(&track->lock);
	free(track);
	return NULL;
}

void logic_track_stop(struct logic_track *track)
{
	if (!track)
		return;
	struct error error = {0};
	const struct logic_port *logic = &track->plant->ports->logic;
	if (!logic->ops->stop(logic->self, &error))
		plant_fail(track->plant, &error);
	pthread_mutex_destroy(&track->lock);
	free(track->changes);
	free(track);
}

/* Under the lock. */
static bool note(struct logic_track *track, const struct edge *edge)
{
	if (track->count == track->capacity) {
		size_t capacity = track->capacity ? 2 * track->capacity : 256;
		struct change *changes = reallocarray(track->changes, capacity, sizeof *changes);
		if (!changes)
			return false;
		track->changes = changes;
		track->capacity = capacity;
	}
	unsigned char bit = (unsigned char)(1u << track->bits[edge->line]);
	track->levels = (unsigned char)(edge->rising ? track->levels | bit : track->levels & ~bit);
	track->changes[track->count++] = (struct change){edge->time_s, track->levels};
	track->discharges += edge->line == LOGIC_TRIGGER_OUT && edge->rising;
	return true;
}

static void forget(struct logic_track *track)
{
	size_t old = 0;
	while (old < track->count && track->changes[old].time_s < track->now_s - kept_s)
		old++;
	if (old == 0)
		return;
	track->first_levels = track->changes[old - 1].levels;
	track->count -= old;
	memmove(track->changes, track->changes + old, track->count * sizeof *track->changes);
}

void logic_track_follow(struct logic_track *track)
{
	struct error error = {0};
	struct edge edges[EDGES_AT_ONCE];
	const struct logic_port *logic = &track->plant->ports->logic;
	pthread_mutex_lock(&track->lock);
	double now_s = plant_advance(track->plant) - track->start_s;
	bool good = true, end = false;
	for (size_t count = EDGES_AT_ONCE; good && count == EDGES_AT_ONCE;) {
		good = logic->ops->read(logic->self, edges, EDGES_AT_ONCE, &count, &end, &error);
		for (size_t e = 0; good && e < count; e++)
			good = note(track, &edges[e]) || error_bench(&error, "the logic analyser is out of memory");
	}
	track->now_s = now_s;
	forget(track);
	pthread_mutex_unlock(&track->lock);
	if (!good)
		plant_fail(track->plant, &error);
}

unsigned long logic_track_discharges(struct logic_track *track)
{
	pthread_mutex_lock(&track->lock);
	unsigned long discharges = track->discharges;
	pthread_mutex_unlock(&track->lock);
	return discharges;
}

double logic_track_now_s(struct logic_track *track)
{
	pthread_mutex_lock(&track->lock);
	double now_s = track->now_s;
	pthread_mutex_unlock(&track->lock);
	return now_s;
}

void logic_track_samples(struct logic_track *track, double start_s, double rate_hz, uint64_t first, size_t count, unsigned char *samples)
{
	size_t done = 0;
	pthread_mutex_lock(&track->lock);
	unsigned char levels = track->first_levels;
	for (size_t c = 0; c < track->count && done < count; c++) {
		/* The first sample that shows the new level; a time that is on the grid already must not cost a sample by rounding. */
		double at = ceil((track->changes[c].time_s - start_s) * rate_hz - 1e-4) - (double)first;
		if (at > (double)done) {
			size_t until = at < (double)count ? (size_t)at : count;
			memset(samples + done, levels, until - done);
			done = until;
		}
		levels = track->changes[c].levels;
	}
	memset(samples + done, levels, count - done);
	pthread_mutex_unlock(&track->lock);
}
