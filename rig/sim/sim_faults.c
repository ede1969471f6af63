/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim_world.h"

#include <math.h>

const struct sim_fault *sim_fault_find(const struct sim_setup *sim, enum sim_fault_kind kind, uint32_t pulse)
{
	for (size_t i = 0; i < sim->fault_count; i++)
		if (sim->faults[i].kind == kind && sim->faults[i].pulse == pulse)
			return &sim->faults[i];
	return NULL;
}

double sim_fault_amplitude(const struct sim_setup *sim)
{
	double factor = 1;
	for (size_t i = 0; i < sim->fault_count; i++)
		if (sim->faults[i].kind == SIM_FAULT_AMPLITUDE)
			factor *= sim->faults[i].value;
	return factor;
}

double sim_fault_probe_lost_s(const struct sim_setup *sim)
{
	double lost_s = INFINITY;
	for (size_t i = 0; i < sim->fault_count; i++)
		if (sim->faults[i].kind == SIM_FAULT_PROBE_LOST)
			lost_s = fmin(lost_s, sim->faults[i].value);
	return lost_s;
}

bool sim_fault_half_wave(const struct sim_setup *sim)
{
	for (size_t i = 0; i < sim->fault_count; i++)
		if (sim->faults[i].kind == SIM_FAULT_HALF_WAVE)
			return true;
	return false;
}

bool sim_fault_no_discharge(const struct sim_setup *sim)
{
	for (size_t i = 0; i < sim->fault_count; i++)
		if (sim->faults[i].kind == SIM_FAULT_NO_DISCHARGE)
			return true;
	return false;
}
