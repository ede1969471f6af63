/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Measuring: a reduced recording goes in, pulses, edges and measurements come out. A pure function of the reduced recording, the plan and the
 * device's data; it holds one window at a time and a few hundred bytes a pulse.
 */
#include "budget.h"
#include "device.h"
#include "plan.h"
#include "reduced.h"
#include "results.h"

struct measure;

/* plan and device may be NULL (nothing is matched, nothing planned) and must outlive the object. NULL on failure. */
struct measure *measure_create(const struct plan *plan, const struct device *device, struct error *error) must_check;
/* Releases it; NULL is accepted. */
void measure_destroy(struct measure *measure);
/* The sink to push a reduced recording into; valid until measure_destroy(). */
struct reduced_sink measure_sink(struct measure *measure);
/* Pulses and trigger edges found so far; for a progress display. */
size_t measure_pulses_so_far(const struct measure *measure);
/* After the sink's finish: matches, computes every measurand, and hands the results over; the caller owns them. NULL on failure. */
struct results *measure_finish(struct measure *measure, struct error *error) must_check;

/*
 * The uncertainty budget of measurement number `index` of the results that measure_finish() made: the same u_random and u_systematic, split by
 * source. Computes the measurand once more; nothing is kept for it. False when out of memory.
 */
bool measure_budget(const struct measure *measure, const struct results *results, size_t index, struct budget *budget,
		    struct error *error) must_check;

define_cleanup(struct measure *, cleanup_measure, measure_destroy);
#define auto_measure cleanup_with(cleanup_measure)
