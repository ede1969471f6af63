/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The capture's threads, as a bare program so that it can run under ThreadSanitizer: the same recording twice, an operator's abort, a sink that
 * fails, each without a hang and with the right error.
 * usage: test_capture FIXTURES SCENARIO
 */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "config.h"
#include "plan_builder.h"
#include "run.h"
#include "sim.h"

static int passed, failed;

#define CHECK(condition, ...)                                                                                                              \
	do {                                                                                                                               \
		if (condition) {                                                                                                           \
			passed++;                                                                                                          \
		} else {                                                                                                                   \
			failed++;                                                                                                          \
			printf("not ok: %s: ", #condition);                                                                                \
			printf(__VA_ARGS__);                                                                                               \
			printf("\n");                                                                                                      \
		}                                                                                                                          \
	} while (0)

/* Sums up everything pushed into it, and the order of the calls. */
struct digest {
	uint64_t hash, blocks, events, edges;
	uint64_t fail_after; /* blocks; 0: never */
	bool finished, aborted;
	double last_event_s;
};

static void mix(struct digest *digest, const void *bytes, size_t size)
{
	const unsigned char *at = bytes;
	for (size_t i = 0; i < size; i++)
		digest->hash = (digest->hash ^ at[i]) * UINT64_C(0x100000001b3);
}

static unsigned channels;

static bool on_format(void *self, const struct recording_format *format, struct error *error)
{
	(void)self, (void)error;
	channels = format->channel_count;
	return true;
}

static bool on_block(void *self, const struct block *block, struct error *error)
{
	struct digest *digest = self;
	if (digest->fail_after && digest->blocks >= digest->fail_after)
		return error_bench(error, "the disk is full");
	digest->blocks++;
	mix(digest, &block->first_frame, sizeof block->first_frame);
	mix(digest, block->samples, block->frames * channels * sizeof *block->samples);
	return true;
}

static bool on_gap(void *self, const struct gap *gap, struct error *error)
{
	(void)error;
	mix(self, &gap->first_frame, sizeof gap->first_frame);
	return true;
}

static bool on_edge(void *self, const struct edge *edge, struct error *error)
{
	(void)error;
	struct digest *digest = self;
	digest->edges++;
	mix(digest, &edge->time_s, sizeof edge->time_s);
	return true;
}

static bool on_event(void *self, const struct run_event *event, struct error *error)
{
	(void)error;
	struct digest *digest = self;
	digest->events++;
	if (event->kind == EVENT_ABORTED)
		digest->aborted = true;
	mix(digest, &event->time_s, sizeof event->time_s);
	mix(digest, &event->index, sizeof event->index);
	return true;
}

static bool on_finish(void *self, struct error *error)
{
	(void)error;
	((struct digest *)self)->finished = true;
	return true;
}

static atomic_bool abort_flag;
static double abort_after_s = INFINITY;

static void on_progress(void *self, const struct run_progress *progress)
{
	(void)self;
	if (progress->time_s > abort_after_s)
		atomic_store(&abort_flag, true);
}

static bool run_once(const struct bench_setup *setup, const struct plan *plan, struct digest *digest, bool *finished, struct error *error)
{
	digest->hash = UINT64_C(0xcbf29ce484222325);
	atomic_store(&abort_flag, false);
	const struct driver *const drivers[] = {&driver_sim, NULL};
	auto_bench struct bench *bench = bench_open(setup, drivers, NULL, error);
	if (!bench)
		return false;
	struct recording_sink sink = {digest, on_format, on_block, on_gap, on_edge, on_event, on_finish};
	struct run_options options = {.progress = on_progress, .abort = &abort_flag};
	return run_plan(bench, plan, &sink, &options, finished, error);
}

int main(int argc, char **argv)
{
	struct error error = {0};
	if (argc != 3)
		return 2;
	auto_bench_setup struct bench_setup *setup = config_load_bench("virtual", argv[1], &error);
	struct plan_parameters parameters = {.motor_threshold_pct = NAN};
	auto_plan struct plan *plan = setup ? plan_build(argv[2], &parameters, &error) : NULL;
	if (!plan) {
		fprintf(stderr, "%s\n", error.text);
		return 2;
	}
	bool finished;
	struct digest first = {0}, second = {0};
	CHECK(run_once(setup, plan, &first, &finished, &error), "%s", error.text);
	CHECK(finished && first.finished && !first.aborted, "a complete run");
	CHECK(first.events >= plan->pulse_count, "%" PRIu64 " events", first.events);
	CHECK(run_once(setup, plan, &second, &finished, &error), "%s", error.text);
	CHECK(first.hash == second.hash, "two runs of one seed, %" PRIx64 " and %" PRIx64, first.hash, second.hash);
	CHECK(first.blocks == second.blocks && first.edges == second.edges, "%" PRIu64 " blocks", first.blocks);

	struct digest stopped = {0};
	abort_after_s = 0.5;
	CHECK(!run_once(setup, plan, &stopped, &finished, &error), "an aborted run must not succeed");
	CHECK(error.kind == ERROR_ABORTED, "%d %s", (int)error.kind, error.text);
	CHECK(finished && stopped.aborted, "the record of an aborted run is finished and marked");
	abort_after_s = INFINITY;

	struct digest full = {.fail_after = 3};
	error = (struct error){0};
	CHECK(!run_once(setup, plan, &full, &finished, &error), "a failing sink must fail the run");
	CHECK(error.kind == ERROR_BENCH && strstr(error.text, "disk is full"), "%s", error.text);
	CHECK(full.blocks == 3, "%" PRIu64 " blocks", full.blocks);

	printf("%d passed, %d failed\n", passed, failed);
	return failed != 0;
}
