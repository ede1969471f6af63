/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Judging: measurements and requirements go in, a judgement for every requirement comes out.
 */
#include "device.h"
#include "plan.h"
#include "requirement.h"
#include "results.h"
#include "verdict.h"

/*
 * Judges every requirement of the spec, in its order, into judgements[spec->count]. plan and device may be NULL: requirements that need what
 * they tell are then not tested.
 */
void judge_spec(const struct spec *spec, const struct results *results, const struct plan *plan, const struct device *device,
		struct judgement *judgements);
