/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Runs of expected pulses: the trains of a plan, or all of it.
 */
#include "population.h"

/* The expected pulses [first, end). */
struct span {
	size_t first, end;
	uint32_t number; /* which train of the session; 0 for all of it */
};

/* The train{} train after *span; begin with a zeroed one, of which `end` is where to go on. False at the end, and without a plan. */
bool span_next_train(const struct plan *plan, struct span *span, uint32_t *counted);
/* Measurement of a train, or of the session (train false), between two instants; void where a gap is between them or the run was aborted. */
struct measurement span_measurement(const struct population *in, const struct measurand *measurand, const struct span *span, bool train);
