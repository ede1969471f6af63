/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tee.h"

static bool tee_format(void *self, const struct recording_format *format, const struct reduced_layout *layout, struct error *error)
{
	struct tee *tee = self;
	return tee->first.format(tee->first.self, format, layout, error) && tee->second.format(tee->second.self, format, layout, error);
}

static bool tee_window(void *self, const struct window *window, struct error *error)
{
	struct tee *tee = self;
	return tee->first.window(tee->first.self, window, error) && tee->second.window(tee->second.self, window, error);
}

static bool tee_envelope(void *self, const struct envelope_cell *cell, struct error *error)
{
	struct tee *tee = self;
	return tee->first.envelope(tee->first.self, cell, error) && tee->second.envelope(tee->second.self, cell, error);
}

static bool tee_gap(void *self, const struct gap *gap, struct error *error)
{
	struct tee *tee = self;
	return tee->first.gap(tee->first.self, gap, error) && tee->second.gap(tee->second.self, gap, error);
}

static bool tee_edge(void *self, const struct edge *edge, struct error *error)
{
	struct tee *tee = self;
	return tee->first.edge(tee->first.self, edge, error) && tee->second.edge(tee->second.self, edge, error);
}

static bool tee_event(void *self, const struct run_event *event, struct error *error)
{
	struct tee *tee = self;
	return tee->first.event(tee->first.self, event, error) && tee->second.event(tee->second.self, event, error);
}

static bool tee_finish(void *self, uint64_t total_frames, struct error *error)
{
	struct tee *tee = self;
	return tee->first.finish(tee->first.self, total_frames, error) && tee->second.finish(tee->second.self, total_frames, error);
}

struct tee tee_make(struct reduced_sink first, struct reduced_sink second)
{
	return (struct tee){first, second};
}

struct reduced_sink tee_sink(struct tee *tee)
{
	return (struct reduced_sink){tee, tee_format, tee_window, tee_envelope, tee_gap, tee_edge, tee_event, tee_finish};
}
