/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The worked examples of the GUM (JCGM 100:2008, annex H), to the digits printed there. */
#include <criterion/criterion.h>
#include <math.h>

#include "budget.h"
#include "linear.h"
#include "propagation.h"
#include "student.h"

static void prints(double value, double printed, double last_digit, const char *what)
{
	cr_expect_float_eq(value, printed, 0.5001 * last_digit, "%s: %.8g, printed %.8g", what, value, printed);
}

/* H.1, calibration of an end gauge; nm, degrees. The sensitivities to the mean expansion and to the temperature are zero. */
Test(gum, h1_end_gauge)
{
	const double length = 50.000623e6, expansion = 11.5e-6, temperature = -0.1;
	struct budget d = {0};
	budget_add_independent(&d, SOURCE_REPEATABILITY, 5.8, 1, 24);
	budget_add_independent(&d, SOURCE_REPEATABILITY, 3.9, 1, 5);
	budget_add_independent(&d, SOURCE_REPEATABILITY, 6.7, 1, 8);
	prints(budget_u(&d), 9.7, 0.1, "u(d)");
	prints(budget_dof(&d) * pow(9.7 / budget_u(&d), 4), 25.6, 0.1, "nu(d), from the 9.7 printed");
	struct budget budget = {0};
	budget_add(&budget, SOURCE_SENSOR_GAIN, 25, 1, 18);
	budget_add(&budget, SOURCE_REPEATABILITY, budget_u(&d), 1, budget_dof(&d));
	budget_add(&budget, SOURCE_ADC_GAIN, 1.2e-6, 0, INFINITY);
	budget_add(&budget, SOURCE_OFFSET, 0.41, 0, INFINITY);
	budget_add(&budget, SOURCE_DROOP, 0.58e-6, -length * temperature, 50);
	budget_add(&budget, SOURCE_DELAY, 0.029, -length * expansion, 2);
	prints(budget_share(&budget, SOURCE_DROOP), 2.9, 0.1, "expansion's difference");
	prints(budget_share(&budget, SOURCE_DELAY), 16.6, 0.2, "temperature's difference (16.7, printed rounded down)");
	double u = budget_u(&budget);
	prints(u, 32, 1, "u_c");
	prints(u * u, 1002, 8, "u_c^2 (printed from rounded parts)");
	cr_expect_eq(floor(budget_dof(&budget)), 16, "%g", budget_dof(&budget));
	prints(student_quantile(0.995, 16) * 32, 93, 1, "U99");
	/* H.1.7: the terms of second order, u(alpha) u(theta) and u(delta alpha) u(theta). */
	double second = hypot(length * 0.58e-6 * 0.41, length * 1.2e-6 * 0.029);
	prints(length * 0.58e-6 * 0.41, 11.7, 0.6, "second order (11.9 from the numbers printed)");
	prints(hypot(u, second), 34, 1, "u_c to second order");
}

enum { ROWS = 5 };

static double mean_of(const double *x)
{
	double sum = 0;
	for (unsigned k = 0; k < ROWS; k++)
		sum += x[k];
	return sum / ROWS;
}

/* Of the means of two columns. */
static double covariance_of(const double *x, const double *y)
{
	double sum = 0;
	for (unsigned k = 0; k < ROWS; k++)
		sum += (x[k] - mean_of(x)) * (y[k] - mean_of(y));
	return sum / (ROWS * (ROWS - 1));
}

static double correlation_of(const double *x, const double *y)
{
	return covariance_of(x, y) / sqrt(covariance_of(x, x) * covariance_of(y, y));
}

/* H.2, resistance, reactance and impedance from simultaneous readings of voltage, current and phase. */
Test(gum, h2_simultaneous_resistance_and_reactance)
{
	const double data[3][ROWS] = {{5.007, 4.994, 5.005, 4.990, 4.999},
				      {19.663e-3, 19.639e-3, 19.640e-3, 19.685e-3, 19.678e-3},
				      {1.0456, 1.0438, 1.0468, 1.0428, 1.0433}};
	double v = mean_of(data[0]), i = mean_of(data[1]), phi = mean_of(data[2]), covariance[9];
	for (unsigned r = 0; r < 3; r++)
		for (unsigned c = 0; c < 3; c++)
			covariance[3 * r + c] = covariance_of(data[r], data[c]);
	prints(v, 4.9990, 0.0001, "V");
	prints(i, 19.6610e-3, 1e-7, "I");
	prints(phi, 1.04446, 0.00001, "phi");
	prints(sqrt(covariance[0]), 0.0032, 0.0001, "u(V)");
	prints(sqrt(covariance[4]), 0.0095e-3, 1e-7, "u(I)");
	prints(sqrt(covariance[8]), 0.00075, 0.00001, "u(phi)");
	prints(correlation_of(data[0], data[1]), -0.36, 0.01, "r(V, I)");
	prints(correlation_of(data[0], data[2]), 0.86, 0.01, "r(V, phi)");
	prints(correlation_of(data[1], data[2]), -0.65, 0.01, "r(I, phi)");
	const double z = v / i, value[3] = {z * cos(phi), z * sin(phi), z}, printed[3] = {127.732, 219.847, 254.260},
		     printed_u[3] = {0.071, 0.295, 0.236}, printed_r[3] = {-0.588, -0.485, 0.993};
	const double c[3][3] = {{cos(phi) / i, -value[0] / i, -value[1]}, {sin(phi) / i, -value[1] / i, value[0]}, {1 / i, -z / i, 0}};
	const unsigned pair[3][2] = {{0, 1}, {0, 2}, {1, 2}};
	double rows[3][ROWS], u[3];
	for (unsigned k = 0; k < ROWS; k++) {
		double one = data[0][k] / data[1][k];
		rows[0][k] = one * cos(data[2][k]), rows[1][k] = one * sin(data[2][k]), rows[2][k] = one;
	}
	for (unsigned m = 0; m < 3; m++) {
		u[m] = sqrt(propagated_covariance(3, c[m], covariance, c[m]));
		prints(value[m], printed[m], 0.001, "approach 1");
		/* One last digit of room: the GUM goes on with rounded values (from the data as printed u(X) is 0.2956). */
		prints(u[m], printed_u[m], 0.002, "approach 1, u");
		prints(mean_of(rows[m]), printed[m], 0.001, "approach 2");
		prints(sqrt(covariance_of(rows[m], rows[m])), printed_u[m], 0.001, "approach 2, u");
	}
	for (unsigned m = 0; m < 3; m++) {
		unsigned a = pair[m][0], b = pair[m][1];
		prints(propagated_covariance(3, c[a], covariance, c[b]) / (u[a] * u[b]), printed_r[m], 0.001, "approach 1, r");
		prints(correlation_of(rows[a], rows[b]), printed_r[m], 0.001, "approach 2, r");
	}
}

/* H.3, calibration of a thermometer: a line through eleven corrections, and what it says at 30 degrees. */
Test(gum, h3_thermometer)
{
	const double t[11] = {21.521, 22.012, 22.512, 23.003, 23.507, 23.999, 24.513, 25.002, 25.503, 26.010, 26.511};
	const double b[11] = {-0.171, -0.169, -0.166, -0.159, -0.164, -0.165, -0.156, -0.157, -0.159, -0.161, -0.160};
	double matrix[LSQ_MAX][LSQ_MAX] = {{0}}, inverse[LSQ_MAX][LSQ_MAX], y[LSQ_MAX] = {0}, squares = 0;
	for (unsigned k = 0; k < 11; k++) {
		const double x[2] = {1, t[k] - 20};
		for (unsigned r = 0; r < 2; r++) {
			y[r] += x[r] * b[k];
			for (unsigned c = 0; c < 2; c++)
				matrix[r][c] += x[r] * x[c];
		}
	}
	cr_assert(cholesky_solve(matrix, y, 2, inverse));
	for (unsigned k = 0; k < 11; k++)
		squares += pow(b[k] - y[0] - y[1] * (t[k] - 20), 2);
	const double variance = squares / 9;
	const double covariance[4] = {variance * inverse[0][0], variance * inverse[0][1], variance * inverse[1][0],
				      variance * inverse[1][1]};
	prints(y[0], -0.1712, 0.0001, "y1");
	prints(sqrt(covariance[0]), 0.0029, 0.0001, "s(y1)");
	prints(y[1], 0.00218, 0.00001, "y2");
	prints(sqrt(covariance[3]), 0.00067, 0.00001, "s(y2)");
	prints(covariance[1] / sqrt(covariance[0] * covariance[3]), -0.930, 0.001, "r(y1, y2)");
	prints(sqrt(variance), 0.0035, 0.0001, "s");
	const double at_30[2] = {1, 10};
	double u = sqrt(propagated_covariance(2, at_30, covariance, at_30));
	prints(y[0] + 10 * y[1], -0.1494, 0.0001, "b(30)");
	prints(u, 0.0041, 0.0001, "u(b(30))");
	struct budget budget = {0};
	budget_add(&budget, SOURCE_REPEATABILITY, u, 1, 11 - 2);
	cr_expect_float_eq(budget_dof(&budget), 9, 1e-12);
}
