/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The instants where the current is zero between the lobes of a pulse and at its end. */
#include "linear.h"
#include "pulse_shape.h"
#include "pulse_work.h"

/* Left out before the end of a half-sine. */
#define END_SPIKE_S 0.5e-6
/* Of the first peak: samples no larger show the zero, and before an end none that are smaller. */
#define MOST_SHARE 0.25
#define LEAST_SHARE 0.02
enum { LEAST_SAMPLES = 3, PASSES = 3 };

/* Which samples show a zero: those of [from, to), of a size from least_a to most_a, further than the guard from where it was outlined. */
struct vicinity {
	size_t from, to;
	double outlined, guard, least_a, most_a;
};

/* The line through them, counted from `zero`, freed of the bend that the fitted wave has there with this tangent. */
static bool line_through(const struct work *work, const struct vicinity *near, double zero, double tangent, struct line_fit *line)
{
	double alpha = work->fit.alpha_per_s * work->ts, omega = work->fit.omega_per_s * work->ts;
	struct line_sums sums = {0};
	for (size_t i = near->from; i < near->to; i++) {
		double size = fabs(work->y[i]), t = (double)i - zero;
		if (size < near->least_a || size > near->most_a || fabs((double)i - near->outlined) <= near->guard)
			continue;
		line_add(&sums, t, work->y[i] - (work->fitted && tangent != 0 ? tangent * wave_bend(t, alpha, omega) : 0));
	}
	return sums.n >= LEAST_SAMPLES && line_solve(&sums, line);
}

/* Where a zero is found, how uncertain that is, and the time from the onset to it. */
struct zero {
	double *at_s;
	float *u_s, *u_from_onset_s;
};

static void find_zero(const struct work *work, const struct vicinity *near, double time0, const struct pulse *pulse,
		      const struct zero *found)
{
	struct line_fit line;
	double zero = near->outlined, tangent = 0;
	for (unsigned pass = 0; pass < PASSES; pass++) {
		if (!line_through(work, near, zero, tangent, &line))
			return;
		zero += line.zero;
		tangent = line.slope;
	}
	*found->at_s = time0 + zero * work->ts;
	*found->u_s = (float)(hypot(work->noise * sqrt(line.zero_variance), work->u_baseline) / fabs(line.slope) * work->ts);
	*found->u_from_onset_s = (float)hypot(pulse->u_onset_s, (double)*found->u_s);
}

static void zero_of_fit(const struct work *work, double half_waves, double time0, const struct zero *found)
{
	const struct wave_shape *shape = &work->shape;
	if (isfinite(*found->at_s) || !work->clean || !work->fitted)
		return;
	*found->at_s = time0 + work->onset * work->ts + half_waves * shape->half_wave.value;
	*found->u_s = (float)hypot(shape->onset.u, half_waves * shape->half_wave.u);
	*found->u_from_onset_s = (float)(half_waves * shape->half_wave.u);
}

void pulse_zeros(const struct work *work, unsigned half_waves, double time0, struct pulse *pulse)
{
	bool biphasic = half_waves == 2;
	double guard = (biphasic ? zero_guard_s(work->rise * work->ts) : END_SPIKE_S) / work->ts, reach = 0.2 * work->rise + 2;
	struct vicinity near = {.most_a = MOST_SHARE * work->peak_a};
	const struct zero first = {&pulse->zero1_s, &pulse->u_zero1_s, &pulse->u_from_onset1_s},
			  second = {&pulse->zero2_s, &pulse->u_zero2_s, &pulse->u_from_onset2_s};
	if (work->zero1 >= 0) {
		near.outlined = (double)work->zero1 - 0.5;
		near.from = clamp_index(work, (double)work->zero1 - reach);
		near.to = clamp_index(work, (double)work->zero1 + (biphasic ? reach : 0));
		near.guard = guard < 0.5 ? 0 : guard;
		near.least_a = biphasic ? 0 : LEAST_SHARE * work->peak_a;
		find_zero(work, &near, time0, pulse, &first);
	}
	if (work->zero2 >= 0) {
		near.outlined = (double)work->zero2 - 0.5;
		near.from = clamp_index(work, (double)work->zero2 - reach);
		near.to = clamp_index(work, (double)work->zero2);
		near.guard = 0;
		near.least_a = LEAST_SHARE * work->peak_a;
		find_zero(work, &near, time0, pulse, &second);
	}
	if (half_waves > 0)
		zero_of_fit(work, 1, time0, &first);
	if (biphasic)
		zero_of_fit(work, 2, time0, &second);
}
