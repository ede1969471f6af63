/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wave_match.h"

#include <math.h>

#define PI 3.14159265358979323846

enum { POINTS = 64 };

/* exp(-alpha t) sin(omega t) over its first peak, stepped through time. */
struct wave {
	double cosine, sine, turn_cosine, turn_sine, scale;
};

static struct wave wave_of(double alpha, double omega, double step_s)
{
	double peak_s = atan2(omega, alpha) / omega, shrink = exp(-alpha * step_s);
	return (struct wave){.cosine = 1,
			     .turn_cosine = shrink * cos(omega * step_s),
			     .turn_sine = shrink * sin(omega * step_s),
			     .scale = exp(alpha * peak_s) / sin(omega * peak_s)};
}

static double wave_next(struct wave *wave)
{
	double cosine = wave->cosine * wave->turn_cosine - wave->sine * wave->turn_sine;
	wave->sine = wave->sine * wave->turn_cosine + wave->cosine * wave->turn_sine;
	wave->cosine = cosine;
	return wave->scale * wave->sine;
}

bool wave_difference(double alpha1_per_s, double omega1_per_s, double alpha2_per_s, double omega2_per_s, bool half_sine,
		     struct wave_difference *difference)
{
	if (!(omega1_per_s > 0) || !(omega2_per_s > 0))
		return false;
	double end_s = (half_sine ? PI : 2 * PI) / fmax(omega1_per_s, omega2_per_s), step_s = end_s / POINTS, squares = 0;
	struct wave one = wave_of(alpha1_per_s, omega1_per_s, step_s), other = wave_of(alpha2_per_s, omega2_per_s, step_s);
	*difference = (struct wave_difference){0};
	for (unsigned i = 0; i < POINTS; i++) {
		double apart = fabs(wave_next(&one) - wave_next(&other));
		squares += apart * apart;
		difference->worst = fmax(difference->worst, apart);
	}
	difference->rms = sqrt(squares / POINTS);
	return isfinite(difference->rms);
}
