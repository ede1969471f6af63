/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plan_print.h"

#include <math.h>
#include <string.h>

enum { COLUMNS = 96 };

static const char *iti_words(enum iti_reference reference)
{
	switch (reference) {
	case ITI_NONE: return "a single train";
	case ITI_TRAIN_ONSET: return "from the first pulse of a train to the first pulse of the next";
	case ITI_LAST_PULSE: return "from the last pulse of a train to the first pulse of the next";
	case ITI_LAST_BURST_ONSET: return "from the onset of the last burst of a train to the first pulse of the next";
	}
	return "?";
}

/* Breaks text at spaces; the lines after the first are indented. */
static void put_wrapped(struct text *out, const char *text, int indent)
{
	int column = indent;
	for (const char *word = text; *word;) {
		size_t length = strcspn(word, " ");
		if (column > indent && column + 1 + (int)length > COLUMNS) {
			text_printf(out, "\n%*s", indent, "");
			column = indent;
		} else if (column > indent) {
			text_puts(out, " ");
			column++;
		}
		text_append(out, word, length);
		column += (int)length;
		word += length + strspn(word + length, " ");
	}
	text_puts(out, "\n");
}

static void put_rate(struct text *out, const char *what, double period_s)
{
	if (!isnan(period_s))
		text_printf(out, "%*s%s at %.6g Hz, every %.9g s\n", 18, "", what, 1 / period_s, period_s);
}

static void put_train(const struct plan_block *block, struct text *out)
{
	text_puts(out, "train: ");
	if (block->trains > 1)
		text_printf(out, "%u trains x ", (unsigned)block->trains);
	if (block->bursts_per_train > 1)
		text_printf(out, "%u bursts x ", (unsigned)block->bursts_per_train);
	text_printf(out, "%u pulse%s", (unsigned)block->pulses_per_burst, block->pulses_per_burst == 1 ? "" : "s");
	if (block->trains > 1 || block->bursts_per_train > 1)
		text_printf(out, " = %u pulses", (unsigned)block->pulses);
	text_printf(out, ", %.6g %%\n", block->intensity_pct);
	put_rate(out, "pulses", block->intra_burst_interval_s);
	put_rate(out, "bursts", block->burst_period_s);
	put_rate(out, "trains", block->train_period_s);
	if (block->trains > 1)
		text_printf(out, "%*sITI %.9g s, %s\n", 18, "", block->iti_s, iti_words(block->iti_reference));
}

static void put_block(const struct plan *plan, const struct plan_block *block, struct text *out)
{
	const struct expected_pulse *first = &plan->pulses[block->first_pulse], *last = first + block->pulses - 1;
	text_printf(out, "%13.6f s  ", first->time_s);
	if (!strcmp(block->kind, "pair")) {
		text_printf(out, "pair: %u trial%s, %.6g %% then %.6g %%, %.9g ms apart%s\n", (unsigned)block->bursts_per_train,
			    block->bursts_per_train == 1 ? "" : "s", first->intensity_pct, first[1].intensity_pct,
			    block->intra_burst_interval_s * 1e3, first[1].follows ? ", on one trigger" : "");
		put_rate(out, "trials", block->burst_period_s);
	} else if (!strcmp(block->kind, "single")) {
		text_printf(out, "single: %u pulse%s, %.6g %%\n", (unsigned)block->pulses, block->pulses == 1 ? "" : "s",
			    block->intensity_pct);
		put_rate(out, "pulses", block->burst_period_s);
	} else {
		put_train(block, out);
	}
	if (first->reversed)
		text_printf(out, "%*scurrent direction reversed\n", 18, "");
	if (block->pulses > 1)
		text_printf(out, "%13.6f s  last pulse\n", last->time_s);
}

/* When the step behind a wait stands: the next one of its section, or the section's end. */
static double wait_end_s(const struct plan *plan, const struct step *step)
{
	const struct step *next = step + 1;
	return next < plan->steps + plan->step_count && next->section == step->section ? next->time_s
										       : plan->section_duration_s[step->section];
}

static void put_step(const struct plan *plan, const struct step *step, struct text *out)
{
	text_printf(out, "%13.6f s  ", step->time_s);
	switch (step->kind) {
	case STEP_SET_INTENSITY:
		if (isnan(step->set.second_pct))
			text_printf(out, "set the intensity to %.6g %%\n", step->set.intensity_pct);
		else
			text_printf(out, "set the intensities to %.6g %% and %.6g %% (paired pulses)\n", step->set.intensity_pct,
				    step->set.second_pct);
		break;
	case STEP_ARM: text_puts(out, "arm\n"); break;
	case STEP_DISARM: text_puts(out, "disarm\n"); break;
	case STEP_AWAIT: text_printf(out, "wait until the device is %s, at most %.6g s\n", step->await.name, step->await.timeout_s); break;
	case STEP_TRIGGER: text_puts(out, "trigger\n"); break;
	case STEP_DRIVE_LINE: text_printf(out, "drive line %s %s\n", step->drive.name, step->drive.level ? "high" : "low"); break;
	case STEP_WAIT: text_printf(out, "wait for %.9g s\n", wait_end_s(plan, step) - step->time_s); break;
	case STEP_PROMPT:
		text_puts(out, "ask the operator: ");
		put_wrapped(out, step->prompt.text, 18);
		break;
	case STEP_PROVOKE: text_puts(out, "trigger, which is to be refused\n"); break;
	case STEP_EMULATE:
		if (step->emulate.signal == SIGNAL_NONE)
			text_puts(out, "watch the reactions from here on\n");
		else if (step->emulate.state == STATE_VALUE)
			text_printf(out, "%s reads %.6g\n", interlock_signal_name(step->emulate.signal), step->emulate.value);
		else
			text_printf(out, "%s %s\n", interlock_signal_name(step->emulate.signal), signal_state_name(step->emulate.state));
		break;
	case STEP_EXPECT_DISCHARGE:
		text_printf(out, "expect the capacitor at or below %.6g V within %.6g s\n", step->discharge.level_v,
			    step->discharge.timeout_s);
		break;
	}
}

void plan_print_text(const struct plan *plan, struct text *out)
{
	text_printf(out, "%s: ", plan->id);
	put_wrapped(out, plan->title, 2);
	text_printf(out, "  %zu pulses, %.6f s from first to last onset, session %.6f s plus waiting\n", plan->pulse_count,
		    plan_first_to_last_onset_s(plan), plan_duration_s(plan));
	if (!isnan(plan->motor_threshold_pct))
		text_printf(out, "  motor threshold %.6g %% of maximum output\n", plan->motor_threshold_pct);
	uint32_t section = UINT32_MAX;
	for (size_t i = 0; i < plan->step_count; i++) {
		const struct step *step = &plan->steps[i];
		if (step->section != section) {
			section = step->section;
			text_printf(out, "  section %u of %u, %.6f s\n", (unsigned)section + 1, (unsigned)plan->section_count,
				    plan->section_duration_s[section]);
		}
		if (step->kind != STEP_TRIGGER) {
			put_step(plan, step, out);
			continue;
		}
		const struct plan_block *block = &plan->blocks[plan->pulses[step->trigger.pulse].block];
		if (block->first_pulse == step->trigger.pulse)
			put_block(plan, block, out);
	}
}

void plan_print_findings(const struct plan *plan, const struct lint_finding *findings, size_t count, struct text *out)
{
	for (size_t i = 0; i < count; i++) {
		const struct lint_finding *finding = &findings[i];
		if (finding->line)
			text_printf(out, "%s:%d: ", plan->source, finding->line);
		text_printf(out, "%s: %s\n    ", lint_level_name(finding->level), finding->rule);
		put_wrapped(out, finding->text, 4);
		if (finding->justification) {
			text_puts(out, "    justified: ");
			put_wrapped(out, finding->justification, 15);
		} else if (finding->level != LINT_NOTE) {
			text_printf(out, "    not justified; say justify(\"%s\", \"why\") in the scenario\n", finding->rule);
		}
	}
}

static void json_string(struct text *out, const char *string)
{
	if (!string) {
		text_puts(out, "null");
		return;
	}
	text_puts(out, "\"");
	for (const char *c = string; *c; c++) {
		if (*c == '"' || *c == '\\')
			text_printf(out, "\\%c", *c);
		else if ((unsigned char)*c < ' ')
			text_printf(out, "\\u%04x", (unsigned)(unsigned char)*c);
		else
			text_append(out, c, 1);
	}
	text_puts(out, "\"");
}

static void json_text(struct text *out, const char *key, const char *value)
{
	text_printf(out, "\"%s\": ", key);
	json_string(out, value);
}

static void json_number(struct text *out, const char *key, double value)
{
	if (isfinite(value))
		text_printf(out, ", \"%s\": %.12g", key, value);
	else
		text_printf(out, ", \"%s\": null", key);
}

static void json_block(const struct plan *plan, const struct plan_block *block, struct text *out)
{
	const struct expected_pulse *first = &plan->pulses[block->first_pulse], *last = first + block->pulses - 1;
	text_puts(out, "    {");
	json_text(out, "kind", block->kind);
	text_printf(out, ", \"line\": %d, \"section\": %u, \"pulses\": %u", block->line, (unsigned)first->section, (unsigned)block->pulses);
	text_printf(out, ", \"pulses_per_burst\": %u, \"bursts_per_train\": %u, \"trains\": %u", (unsigned)block->pulses_per_burst,
		    (unsigned)block->bursts_per_train, (unsigned)block->trains);
	json_number(out, "first_onset_s", first->time_s);
	json_number(out, "last_onset_s", last->time_s);
	json_number(out, "intra_burst_interval_s", block->intra_burst_interval_s);
	json_number(out, "burst_period_s", block->burst_period_s);
	json_number(out, "train_period_s", block->train_period_s);
	json_number(out, "iti_s", block->iti_s);
	text_puts(out, ", ");
	json_text(out, "iti_reference", iti_reference_name(block->iti_reference));
	json_number(out, "intensity_pct", block->intensity_pct);
	json_number(out, "second_intensity_pct", !strcmp(block->kind, "pair") ? first[1].intensity_pct : NAN);
	text_printf(out, ", \"reversed\": %s}", first->reversed ? "true" : "false");
}

static void json_lint(const struct lint_finding *findings, size_t count, struct text *out)
{
	text_puts(out, "  \"lint\": [");
	for (size_t i = 0; i < count; i++) {
		text_puts(out, i ? ",\n    {" : "\n    {");
		json_text(out, "level", lint_level_name(findings[i].level));
		text_puts(out, ", ");
		json_text(out, "rule", findings[i].rule);
		text_printf(out, ", \"line\": %d, ", findings[i].line);
		json_text(out, "text", findings[i].text);
		text_puts(out, ", ");
		json_text(out, "justification", findings[i].justification);
		text_puts(out, "}");
	}
	text_puts(out, count ? "\n  ]\n" : "]\n");
}

void plan_print_json(const struct plan *plan, const char *hash, const struct lint_finding *findings, size_t count, struct text *out)
{
	text_puts(out, "{\n  ");
	json_text(out, "id", plan->id);
	text_puts(out, ",\n  ");
	json_text(out, "title", plan->title);
	text_puts(out, ",\n  ");
	json_text(out, "path", plan->path);
	text_puts(out, ",\n  ");
	json_text(out, "source", plan->source);
	text_puts(out, ",\n  ");
	json_text(out, "hash", hash);
	text_puts(out, ",\n  \"verifies\": [");
	for (size_t i = 0; i < plan->verifies_count; i++) {
		text_puts(out, i ? ", " : "");
		json_string(out, plan->verifies[i]);
	}
	text_printf(out, "],\n  \"pulses\": %zu", plan->pulse_count);
	json_number(out, "first_to_last_onset_s", plan_first_to_last_onset_s(plan));
	json_number(out, "duration_s", plan_duration_s(plan));
	json_number(out, "motor_threshold_pct", plan->motor_threshold_pct);
	text_puts(out, ",\n  \"sections\": [");
	for (uint32_t s = 0; s < plan->section_count; s++)
		text_printf(out, "%s%.12g", s ? ", " : "", plan->section_duration_s[s]);
	text_puts(out, "],\n  \"blocks\": [\n");
	for (size_t i = 0; i < plan->block_count; i++) {
		json_block(plan, &plan->blocks[i], out);
		text_puts(out, i + 1 < plan->block_count ? ",\n" : "\n");
	}
	text_puts(out, "  ],\n  \"justifications\": [");
	for (size_t i = 0; i < plan->justification_count; i++) {
		text_puts(out, i ? ", {" : "{");
		json_text(out, "rule", plan->justifications[i].rule);
		text_puts(out, ", ");
		json_text(out, "reason", plan->justifications[i].reason);
		text_puts(out, "}");
	}
	text_puts(out, "],\n");
	json_lint(findings, count, out);
	text_puts(out, "}\n");
}
