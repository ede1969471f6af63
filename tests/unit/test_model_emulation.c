/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What relays and outputs make of a signal, and what a signal needs of them; the two have to be each other's inverse. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "emulation_setup.h"

static struct emulation_setup setup;

static void wire(enum interlock_signal signal, unsigned lines)
{
	setup.signals[signal].present = true;
	for (unsigned s = 0; s < STATE_COUNT; s++)
		setup.signals[signal].lines[s].present = lines >> s & 1;
}

static void prepare(void)
{
	memset(&setup, 0, sizeof setup);
	wire(SIGNAL_DOOR, 1u << STATE_NORMAL | 1u << STATE_SHORT_LOW | 1u << STATE_SHORT_HIGH);
	wire(SIGNAL_MAINS, 1u << STATE_OPEN);
	wire(SIGNAL_FOOT_SWITCH, 1u << STATE_PRESSED);
	wire(SIGNAL_COIL_TEMPERATURE, 1u << STATE_NORMAL);
	setup.signals[SIGNAL_COIL_TEMPERATURE].output =
		(struct emulation_output){.present = true, .rest = 25, .count = 3, .value = {0, 40, 100}, .volts = {4, 2, 1}};
}

static bool can(enum interlock_signal signal, enum signal_state state, double value)
{
	struct error error = {0};
	bool good = emulation_can(&setup, signal, state, value, &error);
	cr_expect(good || error.kind == ERROR_CONFIG);
	return good;
}

Test(emulation, a_signal_has_the_states_that_are_wired, .init = prepare)
{
	cr_expect(can(SIGNAL_DOOR, STATE_NORMAL, NAN) && can(SIGNAL_DOOR, STATE_OPEN, NAN) && can(SIGNAL_DOOR, STATE_SHORT_HIGH, NAN));
	cr_expect(!can(SIGNAL_DOOR, STATE_VALUE, 1) && !can(SIGNAL_DOOR, STATE_PRESSED, NAN) && !can(SIGNAL_COOLING, STATE_NORMAL, NAN));
	cr_expect(can(SIGNAL_MAINS, STATE_OPEN, NAN) && can(SIGNAL_FOOT_SWITCH, STATE_PRESSED, NAN));
	cr_expect_not(can(SIGNAL_COIL_TEMPERATURE, STATE_SHORT_LOW, NAN), "no line for it");
	cr_expect(can(SIGNAL_COIL_TEMPERATURE, STATE_VALUE, 43) && !can(SIGNAL_COIL_TEMPERATURE, STATE_VALUE, 101));
}

Test(emulation, the_state_of_a_wire_follows_from_its_lines, .init = prepare)
{
	static const enum interlock_signal SIGNALS[] = {SIGNAL_DOOR, SIGNAL_MAINS, SIGNAL_FOOT_SWITCH};
	for (size_t i = 0; i < sizeof SIGNALS / sizeof *SIGNALS; i++)
		for (unsigned state = 0; state < STATE_COUNT; state++) {
			unsigned active = 0;
			if (!can(SIGNALS[i], (enum signal_state)state, NAN))
				continue;
			for (unsigned line = 0; line < STATE_COUNT; line++)
				if (setup.signals[SIGNALS[i]].lines[line].present &&
				    emulation_active((enum signal_state)line, (enum signal_state)state))
					active |= 1u << line;
			cr_expect_eq(emulation_state(&setup.signals[SIGNALS[i]], active), state, "%s %s", interlock_signal_name(SIGNALS[i]),
				     signal_state_name((enum signal_state)state));
		}
	cr_expect_eq(emulation_state(&setup.signals[SIGNAL_DOOR], 0), STATE_OPEN, "nobody drives it");
	cr_expect(emulation_active(STATE_NORMAL, STATE_VALUE), "a sensor with a value is connected");
}

Test(emulation, values_become_voltages_and_back, .init = prepare)
{
	const struct emulation_output *output = &setup.signals[SIGNAL_COIL_TEMPERATURE].output;
	cr_expect_float_eq(emulation_volts(output, 20), 3, 1e-12);
	cr_expect_float_eq(emulation_volts(output, 70), 1.5, 1e-12);
	for (double value = 0; value <= 100; value += 0.5)
		cr_expect_float_eq(emulation_value(output, emulation_volts(output, value)), value, 1e-9);
	cr_expect(isnan(emulation_volts(output, -1)) && isnan(emulation_value(output, 0.9)) && isnan(emulation_volts(output, NAN)));
}
