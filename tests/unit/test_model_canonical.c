/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The canonical form of a requirement, byte for byte as docs/traceability.md has it: other programs hash it, too.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "canonical.h"

static struct requirement example(void)
{
	return (struct requirement){
		.id = "TIM-IPI",
		.revision = 3,
		.text = "Intervals are\n  right.",
		.measurand = "pulse.interval",
		.select = {.intensity_min_pct = NAN, .intensity_max_pct = 100, .interval_max_s = 1},
		.limit = {.lower = NAN,
			  .upper = NAN,
			  .nominal_kind = NOMINAL_PLANNED,
			  .nominal = NAN,
			  .tolerance_relative = 0.01,
			  .tolerance_absolute = 1e-4},
		.rule = DECISION_GUARDED,
		.risk = NAN,
		.capability = NAN,
	};
}

static char *canonical(const struct requirement *requirement)
{
	auto_text struct text out = text_make(CANONICAL_CAP);
	requirement_canonical(requirement, &out);
	char *bytes = text_take(&out);
	cr_assert_not_null(bytes);
	return bytes;
}

static bool same(const struct requirement *a, const struct requirement *b)
{
	auto_free char *left = canonical(a);
	auto_free char *right = canonical(b);
	return strcmp(left, right) == 0;
}

Test(canonical, bytes_are_as_documented)
{
	struct requirement requirement = example();
	auto_free char *bytes = canonical(&requirement);
	cr_expect_str_eq(bytes, "tmsrig-requirement-1\n"
				"text=Intervals are right.\n"
				"verified_by=rig\n"
				"measurand=pulse.interval\n"
				"scenarios=\n"
				"waveform=\n"
				"intensity_min_pct=\n"
				"intensity_max_pct=100\n"
				"interval_max_s=1\n"
				"position=any\n"
				"lower=\n"
				"upper=\n"
				"nominal=planned\n"
				"tolerance_relative=0.01\n"
				"tolerance_absolute=0.0001\n"
				"combine=larger\n"
				"judge=every\n"
				"rule=guarded\n"
				"risk=\n"
				"capability=\n");
}

Test(canonical, what_is_not_judged_is_its_text)
{
	struct requirement requirement = example();
	requirement.verified_by = VERIFIED_BY_INSPECTION;
	auto_free char *bytes = canonical(&requirement);
	cr_expect_str_eq(bytes, "tmsrig-requirement-1\ntext=Intervals are right.\nverified_by=inspection\n");
}

Test(canonical, what_is_judged_changes_it)
{
	const struct requirement original = example();
	struct requirement changed[] = {original, original, original, original, original, original, original, original, original};
	changed[0].text = "Intervals are wrong.";
	changed[1].measurand = "pulse.interval_error";
	changed[2].limit.tolerance_absolute = nextafter(1e-4, 1);
	changed[3].limit.combine = TOLERANCE_SUM;
	changed[4].limit.nominal_kind = NOMINAL_NONE;
	changed[5].rule = DECISION_SIMPLE;
	changed[6].judge = JUDGE_MEAN;
	changed[7].select.scenarios = "protocols/*";
	changed[8].capability = 4;
	for (size_t i = 0; i < sizeof changed / sizeof *changed; i++)
		cr_expect_not(same(&original, &changed[i]), "change %zu", i);
}

Test(canonical, what_changes_no_judgement_does_not)
{
	const struct requirement original = example();
	struct requirement changed = original;
	changed.id = "OTHER";
	changed.revision = 9;
	changed.text = "\tIntervals   are right.\r\n";
	changed.document = "Another";
	changed.hazard = "HAZ-1";
	changed.uid = "_1";
	changed.limit.lower = 5; /* of no meaning beside a nominal value */
	changed.risk = 0.5;      /* nor without the rule risk */
	cr_expect(same(&original, &changed));
}

Test(canonical, minus_zero_is_zero)
{
	struct requirement a = example(), b = example();
	a.limit = (struct limit){.lower = 0.0, .upper = NAN};
	b.limit = (struct limit){.lower = -0.0, .upper = NAN};
	cr_expect(same(&a, &b));
}
