/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plan.h"

#include <math.h>

void plan_destroy(struct plan *plan)
{
	if (plan)
		arena_destroy(plan->arena);
}

double plan_section_start_s(const struct plan *plan, uint32_t section)
{
	double start_s = 0;
	for (uint32_t s = 0; s < section && s < plan->section_count; s++)
		start_s += plan->section_duration_s[s];
	return start_s;
}

double plan_first_to_last_onset_s(const struct plan *plan)
{
	if (plan->pulse_count < 2)
		return 0;
	const struct expected_pulse *first = &plan->pulses[0], *last = &plan->pulses[plan->pulse_count - 1];
	double between_s = 0;
	for (uint32_t s = first->section; s < last->section; s++)
		between_s += plan->section_duration_s[s];
	return between_s + last->time_s - first->time_s;
}

double plan_duration_s(const struct plan *plan)
{
	return plan_section_start_s(plan, plan->section_count);
}

const char *iti_reference_name(enum iti_reference reference)
{
	switch (reference) {
	case ITI_NONE: return "none";
	case ITI_TRAIN_ONSET: return "train_onset";
	case ITI_LAST_PULSE: return "last_pulse";
	case ITI_LAST_BURST_ONSET: return "last_burst_onset";
	}
	return "?";
}

const char *step_kind_name(enum step_kind kind)
{
	switch (kind) {
	case STEP_SET_INTENSITY: return "set_intensity";
	case STEP_ARM: return "arm";
	case STEP_DISARM: return "disarm";
	case STEP_AWAIT: return "await";
	case STEP_TRIGGER: return "trigger";
	case STEP_DRIVE_LINE: return "drive_line";
	case STEP_WAIT: return "wait";
	case STEP_PROMPT: return "prompt";
	case STEP_PROVOKE: return "provoke";
	case STEP_EMULATE: return "emulate";
	case STEP_EXPECT_DISCHARGE: return "expect_discharge";
	}
	return "?";
}

static long long ns(double time_s)
{
	return llround(time_s * 1e9);
}

static void serialise_step(const struct step *step, struct text *out)
{
	text_printf(out, "step %u %lld %s", step->section, ns(step->time_s), step_kind_name(step->kind));
	switch (step->kind) {
	case STEP_SET_INTENSITY: text_printf(out, " %.6g %.6g", step->set.intensity_pct, step->set.second_pct); break;
	case STEP_AWAIT: text_printf(out, " %s %lld", step->await.name, ns(step->await.timeout_s)); break;
	case STEP_TRIGGER: text_printf(out, " %u", step->trigger.pulse); break;
	case STEP_DRIVE_LINE: text_printf(out, " %s %d", step->drive.name, step->drive.level); break;
	case STEP_PROMPT: text_printf(out, " %s", step->prompt.text); break;
	case STEP_EXPECT_DISCHARGE: text_printf(out, " %.6g %lld", step->discharge.level_v, ns(step->discharge.timeout_s)); break;
	case STEP_EMULATE:
		text_printf(out, " %s %s %.9g %d %.6g", interlock_signal_name(step->emulate.signal), signal_state_name(step->emulate.state),
			    step->emulate.value, step->emulate.watched, step->emulate.pulses);
		break;
	case STEP_ARM:
	case STEP_DISARM:
	case STEP_PROVOKE:
	case STEP_WAIT: break;
	}
	text_puts(out, "\n");
}

void plan_serialise(const struct plan *plan, struct text *out)
{
	text_printf(out, "plan 1\nid %s\ntitle %s\npath %s\nmotor_threshold_pct %.6g\n", plan->id, plan->title, plan->path,
		    plan->motor_threshold_pct);
	for (size_t i = 0; i < plan->verifies_count; i++)
		text_printf(out, "verifies %s\n", plan->verifies[i]);
	for (size_t i = 0; i < plan->setting_count; i++)
		text_printf(out, "setting %s %.17g\n", plan->settings[i].name, plan->settings[i].value);
	for (uint32_t s = 0; s < plan->section_count; s++)
		text_printf(out, "section %u %lld\n", s, ns(plan->section_duration_s[s]));
	for (size_t i = 0; i < plan->block_count; i++) {
		const struct plan_block *b = &plan->blocks[i];
		text_printf(out, "block %s %u %u %u %u %u %s %.6g\n", b->kind, b->first_pulse, b->pulses, b->pulses_per_burst,
			    b->bursts_per_train, b->trains, iti_reference_name(b->iti_reference), b->intensity_pct);
	}
	for (size_t i = 0; i < plan->pulse_count; i++) {
		const struct expected_pulse *p = &plan->pulses[i];
		text_printf(out, "pulse %u %lld %.6g %u %u %u %u %d%s\n", p->section, ns(p->time_s), p->intensity_pct, p->block, p->train,
			    p->burst, p->index, p->reversed, p->follows ? " follows" : "");
	}
	for (size_t i = 0; i < plan->step_count; i++)
		serialise_step(&plan->steps[i], out);
	for (size_t i = 0; i < plan->justification_count; i++)
		text_printf(out, "justification %s %s\n", plan->justifications[i].rule, plan->justifications[i].reason);
}

double plan_trigger_pair_s(const struct plan *plan, uint32_t step)
{
	size_t low = 0, high = plan->pulse_count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (plan->pulses[middle].step < step)
			low = middle + 1;
		else
			high = middle;
	}
	return low > 1 && plan->pulses[low - 1].follows ? plan->pulses[low - 1].time_s - plan->pulses[low - 2].time_s : 0;
}
