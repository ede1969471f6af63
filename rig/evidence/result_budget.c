/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "result_budget.h"

#include <math.h>

void result_emit_budget(struct json_emitter *json, const struct budget *budget, const char *unit)
{
	if (!budget) {
		emit_null(json, "budget");
		return;
	}
	double u = budget_u(budget);
	emit_open_array(json, "budget");
	for (enum uncertainty_source s = 0; s < SOURCE_COUNT; s++) {
		const struct contribution *line = &budget->of[s];
		if (!line->present)
			continue;
		double share = budget_share(budget, s);
		emit_open_object(json, NULL);
		emit_string(json, "source", uncertainty_source_name(s));
		emit_string(json, "type", uncertainty_source_type(s));
		emit_boolean(json, "random", uncertainty_source_random(s));
		emit_number(json, "u", line->u);
		emit_string(json, "unit", line->unit ? line->unit : unit);
		emit_number(json, "c", line->c);
		emit_number(json, "share", share);
		emit_number(json, "percent", isfinite(u) ? (u > 0 ? 100 * share * share / (u * u) : 0) : NAN);
		emit_number(json, "dof", line->dof);
		emit_close_object(json);
	}
	emit_close_array(json);
}
