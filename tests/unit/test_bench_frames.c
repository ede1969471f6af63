/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Frames of remote controls against published examples (MagPy, MAGIC, pytms), and the templates of line protocols.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "line_protocol.h"
#include "magstim_frame.h"
#include "magventure_frame.h"

Test(frames, magstim_check_bytes_are_those_that_were_published)
{
	static const struct {
		const char *command;
		uint8_t check;
	} VECTORS[] = {{"Q@", 0x6E}, {"R@", 0x6D}, {"@050", 0x2A}, {"EA", 0x79}, {"EB", 0x78}, {"EH", 0x72},
		       {"J@", 0x75}, {"F@", 0x79}, {"\\@", 0x63},  {"ND", 0x6D}, {"x@", 0x47}, {"I@", 0x76},
		       {"b@", 0x5D}, {"^@", 0x61}, {"_@", 0x60},   {"Y@", 0x66}, {"Z@", 0x65}, {"X@", 0x67}};
	for (size_t i = 0; i < sizeof VECTORS / sizeof *VECTORS; i++) {
		uint8_t frame[MAGSTIM_FRAME_MAX];
		size_t length = strlen(VECTORS[i].command);
		cr_assert_eq(magstim_frame(frame, VECTORS[i].command, length), length + 1);
		cr_expect_eq(frame[length], VECTORS[i].check, "%s", VECTORS[i].command);
	}
}

Test(frames, the_unlock_code_gets_the_check_bytes_of_the_published_example)
{
	char command[MAGSTIM_FRAME_MAX];
	cr_assert_eq(magstim_unlock_command(command, "1234-12345678"), 17);
	cr_expect_arr_eq(command, "Q1234-12345678-\xFD\x91", 17);
	cr_assert_eq(magstim_unlock_command(command, "1234-12345678-0a9F"), 17);
	cr_expect_arr_eq(command, "Q1234-12345678-\x0A\x9F", 17);
	static const char *const WRONG[] = {
		"", "1234", "1234-1234567", "1234-123456789", "12345-1234567", "1234-12345678-zz11", "1234-12345678-0a9"};
	for (size_t i = 0; i < sizeof WRONG / sizeof *WRONG; i++)
		cr_expect_eq(magstim_unlock_command(command, WRONG[i]), 0, "%s", WRONG[i]);
}

Test(frames, magstim_replies_have_the_published_lengths)
{
	cr_expect_eq(magstim_reply_length('J', MAGSTIM_200, 0), 12);
	cr_expect_eq(magstim_reply_length('F', MAGSTIM_RAPID, 9), 9);
	cr_expect_eq(magstim_reply_length('\\', MAGSTIM_RAPID, 6), 21);
	cr_expect_eq(magstim_reply_length('\\', MAGSTIM_RAPID, 7), 22);
	cr_expect_eq(magstim_reply_length('\\', MAGSTIM_RAPID, 9), 24);
	cr_expect_eq(magstim_reply_length('[', MAGSTIM_RAPID, 9), 4);
	cr_expect_eq(magstim_reply_length('b', MAGSTIM_RAPID, 9), 3);
	cr_expect_eq(magstim_reply_length('E', MAGSTIM_200, 0), 3);
}

static enum magstim_answer judge(const char *bytes, size_t length, char command, size_t due)
{
	size_t got = 0, missing;
	while ((missing = magstim_reply_missing((const uint8_t *)bytes, got, due, command)) > 0) {
		cr_assert_leq(got + missing, length, "it wants more than there is");
		got += missing;
	}
	cr_expect_eq(got, length);
	return magstim_reply_judge((const uint8_t *)bytes, got, command);
}

Test(frames, magstim_replies_are_told_apart)
{
	cr_expect_eq(judge("?", 1, 'E', 3), MAGSTIM_UNKNOWN_COMMAND);
	cr_expect_eq(judge("E?\x7B", 3, 'E', 3), MAGSTIM_REFUSED_DATA);
	cr_expect_eq(judge("JS\x62", 3, 'J', 12), MAGSTIM_CONFLICT);
	cr_expect_eq(judge("E\x89\x31", 3, 'E', 3), MAGSTIM_GOOD);
	cr_expect_eq(judge("E\x89\x30", 3, 'E', 3), MAGSTIM_WRONG_CHECK);
	cr_expect_eq(judge("F", 1, 'E', 3), MAGSTIM_OTHER_COMMAND);
	cr_expect_eq(judge("N9.0.0\0\xBC", 8, 'N', MAGSTIM_TEXT_REPLY), MAGSTIM_GOOD);
}

/* The table of MAGIC's rapid.m at every tenth percent. */
Test(frames, the_energy_of_a_rapid_pulse_is_near_the_published_table)
{
	static const double TABLE_J[] = {0, 2.5, 10.1, 22.7, 40.3, 63.0, 90.7, 123.4, 161.2, 204.0, 252};
	for (int i = 1; i <= 10; i++)
		cr_expect_float_eq(magstim_rapid_energy_j(10 * i), TABLE_J[i], fmax(0.05, 0.01 * TABLE_J[i]));
}

/* 250 pulses at 25 Hz and 73 %: the published wait is 21.95 s, which counts from the end of the last interval. */
Test(frames, after_a_train_the_published_wait_is_enforced)
{
	static const double ENERGY_J = 134.2, PERIOD_S = 0.04, START_S = 1000;
	for (int late = 0; late < 2; late++) {
		struct magstim_store store = {0};
		double at_s = START_S;
		for (int i = 0; i < 250; i++, at_s += PERIOD_S)
			cr_assert(magstim_store_take(&store, at_s, ENERGY_J));
		cr_expect_eq(magstim_store_take(&store, at_s + 21.95 + (late ? 0.01 : -0.01), ENERGY_J), late);
	}
	/* 63 kJ are 250 pulses of full energy; the next is too much. */
	struct magstim_store store = {0};
	for (int i = 0; i < 250; i++)
		cr_assert(magstim_store_take(&store, START_S + 0.05 * i, 252));
	cr_expect_not(magstim_store_take(&store, START_S + 0.05 * 250, 252));
	/* A continuous train at 1050 W goes on for ever only below 63 kJ; single pulses at 1 Hz do. */
	store = (struct magstim_store){0};
	for (int i = 0; i < 2000; i++)
		cr_assert(magstim_store_take(&store, START_S + i, 252));
}

Test(frames, magventure_frames_are_those_that_were_published)
{
	static const struct {
		uint8_t payload[4];
		size_t length;
		uint8_t check;
	} VECTORS[] = {{{0}, 1, 0x00}, {{1, 0x32}, 2, 0xC6}, {{2, 1}, 2, 0xCF}, {{2, 0}, 2, 0x91},   {{3, 1}, 2, 0x0B},
		       {{3}, 1, 0xE2}, {{4}, 1, 0x61},       {{5}, 1, 0x3F},    {{7, 1, 0}, 3, 0xBE}};
	for (size_t i = 0; i < sizeof VECTORS / sizeof *VECTORS; i++) {
		uint8_t frame[MAGVENTURE_FRAME_MAX];
		size_t length = VECTORS[i].length;
		cr_assert_eq(magventure_frame(frame, VECTORS[i].payload, length), length + 4);
		cr_expect_eq(frame[0], 0xFE);
		cr_expect_eq(frame[1], length);
		cr_expect_eq(frame[length + 2], VECTORS[i].check);
		cr_expect_eq(frame[length + 3], 0xFF);
	}
}

Test(frames, magventure_frames_are_found_in_noise)
{
	uint8_t stream[256], frame[MAGVENTURE_FRAME_MAX];
	static const uint8_t PAYLOAD[9] = {0, 0x10, 1, 2, 0xFE, 30, 5, 50, 0xFF};
	struct magventure_parser parser = {0};
	size_t length = magventure_frame(frame, PAYLOAD, sizeof PAYLOAD), at = 0, found = 0;
	static const uint8_t NOISE[] = {0x55, 0xFF, 0xFE, 0x01, 0x03, 0xE3, 0xFF, 0xFE, 0x00};
	for (int i = 0; i < 3; i++) {
		memcpy(stream + at, NOISE, sizeof NOISE);
		memcpy(stream + at + sizeof NOISE, frame, length);
		at += sizeof NOISE + length;
	}
	for (size_t i = 0; i < at; i++) {
		if (!magventure_push(&parser, stream[i]))
			continue;
		found++;
		cr_expect_eq(parser.bytes[1], sizeof PAYLOAD);
		cr_expect_arr_eq(parser.bytes + 2, PAYLOAD, sizeof PAYLOAD);
	}
	cr_expect_eq(found, 3);
	cr_expect_gt(parser.bad, 0);
}

Test(frames, templates_write_numbers_or_refuse_to)
{
	struct error error = {0};
	char out[LINE_TEXT_MAX];
	cr_assert(line_template_write("AMP {intensity:.1f}", 36.5, out, sizeof out, &error));
	cr_expect_str_eq(out, "AMP 36.5");
	cr_assert(line_template_write("{intensity:03.0f}%", 7, out, sizeof out, &error));
	cr_expect_str_eq(out, "007%");
	cr_assert(line_template_write("A{intensity}", 100, out, sizeof out, &error));
	cr_expect_str_eq(out, "A100");
	cr_expect_not(line_template_write("AMP {intensity:.0f}", 36.5, out, sizeof out, &error), "36.5 would have become 36");
	cr_expect_not(line_template_write("AMP {intensity:.1f}", NAN, out, sizeof out, &error));
	cr_expect_not(line_template_write("AMP {intensity:.1f}", 36.5, out, 8, &error), "it does not fit");
	static const char *const WRONG[] = {"AMP",
					    "AMP {",
					    "AMP }",
					    "AMP {x}",
					    "AMP {intensity:}",
					    "AMP {intensity:.9f}",
					    "AMP {intensity:d}",
					    "{intensity} {intensity}",
					    "AMP {intensity:.1f}\n",
					    "{intensity:99.1f}"};
	for (size_t i = 0; i < sizeof WRONG / sizeof *WRONG; i++)
		cr_expect_not(line_template_check(WRONG[i], "intensity", &error), "%s", WRONG[i]);
	cr_expect(line_template_check("ARM", NULL, &error));
	cr_expect_not(line_template_check("ARM {intensity}", NULL, &error));
}
