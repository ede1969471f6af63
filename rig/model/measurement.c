/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "measurement.h"

#include <math.h>

double measurement_u(const struct measurement *measurement)
{
	return hypot(measurement->u_random, measurement->u_systematic);
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
