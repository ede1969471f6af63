/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What scenarios of interlocks come to in a plan: signals, triggers to be refused, settings, random numbers.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "plan_builder.h"

#define HEAD "scenario { id = 'x', title = 'X' }\n"
#define FIRE "intensity(50) arm() await('ready', seconds(1)) single { pulses = 1 }\n"

static struct plan *build(const char *text, const struct plan_value *values, size_t count, struct error *error)
{
	struct plan_parameters parameters = {.motor_threshold_pct = NAN, .values = values, .value_count = count};
	return plan_build_text("x.lua", text, strlen(text), &parameters, error);
}

static const struct step *find(const struct plan *plan, enum step_kind kind, size_t number)
{
	for (size_t i = 0; i < plan->step_count; i++)
		if (plan->steps[i].kind == kind && number-- == 0)
			return &plan->steps[i];
	cr_assert_fail("the plan has no such step");
	return NULL;
}

Test(plan_interlock, signals_become_steps)
{
	struct error error = {0};
	auto_plan struct plan *plan =
		build(HEAD FIRE "emulate('coil_temperature', 38.5) wait(seconds(0.25)) interlock('foot_switch', 'pressed', 1)\n"
				"expect_discharge { below = volts(60), within = seconds(1) } watch() disarm() disarm()",
		      NULL, 0, &error);
	cr_assert_not_null(plan, "%s", error.text);
	const struct step *value = find(plan, STEP_EMULATE, 0), *press = find(plan, STEP_EMULATE, 1), *watch = find(plan, STEP_EMULATE, 2);
	cr_expect_eq(value->emulate.signal, SIGNAL_COIL_TEMPERATURE);
	cr_expect_eq(value->emulate.state, STATE_VALUE);
	cr_expect_float_eq(value->emulate.value, 38.5, 1e-12);
	cr_expect_not(value->emulate.watched);
	cr_expect_eq(press->emulate.state, STATE_PRESSED);
	cr_expect(press->emulate.watched);
	cr_expect_float_eq(press->emulate.pulses, 1, 0);
	cr_expect_float_eq(press->time_s - value->time_s, 0.25, 1e-12);
	cr_expect_eq(watch->emulate.signal, SIGNAL_NONE);
	cr_expect(isnan(watch->emulate.pulses));
}

Test(plan_interlock, triggers_to_be_refused_are_no_expected_pulses)
{
	struct error error = {0};
	auto_plan struct plan *plan =
		build(HEAD "provoke { pulses = 2, rate = 4 }\n" FIRE "provoke { pulses = 3, ipi = ms(20) } disarm()", NULL, 0, &error);
	cr_assert_not_null(plan, "%s", error.text);
	cr_expect_eq(plan->pulse_count, 1);
	cr_expect_float_eq(find(plan, STEP_PROVOKE, 1)->time_s, 0.25, 1e-12);
	cr_expect_float_eq(find(plan, STEP_PROVOKE, 4)->time_s - find(plan, STEP_PROVOKE, 2)->time_s, 0.04, 1e-12);
	cr_expect_float_eq(find(plan, STEP_DISARM, 0)->time_s - find(plan, STEP_PROVOKE, 4)->time_s, 0.02, 1e-12);
}

Test(plan_interlock, settings_are_the_operators_and_in_the_plan)
{
	static const char text[] = HEAD "local n = setting('n', 3, 1, 9)\n" FIRE "provoke { pulses = n, rate = 10 } disarm()";
	struct error error = {0};
	const struct plan_value five = {"n", 5}, ten = {"n", 10}, misspelt = {"m", 5};
	auto_plan struct plan *fallback = build(text, NULL, 0, &error);
	auto_plan struct plan *set = build(text, &five, 1, &error);
	cr_assert(fallback && set, "%s", error.text);
	cr_expect_eq(set->step_count, fallback->step_count + 2);
	cr_expect_eq(set->setting_count, 1);
	cr_expect_float_eq(set->settings[0].value, 5, 0);
	auto_text struct text canonical = text_make(1 << 20);
	plan_serialise(set, &canonical);
	cr_expect(strstr(text_view(&canonical), "\nsetting n 5\n"));
	cr_expect_null(build(text, &ten, 1, &error));
	cr_expect_str_eq(error.text, "x.lua:2: setting: 'n' is 10, but must be from 1 to 9");
	cr_expect_null(build(text, &misspelt, 1, &error));
	cr_expect_str_eq(error.text, "x.lua:1: the scenario has no setting 'm'; it has n");
}

/* Even, by the chi-square of ten classes (9 degrees of freedom: 27.9 is its 0.999 quantile), and another sequence for another seed. */
Test(plan_interlock, numbers_of_a_seed_are_even_and_the_same_at_all_times)
{
	static const char text[] = HEAD "local classes, same = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, 0\n"
					"for n = 1, 10000 do\n"
					"  local x = uniform(1, n)\n"
					"  if x < 0 or x >= 1 or x ~= uniform(1, n) then fail('not in range, or not the same') end\n"
					"  if x == uniform(2, n) or x == uniform(1, n + 1) then same = same + 1 end\n"
					"  local class = math.floor(10 * x) + 1\n"
					"  classes[class] = classes[class] + 1\n"
					"end\n"
					"local chi = 0\n"
					"for _, count in ipairs(classes) do chi = chi + (count - 1000) ^ 2 / 1000 end\n"
					"if chi > 27.9 or same > 0 then fail('uneven: ' .. chi .. ', ' .. same) end\n" FIRE "disarm()";
	struct error error = {0};
	auto_plan struct plan *plan = build(text, NULL, 0, &error);
	cr_expect_not_null(plan, "%s", error.text);
}

Test(plan_interlock, a_pair_on_one_trigger)
{
	struct error error = {0};
	static const char PAIRS[] = HEAD "intensity(40, 50) arm() await('ready', seconds(1))\n"
					 "pair { isi = ms(10), trials = 2, interval = seconds(1), triggers = 1 }\n"
					 "provoke { pulses = 1, ipi = seconds(1) } disarm()";
	auto_plan struct plan *plan = build(PAIRS, NULL, 0, &error);
	cr_assert_not_null(plan, "%s", error.text);
	cr_assert_eq(plan->pulse_count, 4);
	for (uint32_t p = 0; p < 4; p++) {
		cr_expect_eq(plan->pulses[p].follows, p % 2 == 1);
		cr_expect_float_eq(plan->pulses[p].intensity_pct, p % 2 ? 50 : 40, 1e-12);
		cr_expect_eq(plan->steps[plan->pulses[p].step].kind, STEP_TRIGGER);
		cr_expect_eq(plan->steps[plan->pulses[p].step].trigger.pulse, p - p % 2);
	}
	cr_expect_float_eq(plan->pulses[3].time_s - plan->pulses[2].time_s, 0.01, 1e-12);
	size_t triggers = 0;
	for (size_t i = 0; i < plan->step_count; i++)
		triggers += plan->steps[i].kind == STEP_TRIGGER;
	cr_expect_eq(triggers, 2);
	cr_expect_float_eq(plan_trigger_pair_s(plan, (uint32_t)(find(plan, STEP_PROVOKE, 0) - plan->steps)), 0.01, 1e-12);
	cr_expect_eq(plan_trigger_pair_s(plan, (uint32_t)(find(plan, STEP_TRIGGER, 0) - plan->steps)), 0);
}

Test(plan_interlock, a_pair_on_two_triggers_is_the_rigs_own)
{
	struct error error = {0};
	auto_plan struct plan *plan = build(HEAD "intensity(40, 50) arm() await('ready', seconds(1))\n"
						 "pair { isi = ms(10) } disarm()",
					    NULL, 0, &error);
	cr_assert_not_null(plan, "%s", error.text);
	cr_assert_eq(plan->pulse_count, 2);
	cr_expect_not(plan->pulses[1].follows);
	cr_expect_eq(plan->pulses[1].step, plan->pulses[0].step + 1);
	cr_expect_eq(plan_trigger_pair_s(plan, (uint32_t)plan->step_count), 0);
}
