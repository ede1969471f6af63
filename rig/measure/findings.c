/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "findings.h"

#include <string.h>

bool series_add(struct series *series, const void *item, struct error *error)
{
	if (series->count == series->capacity) {
		size_t capacity = series->capacity ? series->capacity + series->capacity / 2 : 16;
		void *items = reallocarray(series->items, capacity, series->item_size);
		if (!items)
			return error_set(error, ERROR_BENCH, "out of memory for what the recording holds");
		series->items = items;
		series->capacity = capacity;
	}
	memcpy((char *)series->items + series->count * series->item_size, item, series->item_size);
	series->count++;
	return true;
}

void *series_take(struct series *series)
{
	void *items = series->items;
	series->items = NULL;
	series->count = series->capacity = 0;
	return items;
}

void findings_init(struct findings *findings)
{
	*findings = (struct findings){.pulses.item_size = sizeof(struct pulse),
				      .edges.item_size = sizeof(double),
				      .logic.item_size = sizeof(struct edge),
				      .quiet.item_size = sizeof(struct quiet_stretch),
				      .gaps.item_size = sizeof(struct gap),
				      .events.item_size = sizeof(struct run_event),
				      .windows.item_size = sizeof(struct covered),
				      .excursions.item_size = sizeof(struct excursion),
				      .capacitor.item_size = sizeof(float)};
	level_histogram_init(&findings->trigger_levels);
}

void findings_finish(struct findings *findings)
{
	free(findings->pulses.items);
	free(findings->edges.items);
	free(findings->logic.items);
	free(findings->quiet.items);
	free(findings->gaps.items);
	free(findings->events.items);
	free(findings->windows.items);
	free(findings->excursions.items);
	free(findings->capacitor.items);
}
