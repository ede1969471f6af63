/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * What a measurand is computed from: the pulses and all that is known about the session, and the list that measurements are put into.
 */
#include "budget.h"
#include "device.h"
#include "findings.h"
#include "plan.h"
#include "results.h"

struct population {
	const struct plan *plan;     /* may be NULL */
	const struct device *device; /* may be NULL */
	const struct recording_format *format;
	const struct channel *current;   /* NULL without such a channel */
	const struct findings *findings; /* only its idle and capacitor parts; what is in results has been moved there */
	const struct results *results;
	const int32_t *observed; /* per expected pulse: the pulse, or -1; NULL without a plan */
	double envelope_s;       /* length of an envelope cell */
	bool has_trigger;
	const char *count_doubt; /* why the counts of pulses cannot be relied on, or NULL */
};

struct measurement_list {
	struct series series; /* struct measurement */
	struct error *error;
	bool failed;
	struct budget *wanted; /* not NULL: nothing is kept but the budget of measurement number `number`, put here */
	size_t number, seen;
};

/* Takes uncertainties and degrees of freedom from a budget. */
void measurement_take_budget(struct measurement *measurement, const struct budget *budget);
/* Takes the budget and appends; on failure marks the list as failed and fills its error. */
void measurement_add_budget(struct measurement_list *list, struct measurement *measurement, const struct budget *budget);
/* The same, of a value that is exact (a count) or was not had. */
void measurement_add(struct measurement_list *list, const struct measurement *measurement);
/* Does a gap lie in, or touch, these times? */
bool gap_between(const struct population *in, double start_s, double end_s);
/* The pulse that was matched to expected pulse p, or NULL. */
const struct pulse *pulse_of(const struct population *in, size_t p);
/* A measurement of the whole session with nothing planned; voided by any gap, and by a channel that stood still. */
struct measurement session_measurement(const struct population *in, const struct measurand *measurand, double value);

typedef void measurand_compute(const struct population *in, const struct measurand *measurand, struct measurement_list *out);
