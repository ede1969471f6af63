/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sensor.h"

#include <math.h>

double calibrated_u(const struct calibrated *calibrated)
{
	if (isfinite(calibrated->expanded_uncertainty) && calibrated->k > 0)
		return calibrated->expanded_uncertainty / calibrated->k;
	if (!isfinite(calibrated->limit))
		return 0;
	switch (calibrated->distribution) {
	case DISTRIBUTION_RECTANGULAR: return calibrated->limit / sqrt(3);
	case DISTRIBUTION_TRIANGULAR: return calibrated->limit / sqrt(6);
	case DISTRIBUTION_NORMAL: return calibrated->limit / 2;
	}
	return calibrated->limit;
}

void sensor_destroy(struct sensor *sensor)
{
	if (sensor)
		arena_destroy(sensor->arena);
}
