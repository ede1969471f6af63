/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * What the rig did to the device, and when: the last armings and firings of a run, in frames of the stream. What the stream shows is held against them.
 */
#include <stdbool.h>
#include <stddef.h>

enum { FIRINGS = 1024, ARMINGS = 64 };
/* A pulse belongs to a trigger up to so long before it. */
static const double ACTS_ATTRIBUTE_S = 0.1;

struct arming {
	double frame;
	bool armed;
};

struct firing {
	double from, to; /* to: INFINITY while it is not known whether it fired */
};

struct acts {
	double rate_hz;
	struct firing firings[FIRINGS]; /* the last ones, round and round */
	size_t firing_count;
	struct arming armings[ARMINGS];
	size_t arming_count;
};

/* The rig arms at this frame, or has disarmed. */
void acts_arm(struct acts *acts, bool armed, double frame);
/* The rig is about to fire from this frame on; it did by that one. */
void acts_fire_from(struct acts *acts, double frame);
void acts_fire_to(struct acts *acts, double frame);
/* Whether the device may be armed at this frame. */
bool acts_armed(const struct acts *acts, double frame);
/* Whether a pulse at this frame, known to within slack_frames before it, may be of a trigger. */
bool acts_fired(const struct acts *acts, double frame, double slack_frames);
