/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wave_features.h"

#include <math.h>

/*
 * How far a parabola through 2 half + 1 samples lies above the top of a cosine, relative to it (negative: below): the constant of the
 * least-squares parabola through omega^4 t^4 / 24. For many samples that tends to -(omega half)^4 / 280.
 */
static double parabola_bias(double omega, size_t half)
{
	double s0 = 1, s2 = 0, s4 = 0, s6 = 0;
	for (size_t i = 1; i <= half; i++) {
		double tt = (double)(i * i);
		s0 += 2;
		s2 += 2 * tt;
		s4 += 2 * tt * tt;
		s6 += 2 * tt * tt * tt;
	}
	return omega * omega * omega * omega / 24 * (s4 * s4 - s2 * s6) / (s0 * s4 - s2 * s2);
}

bool feature_peak(const double *y, size_t n, size_t near, size_t half, int sign, double omega, double noise, struct feature *peak)
{
	if (near < half || near + half >= n)
		return false;
	double c[3];
	if (!parabola_fit(y + near - half, 2 * half + 1, c) || !(c[2] * sign < 0))
		return false;
	double shift = -c[1] / (2 * c[2]);
	if (fabs(shift) > (double)half)
		return false;
	double top = c[0] - c[1] * c[1] / (4 * c[2]), points = (double)(2 * half + 1);
	double squares = points * points;
	*peak = (struct feature){
		.at = (double)near + shift,
		.value = top * (1 - parabola_bias(omega, half)),
		.u_at = noise * sqrt(12.0) / (fabs(top) * omega * omega * pow(points, 1.5)),
		.u_value = noise * sqrt(3 * (3 * squares - 7) / (4 * points * (squares - 4))),
	};
	return true;
}

bool feature_crossing(const double *y, size_t n, size_t near, size_t half, size_t lowest, double level, double noise,
		      struct feature *crossing)
{
	size_t from = near > half + lowest ? near - half : lowest;
	size_t points = 2 * half + 1;
	if (half < 1 || from + points > n)
		return false;
	double c[3];
	if (!parabola_fit(y + from, points, c))
		return false;
	double middle = (double)(from + half), target = (double)near - middle;
	double root = c[1] * c[1] - 4 * c[2] * (c[0] - level);
	if (root < 0)
		return false;
	double at;
	if (fabs(c[2]) * (double)(points * points) < 1e-9 * fabs(c[1])) {
		at = (level - c[0]) / c[1];
	} else {
		double one = (-c[1] + sqrt(root)) / (2 * c[2]), other = (-c[1] - sqrt(root)) / (2 * c[2]);
		at = fabs(one - target) < fabs(other - target) ? one : other;
	}
	if (!(fabs(at - target) <= (double)half + 2))
		return false;
	double slope = c[1] + 2 * c[2] * at;
	/* The variance of a quadratic fit at its middle is 9/4 of that of a mean; of three points it is that of one. */
	double u = noise * (points > 3 ? 1.5 / sqrt((double)points) : 1.0) / fabs(slope);
	*crossing = (struct feature){.at = middle + at, .value = slope, .u_at = u, .u_value = 0};
	return isfinite(u);
}
