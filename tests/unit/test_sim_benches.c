/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every virtual bench that is shipped: its device keeps what its own file promises. */
#include <glob.h>

#include "config.h"
#include "sim_bench.h"

/* One corner of the rate table: 30 pulses at the highest rate allowed all fire, none more than 2 % off. */
static void try_corner(struct sim_bench *bench, const struct device *device, const struct rate_limit *corner)
{
	bench_intensity(bench, corner->intensity_pct, (double)NAN);
	bench_await_ready(bench);
	bench_sleep(bench, 0.5);
	size_t before = sim_truth(bench->state).count;
	for (int n = 0; n < 30; n++) {
		bench_trigger(bench);
		bench_sleep(bench, 1 / corner->rate_hz);
	}
	struct sim_truth truth = sim_truth(bench->state);
	cr_expect_eq(truth.count, before + 30, "%s at %g %%, %g Hz: %s", device->id, corner->intensity_pct, corner->rate_hz,
		     bench_status(bench).fault);
	double nominal_a = device->peak1_a.value * corner->intensity_pct / 100;
	for (size_t i = before; i < truth.count; i++)
		cr_expect_float_eq(truth.pulses[i].peak1_a, nominal_a, 0.02 * nominal_a, "%s at %g %%: %g A, %g A nominal", device->id,
				   corner->intensity_pct, truth.pulses[i].peak1_a, nominal_a);
}

static void try_bench(const char *path)
{
	struct error error = {0};
	auto_bench_setup struct bench_setup *setup = config_load_bench(path, SOURCE_ROOT "/fixtures", &error);
	cr_assert_not_null(setup, "%s", error.text);
	struct sim_bench bench = {0};
	cr_assert(driver_sim.open(setup, NULL, &bench.ports, &bench.state, &error), "%s: %s", path, error.text);
	bench_arm(&bench, 10);
	for (size_t r = 0; r < setup->device->rate_count; r++)
		try_corner(&bench, setup->device, &setup->device->rate_table[r]);
	bench_disarm(&bench);
	bench_sleep(&bench, 5);
	cr_expect_lt(sim_truth(bench.state).discharge_60v_s, 5.0, "%s: not below 60 V after 5 s", path);
	bench_finish(&bench);
}

Test(sim_benches, sustain_the_corners_of_their_rate_tables)
{
	glob_t found;
	cr_assert_eq(glob(SOURCE_ROOT "/fixtures/benches/virtual*.yaml", 0, NULL, &found), 0);
	cr_assert_geq(found.gl_pathc, 7);
	for (size_t i = 0; i < found.gl_pathc; i++)
		try_bench(found.gl_pathv[i]);
	globfree(&found);
}
