/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * How the logic analyser's clock goes against the recording's: recording time = t + offset + rate (t - pivot) for its time t. What measuring finds
 * out, and what that is good for.
 */
#include <stdbool.h>
#include <stddef.h>

enum time_base_source {
	TIME_BASE_NONE,   /* there is no logic analyser, or nothing is known of when it began */
	TIME_BASE_HOST,   /* from the host's times of both starts, and the stated rates */
	TIME_BASE_SHARED, /* from edges of the trigger line that both instruments saw */
};

struct time_base {
	enum time_base_source source;
	double pivot_s;  /* on the analyser's clock; here offset and rate are not correlated */
	double offset_s; /* recording time minus the analyser's, at the pivot */
	double rate_rel; /* recording seconds by those of the analyser, minus 1 */
	double u_offset_s, u_rate_rel;
	double u_common_s;                  /* of the shared edges' own errors what need not average out, for it was not seen to scatter */
	double u_drift_s;                   /* what a straight line leaves of the clocks' course */
	double residual_s;                  /* standard deviation of the shared edges about the line; NAN with fewer than three */
	double expected_s;                  /* what it should be from both sample intervals; NAN without shared edges */
	double first_s, last_s;             /* the span of the shared edges on the analyser's clock */
	size_t shared;                      /* edges that both saw */
	size_t recorded_count, logic_count; /* edges that each of them saw */
	bool drifts;                        /* the residual shows more than the noise of edges */
	bool ambiguous;                     /* edges were seen by both, but do not tell which belongs to which */
	bool rate_outside;                  /* the clocks differ by more than both accuracies allow */
};

/* A time of the analyser on the recording's time base. */
double time_base_map(const struct time_base *base, double logic_s);
/* Standard uncertainty of the mapping at a time of the analyser, s: grows outside the shared edges. INFINITY when nothing is known. */
double time_base_u_s(const struct time_base *base, double logic_s);
/* The same at a time of the recording. */
double time_base_u_at_s(const struct time_base *base, double recording_s);
/*
 * What a reader of the report must know of the alignment, in a sentence; "" when there is nothing: aligned by shared edges, and well. True when it is
 * a warning: the clocks or the wiring are not as they should be.
 */
bool time_base_note(const struct time_base *base, char *out, size_t size);
/* "none", "host", "shared". Static string. */
const char *time_base_source_name(enum time_base_source source);
