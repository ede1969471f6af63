/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * The logic analyser's clock against the recording's, from edges of the trigger line that both saw; where there are none, from the host's times.
 */
#include "time_base.h"
#include "time_base_match.h"

/*
 * Fills *base. pair[logic_count] receives the recorded edge of each of the analyser's, or -1; all -1 unless base->source is TIME_BASE_SHARED. Fails
 * (ERROR_BENCH) when out of memory.
 */
bool time_base_fit(const struct edge_lists *lists, struct time_base *base, int32_t *pair, struct error *error) must_check;
