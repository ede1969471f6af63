/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plant.h"

#include <pthread.h>
#include <time.h>

struct plant_state {
	pthread_mutex_t clock_lock, stimulator_lock, failure_lock;
	double offset_s; /* virtual minus monotonic */
	bool (*follow)(void *self, double monotonic_s, struct error *error);
	void *follow_self;
	bool failed;
	struct error failure;
};

double plant_monotonic_s(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

bool plant_make(struct plant *plant, const struct bench_setup *setup, struct ports *ports, struct serve_faults *faults, struct error *error)
{
	*plant = (struct plant){setup, ports, faults, calloc(1, sizeof *plant->state)};
	if (!plant->state)
		return error_bench(error, "out of memory");
	pthread_mutex_init(&plant->state->clock_lock, NULL);
	pthread_mutex_init(&plant->state->stimulator_lock, NULL);
	pthread_mutex_init(&plant->state->failure_lock, NULL);
	plant->state->offset_s = ports->clock.ops->now_s(ports->clock.self) - plant_monotonic_s();
	return true;
}

void plant_finish(struct plant *plant)
{
	if (!plant->state)
		return;
	pthread_mutex_destroy(&plant->state->clock_lock);
	pthread_mutex_destroy(&plant->state->stimulator_lock);
	pthread_mutex_destroy(&plant->state->failure_lock);
	free(plant->state);
	plant->state = NULL;
}

void plant_follow(struct plant *plant, bool (*follow)(void *self, double monotonic_s, struct error *error), void *self)
{
	pthread_mutex_lock(&plant->state->clock_lock);
	plant->state->follow = follow;
	plant->state->follow_self = self;
	pthread_mutex_unlock(&plant->state->clock_lock);
}

bool plant_move_to(struct plant *plant, double monotonic_s, struct error *error)
{
	const struct clock_port *clock = &plant->ports->clock;
	return clock->ops->sleep_until(clock->self, monotonic_s + plant->state->offset_s, error);
}

double plant_advance(struct plant *plant)
{
	struct error error = {0};
	struct plant_state *state = plant->state;
	pthread_mutex_lock(&state->clock_lock);
	/* The time first: what happens on the lines from here on is not before it. */
	double monotonic_s = plant_monotonic_s(), now_s = monotonic_s + state->offset_s;
	bool moved = state->follow ? state->follow(state->follow_self, monotonic_s, &error) : plant_move_to(plant, monotonic_s, &error);
	pthread_mutex_unlock(&plant->state->clock_lock);
	if (!moved)
		plant_fail(plant, &error);
	return now_s;
}

const struct stimulator_port *plant_take_stimulator(struct plant *plant)
{
	pthread_mutex_lock(&plant->state->stimulator_lock);
	plant_advance(plant);
	return &plant->ports->stimulator;
}

void plant_give_stimulator(struct plant *plant)
{
	/* Lines that tell of the device's state do so before it answers. */
	plant_advance(plant);
	pthread_mutex_unlock(&plant->state->stimulator_lock);
}

bool plant_failed(struct plant *plant, struct error *error)
{
	pthread_mutex_lock(&plant->state->failure_lock);
	bool failed = plant->state->failed;
	if (failed)
		*error = plant->state->failure;
	pthread_mutex_unlock(&plant->state->failure_lock);
	return failed;
}

void plant_fail(struct plant *plant, const struct error *error)
{
	pthread_mutex_lock(&plant->state->failure_lock);
	if (!plant->state->failed)
		plant->state->failure = *error;
	plant->state->failed = true;
	pthread_mutex_unlock(&plant->state->failure_lock);
}
