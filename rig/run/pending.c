/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pending.h"

#include <math.h>
#include <pthread.h>
#include <string.h>

enum { EDGE_BATCH = 4096, EVENT_BATCH = 256 };

/* First in, first out: items[next] to items[count - 1] wait. */
struct queue {
	size_t count, capacity, next;
};

struct pending {
	pthread_mutex_t lock; /* of the events */
	struct run_event *events;
	struct queue event_queue;
	struct edge *edges;
	struct queue edge_queue;
};

struct pending *pending_create(void)
{
	struct pending *pending = calloc(1, sizeof *pending);
	if (pending)
		pthread_mutex_init(&pending->lock, NULL);
	return pending;
}

void pending_destroy(struct pending *pending)
{
	if (!pending)
		return;
	pthread_mutex_destroy(&pending->lock);
	free(pending->events);
	free(pending->edges);
	free(pending);
}

/* Room for `more` items behind those that wait; what went before is given up. False when out of memory. */
static bool make_room(struct queue *queue, void **items, size_t size, size_t more)
{
	if (queue->capacity - queue->count >= more)
		return true;
	if (queue->next > queue->capacity / 2) {
		queue->count -= queue->next;
		memmove(*items, (char *)*items + queue->next * size, queue->count * size);
		queue->next = 0;
		if (queue->capacity - queue->count >= more)
			return true;
	}
	size_t capacity = 2 * queue->capacity + more;
	void *grown = realloc(*items, capacity * size);
	if (!grown)
		return false;
	*items = grown;
	queue->capacity = capacity;
	return true;
}

bool pending_event(struct pending *pending, const struct run_event *event)
{
	pthread_mutex_lock(&pending->lock);
	void *items = pending->events;
	bool kept = make_room(&pending->event_queue, &items, sizeof *pending->events, EVENT_BATCH);
	pending->events = items;
	if (kept)
		pending->events[pending->event_queue.count++] = *event;
	pthread_mutex_unlock(&pending->lock);
	return kept;
}

bool pending_edge(struct pending *pending, const struct edge *edge)
{
	void *items = pending->edges;
	bool room = make_room(&pending->edge_queue, &items, sizeof *pending->edges, 1);
	pending->edges = items;
	if (!room)
		return false;
	size_t at = pending->edge_queue.count++;
	for (; at > pending->edge_queue.next && pending->edges[at - 1].time_s > edge->time_s; at--)
		pending->edges[at] = pending->edges[at - 1];
	pending->edges[at] = *edge;
	return true;
}

bool pending_collect(struct pending *pending, const struct logic_port *logic, struct error *error)
{
	if (!logic->ops)
		return true;
	for (;;) {
		void *items = pending->edges;
		bool room = make_room(&pending->edge_queue, &items, sizeof *pending->edges, EDGE_BATCH);
		pending->edges = items;
		if (!room)
			return error_bench(error, "capture: out of memory for edges");
		size_t count;
		bool end;
		if (!logic->ops->read(logic->self, pending->edges + pending->edge_queue.count, EDGE_BATCH, &count, &end, error))
			return error_prefix(error, "logic analyser");
		pending->edge_queue.count += count;
		if (count < EDGE_BATCH)
			return true;
	}
}

bool pending_push(struct pending *pending, double until_s, const struct recording_sink *sink, uint32_t *section, struct error *error)
{
	for (;;) {
		struct queue *events = &pending->event_queue, *edges = &pending->edge_queue;
		pthread_mutex_lock(&pending->lock);
		bool has_event = events->next < events->count, has_edge = edges->next < edges->count;
		struct run_event event = has_event ? pending->events[events->next] : (struct run_event){.time_s = INFINITY};
		struct edge edge = has_edge ? pending->edges[edges->next] : (struct edge){.time_s = INFINITY};
		bool event_first = has_event && !(event.time_s > edge.time_s);
		/* An event whose time on the recording is not known goes in where it stands. */
		bool due = (has_event || has_edge) && !((event_first ? event.time_s : edge.time_s) >= until_s);
		if (due && event_first)
			events->next++;
		else if (due)
			edges->next++;
		pthread_mutex_unlock(&pending->lock);
		if (!due)
			return true;
		if (event_first && event.kind == EVENT_SECTION)
			*section = event.index;
		if (event_first ? !sink->event(sink->self, &event, error) : !sink->edge(sink->self, &edge, error))
			return false;
	}
}
