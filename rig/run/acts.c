/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "acts.h"

#include <math.h>

/* A pulse belongs to a trigger a little after it too, as clocks differ. */
static const double EARLY_S = 0.002;
/* How long the device may go on after it was told to disarm: its reaction is measured elsewhere. */
static const double DISARM_GRACE_S = 0.1;

void acts_arm(struct acts *acts, bool armed, double frame)
{
	acts->armings[acts->arming_count++ % ARMINGS] = (struct arming){frame, armed};
}

void acts_fire_from(struct acts *acts, double frame)
{
	acts->firings[acts->firing_count++ % FIRINGS] = (struct firing){frame, INFINITY};
}

void acts_fire_to(struct acts *acts, double frame)
{
	if (acts->firing_count > 0)
		acts->firings[(acts->firing_count - 1) % FIRINGS].to = frame;
}

bool acts_armed(const struct acts *acts, double frame)
{
	bool armed = false;
	for (size_t i = acts->arming_count > ARMINGS ? acts->arming_count - ARMINGS : 0; i < acts->arming_count; i++) {
		const struct arming *arming = &acts->armings[i % ARMINGS];
		double grace = arming->armed ? -EARLY_S * acts->rate_hz : DISARM_GRACE_S * acts->rate_hz;
		if (arming->frame + grace <= frame)
			armed = arming->armed;
	}
	return armed;
}

bool acts_fired(const struct acts *acts, double frame, double slack_frames)
{
	for (size_t i = acts->firing_count; i > 0 && acts->firing_count - i < FIRINGS; i--) {
		const struct firing *firing = &acts->firings[(i - 1) % FIRINGS];
		if (frame >= firing->from - EARLY_S * acts->rate_hz - slack_frames &&
		    frame <= firing->to + ACTS_ATTRIBUTE_S * acts->rate_hz)
			return true;
	}
	return false;
}
