/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * What measuring makes of a recording: pulses, trigger edges, measurements, counts. The input of judging.
 */
#include "measurement.h"
#include "plan.h"
#include "pulse.h"
#include "recording.h"
#include "time_base.h"

/* Standard uncertainties of a trigger edge's time: its own, and of the alignment that all edges share (0: seen by the ADC itself). */
struct trigger_uncertainty {
	double random_s, base_s;
};

struct results {
	struct pulse *pulses; /* in order of onset */
	size_t pulse_count;
	double *trigger_edges_s;               /* rising edges of the trigger line, in order */
	struct trigger_uncertainty *trigger_u; /* of each of them */
	size_t trigger_edge_count;
	size_t refined_count; /* of them placed by the logic analyser, which knew them better than the ADC */
	struct edge *edges;   /* all that the logic analyser saw, on the recording's time base, in order of time: see results_edge_u_s() */
	size_t edge_count;
	size_t edges_dropped;       /* edges beyond what is kept: what rests on edges is then void */
	struct time_base time_base; /* how the analyser's clock was aligned */
	double u_logic_s;           /* standard uncertainty of one of its edges by its sampling */
	uint32_t *missing;          /* indices of expected pulses that were not observed */
	size_t missing_count;
	size_t matched_count;
	size_t extra_count;       /* observed but not planned */
	size_t provoked_count;    /* on triggers that the device should have refused: neither extra nor missing */
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

/*
 * Standard uncertainty of the time of one of results->edges that lies at time_s: alignment (common to the run: SOURCE_TIME_BASE) and sampling.
 * INFINITY when the analyser's clock could not be aligned at all. Of the difference of two of its edges only the rate and twice the sampling remain:
 * results_edge_interval_u_s().
 */
double results_edge_u_s(const struct results *results, double time_s);
double results_edge_interval_u_s(const struct results *results, double from_s, double to_s);
/* Releases the results; NULL is accepted. */
void results_destroy(struct results *results);

define_cleanup(struct results *, cleanup_results, results_destroy);
#define auto_results cleanup_with(cleanup_results)
