/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Whether a recording agrees with itself. Its windows hold every sample around activity, its envelope the extremes and the mean of all the time,
 * windows included: who changes one of them contradicts the other.
 */
#include "store.h"

/*
 * ERROR_CONFIG with the first contradiction (name: of the file, for the message): an envelope that leaves out or repeats samples, but for gaps; a
 * window that the envelope does not cover; extremes or a mean that the windows' samples do not have; activity in the envelope where no window is; a
 * total length that is not theirs. The recording must be complete.
 *
 * Activity without a window: a trigger line that crosses its threshold, or a current further from its mean than three times what a cell of the
 * recorder may at most deviate by (activity.h; the noise taken is that of the cells before, and at least that of one which just stays idle: some 4 % of
 * full scale). Less cannot be told from noise.
 */
bool recording_audit(struct store_reader *reader, const char *name, struct error *error) must_check;
