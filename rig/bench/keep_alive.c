/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "keep_alive.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "serial.h"

static const double QUIET_BEFORE_S = 0.05, QUIET_AFTER_S = 0.002;
/* An exchange under way takes about so long; begun later it would reach into the quiet time. */
static const double EXCHANGE_S = 0.03;
static const double BUSY_S = 0.002;

struct keep_alive {
	struct keep_alive_setup setup;
	pthread_t thread;
	pthread_mutex_t lock; /* of all below */
	pthread_cond_t wake;
	bool stop, armed, failed;
	double told_s; /* of the last exchange */
	double shot_s; /* when the next one is due, or the last one was */
	struct error error;
};

/* When the next word is due: after the period, outside of the quiet time, unless that were too late. */
static double next_s(const struct keep_alive *alive)
{
	const struct keep_alive_setup *setup = &alive->setup;
	double at_s = fmax(alive->told_s + (alive->armed ? setup->armed_s : setup->idle_s), serial_now_s());
	double latest_s = alive->told_s + (alive->armed ? setup->latest_armed_s : setup->latest_idle_s);
	if (at_s > alive->shot_s - QUIET_BEFORE_S - EXCHANGE_S && at_s < alive->shot_s + QUIET_AFTER_S)
		return fmax(at_s, fmin(alive->shot_s + QUIET_AFTER_S, latest_s));
	return at_s;
}

static void wait_until(struct keep_alive *alive, double at_s)
{
	struct timespec until = {.tv_sec = (time_t)at_s, .tv_nsec = (long)(1e9 * (at_s - floor(at_s)))};
	pthread_cond_timedwait(&alive->wake, &alive->lock, &until);
}

static void *run(void *argument)
{
	struct keep_alive *alive = argument;
	pthread_mutex_lock(&alive->lock);
	while (!alive->stop && !alive->failed) {
		double at_s = next_s(alive);
		if (at_s > serial_now_s()) {
			wait_until(alive, at_s);
			continue;
		}
		struct error error = {0};
		pthread_mutex_unlock(&alive->lock);
		enum keep_alive_result result = alive->setup.talk(alive->setup.self, &error);
		pthread_mutex_lock(&alive->lock);
		switch (result) {
		case KEEP_ALIVE_DONE: alive->told_s = serial_now_s(); break;
		case KEEP_ALIVE_BUSY: wait_until(alive, serial_now_s() + BUSY_S); break;
		case KEEP_ALIVE_FAILED:
			alive->failed = true;
			alive->error = error;
			break;
		}
	}
	pthread_mutex_unlock(&alive->lock);
	return NULL;
}

struct keep_alive *keep_alive_start(const struct keep_alive_setup *setup, struct error *error)
{
	struct keep_alive *alive = calloc(1, sizeof *alive);
	if (!alive) {
		error_bench(error, "keep-alive: out of memory");
		return NULL;
	}
	alive->setup = *setup;
	alive->told_s = serial_now_s();
	alive->shot_s = -INFINITY;
	pthread_condattr_t monotonic;
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&alive->wake, &monotonic);
	pthread_condattr_destroy(&monotonic);
	pthread_mutex_init(&alive->lock, NULL);
	if (pthread_create(&alive->thread, NULL, run, alive) == 0)
		return alive;
	pthread_cond_destroy(&alive->wake);
	pthread_mutex_destroy(&alive->lock);
	free(alive);
	error_bench(error, "keep-alive: cannot start a thread");
	return NULL;
}

void keep_alive_stop(struct keep_alive *alive)
{
	if (!alive)
		return;
	pthread_mutex_lock(&alive->lock);
	alive->stop = true;
	pthread_cond_signal(&alive->wake);
	pthread_mutex_unlock(&alive->lock);
	pthread_join(alive->thread, NULL);
	pthread_cond_destroy(&alive->wake);
	pthread_mutex_destroy(&alive->lock);
	free(alive);
}

void keep_alive_told(struct keep_alive *alive)
{
	if (!alive)
		return;
	pthread_mutex_lock(&alive->lock);
	alive->told_s = serial_now_s();
	pthread_mutex_unlock(&alive->lock);
}

void keep_alive_armed(struct keep_alive *alive, bool armed)
{
	if (!alive)
		return;
	pthread_mutex_lock(&alive->lock);
	alive->armed = armed;
	pthread_cond_signal(&alive->wake);
	pthread_mutex_unlock(&alive->lock);
}

void keep_alive_expect_shot(struct keep_alive *alive, double shot_s)
{
	pthread_mutex_lock(&alive->lock);
	alive->shot_s = shot_s;
	pthread_mutex_unlock(&alive->lock);
}

bool keep_alive_good(struct keep_alive *alive, struct error *error)
{
	pthread_mutex_lock(&alive->lock);
	bool good = !alive->failed;
	if (!good)
		*error = alive->error;
	pthread_mutex_unlock(&alive->lock);
	return good || error_prefix(error, "keep-alive");
}
