/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "device.h"

#include <math.h>

double device_rate_limit_hz(const struct device *device, double intensity_pct)
{
	if (device->rate_count == 0)
		return INFINITY;
	for (size_t i = 0; i < device->rate_count; i++)
		if (intensity_pct <= device->rate_table[i].intensity_pct)
			return device->rate_table[i].rate_hz;
	return 0;
}

double device_stored_energy_j(const struct device *device, double intensity_pct)
{
	double voltage_v = device->voltage_v.value * intensity_pct / 100;
	return 0.5 * device->capacitance_f.value * voltage_v * voltage_v;
}

void device_destroy(struct device *device)
{
	if (device)
		arena_destroy(device->arena);
}
