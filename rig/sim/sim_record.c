/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim_world.h"

/* Room for one more; false when out of memory, which the instruments report. */
static bool room(void *slot, size_t count, size_t *capacity, size_t size)
{
	if (count < *capacity)
		return true;
	size_t larger = *capacity ? 2 * *capacity : 256;
	void *grown = reallocarray(*(void **)slot, larger, size);
	if (!grown)
		return false;
	*(void **)slot = grown;
	*capacity = larger;
	return true;
}

void sim_record_event(struct sim_world *world, struct sim_event event)
{
	if (!world->record_events)
		return;
	if (room(&world->events.items, world->events.count, &world->events.capacity, sizeof event))
		world->events.items[world->events.count++] = event;
	else
		world->out_of_memory = true;
}

void sim_record_level(struct sim_world *world, enum logic_line line, bool level)
{
	if (world->logic_level[line] == level)
		return;
	world->logic_level[line] = level;
	if (!world->record_edges || !world->setup->logic.present[line])
		return;
	struct edge edge = {.line = line, .rising = level, .time_s = world->now_s};
	if (room(&world->edges.items, world->edges.count, &world->edges.capacity, sizeof edge))
		world->edges.items[world->edges.count++] = edge;
	else
		world->out_of_memory = true;
}

void sim_due_add(struct sim_world *world, struct sim_due due)
{
	if (world->due_count < SIM_DUE_MAX)
		world->due[world->due_count++] = due;
	else
		world->out_of_memory = true;
}

void sim_due_drop(struct sim_world *world, enum sim_due_kind kind)
{
	size_t kept = 0;
	for (size_t i = 0; i < world->due_count; i++)
		if (world->due[i].kind != kind)
			world->due[kept++] = world->due[i];
	world->due_count = kept;
}

void sim_record_trip(struct sim_world *world, const struct sim_truth_trip *trip)
{
	struct sim_interlocks *interlocks = &world->interlocks;
	if (room(&interlocks->trips, interlocks->trip_count, &interlocks->trip_capacity, sizeof *trip))
		interlocks->trips[interlocks->trip_count++] = *trip;
	else
		world->out_of_memory = true;
}

void sim_record_truth(struct sim_world *world, const struct sim_truth_pulse *pulse)
{
	if (room(&world->truth, world->truth_count, &world->truth_capacity, sizeof *pulse))
		world->truth[world->truth_count++] = *pulse;
	else
		world->out_of_memory = true;
}
