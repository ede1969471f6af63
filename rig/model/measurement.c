/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "measurement.h"

#include <math.h>

#include "rectangle.h"
#include "student.h"

double measurement_u(const struct measurement *measurement)
{
	return hypot(measurement->u_random, measurement->u_systematic);
}

double measurement_dof(const struct measurement *measurement)
{
	const double shares[] = {measurement->u_random, measurement->u_systematic}, dof[] = {measurement->dof, measurement->dof_systematic};
	double u = measurement_u(measurement), sum = 0;
	if (!(u > 0) || isinf(u))
		return INFINITY;
	for (unsigned i = 0; i < 2; i++)
		if (shares[i] > 0)
			sum += pow(shares[i] / u, 4) / dof[i];
	return sum > 0 ? 1 / sum : INFINITY;
}

double measurement_expanded(const struct measurement *measurement)
{
	double rectangle = measurement->u_rectangular, u = measurement_u(measurement), dof = measurement_dof(measurement);
	if (!(rectangle > 0) || isinf(u))
		return student_coverage_factor(dof) * u;
	return rectangle_expanded(rectangle, student_coverage_factor(dof) * sqrt(fmax(0, u * u - rectangle * rectangle)));
}

const char *subject_name(enum subject subject)
{
	switch (subject) {
	case SUBJECT_PULSE: return "pulse";
	case SUBJECT_INTERVAL: return "interval";
	case SUBJECT_TRAIN: return "train";
	case SUBJECT_STEP: return "step";
	case SUBJECT_SESSION: return "session";
	}
	return "?";
}
