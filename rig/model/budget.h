/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * An uncertainty budget (JCGM 100:2008, 5.1 and 8): what a value owes its uncertainty to. One line a source; a source that acts on a value in two
 * ways (the gain on both parts of a ratio) is one input, so its sensitivities add with their signs. Different sources are independent.
 */
#include <stdbool.h>
#include <stddef.h>

/* Random: drawn anew for every measurement. Systematic: one draw a run, common to all measurements of it. */
enum uncertainty_source {
	SOURCE_NOISE,         /* of the samples; from the recording's own baseline */
	SOURCE_BASELINE,      /* of the zero line before the pulse: noise and rounding of a mean */
	SOURCE_QUANTISATION,  /* rounding of the samples to counts */
	SOURCE_SAMPLING,      /* instants between samples */
	SOURCE_TRIGGER_EDGE,  /* where between two samples a logic line switched */
	SOURCE_REPEATABILITY, /* scatter of what is measured, where the value is a statistic of it */
	SOURCE_HOST_CLOCK,    /* when the rig did something, on the recording's time base */
	SOURCE_SENSOR_GAIN,   /* the certificate's gain */
	SOURCE_POSITION,      /* of the conductor in the sensor */
	SOURCE_ADC_GAIN,
	SOURCE_OFFSET,    /* of the channel */
	SOURCE_DROOP,     /* what the correction of the high-pass leaves */
	SOURCE_BANDWIDTH, /* what a finite bandwidth takes from a peak or adds to a delay */
	SOURCE_DELAY,     /* of the sensor against the ADC's clock */
	SOURCE_CLOCK,     /* rate of the sample clock */
	SOURCE_TIME_BASE, /* alignment of the logic analyser's clock */
	SOURCE_MODEL,     /* what the algorithm presumes: a damping, a shape */
	SOURCE_COUNT,
};

struct contribution {
	double u;   /* standard uncertainty of the input, in the input's unit */
	double c;   /* sensitivity, signed: the measurand's unit by the input's; c u is the contribution to the value */
	double dof; /* degrees of freedom of u; INFINITY when known well */
	bool present;
	const char *unit; /* of the input, static; NULL: the value's own */
};

struct budget {
	struct contribution of[SOURCE_COUNT];
};

/*
 * Adds an input. Of a source that is there already, with the same u, the sensitivities add (one input, acting twice); with another u the shares add in
 * quadrature (two inputs of one kind) and the line becomes c = 1, u = the joint share. A u of 0 is kept as a line: looked at, and nothing.
 */
void budget_add(struct budget *budget, enum uncertainty_source source, double u, double c, double dof);
/*
 * Adds an input that is another one than what its source holds already, though their u be equal (the noise of two pulses): the shares add in quadrature
 * and the line becomes c = 1, u = the joint share.
 */
void budget_add_independent(struct budget *budget, enum uncertainty_source source, double u, double c, double dof);
/*
 * Adds the budget of another part of the value: random sources are other inputs than those that are there, systematic ones the same.
 */
void budget_join(struct budget *budget, const struct budget *other);
/* Every sensitivity times a factor: the budget of factor * value. */
void budget_scale(struct budget *budget, double factor);
/* Names the unit of the inputs that had the value's own, before the value becomes one of another unit. */
void budget_name_unit(struct budget *budget, const char *unit);
/* |c u| of a source; 0 when it is not there. */
double budget_share(const struct budget *budget, enum uncertainty_source source);
/* Root sum of squares of the random, of the systematic and of all shares. */
double budget_u_random(const struct budget *budget);
double budget_u_systematic(const struct budget *budget);
double budget_u(const struct budget *budget);
/* All of the above that a measurement keeps, in one pass. */
struct budget_sums {
	double u_random, u_systematic, dof_random, dof_systematic;
};

struct budget_sums budget_sums(const struct budget *budget);
/* Expanded uncertainty, as measurement_expanded(). rectangular: the trigger edge is one instant between two samples, not a mean of many. */
double budget_expanded(const struct budget *budget, bool rectangular);
/* Effective degrees of freedom of u, of all shares, of the random or of the systematic ones (Welch-Satterthwaite, JCGM 100:2008, G.4.1). INFINITY when u is 0. */
double budget_dof(const struct budget *budget);
double budget_dof_random(const struct budget *budget);
double budget_dof_systematic(const struct budget *budget);
/* "noise", "sensor gain", …; whether it is random; "A": evaluated by statistics, "B": otherwise. Static strings. */
const char *uncertainty_source_name(enum uncertainty_source source);
bool uncertainty_source_random(enum uncertainty_source source);
const char *uncertainty_source_type(enum uncertainty_source source);
