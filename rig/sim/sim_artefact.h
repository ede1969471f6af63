/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * What recordings have and the circuit's equation has not (struct sim_artefacts): to each discharge, on the circuit's grid, and to the baseline.
 */
#include <stddef.h>
#include <stdint.h>

#include "bench_setup.h"
#include "sim_circuit.h"

/* How long after the onset a discharge from any voltage still has artefacts, s; 0: none. */
double sim_artefact_span_s(const struct sim_artefacts *artefacts, const struct circuit *circuit);
/* Adds them to the current of a discharge from voltage_v (positive direction), count points circuit->step_s apart; the last point stays 0. */
void sim_artefact_add(const struct sim_artefacts *artefacts, const struct circuit *circuit, double voltage_v, double *current_a,
		      size_t count);

/* The baseline of the current channel: hum and drift, with phases that the seed draws. */
struct sim_baseline {
	double hum_a, hum_rad_per_s, hum_phase;
	double drift_a, drift_rad_per_s[2], drift_phase[2];
	size_t piece; /* so many frames may be taken for a straight line, a power of 2 from 16 to 256; 0: there is neither */
};

struct sim_baseline sim_baseline_make(const struct sim_artefacts *artefacts, double frame_s, uint64_t seed);
/* A, at a time on the recording's grid. */
double sim_baseline_at(const struct sim_baseline *baseline, double time_s);
