/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "budget_table.h"

#include <math.h>

#include "number.h"
#include "quantity.h"
#include "student.h"

enum { CELL_SIZE = 48 };

static void write_dof(char out[CELL_SIZE], double dof)
{
	if (isinf(dof))
		snprintf(out, CELL_SIZE, "inf");
	else
		snprintf(out, CELL_SIZE, dof < 100 ? "%.1f" : dof < 1e5 ? "%.0f" : "%.1e", dof);
}

static void write_line(FILE *out, enum uncertainty_source source, const struct budget *budget, const char *unit)
{
	const struct contribution *line = &budget->of[source];
	double u = budget_u(budget), share = budget_share(budget, source);
	char input[CELL_SIZE], sensitivity[CELL_SIZE], contribution[CELL_SIZE], percent[CELL_SIZE] = "-", dof[CELL_SIZE];
	if (isinf(line->u))
		snprintf(input, sizeof input, "not known");
	else
		quantity_format(input, sizeof input, line->u, line->unit ? line->unit : unit, 3);
	snprintf(sensitivity, sizeof sensitivity, "%.4g", line->c);
	if (isinf(share))
		snprintf(contribution, sizeof contribution, "not known");
	else
		quantity_format(contribution, sizeof contribution, share, unit, 3);
	if (isfinite(u) && u > 0)
		snprintf(percent, sizeof percent, "%.1f", 100 * share * share / (u * u));
	write_dof(dof, line->dof);
	fprintf(out, "  %-18s %-4s %12s %12s %12s %6s %7s\n", uncertainty_source_name(source), uncertainty_source_type(source), input,
		sensitivity, contribution, percent, dof);
}

void budget_table(FILE *out, const struct budget_heading *heading, const struct budget *budget)
{
	double u = budget_u(budget), nu = budget_dof(budget), expanded = budget_expanded(budget, heading->rectangular);
	double k = u > 0 && isfinite(u) ? expanded / u : student_coverage_factor(nu);
	struct number_scale scale = number_scale(heading->unit, expanded, &heading->value, 1);
	char value[CELL_SIZE], uncertainty[CELL_SIZE], combined[CELL_SIZE], dof[CELL_SIZE];
	const char *space = scale.unit[0] ? " " : "";
	number_text(value, sizeof value, &scale, heading->value);
	number_text(uncertainty, sizeof uncertainty, &scale, expanded);
	fprintf(out, "%s\n", heading->title);
	if (!(u > 0)) {
		fprintf(out, "  %s%s%s, exact: nothing makes it uncertain\n", value, space, scale.unit);
		return;
	}
	fprintf(out, "  %-18s %-4s %12s %12s %12s %6s %7s\n", "source", "type", "u", "c", "|c u|", "% u^2", "dof");
	for (enum uncertainty_source s = 0; s < SOURCE_COUNT; s++)
		if (budget->of[s].present)
			write_line(out, s, budget, heading->unit);
	write_dof(dof, nu);
	if (isinf(u)) {
		fprintf(out, "  u is not known: nobody has calibrated what it rests on\n");
		return;
	}
	quantity_format(combined, sizeof combined, u, heading->unit, 3);
	fprintf(out, "  u = %s, effective degrees of freedom %s, k = %.2f (95.45 %%)\n", combined, dof, k);
	fprintf(out, space[0] ? "  (%s ± %s) %s\n" : "  %s ± %s%s\n", value, uncertainty, scale.unit);
}
