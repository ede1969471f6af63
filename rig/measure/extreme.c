/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "extreme.h"

#include <math.h>

#define PI 3.14159265358979323846

double extreme_mean(double n)
{
	double above = (0.625) / (n + 0.25);
	if (!(n > 1))
		return 0;
	/* Abramowitz and Stegun 26.2.23, error below 4.5e-4; one step of Newton's makes it exact for the purpose. */
	double t = sqrt(-2 * log(above));
	double x = t - (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308)));
	return x + (0.5 * erfc(x / sqrt(2)) - above) * sqrt(2 * PI) * exp(0.5 * x * x);
}

double extreme_deviation(double n)
{
	double l = log(n);
	return n > 1 ? PI / sqrt(6) / sqrt(1.94 * l - 0.1 + 0.75 / l) : 1;
}
