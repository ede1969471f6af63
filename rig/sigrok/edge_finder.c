/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "edge_finder.h"

#include <string.h>

static uint64_t sample_at(const struct edge_finder *finder, const uint8_t *bytes)
{
	uint64_t value = 0;
	for (unsigned i = finder->unit; i-- > 0;)
		value = value << 8 | bytes[i];
	return value & finder->mask;
}

static void take(struct edge_finder *finder, const uint8_t *bytes, edge_found *found, void *self)
{
	uint64_t levels = sample_at(finder, bytes);
	if (finder->any && levels != finder->last)
		found(self, finder->samples, levels ^ finder->last, levels);
	finder->any = true;
	finder->last = levels;
	finder->samples++;
}

/* How many bytes from here on only repeat the sample before them, in whole samples. Lines rest nearly always, so this is where the time goes. */
static size_t unchanged(const struct edge_finder *finder, const uint8_t *bytes, size_t length)
{
	enum { STRIDE = 64 };
	uint8_t pattern[STRIDE], masks[STRIDE];
	if (!finder->any || finder->unit == 0 || STRIDE % finder->unit != 0)
		return 0;
	for (unsigned i = 0; i < STRIDE; i++) {
		pattern[i] = (uint8_t)(finder->last >> 8 * (i % finder->unit));
		masks[i] = (uint8_t)(finder->mask >> 8 * (i % finder->unit));
	}
	size_t same = 0;
	for (; same + STRIDE <= length; same += STRIDE) {
		uint8_t differs = 0;
		for (unsigned i = 0; i < STRIDE; i++)
			differs |= (uint8_t)((bytes[same + i] ^ pattern[i]) & masks[i]);
		if (differs)
			break;
	}
	return same;
}

void edge_finder_push(struct edge_finder *finder, const uint8_t *bytes, size_t length, edge_found *found, void *self)
{
	if (finder->unit == 0 || finder->unit > EDGE_UNIT_MAX)
		return;
	while (length > 0 && finder->torn > 0) {
		finder->rest[finder->torn++] = *bytes++;
		length--;
		if (finder->torn == finder->unit) {
			finder->torn = 0;
			take(finder, finder->rest, found, self);
		}
	}
	while (length >= finder->unit) {
		size_t same = unchanged(finder, bytes, length);
		finder->samples += same / finder->unit;
		bytes += same;
		length -= same;
		/* The stride that holds the edge, or the last ones. */
		for (unsigned i = 0; i < 64 / finder->unit && length >= finder->unit; i++) {
			take(finder, bytes, found, self);
			bytes += finder->unit;
			length -= finder->unit;
		}
	}
	memcpy(finder->rest, bytes, length);
	finder->torn = (unsigned)length;
}
