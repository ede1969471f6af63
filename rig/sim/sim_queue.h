/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Events on their way from the world to the rendered signal, oldest first.
 */
#include "sim_world.h"

/* Events of one kind, oldest first, from head on. */
struct sim_queue {
	struct sim_event *items;
	size_t head, count, capacity;
};

/* Appends an event; what was consumed makes room. False when out of memory. */
bool sim_queue_push(struct sim_queue *queue, const struct sim_event *event) must_check;
/* The oldest event before time_s, NULL: none. Consumed by head++. */
const struct sim_event *sim_queue_peek(const struct sim_queue *queue, double time_s);
