/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Events of the run and edges of the logic analyser that wait for their place in the stream. Events come from the sequencer's thread; everything
 * else is called from one other thread.
 */
#include "ports.h"
#include "recording.h"

struct pending;

/* NULL when out of memory. */
struct pending *pending_create(void) must_check;
/* NULL is accepted. */
void pending_destroy(struct pending *pending);
/* Adds an event; false when out of memory. */
bool pending_event(struct pending *pending, const struct run_event *event) must_check;
/* Adds an edge at its place in time among those that wait; false when out of memory. */
bool pending_edge(struct pending *pending, const struct edge *edge) must_check;
/* Takes the edges that the logic analyser has seen since the last call; nothing without an analyser. */
bool pending_collect(struct pending *pending, const struct logic_port *logic, struct error *error) must_check;
/* Pushes what belongs before until_s into the sink, in order of time, and notes in *section the last section that began. */
bool pending_push(struct pending *pending, double until_s, const struct recording_sink *sink, uint32_t *section,
		  struct error *error) must_check;
