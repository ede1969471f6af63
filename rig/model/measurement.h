/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * A measurement: a measurand of the registry, a value, and what is known of its uncertainty. The random part is independent from one
 * measurement to the next, the systematic part is common to the run (gain, clock), so that a mean over a train comes out right.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What one measurement of a measurand is about. */
enum subject {
	SUBJECT_PULSE,    /* index: pulse (of the list of detected pulses) */
	SUBJECT_INTERVAL, /* index: the later pulse of the two */
	SUBJECT_TRAIN,    /* index: train, counted through the session */
	SUBJECT_STEP,     /* index: step of the plan */
	SUBJECT_SESSION,  /* index: 0 */
};

struct measurand {
	const char *id;   /* "pulse.peak1", stable for ever */
	unsigned version; /* raised when the algorithm changes its results */
	const char *title;
	const char *unit; /* SI: "s", "A", "A/s", "Hz", "V", "1" */
	enum subject subject;
	const char *definition; /* printed beside the number in the report */
	const char *source;     /* document and clause of the definition */
};

struct measurement {
	const struct measurand *measurand;
	double value;
	double u_random, u_systematic; /* standard uncertainties in the measurand's unit */
	double dof, dof_systematic;    /* effective degrees of freedom of the two; INFINITY when known well */
	double planned;                /* what the plan or the device's data say it should be; NAN for none */
	uint32_t subject;              /* index, see enum subject */
	int32_t expected;              /* the expected pulse it belongs to, or PULSE_NOT_EXPECTED */
	double start_s, end_s;         /* where in the recording it was measured */
	bool voided;                   /* depends on a gap, a clipped or otherwise unusable piece: no verdict from it */
	double u_rectangular;          /* of u_random, what one input with a rectangular distribution is to it; see rectangle_expanded() */
	const char *why;               /* of a void count: the reason, static; NULL where it is not said */
};

/* Combined standard uncertainty. */
double measurement_u(const struct measurement *measurement);
/* Effective degrees of freedom of it (Welch-Satterthwaite, JCGM 100:2008, G.4.1). INFINITY when it is 0 or has no bounds. */
double measurement_dof(const struct measurement *measurement);
/* Expanded uncertainty U = k u: k by student_coverage_factor(), or by the exact sum where a rectangular input rules (rectangle_expanded()). */
double measurement_expanded(const struct measurement *measurement);
/* "pulse", "interval", … Static string. */
const char *subject_name(enum subject subject);
