/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Faults of the simulated instruments: their grammar, and when they are due. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "serve_fault.h"

static void give(struct serve_faults *faults, const char *line, double now_s)
{
	struct error error = {0};
	cr_assert(serve_faults_command(faults, line, now_s, &error), "%s: %s", line, error.text);
}

Test(serve_fault, lines_are_read)
{
	struct serve_fault fault;
	struct error error = {0};
	cr_assert(serve_fault_parse("iiod stall after 2 s for 500 ms", &fault, &error), "%s", error.text);
	cr_expect(fault.server == SERVE_IIOD && fault.kind == SERVE_FAULT_STALL);
	cr_expect_float_eq(fault.after_s, 2, 1e-12);
	cr_expect_float_eq(fault.for_s, 0.5, 1e-12);
	cr_assert(serve_fault_parse("iiod lose 12 into_pulse 150 us", &fault, &error), "%s", error.text);
	cr_expect(fault.amount == 12 && fabs(fault.into_pulse_s - 150e-6) < 1e-12);
	cr_assert(serve_fault_parse("  beaglelogic  lose 1000 after 20ms times 3\n", &fault, &error), "%s", error.text);
	cr_expect(fault.kind == SERVE_FAULT_LOSE && fault.amount == 1000 && fault.times == 3);
	cr_expect_float_eq(fault.after_s, 0.02, 1e-12);
	cr_assert(serve_fault_parse("magstim slow 200 ms", &fault, &error), "%s", error.text);
	cr_expect(isinf(fault.for_s) && fabs(fault.value_s - 0.2) < 1e-12);
}

Test(serve_fault, wrong_lines_say_what_would_be_right)
{
	static const struct {
		const char *line, *message;
	} WRONG[] = {
		{"", "for example, 'iiod stall after 2 s'"},
		{"logger stall", "no instrument 'logger'; known are iiod"},
		{"iiod wrong_crc", "iiod has no fault 'wrong_crc'; its faults are stall, mute, close, reset, short, lose, slow, error"},
		{"iiod lose", "'lose' needs a number from 1"},
		{"iiod lose 0", "'lose' needs a number from 1"},
		{"iiod lose 12x", "'lose' needs a number from 1"},
		{"iiod stall after", "'after' needs a time, for example 'after 2 s'"},
		{"iiod stall after 2", "'after'"},
		{"iiod stall after 2 V", "'after'"},
		{"iiod stall after -2 s", "'after'"},
		{"beaglelogic lose 10 into_pulse 20 us", "'into_pulse' has no place in a fault 'lose'"},
		{"iiod lose 10 into_pulse", "'into_pulse' needs a time"},
		{"iiod close for 2 s", "'for' has no place in a fault 'close'; right would be 'after TIME' or 'times N'"},
		{"iiod stall times 2", "right would be 'after TIME' or 'for TIME'"},
		{"clear iiod", "no instrument 'clear'"},
	};
	for (size_t w = 0; w < sizeof WRONG / sizeof *WRONG; w++) {
		struct serve_fault fault;
		struct error error = {0};
		cr_expect_not(serve_fault_parse(WRONG[w].line, &fault, &error), "%s", WRONG[w].line);
		cr_expect(strstr(error.text, WRONG[w].message), "%s: %s", WRONG[w].line, error.text);
	}
}

Test(serve_fault, lasting_ones_last)
{
	struct serve_faults *faults = serve_faults_create();
	double delay_s = 0;
	give(faults, "magstim slow 30 ms for 2 s", 100);
	cr_expect(serve_faults_active(faults, SERVE_MAGSTIM, SERVE_FAULT_SLOW, 100, &delay_s));
	cr_expect_float_eq(delay_s, 0.03, 1e-12);
	cr_expect(serve_faults_active(faults, SERVE_MAGSTIM, SERVE_FAULT_SLOW, 101.9, NULL));
	cr_expect_not(serve_faults_active(faults, SERVE_MAGSTIM, SERVE_FAULT_SLOW, 102.1, NULL));
	cr_expect_not(serve_faults_active(faults, SERVE_MAGVENTURE, SERVE_FAULT_SLOW, 100, NULL));
	give(faults, "iiod stall", 100);
	cr_expect(serve_faults_active(faults, SERVE_IIOD, SERVE_FAULT_STALL, 1e6, NULL));
	give(faults, "iiod clear", 100);
	cr_expect_not(serve_faults_active(faults, SERVE_IIOD, SERVE_FAULT_STALL, 100, NULL));
	cr_expect(serve_faults_active(faults, SERVE_MAGSTIM, SERVE_FAULT_SLOW, 100, NULL));
	give(faults, "clear", 100);
	cr_expect_not(serve_faults_active(faults, SERVE_MAGSTIM, SERVE_FAULT_SLOW, 100, NULL));
	serve_faults_destroy(faults);
}

Test(serve_fault, counted_ones_are_taken_once_each)
{
	struct serve_faults *faults = serve_faults_create();
	struct serve_fault taken = {0};
	give(faults, "iiod lose 7 times 2", 10);
	cr_expect(serve_faults_take(faults, SERVE_IIOD, SERVE_FAULT_LOSE, 10, &taken) && taken.amount == 7 && isnan(taken.into_pulse_s));
	cr_expect(serve_faults_take(faults, SERVE_IIOD, SERVE_FAULT_LOSE, 10, NULL));
	cr_expect_not(serve_faults_take(faults, SERVE_IIOD, SERVE_FAULT_LOSE, 10, NULL));
	serve_faults_destroy(faults);
}

Test(serve_fault, after_counts_from_the_first_use)
{
	struct serve_faults *faults = serve_faults_create();
	give(faults, "iiod close after 2 s", 10);
	cr_expect_not(serve_faults_take(faults, SERVE_IIOD, SERVE_FAULT_CLOSE, 1000, NULL), "nobody has used it");
	serve_faults_begin(faults, SERVE_IIOD, 1000);
	cr_expect_not(serve_faults_take(faults, SERVE_IIOD, SERVE_FAULT_CLOSE, 1001.9, NULL));
	cr_expect(serve_faults_take(faults, SERVE_IIOD, SERVE_FAULT_CLOSE, 1002, NULL));
	give(faults, "iiod close after 2 s", 1010);
	cr_expect_not(serve_faults_take(faults, SERVE_IIOD, SERVE_FAULT_CLOSE, 1011.9, NULL));
	cr_expect(serve_faults_take(faults, SERVE_IIOD, SERVE_FAULT_CLOSE, 1012, NULL), "in use: it counts from the command");
	serve_faults_end(faults, SERVE_IIOD);
	give(faults, "iiod close after 2 s", 1020);
	cr_expect_not(serve_faults_take(faults, SERVE_IIOD, SERVE_FAULT_CLOSE, 1030, NULL), "no longer in use");
	serve_faults_destroy(faults);
}
