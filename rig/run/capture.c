/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "capture.h"

#include <math.h>
#include <pthread.h>
#include <string.h>

#include "pending.h"
#include "status_lines.h"

enum { RING_SLOTS = 16, SLOT_FRAMES = 65536 };
/* How long after its time an event is put into the stream: more than any error of the host's mapping to the sample clock. */
static const double EVENT_DELAY_S = 0.1;

enum slot_kind { SLOT_BLOCK, SLOT_GAP, SLOT_END };

struct slot {
	enum slot_kind kind;
	uint64_t first_frame;
	size_t frames;
	enum gap_cause cause;
	int16_t *samples;
};

struct capture {
	struct bench *bench;
	const struct recording_sink *sink;
	const struct run_options *options;
	struct monitors *monitors;
	double planned_s;
	uint32_t sections;
	unsigned channel_count;
	double sample_rate_hz;

	pthread_t reader, pusher;
	bool reader_started, pusher_started;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct slot slots[RING_SLOTS];
	size_t filled, taken;    /* counts since the start; filled - taken slots are full */
	struct pending *pending; /* events and edges that wait for their place in the stream */
	bool stop;               /* the run is over: the end of the samples is expected */
	bool failed;
	struct error error; /* of the first failure */
	uint32_t section;
	uint64_t gaps;
	bool finished;
};

static void fail(struct capture *capture, const struct error *error)
{
	pthread_mutex_lock(&capture->lock);
	if (!capture->failed) {
		capture->failed = true;
		capture->error = *error;
	}
	pthread_cond_broadcast(&capture->changed);
	pthread_mutex_unlock(&capture->lock);
	const struct clock_port *clock = &bench_ports(capture->bench)->clock;
	if (clock->ops && clock->ops->wake)
		clock->ops->wake(clock->self);
}

/* The next slot to fill; NULL when the capture failed meanwhile. */
static struct slot *slot_to_fill(struct capture *capture)
{
	pthread_mutex_lock(&capture->lock);
	while (capture->filled - capture->taken == RING_SLOTS && !capture->failed)
		pthread_cond_wait(&capture->changed, &capture->lock);
	struct slot *slot = capture->failed ? NULL : &capture->slots[capture->filled % RING_SLOTS];
	pthread_mutex_unlock(&capture->lock);
	return slot;
}

static void slot_filled(struct capture *capture)
{
	pthread_mutex_lock(&capture->lock);
	capture->filled++;
	pthread_cond_broadcast(&capture->changed);
	pthread_mutex_unlock(&capture->lock);
}

/* Publishes the block under construction, if there is one. */
static void flush_block(struct capture *capture, struct slot **open)
{
	if (*open) {
		*open = NULL;
		slot_filled(capture);
	}
}

static bool append_block(struct capture *capture, struct slot **open, const struct block *block)
{
	size_t done = 0;
	while (done < block->frames) {
		if (!*open) {
			*open = slot_to_fill(capture);
			if (!*open)
				return false;
			**open = (struct slot){SLOT_BLOCK, block->first_frame + done, 0, GAP_OVERRUN, (*open)->samples};
		}
		/* Blocks end at multiples of SLOT_FRAMES of the sample counter. */
		size_t room = SLOT_FRAMES - (size_t)(((*open)->first_frame + (*open)->frames) % SLOT_FRAMES);
		size_t count = block->frames - done < room ? block->frames - done : room;
		memcpy((*open)->samples + (*open)->frames * capture->channel_count, block->samples + done * capture->channel_count,
		       count * capture->channel_count * sizeof(int16_t));
		(*open)->frames += count;
		done += count;
		if (count == room)
			flush_block(capture, open);
	}
	return true;
}

static bool append_mark(struct capture *capture, struct slot **open, enum slot_kind kind, const struct gap *gap)
{
	flush_block(capture, open);
	struct slot *slot = slot_to_fill(capture);
	if (!slot)
		return false;
	*slot = (struct slot){kind, gap ? gap->first_frame : 0, gap ? (size_t)gap->frames : 0, gap ? gap->cause : GAP_OVERRUN,
			      slot->samples};
	slot_filled(capture);
	return true;
}

static bool stopping(struct capture *capture)
{
	pthread_mutex_lock(&capture->lock);
	bool stop = capture->stop;
	pthread_mutex_unlock(&capture->lock);
	return stop;
}

static void read_all(struct capture *capture)
{
	const struct adc_port *adc = &bench_ports(capture->bench)->adc;
	struct slot *open = NULL;
	for (;;) {
		struct error error = {0};
		struct adc_read read;
		/* A read never reaches past the end of the block under construction, so that blocks can be filled in one piece. */
		if (!adc->ops->read(adc->self, SLOT_FRAMES, &read, &error)) {
			/* What had come is kept: a frame that was delivered whole must not end in the middle of its pulse. */
			flush_block(capture, &open);
			fail(capture, &error);
			return;
		}
		bool more = false;
		switch (read.state) {
		case ADC_BLOCK:
			monitors_block(capture->monitors, &read.block);
			more = append_block(capture, &open, &read.block);
			break;
		case ADC_GAP:
			monitors_gap(capture->monitors, &read.gap);
			more = append_mark(capture, &open, SLOT_GAP, &read.gap);
			break;
		case ADC_END:
			if (!stopping(capture)) {
				error_bench(&error, "adc: the samples ended before the run did");
				fail(capture, &error);
				return;
			}
			more = append_mark(capture, &open, SLOT_END, NULL);
			break;
		}
		if (!more || read.state == ADC_END)
			return;
	}
}

static void *read_adc(void *argument)
{
	struct capture *capture = argument;
	read_all(capture);
	monitors_end(capture->monitors);
	return NULL;
}

static void report_progress(const struct capture *capture, uint64_t frames)
{
	if (!capture->options->progress)
		return;
	struct run_progress progress = {
		.time_s = (double)frames / capture->sample_rate_hz,
		.planned_s = capture->planned_s,
		.section = capture->section,
		.sections = capture->sections,
		.gaps = capture->gaps,
	};
	capture->options->progress(capture->options->self, &progress);
}

static bool push_due(struct capture *capture, double until_s, struct error *error)
{
	struct ports *ports = bench_ports(capture->bench);
	return pending_collect(capture->pending, &ports->logic, error) && status_lines_collect(ports, capture->pending, error) &&
	       pending_push(capture->pending, until_s, capture->sink, &capture->section, error);
}

static bool push_slot(struct capture *capture, const struct slot *slot, struct error *error)
{
	const struct recording_sink *sink = capture->sink;
	switch (slot->kind) {
	case SLOT_BLOCK:
	case SLOT_GAP:
		if (!push_due(capture, (double)slot->first_frame / capture->sample_rate_hz - EVENT_DELAY_S, error))
			return false;
		break;
	case SLOT_END: return push_due(capture, INFINITY, error);
	}
	report_progress(capture, slot->first_frame + slot->frames);
	if (slot->kind == SLOT_GAP) {
		capture->gaps++;
		return sink->gap(sink->self, &(struct gap){slot->first_frame, slot->frames, slot->cause}, error);
	}
	return sink->block(sink->self, &(struct block){slot->first_frame, slot->frames, slot->samples}, error);
}

static void *push_slots(void *argument)
{
	struct capture *capture = argument;
	for (;;) {
		pthread_mutex_lock(&capture->lock);
		while (capture->filled == capture->taken && !capture->failed)
			pthread_cond_wait(&capture->changed, &capture->lock);
		bool empty = capture->filled == capture->taken;
		const struct slot *slot = &capture->slots[capture->taken % RING_SLOTS];
		pthread_mutex_unlock(&capture->lock);
		if (empty)
			return NULL;
		struct error error = {0};
		if (!push_slot(capture, slot, &error)) {
			fail(capture, &error);
			return NULL;
		}
		bool end = slot->kind == SLOT_END;
		pthread_mutex_lock(&capture->lock);
		capture->taken++;
		pthread_cond_broadcast(&capture->changed);
		pthread_mutex_unlock(&capture->lock);
		if (end)
			return NULL;
	}
}

static void release(struct capture *capture)
{
	for (int i = 0; i < RING_SLOTS; i++)
		free(capture->slots[i].samples);
	pending_destroy(capture->pending);
	pthread_cond_destroy(&capture->changed);
	pthread_mutex_destroy(&capture->lock);
	free(capture);
}

/* An analyser that does not say when it began did so while start() ran, or soon after: drivers start threads and USB transfers. */
static const double LOGIC_START_LIMIT_S = 0.5;

static bool start_logic(struct capture *capture, struct error *error)
{
	struct ports *ports = bench_ports(capture->bench);
	const struct clock_port *clock = &ports->clock;
	double before_s = clock->ops ? clock->ops->now_s(clock->self) : NAN;
	if (!ports->logic.ops->start(ports->logic.self, error))
		return error_prefix(error, "logic analyser");
	const struct adc_ops *adc = ports->adc.ops;
	if (!clock->ops || !adc->frame_of_host_time)
		return true;
	double after_s = clock->ops->now_s(clock->self) + LOGIC_START_LIMIT_S, u_s = (after_s - before_s) / sqrt(12);
	double start_s = 0.5 * (before_s + after_s);
	if (ports->logic.ops->start_time)
		start_s = ports->logic.ops->start_time(ports->logic.self, &u_s);
	double u_frames = 0, frame = adc->frame_of_host_time(ports->adc.self, start_s, &u_frames), rate_hz = capture->sample_rate_hz;
	const struct run_event event = {EVENT_LOGIC_START, 0, frame / rate_hz, hypot(u_frames / rate_hz, u_s)};
	return pending_event(capture->pending, &event) || error_bench(error, "capture: out of memory for the run's events");
}

static bool start_instruments(struct capture *capture, struct error *error)
{
	struct ports *ports = bench_ports(capture->bench);
	if (!capture->sink->format(capture->sink->self, &ports->adc.format, error))
		return false;
	if (!ports->adc.ops->start(ports->adc.self, error))
		return error_prefix(error, "adc");
	if (ports->logic.ops && !start_logic(capture, error))
		return false;
	return status_lines_begin(ports, error);
}

struct capture *capture_start(struct bench *bench, const struct recording_sink *sink, const struct run_options *options,
			      struct monitors *monitors, double planned_s, uint32_t sections, struct error *error)
{
	struct capture *capture = calloc(1, sizeof *capture);
	if (!capture) {
		error_bench(error, "capture: out of memory");
		return NULL;
	}
	capture->bench = bench;
	capture->sink = sink;
	capture->options = options;
	capture->monitors = monitors;
	capture->planned_s = planned_s;
	capture->sections = sections;
	capture->channel_count = bench_ports(bench)->adc.format.channel_count;
	capture->sample_rate_hz = bench_ports(bench)->adc.format.sample_rate_hz;
	pthread_mutex_init(&capture->lock, NULL);
	pthread_cond_init(&capture->changed, NULL);
	capture->pending = pending_create();
	if (!capture->pending) {
		error_bench(error, "capture: out of memory");
		goto failed;
	}
	for (int i = 0; i < RING_SLOTS; i++) {
		capture->slots[i].samples = malloc((size_t)SLOT_FRAMES * capture->channel_count * sizeof(int16_t));
		if (!capture->slots[i].samples) {
			error_bench(error, "capture: out of memory");
			goto failed;
		}
	}
	if (!start_instruments(capture, error))
		goto failed;
	capture->reader_started = pthread_create(&capture->reader, NULL, read_adc, capture) == 0;
	capture->pusher_started = capture->reader_started && pthread_create(&capture->pusher, NULL, push_slots, capture) == 0;
	if (!capture->pusher_started) {
		struct error cause = {0};
		error_bench(&cause, "capture: cannot start a thread");
		bool finished;
		fail(capture, &cause);
		if (capture_stop(capture, true, &finished, error))
			error_bench(error, "%s", cause.text);
		return NULL;
	}
	return capture;
failed:
	release(capture);
	return NULL;
}

void capture_event(struct capture *capture, enum run_event_kind kind, uint32_t index, double host_s, double u_host_s)
{
	const struct adc_port *adc = &bench_ports(capture->bench)->adc;
	double u_frames = 0;
	double frame = adc->ops->frame_of_host_time ? adc->ops->frame_of_host_time(adc->self, host_s, &u_frames) : NAN;
	struct run_event event = {kind, index, frame / capture->sample_rate_hz, hypot(u_frames / capture->sample_rate_hz, u_host_s)};
	bool kept = pending_event(capture->pending, &event);
	if (!kept) {
		struct error cause = {0};
		error_bench(&cause, "capture: out of memory for the run's events");
		fail(capture, &cause);
	}
}

bool capture_failed(struct capture *capture)
{
	pthread_mutex_lock(&capture->lock);
	bool failed = capture->failed;
	pthread_mutex_unlock(&capture->lock);
	return failed;
}

/* What a monitor found belongs to the record. */
static void note_trip(struct capture *capture)
{
	struct monitor_trip trip;
	if (!monitors_tripped(capture->monitors, INFINITY, &trip))
		return;
	double time_s = isfinite(trip.frame) ? trip.frame / capture->sample_rate_hz : NAN;
	const struct run_event event = {EVENT_MONITOR, trip.monitor, time_s, 0};
	/* Out of memory for it: the result says it all the same. */
	(void)!pending_event(capture->pending, &event);
}

bool capture_stop(struct capture *capture, bool run_aborted, bool *finished, struct error *error)
{
	const struct ports *ports = bench_ports(capture->bench);
	struct error ignored = {0};
	*finished = false;
	pthread_mutex_lock(&capture->lock);
	capture->stop = true;
	pthread_mutex_unlock(&capture->lock);
	if (!ports->adc.ops->stop(ports->adc.self, &ignored))
		fail(capture, &ignored);
	if (ports->logic.ops && !ports->logic.ops->stop(ports->logic.self, &ignored))
		fail(capture, &ignored);
	if (capture->reader_started)
		pthread_join(capture->reader, NULL);
	if (capture->pusher_started)
		pthread_join(capture->pusher, NULL);

	bool good = !capture->failed;
	struct error cause = capture->error;
	const struct recording_sink *sink = capture->sink;
	struct error late = {0};
	note_trip(capture);
	/* A sink that failed itself cannot be finished; one whose source failed can. */
	bool can_finish = pending_push(capture->pending, INFINITY, capture->sink, &capture->section, &late);
	if (can_finish && (run_aborted || !good)) {
		double end_s = (double)(capture->filled ? capture->slots[(capture->filled - 1) % RING_SLOTS].first_frame : 0) /
			       capture->sample_rate_hz;
		can_finish = sink->event(sink->self, &(struct run_event){EVENT_ABORTED, 0, end_s, 0}, &late);
	}
	if (can_finish)
		can_finish = sink->finish(sink->self, &late);
	*finished = can_finish;
	if (good && !can_finish) {
		good = false;
		cause = late;
	}
	if (!good && error)
		*error = cause;
	release(capture);
	return good;
}
