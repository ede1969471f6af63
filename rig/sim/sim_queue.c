/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim_queue.h"

#include <string.h>

bool sim_queue_push(struct sim_queue *queue, const struct sim_event *event)
{
	if (queue->count == queue->capacity && queue->head > queue->count / 2) {
		queue->count -= queue->head;
		memmove(queue->items, queue->items + queue->head, queue->count * sizeof *event);
		queue->head = 0;
	}
	if (queue->count == queue->capacity) {
		size_t capacity = queue->capacity ? 2 * queue->capacity : 256;
		struct sim_event *items = reallocarray(queue->items, capacity, sizeof *items);
		if (!items)
			return false;
		queue->items = items;
		queue->capacity = capacity;
	}
	queue->items[queue->count++] = *event;
	return true;
}

const struct sim_event *sim_queue_peek(const struct sim_queue *queue, double time_s)
{
	bool there = queue->head < queue->count && queue->items[queue->head].time_s < time_s;
	return there ? &queue->items[queue->head] : NULL;
}
