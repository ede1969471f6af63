/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "monitors.h"

#include <limits.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "acts.h"
#include "capacitor_watch.h"
#include "cleanup.h"
#include "current_look.h"

enum { CELL = 256, PENDING = 4096, CAPACITOR_LOOKS = 8, OVERVOLTAGE_CELLS = 4 };
/* A current is one when it moves by more than this part of full scale, and by several times what the channel shows at rest, inside a cell. */
static const double ACTIVE_REL = 0.02, ACTIVE_NOISE = 3;
/* An input that stands still for so long is not converted; one at its limit for so long is no pulse. */
static const double FROZEN_S = 1, CLIPPED_S = 0.02;
/* What the channel shows at rest is taken from so much of the beginning. */
static const double REST_S = 0.08;

/* A cell of the coil current that moved. */
struct active {
	uint64_t frame;
	int span; /* counts */
};

struct monitors {
	struct safety_setup limits;
	struct channel current, capacitor;
	int current_at, capacitor_at; /* -1: no such channel */
	unsigned channels;
	double rate_hz, settle_frames, rest_wanted;
	bool can_disarm, provoked;

	/* The reader's own: the cell in work. */
	uint64_t cell_frame;
	unsigned cell_frames;
	struct current_look look;
	bool cell_moves; /* its current moves as a pulse does */
	int64_t looks;
	unsigned look_count;

	pthread_mutex_t lock;
	pthread_cond_t moved;
	/* Under the lock. */
	uint64_t seen, awaited;
	bool ended;
	bool tripped;
	struct monitor_trip trip;
	struct active pending[PENDING];
	size_t pending_from, pending_to;
	struct acts acts;
	int rest_span, rest_least, rest_most, rest_quietest; /* of the cells at rest, before the first arming */
	uint64_t rest_frames;
	uint64_t frozen_frames, clipped_frames;
	int16_t frozen_at;
	unsigned over_cells;
	double below_since, capacitor_v;
	double moved_frame; /* of the last current that no trigger explains, tripped or not */
	bool charged;       /* the capacitor was seen above the limit */
	struct capacitor_watch watch;
	bool fall_pending; /* it fell, and the rig may still say that it fired then */
	double fall_frame;
	char fall_text[CAPACITOR_TEXT];
	bool capacitor_lost;
};

struct monitors *monitors_create(const struct bench_setup *setup, const struct recording_format *format,
				 const struct monitor_options *options)
{
	struct monitors *monitors = calloc(1, sizeof *monitors);
	if (!monitors)
		return NULL;
	monitors->limits = bench_setup_safety(setup);
	monitors->current_at = options->frames_only ? -1 : recording_find(format, CHANNEL_COIL_CURRENT);
	monitors->capacitor_at = options->frames_only ? -1 : recording_find(format, CHANNEL_CAPACITOR_VOLTAGE);
	if (monitors->current_at >= 0)
		monitors->current = format->channels[monitors->current_at];
	if (monitors->capacitor_at >= 0)
		monitors->capacitor = format->channels[monitors->capacitor_at];
	monitors->channels = format->channel_count;
	monitors->rate_hz = format->sample_rate_hz;
	monitors->settle_frames = options->settle_s * format->sample_rate_hz;
	monitors->rest_wanted = REST_S * format->sample_rate_hz;
	monitors->can_disarm = options->can_disarm;
	monitors->provoked = options->provoked;
	monitors->look = current_look_begin(monitors->channels, monitors->current_at, monitors->rate_hz, CELL);
	monitors->acts.rate_hz = monitors->rate_hz;
	capacitor_watch_begin(&monitors->watch, setup->device, monitors->limits.discharge_v, format->sample_rate_hz);
	monitors->below_since = INFINITY;
	monitors->capacitor_v = NAN;
	monitors->moved_frame = -INFINITY;
	monitors->rest_quietest = INT_MAX;
	monitors->awaited = UINT64_MAX;
	monitors->rest_least = INT16_MAX;
	monitors->rest_most = INT16_MIN;
	pthread_mutex_init(&monitors->lock, NULL);
	pthread_cond_init(&monitors->moved, NULL);
	return monitors;
}

void monitors_destroy(struct monitors *monitors)
{
	if (!monitors)
		return;
	pthread_cond_destroy(&monitors->moved);
	pthread_mutex_destroy(&monitors->lock);
	free(monitors);
}

/* Under the lock. The first trip in the recording counts, whichever thread found it first. */
static void trip(struct monitors *monitors, enum monitor monitor, double frame, const char *text)
{
	if ((monitors->tripped && !(frame < monitors->trip.frame)) || (monitors->provoked && monitor_blames_device(monitor)))
		return;
	monitors->tripped = true;
	monitors->trip = (struct monitor_trip){.monitor = monitor, .frame = frame};
	snprintf(monitors->trip.text, sizeof monitors->trip.text, "%s", text);
}

/* One cell at rest that moved as a pulse does, when another is quiet, is no noise: the device fired before it was asked for anything. */
static bool moved_at_rest(const struct monitors *monitors)
{
	double full = 0.5 * ((double)monitors->current.count_max - monitors->current.count_min);
	return monitors->rest_span > ACTIVE_REL * full && monitors->rest_span > ACTIVE_NOISE * fmax(monitors->rest_quietest, 8);
}

static int threshold(const struct monitors *monitors)
{
	double full = 0.5 * ((double)monitors->current.count_max - monitors->current.count_min);
	return (int)fmax(ACTIVE_REL * full, fmax(ACTIVE_NOISE * monitors->rest_span, 8));
}

static void judge_active(struct monitors *monitors, const struct active *cell)
{
	double frame = (double)cell->frame;
	char text[SAFETY_TEXT];
	if (cell->span <= threshold(monitors) || acts_fired(&monitors->acts, frame, CELL))
		return;
	monitors->moved_frame = fmax(monitors->moved_frame, frame);
	double moved_a = fabs(monitors->current.scale) * cell->span, time_s = frame / monitors->rate_hz;
	if (monitors->can_disarm && !acts_armed(&monitors->acts, frame)) {
		snprintf(text, sizeof text, "a coil current of %.0f A peak to peak at %.3f s while the device was disarmed", moved_a,
			 time_s);
		trip(monitors, MONITOR_CURRENT_DISARMED, frame, text);
	} else {
		snprintf(text, sizeof text, "a pulse of %.0f A peak to peak at %.3f s without a trigger in the %.0f ms before it", moved_a,
			 time_s, 1e3 * ACTS_ATTRIBUTE_S);
		trip(monitors, MONITOR_UNTRIGGERED, frame, text);
	}
}

/* Judges what is old enough for the rig to have said whether it fired. */
static void judge_pending(struct monitors *monitors)
{
	while (monitors->pending_from < monitors->pending_to) {
		const struct active *cell = &monitors->pending[monitors->pending_from % PENDING];
		bool full = monitors->pending_to - monitors->pending_from == PENDING;
		if (!full && !monitors->ended && (double)cell->frame + monitors->settle_frames > (double)monitors->seen)
			return;
		judge_active(monitors, cell);
		monitors->pending_from++;
	}
}

static void lose_capacitor(struct monitors *monitors, double frame, const char *text)
{
	monitors->capacitor_lost = true;
	trip(monitors, MONITOR_CAPACITOR_LOST, frame, text);
}

/* A fall without a visible current is a small pulse's when the rig fired then; else nothing explains it but the probe. */
static void judge_fall(struct monitors *monitors)
{
	if (!monitors->fall_pending || (!monitors->ended && monitors->fall_frame + monitors->settle_frames > (double)monitors->seen))
		return;
	monitors->fall_pending = false;
	if (acts_fired(&monitors->acts, monitors->fall_frame, CELL))
		monitors->watch.in_doubt = true;
	else
		lose_capacitor(monitors, monitors->fall_frame, monitors->fall_text);
}

static void look_for_life(struct monitors *monitors, uint64_t frame, unsigned frames, int16_t least, int16_t most)
{
	const struct channel *channel = &monitors->current;
	char text[SAFETY_TEXT];
	bool frozen = least == most && (monitors->frozen_frames == 0 || least == monitors->frozen_at);
	monitors->frozen_frames = frozen ? monitors->frozen_frames + frames : 0;
	monitors->frozen_at = least;
	bool clipped = least >= channel->count_max || most <= channel->count_min;
	monitors->clipped_frames = clipped ? monitors->clipped_frames + frames : 0;
	if ((double)monitors->frozen_frames >= FROZEN_S * monitors->rate_hz) {
		snprintf(text, sizeof text, "the coil current's channel shows the same count, %d, for %.0f s: it is not converted any more",
			 least, FROZEN_S);
		trip(monitors, MONITOR_CURRENT_DEAD, (double)frame, text);
	} else if ((double)monitors->clipped_frames >= fmax(CLIPPED_S * monitors->rate_hz, CELL)) {
		snprintf(text, sizeof text, "the coil current's channel stands at its limit for %.0f ms, which no pulse does",
			 1e3 * CLIPPED_S);
		trip(monitors, MONITOR_CURRENT_DEAD, (double)frame, text);
	}
}

static void trip_at_rest(struct monitors *monitors, uint64_t frame)
{
	char text[SAFETY_TEXT];
	snprintf(text, sizeof text, "the coil current moved by %.0f A before anything was armed or fired",
		 fabs(monitors->current.scale) * monitors->rest_span);
	trip(monitors, monitors->can_disarm ? MONITOR_CURRENT_DISARMED : MONITOR_UNTRIGGERED, (double)frame, text);
}

static void take_current(struct monitors *monitors, uint64_t frame, unsigned frames, int16_t least, int16_t most)
{
	int span = most - least;
	bool at_rest = (double)monitors->rest_frames < monitors->rest_wanted;
	if (at_rest) {
		if (span > monitors->rest_span)
			monitors->rest_span = span;
		if (frames == CELL && span < monitors->rest_quietest)
			monitors->rest_quietest = span;
		if (least < monitors->rest_least)
			monitors->rest_least = least;
		if (most > monitors->rest_most)
			monitors->rest_most = most;
		monitors->rest_frames += frames;
		if ((double)monitors->rest_frames >= monitors->rest_wanted && moved_at_rest(monitors))
			trip_at_rest(monitors, frame);
	}
	look_for_life(monitors, frame, frames, least, most);
	monitors->cell_moves = !at_rest && span > threshold(monitors);
	if (monitors->cell_moves)
		monitors->pending[monitors->pending_to++ % PENDING] = (struct active){frame, span};
	judge_pending(monitors);
}

static void watch_capacitor(struct monitors *monitors, uint64_t frame, unsigned frames, double volts)
{
	char text[CAPACITOR_TEXT];
	const struct capacitor_cell cell = {(double)frame, volts};
	struct capacitor_current current = {0};
	if (monitors->current_at >= 0)
		current = (struct capacitor_current){monitors->look.least, monitors->look.most, monitors->cell_moves,
						     fabs(monitors->current.scale), fabs(monitors->current.scale) * threshold(monitors)};
	switch (capacitor_watch_take(&monitors->watch, &cell, frames, &current, text)) {
	case CAPACITOR_PLAUSIBLE: break;
	case CAPACITOR_CONTRADICTED: lose_capacitor(monitors, (double)frame, text); break;
	case CAPACITOR_FELL:
		/* One that waits already is judged in its turn; this one would say the same. */
		if (!monitors->fall_pending) {
			monitors->fall_pending = true;
			monitors->fall_frame = (double)frame;
			memcpy(monitors->fall_text, text, sizeof text);
		}
		break;
	}
	judge_fall(monitors);
}

static void take_capacitor(struct monitors *monitors, uint64_t frame, unsigned frames, double volts)
{
	char text[SAFETY_TEXT];
	monitors->capacitor_v = volts;
	watch_capacitor(monitors, frame, frames, volts);
	if (fabs(volts) > monitors->limits.discharge_v) {
		monitors->below_since = INFINITY;
		monitors->charged = true;
	} else if (isinf(monitors->below_since)) {
		monitors->below_since = (double)(frame + frames);
	}
	monitors->over_cells = fabs(volts) > monitors->limits.capacitor_max_v ? monitors->over_cells + 1 : 0;
	if (monitors->over_cells >= OVERVOLTAGE_CELLS) {
		snprintf(text, sizeof text, "the capacitor was at %.0f V at %.3f s, above the maximum of %.0f V", volts,
			 (double)frame / monitors->rate_hz, monitors->limits.capacitor_max_v);
		trip(monitors, MONITOR_OVERVOLTAGE, (double)frame, text);
	}
}

/* The cell in work is done, or was cut by a gap. Under the lock. */
static void end_cell(struct monitors *monitors)
{
	if (monitors->cell_frames == 0)
		return;
	monitors->seen = monitors->cell_frame + monitors->cell_frames;
	if (monitors->current_at >= 0 && !monitors->look.fresh)
		take_current(monitors, monitors->cell_frame, monitors->cell_frames, monitors->look.least, monitors->look.most);
	if (monitors->look_count > 0) {
		double counts = (double)monitors->looks / monitors->look_count;
		take_capacitor(monitors, monitors->cell_frame, monitors->cell_frames,
			       monitors->capacitor.scale * counts + monitors->capacitor.offset);
	}
	monitors->cell_frames = 0;
	monitors->cell_moves = false;
	monitors->look.fresh = true;
	monitors->look_count = 0;
	monitors->looks = 0;
}

/* A few samples of a cell are enough for what changes so slowly; which ones depends on the frame alone. */
static void look_at_capacitor(struct monitors *monitors, uint64_t frame, const int16_t *samples, unsigned frames)
{
	const unsigned every = CELL / CAPACITOR_LOOKS;
	for (unsigned k = (unsigned)((every - frame % every) % every); k < frames; k += every) {
		monitors->looks += samples[(size_t)k * monitors->channels];
		monitors->look_count++;
	}
}

/* Gives the lock back. Who waits is woken only when what it waits for is there, and after that: blocks come thousands of times a second. */
static void unlock_and_tell(struct monitors *monitors)
{
	bool there = monitors->seen >= monitors->awaited || monitors->ended;
	if (there)
		monitors->awaited = UINT64_MAX;
	pthread_mutex_unlock(&monitors->lock);
	if (there)
		pthread_cond_broadcast(&monitors->moved);
}

void monitors_block(struct monitors *monitors, const struct block *block)
{
	size_t done = 0;
	pthread_mutex_lock(&monitors->lock);
	while (done < block->frames) {
		uint64_t frame = block->first_frame + done;
		size_t left = block->frames - done, room = CELL - (size_t)(frame % CELL);
		unsigned count = (unsigned)(left < room ? left : room);
		const int16_t *samples = block->samples + done * monitors->channels;
		if (monitors->current_at >= 0)
			current_look_take(&monitors->look, frame, samples, count);
		if (monitors->capacitor_at >= 0)
			look_at_capacitor(monitors, frame, samples + monitors->capacitor_at, count);
		if (monitors->cell_frames == 0)
			monitors->cell_frame = frame;
		monitors->cell_frames += count;
		done += count;
		if (count == room)
			end_cell(monitors);
	}
	unlock_and_tell(monitors);
}

void monitors_gap(struct monitors *monitors, const struct gap *gap)
{
	pthread_mutex_lock(&monitors->lock);
	end_cell(monitors);
	monitors->seen = gap->first_frame + gap->frames;
	monitors->below_since = INFINITY;
	capacitor_watch_gap(&monitors->watch);
	unlock_and_tell(monitors);
}

void monitors_end(struct monitors *monitors)
{
	pthread_mutex_lock(&monitors->lock);
	end_cell(monitors);
	monitors->ended = true;
	judge_pending(monitors);
	judge_fall(monitors);
	unlock_and_tell(monitors);
}

void monitors_armed(struct monitors *monitors, bool armed, double frame)
{
	pthread_mutex_lock(&monitors->lock);
	acts_arm(&monitors->acts, armed, frame);
	pthread_mutex_unlock(&monitors->lock);
}

void monitors_firing(struct monitors *monitors, double frame)
{
	pthread_mutex_lock(&monitors->lock);
	acts_fire_from(&monitors->acts, frame);
	pthread_mutex_unlock(&monitors->lock);
}

void monitors_fired(struct monitors *monitors, double frame)
{
	pthread_mutex_lock(&monitors->lock);
	acts_fire_to(&monitors->acts, frame);
	pthread_mutex_unlock(&monitors->lock);
}

void monitors_trip(struct monitors *monitors, enum monitor monitor, double frame, const char *text)
{
	pthread_mutex_lock(&monitors->lock);
	trip(monitors, monitor, frame, text);
	pthread_mutex_unlock(&monitors->lock);
}

uint64_t monitors_seen(struct monitors *monitors)
{
	pthread_mutex_lock(&monitors->lock);
	uint64_t seen = monitors->seen;
	pthread_mutex_unlock(&monitors->lock);
	return seen;
}

bool monitors_await(struct monitors *monitors, uint64_t frames)
{
	pthread_mutex_lock(&monitors->lock);
	while (monitors->seen < frames && !monitors->ended) {
		monitors->awaited = frames;
		pthread_cond_wait(&monitors->moved, &monitors->lock);
	}
	bool more = monitors->seen >= frames;
	pthread_mutex_unlock(&monitors->lock);
	return more;
}

bool monitors_tripped(struct monitors *monitors, double before_frame, struct monitor_trip *out)
{
	pthread_mutex_lock(&monitors->lock);
	bool tripped = monitors->tripped && !(monitors->trip.frame >= before_frame);
	if (tripped)
		*out = monitors->trip;
	pthread_mutex_unlock(&monitors->lock);
	return tripped;
}

enum monitor_rest monitors_rest(struct monitors *monitors, char *text, size_t size)
{
	pthread_mutex_lock(&monitors->lock);
	const struct channel *channel = &monitors->current;
	int least = monitors->rest_least, most = monitors->rest_most, span = monitors->rest_span;
	uint64_t frames = monitors->rest_frames;
	bool moved = moved_at_rest(monitors);
	pthread_mutex_unlock(&monitors->lock);
	double full = 0.5 * ((double)channel->count_max - channel->count_min);
	if (monitors->current_at < 0 || (double)frames < monitors->rest_wanted)
		return REST_UNKNOWN;
	if (least == most)
		snprintf(text, size,
			 "the coil current's channel shows the same count, %d, in all of %llu samples: so does an input that is not "
			 "converted, or "
			 "not connected",
			 least, (unsigned long long)frames);
	else if (most >= channel->count_max || least <= channel->count_min)
		snprintf(text, size, "the coil current's channel stands at its limit before anything is fired");
	else if (span > 0.5 * full || moved)
		snprintf(text, size, "the coil current's channel moves by %.0f A at rest: no current could be told from that",
			 fabs(channel->scale) * span);
	else
		return REST_ALIVE;
	return REST_DEAD;
}

double monitors_discharged(struct monitors *monitors, double until)
{
	pthread_mutex_lock(&monitors->lock);
	double since = monitors->capacitor_at < 0                                  ? NAN
		       : !monitors->fall_pending && monitors->below_since <= until ? monitors->below_since
										   : INFINITY;
	pthread_mutex_unlock(&monitors->lock);
	return since;
}

bool monitors_charged(struct monitors *monitors)
{
	pthread_mutex_lock(&monitors->lock);
	bool charged = monitors->charged;
	pthread_mutex_unlock(&monitors->lock);
	return charged;
}

enum capacitor_witness monitors_capacitor(struct monitors *monitors)
{
	pthread_mutex_lock(&monitors->lock);
	enum capacitor_witness witness = monitors->capacitor_lost   ? CAPACITOR_LOST
					 : monitors->watch.in_doubt ? CAPACITOR_IN_DOUBT
								    : CAPACITOR_TRUSTED;
	pthread_mutex_unlock(&monitors->lock);
	return witness;
}

double monitors_moved(struct monitors *monitors)
{
	pthread_mutex_lock(&monitors->lock);
	double frame = monitors->moved_frame;
	pthread_mutex_unlock(&monitors->lock);
	return frame;
}

double monitors_capacitor_v(struct monitors *monitors)
{
	pthread_mutex_lock(&monitors->lock);
	double volts = monitors->capacitor_v;
	pthread_mutex_unlock(&monitors->lock);
	return volts;
}
