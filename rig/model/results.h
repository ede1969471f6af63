/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * What measuring makes of a recording: pulses, trigger edges, measurements, counts. The input of judging.
 */
#include "measurement.h"
#include "plan.h"
#include "pulse.h"
#include "recording.h"

struct results {
	struct pulse *pulses; /* in order of onset */
	size_t pulse_count;
	double *trigger_edges_s; /* rising edges of the trigger line, in order */
	size_t trigger_edge_count;
	uint32_t *missing; /* indices of expected pulses that were not observed */
	size_t missing_count;
	size_t matched_count;
	size_t extra_count;       /* observed but not planned */
	size_t untriggered_count; /* without a trigger: of the extra ones, and of the matched ones that came before theirs */
	struct gap *gaps;
	size_t gap_count;
	struct measurement *measurements; /* grouped by measurand in registry order, then by subject */
	size_t measurement_count;
	double *section_start_s; /* origin of each section of the plan on the recording's time base, aligned to what was observed; NAN: not seen */
	size_t section_count;
	struct run_event *events;
	size_t event_count;
	double duration_s; /* of the recording */
	bool aborted;      /* the run ended before its plan */
};

/* Releases the results; NULL is accepted. */
void results_destroy(struct results *results);

define_cleanup(struct results *, cleanup_results, results_destroy);
#define auto_results cleanup_with(cleanup_results)
