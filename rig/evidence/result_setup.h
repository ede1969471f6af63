/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * The parts of result.json that were known before the run: scenario, bench, device, specification.
 */
#include "about.h"
#include "bench_setup.h"
#include "calibration.h"
#include "json_emit.h"
#include "plan.h"
#include "requirement.h"

/* The member "scenario", null without a plan. */
void result_emit_scenario(struct json_emitter *json, const struct plan *plan, const char *plan_sha256);
/*
 * The members "bench", "device" (null without one) and "calibration". format: what the ADC delivered; NULL: as in the setup. gaps_found_by: what its way
 * to find lost samples can prove; NULL: nothing to tell.
 */
void result_emit_setup(struct json_emitter *json, const struct bench_setup *setup, const struct recording_format *format,
		       const char *gaps_found_by, const struct calibration_check *calibration);
/* The member "spec". */
void result_emit_spec(struct json_emitter *json, const struct spec *spec);
/* The member "about": the sections and facts that somebody stated. about may be NULL. */
void result_emit_about(struct json_emitter *json, const struct about *about);
