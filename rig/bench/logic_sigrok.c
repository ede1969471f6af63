/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A logic analyser through libsigrok, which runs in a child process (rig/sigrok). A thread takes the child's records; what the child does not say
 * any more, or what it counts wrong, ends the run.
 */
#include <errno.h>
#include <math.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"
#include "companion.h"
#include "sample_count.h"
#include "sigrok_wire.h"

/* On the network an answer comes at once or not at all; an analyser on USB may first be given its firmware, and comes back after seconds. */
static const double OPEN_S = 5, OPEN_NETWORK_S = 1.2, FIRST_S = 1, FIRST_NETWORK_S = 0.6, SILENCE_S = 0.7, LEAVE_S = 0.5;
/* Edges that nobody took yet: a line that switches without end must not take all of the memory. */
enum { MAX_EDGES = 1 << 22 };
/* Of when it began, where the first packet comes sooner than a computer can tell. */
static const double LEAST_U_START_S = 0.5e-3;

struct logic_sigrok {
	const struct logic_setup *setup;
	struct companion child;
	enum logic_line lines[LOGIC_LINE_COUNT]; /* by channel of the child */
	pthread_t reader;
	bool reader_started;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct edge *edges;
	size_t count, capacity, taken;
	bool started, first_packet, stopping, ended;
	struct error error;      /* kind ERROR_NONE: none */
	double heard_s, begin_s; /* begin_s: when it was told to start */
	double time0_s, u_time0_s;
	struct sample_count samples;
	char words[SIGROK_TEXT]; /* what the instrument says of itself */
};

static double now_s(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static bool blame(const struct logic_sigrok *logic, struct error *error)
{
	return error_prefix(error, "%s", logic->setup->connection);
}

/* Under the lock. Only the first cause counts. */
static void fail(struct logic_sigrok *logic, const char *format, ...) printf_like(2, 3);
static void fail(struct logic_sigrok *logic, const char *format, ...)
{
	if (logic->error.kind != ERROR_NONE)
		return;
	char text[512];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	error_bench(&logic->error, "%s", text);
}

static void add_edge(struct logic_sigrok *logic, const struct sigrok_record *record)
{
	if (logic->count == MAX_EDGES) {
		fail(logic, "its lines switch too often: %d edges wait to be taken", MAX_EDGES);
		return;
	}
	if (logic->count == logic->capacity) {
		size_t capacity = logic->capacity ? 2 * logic->capacity : 256;
		struct edge *grown = realloc(logic->edges, capacity * sizeof *grown);
		if (!grown) {
			fail(logic, "out of memory");
			return;
		}
		logic->edges = grown;
		logic->capacity = capacity;
	}
	logic->edges[logic->count++] = (struct edge){.line = logic->lines[record->channel],
						     .rising = record->value > 0,
						     .time_s = (double)record->sample / logic->setup->sample_rate_hz};
}

/* Its time 0 lies between the command to start and the arrival of the first packet, less the time that this covers. Rectangular. */
static void place_start(struct logic_sigrok *logic, const struct sigrok_record *record)
{
	double latest_s = record->time_s - (double)record->sample / logic->setup->sample_rate_hz;
	double earliest_s = fmin(logic->begin_s, latest_s);
	logic->time0_s = 0.5 * (earliest_s + latest_s);
	logic->u_time0_s = fmax((latest_s - earliest_s) / sqrt(12), LEAST_U_START_S);
}

static void on_progress(struct logic_sigrok *logic, const struct sigrok_record *record)
{
	if (!logic->first_packet)
		place_start(logic, record);
	logic->first_packet = true;
	double lost = sample_count_add(&logic->samples, record->sample, record->time_s);
	if (lost > 0)
		fail(logic, "about %.0f of %llu samples are missing by the clock; the times of its edges cannot be trusted", lost,
		     (unsigned long long)record->sample);
}

static void on_record(struct logic_sigrok *logic, const struct sigrok_record *record)
{
	logic->heard_s = now_s();
	switch ((enum sigrok_kind)record->kind) {
	case SIGROK_STARTED:
		logic->started = true;
		logic->begin_s = record->time_s;
		snprintf(logic->words, sizeof logic->words, "%s", record->text);
		break;
	case SIGROK_PROGRESS: on_progress(logic, record); break;
	case SIGROK_EDGE:
		if (record->channel < LOGIC_LINE_COUNT)
			add_edge(logic, record);
		break;
	case SIGROK_END:
		logic->ended = true;
		if (!logic->stopping)
			fail(logic, "it stopped by itself after %llu samples", (unsigned long long)record->sample);
		break;
	case SIGROK_ERROR: fail(logic, "%s", record->text); break;
	case SIGROK_FOUND:
	case SIGROK_SAMPLES:
	case SIGROK_SCALE:
	case SIGROK_ARMED:
	case SIGROK_FRAME: break;
	}
}

static void *read_records(void *argument)
{
	struct logic_sigrok *logic = argument;
	struct sigrok_record record;
	while (companion_read(&logic->child, &record, sizeof record) && record.magic == SIGROK_MAGIC) {
		pthread_mutex_lock(&logic->lock);
		on_record(logic, &record);
		pthread_cond_broadcast(&logic->changed);
		pthread_mutex_unlock(&logic->lock);
	}
	pthread_mutex_lock(&logic->lock);
	if (!logic->ended && !logic->stopping)
		fail(logic, "its program has ended");
	logic->ended = true;
	pthread_cond_broadcast(&logic->changed);
	pthread_mutex_unlock(&logic->lock);
	return NULL;
}

/* Waits until *flag, an error, or the time; true when the flag came. Under the lock. */
static bool await(struct logic_sigrok *logic, const bool *flag, double until_s)
{
	struct timespec until = {.tv_sec = (time_t)until_s, .tv_nsec = (long)(1e9 * (until_s - floor(until_s)))};
	while (!*flag && logic->error.kind == ERROR_NONE && !logic->ended)
		if (pthread_cond_timedwait(&logic->changed, &logic->lock, &until) == ETIMEDOUT)
			break;
	return *flag;
}

static bool start_child(struct logic_sigrok *logic, struct error *error)
{
	char path[4096], rate[32];
	const char *arguments[5 + LOGIC_LINE_COUNT] = {"tmsrig-sigrok", "capture", logic->setup->connection, rate};
	unsigned count = 0;
	snprintf(rate, sizeof rate, "%.0f", logic->setup->sample_rate_hz);
	for (unsigned line = 0; line < LOGIC_LINE_COUNT; line++) {
		if (!logic->setup->present[line])
			continue;
		logic->lines[count] = (enum logic_line)line;
		arguments[4 + count++] = logic->setup->channel[line];
	}
	if (!companion_path("tmsrig-sigrok", "sigrok", path, sizeof path, error) || !companion_start(&logic->child, path, arguments, error))
		return false;
	logic->reader_started = pthread_create(&logic->reader, NULL, read_records, logic) == 0;
	return logic->reader_started || error_bench(error, "cannot start a thread");
}

static bool logic_start(void *self, struct error *error)
{
	struct logic_sigrok *logic = self;
	if (!start_child(logic, error))
		return blame(logic, error);
	pthread_mutex_lock(&logic->lock);
	bool network = strstr(logic->setup->connection, "conn=tcp") != NULL;
	double open_s = network ? OPEN_NETWORK_S : OPEN_S, first_s = network ? FIRST_NETWORK_S : FIRST_S;
	bool up = await(logic, &logic->started, now_s() + open_s) && await(logic, &logic->first_packet, now_s() + first_s);
	if (!up && logic->error.kind != ERROR_NONE)
		*error = logic->error;
	else if (!up)
		error_bench(error, logic->started ? "it started, but no samples came within %.1f s" : "it did not answer within %.1f s",
			    logic->started ? first_s : open_s);
	pthread_mutex_unlock(&logic->lock);
	return up || blame(logic, error);
}

static bool logic_read(void *self, struct edge *edges, size_t max, size_t *count, bool *end, struct error *error)
{
	struct logic_sigrok *logic = self;
	*count = 0;
	pthread_mutex_lock(&logic->lock);
	if (!logic->ended && !logic->stopping && now_s() - logic->heard_s > SILENCE_S)
		fail(logic, "no samples for %.1f s, after %llu of them", SILENCE_S, (unsigned long long)logic->samples.samples);
	bool failed = logic->error.kind != ERROR_NONE;
	if (failed)
		*error = logic->error;
	while (!failed && *count < max && logic->taken < logic->count)
		edges[(*count)++] = logic->edges[logic->taken++];
	if (logic->taken == logic->count)
		logic->taken = logic->count = 0;
	*end = *count == 0 && logic->ended;
	pthread_mutex_unlock(&logic->lock);
	return !failed || blame(logic, error);
}

static bool logic_stop(void *self, struct error *error)
{
	struct logic_sigrok *logic = self;
	pthread_mutex_lock(&logic->lock);
	bool before = logic->error.kind != ERROR_NONE;
	logic->stopping = true;
	companion_end_input(&logic->child);
	logic->ended = logic->ended || !logic->reader_started;
	if (!before)
		await(logic, &logic->ended, now_s() + LEAVE_S);
	/* A driver that does not stop has still delivered its edges: nothing is lost by killing it. */
	if (!logic->ended)
		companion_signal_kill(&logic->child);
	bool failed = logic->error.kind != ERROR_NONE;
	if (failed)
		*error = logic->error;
	pthread_mutex_unlock(&logic->lock);
	return !failed || blame(logic, error);
}

static double logic_start_time(void *self, double *u_s)
{
	struct logic_sigrok *logic = self;
	pthread_mutex_lock(&logic->lock);
	double time_s = logic->time0_s;
	*u_s = logic->u_time0_s;
	pthread_mutex_unlock(&logic->lock);
	return time_s;
}

static const struct logic_ops LOGIC_OPS = {
	.start = logic_start,
	.read = logic_read,
	.stop = logic_stop,
	.start_time = logic_start_time,
};

static void sigrok_close(void *state)
{
	struct logic_sigrok *logic = state;
	if (!logic)
		return;
	pthread_mutex_lock(&logic->lock);
	logic->stopping = true;
	pthread_mutex_unlock(&logic->lock);
	/* The reader ends when the child's output does. */
	companion_signal_kill(&logic->child);
	if (logic->reader_started)
		pthread_join(logic->reader, NULL);
	companion_kill(&logic->child);
	pthread_cond_destroy(&logic->changed);
	pthread_mutex_destroy(&logic->lock);
	free(logic->edges);
	free(logic);
}

static bool sigrok_open(const struct bench_setup *setup, const char *recording, struct ports *ports, void **state, struct error *error)
{
	(void)recording;
	char path[4096];
	if (!companion_path("tmsrig-sigrok", "sigrok", path, sizeof path, error))
		return false;
	struct logic_sigrok *logic = calloc(1, sizeof *logic);
	if (!logic)
		return error_bench(error, "out of memory");
	logic->setup = &setup->logic;
	logic->child = (struct companion){.pid = -1, .in = -1, .out = -1};
	sample_count_make(&logic->samples, setup->logic.sample_rate_hz, setup->logic.clock_accuracy_rel);
	pthread_condattr_t monotonic;
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&logic->changed, &monotonic);
	pthread_condattr_destroy(&monotonic);
	pthread_mutex_init(&logic->lock, NULL);
	ports->logic = (struct logic_port){&LOGIC_OPS, logic};
	*state = logic;
	return true;
}

const struct driver driver_sigrok = {"sigrok", sigrok_open, sigrok_close};
