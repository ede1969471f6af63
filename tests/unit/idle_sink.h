/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* A sink that takes a recording and looks at none of it; a test puts its own functions in for what it wants to see. */
#include "recording.h"

static bool idle_format(void *self, const struct recording_format *format, struct error *error)
{
	(void)self, (void)format, (void)error;
	return true;
}

static bool idle_block(void *self, const struct block *block, struct error *error)
{
	(void)self, (void)block, (void)error;
	return true;
}

static bool idle_gap(void *self, const struct gap *gap, struct error *error)
{
	(void)self, (void)gap, (void)error;
	return true;
}

static bool idle_edge(void *self, const struct edge *edge, struct error *error)
{
	(void)self, (void)edge, (void)error;
	return true;
}

static bool idle_event(void *self, const struct run_event *event, struct error *error)
{
	(void)self, (void)event, (void)error;
	return true;
}

static bool idle_finish(void *self, struct error *error)
{
	(void)self, (void)error;
	return true;
}

static inline struct recording_sink idle_sink(void *self)
{
	return (struct recording_sink){self, idle_format, idle_block, idle_gap, idle_edge, idle_event, idle_finish};
}
