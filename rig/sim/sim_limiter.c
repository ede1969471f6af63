/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>

#include "sim_world.h"

/* Tolerance of the device's own clock in judging an interval. */
static const double slack_rel = 1e-4, slack_s = 1e-6;
/* An average power rating is one of the mean over a minute (63 kJ in 60 s for 1050 W). */
static const double average_s = 60;

static bool long_enough(double interval_s, double least_s)
{
	return !(least_s > 0) || interval_s >= least_s * (1 - slack_rel) - slack_s;
}

static double commanded_pct(const struct sim_world *world)
{
	if (sim_pair_on(world))
		return fmax(world->intensity_pct, world->second_pct);
	return world->next_bank == 1 ? world->second_pct : world->intensity_pct;
}

/* What a trigger takes from the capacitors. */
static double trigger_j(const struct sim_world *world)
{
	if (sim_pair_on(world))
		return device_stored_energy_j(world->device, world->intensity_pct) +
		       device_stored_energy_j(world->device, world->second_pct);
	return device_stored_energy_j(world->device, commanded_pct(world));
}

static double spent_j(const struct sim_world *world, double time_s)
{
	double drained_j = world->device->average_power_w.value * (time_s - world->limiter.spent_at_s);
	return fmax(0, world->limiter.spent_j - drained_j);
}

static bool in_pair(const struct sim_world *world, double interval_s)
{
	double least_s = world->device->pair_interval_s.value;
	return world->next_bank == 1 && isfinite(least_s) && long_enough(interval_s, least_s);
}

static bool in_burst(const struct sim_world *world, double interval_s)
{
	double pulses = world->device->burst_pulses.value, least_s = world->device->burst_interval_s.value;
	return !world->setup->sim.single_pulses && isfinite(pulses) && isfinite(least_s) && world->limiter.burst < pulses &&
	       long_enough(interval_s, least_s);
}

static bool at_rate(const struct sim_world *world, double interval_s)
{
	double rate_hz = device_rate_limit_hz(world->device, commanded_pct(world));
	return rate_hz > 0 && long_enough(interval_s, 1 / rate_hz) && long_enough(interval_s, world->device->minimum_interval_s.value);
}

const char *sim_limiter_refuses(const struct sim_world *world, double time_s)
{
	double power_w = world->device->average_power_w.value;
	if (device_rate_limit_hz(world->device, commanded_pct(world)) <= 0)
		return "intensity not allowed";
	if (power_w > 0) {
		if (spent_j(world, time_s) + trigger_j(world) > power_w * average_s)
			return "average power exceeded";
	}
	if (isnan(world->limiter.last_s))
		return NULL;
	double interval_s = time_s - world->limiter.last_s;
	if (at_rate(world, interval_s) || in_burst(world, interval_s) || in_pair(world, interval_s))
		return NULL;
	return "repetition rate exceeded";
}

void sim_limiter_book(struct sim_world *world, double time_s)
{
	struct sim_limiter *limiter = &world->limiter;
	bool apart = isnan(limiter->last_s) || at_rate(world, time_s - limiter->last_s);
	limiter->burst = apart ? 1 : limiter->burst + 1;
	if (world->device->average_power_w.value > 0) {
		limiter->spent_j = spent_j(world, time_s) + trigger_j(world);
		limiter->spent_at_s = time_s;
	}
	limiter->last_s = time_s;
}
