/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "canonical.h"

#include <math.h>
#include <string.h>

const char *pulse_position_name(enum pulse_position position)
{
	switch (position) {
	case POSITION_ANY: return "any";
	case POSITION_FIRST_OF_PAIR: return "first_of_pair";
	case POSITION_SECOND_OF_PAIR: return "second_of_pair";
	case POSITION_FIRST_OF_TRAIN: return "first_of_train";
	}
	return "?";
}

const char *tolerance_combine_name(enum tolerance_combine combine)
{
	switch (combine) {
	case TOLERANCE_LARGER: return "larger";
	case TOLERANCE_SMALLER: return "smaller";
	case TOLERANCE_SUM: return "sum";
	}
	return "?";
}

/* Without white space around it, and one blank for each run of it, so that a text that is only wrapped anew is the same. */
static void put_words(struct text *out, const char *name, const char *value)
{
	static const char SPACE[] = " \t\r\n\v\f";
	text_printf(out, "%s=", name);
	const char *word = value ? value + strspn(value, SPACE) : "";
	for (bool first = true; *word; first = false) {
		size_t length = strcspn(word, SPACE);
		if (!first)
			text_append(out, " ", 1);
		text_append(out, word, length);
		word += length;
		word += strspn(word, SPACE);
	}
	text_append(out, "\n", 1);
}

/* Adding zero makes zero of minus zero. */
static void put_number(struct text *out, const char *name, double value)
{
	if (isfinite(value))
		text_printf(out, "%s=%.17g\n", name, value + 0.0);
	else
		text_printf(out, "%s=\n", name);
}

static void put_selector(struct text *out, const struct selector *select)
{
	put_words(out, "scenarios", select->scenarios);
	text_printf(out, "waveform=%s\n", select->has_waveform ? waveform_name(select->waveform) : "");
	put_number(out, "intensity_min_pct", select->intensity_min_pct);
	put_number(out, "intensity_max_pct", select->intensity_max_pct);
	put_number(out, "interval_max_s", select->interval_max_s);
	text_printf(out, "position=%s\n", pulse_position_name(select->position));
}

static void put_limit(struct text *out, const struct limit *limit)
{
	bool centred = limit->nominal_kind != NOMINAL_NONE;
	put_number(out, "lower", centred ? NAN : limit->lower);
	put_number(out, "upper", centred ? NAN : limit->upper);
	if (limit->nominal_kind == NOMINAL_PLANNED)
		text_puts(out, "nominal=planned\n");
	else
		put_number(out, "nominal", centred ? limit->nominal : NAN);
	double relative = centred ? limit->tolerance_relative : NAN, absolute = centred ? limit->tolerance_absolute : NAN;
	put_number(out, "tolerance_relative", relative);
	put_number(out, "tolerance_absolute", absolute);
	text_printf(out, "combine=%s\n", isfinite(relative) && isfinite(absolute) ? tolerance_combine_name(limit->combine) : "");
}

void requirement_canonical(const struct requirement *requirement, struct text *out)
{
	bool judged = requirement->verified_by == VERIFIED_BY_RIG;
	text_puts(out, "tmsrig-requirement-1\n");
	put_words(out, "text", requirement->text);
	text_printf(out, "verified_by=%s\n", verification_name(requirement->verified_by));
	if (!judged)
		return;
	put_words(out, "measurand", requirement->measurand);
	put_selector(out, &requirement->select);
	put_limit(out, &requirement->limit);
	text_printf(out, "judge=%s\nrule=%s\n", judged_value_name(requirement->judge), decision_rule_name(requirement->rule));
	put_number(out, "risk", requirement->rule == DECISION_RISK ? requirement->risk : NAN);
	put_number(out, "capability", requirement->capability > 0 ? requirement->capability : NAN);
}
