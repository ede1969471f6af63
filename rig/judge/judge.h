/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Judging: measurements and requirements go in, a judgement for every requirement comes out.
 */
#include "calibration.h"
#include "device.h"
#include "plan.h"
#include "requirement.h"
#include "results.h"
#include "verdict.h"

/*
 * Judges every requirement of the spec, in its order, into judgements[spec->count]. plan and device may be NULL: requirements that need what
 * they tell are then not tested. A requirement on a measurand that rests on a sensor (dependence.h) whose calibration does not hold is
 * inconclusive, whatever its value, unless the check is overridden.
 */
void judge_spec(const struct spec *spec, const struct results *results, const struct plan *plan, const struct device *device,
		const struct calibration_check *calibration, struct judgement *judgements);
/*
 * The one verdict of the session: verdict_overall(), but no pass when planned pulses were not observed, or observed ones not planned, and no
 * requirement that was judged counts them: then the plan was not tested as it stands, VERDICT_NOT_TESTED, and *unasked (may be NULL) is set.
 */
enum verdict judge_overall(const struct spec *spec, const struct results *results, const struct plan *plan,
			   const struct judgement *judgements, bool *unasked);
