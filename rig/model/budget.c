/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "budget.h"

#include <float.h>
#include <math.h>

#include "measurement.h"

struct nature {
	const char *name, *type;
	bool random;
	const char *unit; /* of its input, where it is always the same */
};

static const struct nature NATURE[SOURCE_COUNT] = {
	[SOURCE_NOISE] = {"noise", "A", true, NULL},
	[SOURCE_BASELINE] = {"baseline", "A", true, NULL},
	[SOURCE_QUANTISATION] = {"quantisation", "B", true, NULL},
	[SOURCE_SAMPLING] = {"sampling", "B", true, "s"},
	[SOURCE_TRIGGER_EDGE] = {"trigger edge", "B", true, "s"},
	[SOURCE_REPEATABILITY] = {"repeatability", "A", true, NULL},
	[SOURCE_HOST_CLOCK] = {"host clock", "B", true, "s"},
	[SOURCE_SENSOR_GAIN] = {"sensor gain", "B", false, "1"},
	[SOURCE_POSITION] = {"conductor position", "B", false, "1"},
	[SOURCE_ADC_GAIN] = {"ADC gain", "B", false, "1"},
	[SOURCE_OFFSET] = {"offset", "B", false, NULL},
	[SOURCE_DROOP] = {"droop", "B", false, "1"},
	[SOURCE_BANDWIDTH] = {"bandwidth", "B", false, "1"},
	[SOURCE_DELAY] = {"delay", "B", false, "s"},
	[SOURCE_CLOCK] = {"sample clock", "B", false, "1"},
	[SOURCE_TIME_BASE] = {"time base", "A", false, "s"},
	[SOURCE_MODEL] = {"model", "B", false, NULL},
};

static double joint_dof(double share1, double dof1, double share2, double dof2)
{
	double u4 = pow(share1 * share1 + share2 * share2, 2), sum = pow(share1, 4) / dof1 + pow(share2, 4) / dof2;
	return sum > 0 ? u4 / sum : INFINITY;
}

void budget_add(struct budget *budget, enum uncertainty_source source, double u, double c, double dof)
{
	struct contribution *line = &budget->of[source];
	if (!line->present) {
		*line = (struct contribution){.u = u, .c = c, .dof = dof, .present = true, .unit = NATURE[source].unit};
	} else if (line->u == u) {
		/* What cancels but for rounding cancels: an input that nothing is known of must not come back by a last digit. */
		double sum = line->c + c;
		line->c = fabs(sum) > 16 * DBL_EPSILON * fabs(c) ? sum : 0;
	} else {
		budget_add_independent(budget, source, u, c, dof);
	}
}

void budget_add_independent(struct budget *budget, enum uncertainty_source source, double u, double c, double dof)
{
	struct contribution *line = &budget->of[source];
	double before = budget_share(budget, source), now = c != 0 ? fabs(c * u) : 0;
	if (!line->present)
		*line = (struct contribution){.u = u, .c = c, .dof = dof, .present = true, .unit = NATURE[source].unit};
	else
		*line = (struct contribution){hypot(before, now), 1, joint_dof(before, line->dof, now, dof), true, NULL};
}

void budget_join(struct budget *budget, const struct budget *other)
{
	for (enum uncertainty_source s = 0; s < SOURCE_COUNT; s++) {
		const struct contribution *line = &other->of[s];
		if (!line->present)
			continue;
		if (NATURE[s].random)
			budget_add_independent(budget, s, line->u, line->c, line->dof);
		else
			budget_add(budget, s, line->u, line->c, line->dof);
	}
}

void budget_scale(struct budget *budget, double factor)
{
	for (enum uncertainty_source s = 0; s < SOURCE_COUNT; s++)
		budget->of[s].c *= budget->of[s].c != 0 ? factor : 1;
}

void budget_name_unit(struct budget *budget, const char *unit)
{
	for (enum uncertainty_source s = 0; s < SOURCE_COUNT; s++)
		if (!budget->of[s].unit)
			budget->of[s].unit = unit;
}

double budget_share(const struct budget *budget, enum uncertainty_source source)
{
	const struct contribution *line = &budget->of[source];
	/* No influence, however little is known of the input (an uncalibrated gain has u = INFINITY, and cancels in a ratio). */
	return line->present && line->c != 0 ? fabs(line->c * line->u) : 0;
}

/* Sums over the random and over the systematic sources: of the shares' squares, and of their fourth powers by the degrees of freedom. */
struct moments {
	double squares[2], fourths[2];
};

static struct moments moments_of(const struct budget *budget)
{
	struct moments sums = {0};
	for (enum uncertainty_source s = 0; s < SOURCE_COUNT; s++) {
		double share = budget_share(budget, s), square = share * share;
		if (!(share > 0))
			continue;
		unsigned random = NATURE[s].random;
		sums.squares[random] += square;
		sums.fourths[random] += square * square / budget->of[s].dof;
	}
	return sums;
}

static double effective_dof(double squares, double fourths)
{
	return fourths > 0 ? squares * squares / fourths : INFINITY;
}

struct budget_sums budget_sums(const struct budget *budget)
{
	struct moments sums = moments_of(budget);
	return (struct budget_sums){.u_random = sqrt(sums.squares[1]),
				    .u_systematic = sqrt(sums.squares[0]),
				    .dof_random = effective_dof(sums.squares[1], sums.fourths[1]),
				    .dof_systematic = effective_dof(sums.squares[0], sums.fourths[0])};
}

double budget_u_random(const struct budget *budget)
{
	return budget_sums(budget).u_random;
}

double budget_u_systematic(const struct budget *budget)
{
	return budget_sums(budget).u_systematic;
}

double budget_u(const struct budget *budget)
{
	struct moments sums = moments_of(budget);
	return sqrt(sums.squares[0] + sums.squares[1]);
}

double budget_dof(const struct budget *budget)
{
	struct moments sums = moments_of(budget);
	return effective_dof(sums.squares[0] + sums.squares[1], sums.fourths[0] + sums.fourths[1]);
}

double budget_dof_random(const struct budget *budget)
{
	return budget_sums(budget).dof_random;
}

double budget_dof_systematic(const struct budget *budget)
{
	return budget_sums(budget).dof_systematic;
}

const char *uncertainty_source_name(enum uncertainty_source source)
{
	return NATURE[source].name;
}

bool uncertainty_source_random(enum uncertainty_source source)
{
	return NATURE[source].random;
}

const char *uncertainty_source_type(enum uncertainty_source source)
{
	return NATURE[source].type;
}

double budget_expanded(const struct budget *budget, bool rectangular)
{
	struct budget_sums sums = budget_sums(budget);
	const struct measurement measurement = {.u_random = sums.u_random,
						.u_systematic = sums.u_systematic,
						.dof = sums.dof_random,
						.dof_systematic = sums.dof_systematic,
						.u_rectangular = rectangular ? budget_share(budget, SOURCE_TRIGGER_EDGE) : 0};
	return measurement_expanded(&measurement);
}
