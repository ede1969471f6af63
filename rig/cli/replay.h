/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * An evidence folder, measured again: its recording, with the scenario and the device file that were kept beside it.
 */
#include <jansson.h>

#include "measure.h"

struct replay {
	json_t *result; /* result.json */
	struct plan *plan;
	struct device *device;
	struct measure *measure; /* NULL until replay_measure() */
	struct results *results;
};

/* Reads result.json. ERROR_CONFIG when the folder is no evidence. */
bool replay_open(const char *dir, struct replay *replay, struct error *error) must_check;
/* Measures the recording again. ERROR_CONFIG when something it needs is missing, or what was kept leads to another plan. */
bool replay_measure(const char *dir, struct replay *replay, struct error *error) must_check;
void replay_finish(struct replay *replay);
