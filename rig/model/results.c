/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "results.h"

void results_destroy(struct results *results)
{
	if (!results)
		return;
	free(results->pulses);
	free(results->trigger_edges_s);
	free(results->missing);
	free(results->gaps);
	free(results->measurements);
	free(results->section_start_s);
	free(results->events);
	free(results);
}
