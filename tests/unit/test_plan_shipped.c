/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Every shipped scenario against the shipped device and the shipped dose tables: within the device's ratings, and whatever is outside the
 * published tables says why.
 */
#include <criterion/criterion.h>
#include <ftw.h>
#include <math.h>
#include <string.h>

#include "config.h"
#include "plan_builder.h"
#include "plan_lint.h"

static struct device *device;
static struct dose_tables *tables;
static unsigned scenarios, findings_seen;

static void check(const char *path)
{
	struct plan_parameters parameters = {.motor_threshold_pct = NAN};
	struct lint_finding findings[LINT_MAX_FINDINGS];
	struct error error = {0};
	auto_plan struct plan *plan = plan_build(path, &parameters, &error);
	cr_assert_not_null(plan, "%s", error.text);
	size_t count = plan_lint(plan, device, tables, findings, LINT_MAX_FINDINGS);
	for (size_t i = 0; i < count; i++) {
		cr_expect_neq(strncmp(findings[i].rule, "device.", 7), 0, "%s: %s: %s", path, findings[i].rule, findings[i].text);
		cr_expect(findings[i].level == LINT_NOTE || findings[i].justification, "%s: %s is not justified: %s", path,
			  findings[i].rule, findings[i].text);
		cr_expect_lt(strlen(findings[i].text), sizeof findings[i].text - 1, "cut off: %s", findings[i].text);
		cr_expect_neq(findings[i].level, LINT_STRONG, "%s: %s", path, findings[i].text);
	}
	for (size_t i = 0; i < plan->justification_count; i++) {
		bool needed = false;
		for (size_t j = 0; j < count; j++)
			needed |= !strcmp(findings[j].rule, plan->justifications[i].rule);
		cr_expect(needed, "%s justifies %s, which nothing asks for", path, plan->justifications[i].rule);
	}
	findings_seen += (unsigned)count;
	scenarios++;
}

static int visit(const char *path, const struct stat *status, int type, struct FTW *place)
{
	(void)status;
	(void)place;
	size_t length = strlen(path);
	if (type == FTW_F && length > 4 && !strcmp(path + length - 4, ".lua") && !strstr(path, "/scenarios/lib/"))
		check(path);
	return 0;
}

Test(plan_shipped, scenarios_keep_to_the_device_and_justify_the_dose)
{
	struct error error = {0};
	device = config_load_device("magpro-x100-cool-b65", SOURCE_ROOT "/fixtures", &error);
	cr_assert_not_null(device, "%s", error.text);
	tables = config_load_dose_tables("published", SOURCE_ROOT "/fixtures", &error);
	cr_assert_not_null(tables, "%s", error.text);
	cr_assert_eq(nftw(SOURCE_ROOT "/scenarios", visit, 8, FTW_PHYS), 0);
	cr_expect_geq(scenarios, 36);
	cr_expect_geq(findings_seen, 15);
	device_destroy(device);
	dose_tables_destroy(tables);
}
