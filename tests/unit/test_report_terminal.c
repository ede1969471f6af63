/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The table of verdicts and the progress line, read back from what they wrote.
 */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "terminal.h"

static const struct measurand INTERVAL = {.id = "pulse.interval", .unit = "s"};
static const struct measurand PEAK = {.id = "pulse.peak1", .unit = "A"};

static struct measurement measurements[] = {{.measurand = &INTERVAL}, {.measurand = &PEAK}};
static const struct requirement INTERVALS = {.id = "TIM-IPI-01", .measurand = "pulse.interval"};
static const struct requirement PEAKS = {.id = "AMP-ACC-01", .measurand = "pulse.peak1"};
static const struct requirement LONG = {.id = "A-REQUIREMENT-WITH-A-VERY-LONG-NAME-THAT-NOBODY-WANTS-TO-SEE-WHOLE-IN-A-TABLE",
					.measurand = "x"};

static const struct judgement JUDGEMENTS[] = {
	{.requirement = &INTERVALS,
	 .verdict = VERDICT_PASS,
	 .value = 0.0200021,
	 .u = 3e-7,
	 .expanded = 6e-7,
	 .lower = 0.0198,
	 .upper = 0.0202,
	 .margin = 0.0001979},
	{.requirement = &PEAKS,
	 .verdict = VERDICT_FAIL,
	 .value = 4921.4,
	 .u = 22,
	 .expanded = 44,
	 .lower = 4940,
	 .upper = 5460,
	 .margin = -18.6,
	 .reason = "pulse 7 is 18.6 A below the lower limit, and this sentence goes on for so long that it has to be folded somewhere "
		   "before its end"},
	{.requirement = &LONG,
	 .verdict = VERDICT_NOT_TESTED,
	 .value = NAN,
	 .u = NAN,
	 .expanded = NAN,
	 .lower = NAN,
	 .upper = 5,
	 .margin = NAN,
	 .reason = "no channel"},
};

static const struct results RESULTS = {
	.measurements = measurements, .measurement_count = 2, .pulse_count = 599, .missing_count = 1, .aborted = true};

static char *table(unsigned width, bool colour)
{
	char *bytes = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&bytes, &size);
	terminal_verdicts(stream, width, colour, &RESULTS, JUDGEMENTS, 3, VERDICT_FAIL, 600);
	fclose(stream);
	return bytes;
}

static unsigned widest_line(const char *text)
{
	unsigned widest = 0, columns = 0;
	for (; *text; text++) {
		columns = *text == '\n' ? 0 : columns + ((*text & 0xC0) != 0x80);
		widest = columns > widest ? columns : widest;
	}
	return widest;
}

Test(terminal, table_shows_values_limits_and_totals)
{
	auto_free char *text = table(100, false);
	cr_expect_not_null(strstr(text, "20.00210 ± 0.00060 ms"), "%s", text);
	cr_expect_not_null(strstr(text, "19.80000 … 20.20000 ms"), "%s", text);
	cr_expect_not_null(strstr(text, "4.921 ± 0.044 kA"), "%s", text);
	cr_expect_not_null(strstr(text, "-0.019"), "%s", text);
	cr_expect_not_null(strstr(text, "3 requirements: 1 pass, 1 fail, 1 not tested"), "%s", text);
	cr_expect_not_null(strstr(text, "600 planned, 599 detected, 1 missing, 0 extra, 0 untriggered; 0 gaps"), "%s", text);
	cr_expect_not_null(strstr(text, "aborted"), "%s", text);
	cr_expect_not_null(strstr(text, "\nFAIL\n"), "%s", text);
	cr_expect_null(strchr(text, '\033'), "no colour was asked for");
}

Test(terminal, table_keeps_to_its_width)
{
	for (unsigned width = 80; width <= 100; width += 10) {
		auto_free char *text = table(width, false);
		cr_expect_leq(widest_line(text), width, "%u columns:\n%s", width, text);
		cr_expect_not_null(strstr(text, "20.00210 ± 0.00060 ms  19.80000 … 20.20000 ms"), "numbers are never cut:\n%s", text);
	}
	auto_free char *wide = table(300, false);
	cr_expect_leq(widest_line(wide), 100);
}

Test(terminal, colour_comes_with_the_word)
{
	auto_free char *text = table(100, true);
	cr_expect_not_null(strstr(text, "\033[1;31mFAIL"), "%s", text);
	cr_expect_not_null(strstr(text, "\033[32mPASS"), "%s", text);
}

Test(terminal, progress_writes_a_line_a_tenth_where_nobody_watches)
{
	char *bytes = NULL;
	size_t size = 0, lines = 0;
	FILE *stream = open_memstream(&bytes, &size);
	struct progress progress = {.stream = stream, .width = 80, .redraws = false, .shown = -1};
	for (int i = 0; i <= 1000; i++)
		progress_update(&progress, i / 1000.0, "pulse");
	progress_end(&progress);
	fclose(stream);
	for (const char *c = bytes; *c; c++)
		lines += *c == '\n';
	cr_expect_eq(lines, 11, "%s", bytes);
	cr_expect_null(strchr(bytes, '\r'));
	cr_expect_not_null(strstr(bytes, "100 %  pulse\n"));
	free(bytes);
}

Test(terminal, progress_redraws_one_line_on_a_terminal)
{
	char *bytes = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&bytes, &size);
	struct progress progress = {.stream = stream, .width = 80, .redraws = true, .shown = -1};
	progress_update(&progress, 0.5, "pulse 300 of 600");
	progress_update(&progress, NAN, "x");
	progress_end(&progress);
	fclose(stream);
	cr_expect_null(strchr(bytes, '\n'));
	cr_expect_not_null(strstr(bytes, " 50 %  pulse 300 of 600"));
	cr_expect_not_null(strstr(bytes, "  0 %  x"));
	free(bytes);
}
