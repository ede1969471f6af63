/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Two units and a module that joins them at one coil, as in a BiStim: a trigger makes the first one give the conditioning stimulus; over the link the
 * second one hears of it, and gives the test stimulus an interval later.
 */
#include "sim_world.h"

/* A unit that has lost the other without noticing keeps time by itself: its pulse comes so many intervals late. An engineering choice. */
static const double free_running = 0.5;

enum { SECOND_UNIT = 2 };

bool sim_pair_on(const struct sim_world *world)
{
	return world->setup->sim.dual_s > 0 && world->charger.banks > 1;
}

static bool link_lost(const struct sim_world *world)
{
	return world->interlocks.state[SIGNAL_LINK] != STATE_NORMAL;
}

/* Whether it is the second unit that does not look at the link, while the first one does. */
static bool second_alone_blind(const struct sim_world *world)
{
	double unit;
	return sim_interlock_wrong(&world->setup->sim, IL21_SYNC, INTERLOCK_ONE_CHANNEL, &unit) && unit >= SECOND_UNIT;
}

bool sim_pair_first_inhibits(const struct sim_world *world)
{
	return sim_pair_on(world) && link_lost(world) && second_alone_blind(world);
}

static bool second_is_blind(const struct sim_world *world)
{
	const struct sim_setup *sim = &world->setup->sim;
	bool open = world->interlocks.state[SIGNAL_LINK] == STATE_OPEN;
	return sim_interlock_wrong(sim, IL21_SYNC, INTERLOCK_IGNORED, NULL) || second_alone_blind(world) ||
	       (!open && sim_interlock_wrong(sim, IL21_SYNC, INTERLOCK_WIRE, NULL));
}

void sim_pair_second(struct sim_world *world, const struct sim_due *due)
{
	if (!link_lost(world)) {
		sim_shot_fire(world, due);
	} else if (second_is_blind(world)) {
		struct sim_due later = *due;
		later.time_s = world->now_s + free_running * world->setup->sim.dual_s;
		later.kind = SIM_DUE_FIRE;
		sim_due_add(world, later);
	}
}
