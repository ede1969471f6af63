/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * What events.jsonl says that the recording says too: format, gaps, triggers, what the rig did and when, the end.
 */
#include "verify.h"

/* Holds the log in the bundle against that which re-judging wrote from the recording alone; a finding for the first event that differs. */
bool verify_log(const struct bundle_check *check, struct stage_report *report, struct error *error) must_check;
