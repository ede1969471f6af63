/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * A sensor's calibration, as in fixtures/sensors/NAME.yaml.
 */
#include <stdbool.h>

#include "arena.h"

enum distribution { DISTRIBUTION_NORMAL, DISTRIBUTION_RECTANGULAR, DISTRIBUTION_TRIANGULAR };

/* A calibrated value. Give either an expanded uncertainty with k (normal) or a limit with a distribution; NAN where not given. */
struct calibrated {
	double value;                /* NAN: not stated */
	double expanded_uncertainty; /* same unit as value; relative for the gain correction */
	double k;
	double limit;
	enum distribution distribution;
};

struct sensor {
	struct arena *arena;
	const char *id, *title, *file;
	const char *unit;                                  /* of what it measures: "A", "V", "A/s" (a search coil) */
	const char *certificate, *laboratory, *date, *due; /* ISO dates; NULL: none */
	const char *dcc_file;                              /* the digital certificate that values were taken from; NULL: none */
	struct calibrated gain;                            /* correction, 1 = nominal */
	struct calibrated position;                        /* relative */
	struct calibrated offset;                          /* in the sensor's quantity (A, V) */
	struct calibrated droop_time_constant;             /* s; value INFINITY: DC-coupled */
	struct calibrated delay;                           /* s */
	double bandwidth_hz;                               /* INFINITY: not stated */
};

/* Standard uncertainty of a calibrated value; 0 when nothing is stated. */
double calibrated_u(const struct calibrated *calibrated);
/* Releases the sensor; NULL is accepted. */
void sensor_destroy(struct sensor *sensor);

define_cleanup(struct sensor *, cleanup_sensor, sensor_destroy);
#define auto_sensor cleanup_with(cleanup_sensor)
