/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A verdict can be made again from the evidence: measuring the stored recording gives, bit for bit, what measuring the run gave.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "config.h"
#include "measure.h"
#include "plan_builder.h"
#include "run.h"
#include "scan.h"
#include "sim.h"
#include "store.h"

static struct bench_setup *setup;
static struct plan *plan;

static void load(const char *bench, const char *scenario)
{
	struct error error = {0};
	struct plan_parameters parameters = {.motor_threshold_pct = NAN};
	setup = config_load_bench(bench, SOURCE_ROOT "/fixtures", &error);
	cr_assert_not_null(setup, "%s", error.text);
	plan = plan_build(scenario, &parameters, &error);
	cr_assert_not_null(plan, "%s", error.text);
}

static void run_into(const struct reduced_sink *reduced)
{
	const struct driver *const drivers[] = {&driver_sim, NULL};
	struct error error = {0};
	bool finished;
	auto_bench struct bench *bench = bench_open(setup, drivers, NULL, &error);
	cr_assert_not_null(bench, "%s", error.text);
	auto_scan struct scan *scan = scan_create(reduced, &error);
	cr_assert_not_null(scan, "%s", error.text);
	struct recording_sink sink = scan_sink(scan);
	struct run_options options = {0};
	cr_assert(run_plan(bench, plan, &sink, &options, &finished, &error), "%s", error.text);
}

static struct results *results_of(struct measure *measure)
{
	struct error error = {0};
	struct results *results = measure_finish(measure, &error);
	cr_assert_not_null(results, "%s", error.text);
	return results;
}

static void same(const char *what, const void *a, size_t a_count, const void *b, size_t b_count, size_t size)
{
	cr_expect_eq(a_count, b_count, "%s: %zu and %zu", what, a_count, b_count);
	cr_expect(a_count == b_count && memcmp(a, b, a_count * size) == 0, "%s differ", what);
}

static void check_bench(const char *bench, const char *scenario)
{
	load(bench, scenario);
	struct error error = {0};
	char path[] = "/tmp/tmsrig-replay-XXXXXX";
	int fd = mkstemp(path);
	cr_assert(fd >= 0);
	close(fd);

	auto_measure struct measure *live = measure_create(plan, setup->device, &error);
	struct reduced_sink into_measure = measure_sink(live);
	run_into(&into_measure);
	auto_results struct results *first = results_of(live);

	struct store *store = store_create(path, &error);
	cr_assert_not_null(store, "%s", error.text);
	struct reduced_sink into_store = store_sink(store);
	run_into(&into_store);
	store_destroy(store);

	auto_store_reader struct store_reader *reader = store_open(path, &error);
	cr_assert_not_null(reader, "%s", error.text);
	auto_measure struct measure *again = measure_create(plan, setup->device, &error);
	struct reduced_sink from_store = measure_sink(again);
	cr_assert(store_replay(reader, &from_store, &error), "%s", error.text);
	auto_results struct results *second = results_of(again);
	unlink(path);
	for (size_t i = 0; i < second->measurement_count; i++) {
		struct budget budget;
		const struct measurement *m = &second->measurements[i];
		cr_assert(measure_budget(again, second, i, &budget, &error), "%s", error.text);
		cr_assert(budget_u_random(&budget) == m->u_random && budget_u_systematic(&budget) == m->u_systematic,
			  "%s %u: the budget has not the stated uncertainty", m->measurand->id, m->subject);
	}

	cr_assert_gt(first->pulse_count, 20);
	cr_assert_gt(first->measurement_count, 300);
	same("pulses", first->pulses, first->pulse_count, second->pulses, second->pulse_count, sizeof *first->pulses);
	same("measurements", first->measurements, first->measurement_count, second->measurements, second->measurement_count,
	     sizeof *first->measurements);
	same("edges", first->trigger_edges_s, first->trigger_edge_count, second->trigger_edges_s, second->trigger_edge_count,
	     sizeof(double));
	cr_expect_eq(first->duration_s, second->duration_s);
	bench_setup_destroy(setup);
	plan_destroy(plan);
}

Test(chain_replay, the_stored_recording_gives_the_same_results)
{
	check_bench("virtual", SOURCE_ROOT "/scenarios/smoke.lua");
}

Test(chain_replay, also_for_a_monophasic_device)
{
	check_bench("virtual-monophasic", SOURCE_ROOT "/scenarios/single-pulse.lua");
}
