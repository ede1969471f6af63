/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "compare_json.h"
#include "compare_table.h"
#include "table_row.h"

static void write_file(char path[32], const char *text)
{
	snprintf(path, 32, "compare-XXXXXX");
	int fd = mkstemp(path);
	cr_assert(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	close(fd);
}

static struct differences tables(const char *stored, const char *remade, double tolerance)
{
	static const char *const KEY[] = {"pulse", NULL};
	char paths[2][32];
	struct error error = {0};
	write_file(paths[0], stored);
	write_file(paths[1], remade);
	struct differences differences = {.tolerance = tolerance};
	const struct compare_table table = {"pulses.csv", paths[0], paths[1], KEY};
	cr_assert(compare_tables(&table, &differences, &error), "%s", error.text);
	unlink(paths[0]);
	unlink(paths[1]);
	return differences;
}

static struct differences documents(const char *stored, const char *remade, double tolerance)
{
	static const char *const SKIPPED[] = {"run.started", NULL};
	json_t *a = json_loads(stored, 0, NULL), *b = json_loads(remade, 0, NULL);
	cr_assert(a && b);
	struct differences differences = {.tolerance = tolerance};
	compare_json("result.json", a, b, SKIPPED, &differences);
	json_decref(a);
	json_decref(b);
	return differences;
}

Test(table, equal_ones_agree)
{
	struct differences d = tables("pulse,a\n0,1\n1,\n", "pulse,a\n0,1\n1,\n", 0);
	cr_expect(d.count == 0 && d.values == 4 && d.largest == 0);
}

Test(table, a_cell_is_named)
{
	struct differences d = tables("pulse,a,b\n0,1,x\n7,2,y\n8,3,z\n", "pulse,a,b\n0,1,x\n7,2.5,y\n8,4,z\n", 0);
	cr_expect(d.count == 2);
	cr_expect_str_eq(d.first.place, "pulses.csv:3: pulse 7, column a");
	cr_expect_str_eq(d.first.stored, "2");
	cr_expect_str_eq(d.first.remade, "2.5");
	cr_expect(fabs(d.largest - 0.25) < 1e-15, "%g", d.largest);
	cr_expect_str_eq(d.largest_place, "pulses.csv:4: pulse 8, column a");
}

Test(table, one_step_of_a_double_differs_bit_for_bit_and_agrees_within_1e_9)
{
	static const char A[] = "pulse,a\n0,1\n", B[] = "pulse,a\n0,1.0000000000000002\n";
	cr_expect(tables(A, B, 0).count == 1);
	struct differences d = tables(A, B, 1e-9);
	cr_expect(d.count == 0 && d.largest > 2e-16 && d.largest < 3e-16, "%g", d.largest);
	cr_expect(tables(A, "pulse,a\n0,1.000000002\n", 1e-9).count == 1);
}

Test(table, an_equal_number_written_otherwise_differs_bit_for_bit)
{
	cr_expect(tables("pulse,a\n0,1.0\n", "pulse,a\n0,1\n", 0).count == 1);
}

Test(table, a_word_a_gap_and_an_infinity_have_no_tolerance)
{
	cr_expect(tables("pulse,a\n0,pass\n", "pulse,a\n0,fail\n", 1e-9).count == 1);
	cr_expect(tables("pulse,a\n0,\n", "pulse,a\n0,0\n", 1e-9).count == 1);
	cr_expect(tables("pulse,a\n0,inf\n", "pulse,a\n0,1e308\n", 1e-9).count == 1);
	cr_expect(tables("pulse,a\n0,nan\n", "pulse,a\n0,nan(1)\n", 1e-9).count == 1);
}

Test(table, rows_and_columns_that_only_one_has)
{
	struct differences d = tables("pulse,a\n0,1\n1,2\n", "pulse,a\n0,1\n", 0);
	cr_expect(d.count == 1);
	cr_expect_str_eq(d.first.place, "pulses.csv:3: pulse 1");
	cr_expect_str_eq(d.first.remade, "no such row");
	cr_expect_str_eq(tables("pulse,a\n", "pulse,a\n4,1\n", 0).first.stored, "no such row");
	cr_expect_str_eq(tables("pulse,b\n0,1\n", "pulse,a\n0,1\n", 0).first.place, "pulses.csv:1: column 2");
	cr_expect_str_eq(tables("pulse,a\n0,1,2\n", "pulse,a\n0,1\n", 0).first.stored, "3 columns");
	cr_expect_str_eq(tables("", "pulse,a\n", 0).first.stored, "nothing");
}

Test(table, what_is_no_table_is_a_difference)
{
	cr_expect_str_eq(tables("pulse,a\n\"0,1\n", "pulse,a\n0,1\n", 0).first.stored, "no CSV");
	char *wide = calloc(1, 70000);
	memset(wide, '9', 69999);
	cr_expect_str_eq(tables(wide, "pulse,a\n0,1\n", 0).first.stored, "a line longer than 64 KiB");
	free(wide);
}

Test(table, cells_are_taken_apart_as_rfc_4180_says)
{
	struct table_row *row = calloc(1, sizeof *row);
	snprintf(row->whole, sizeof row->whole, "a,,\"b,\"\"c\"\"\",\"\",d");
	cr_assert(table_row_split(row) && row->count == 5);
	static const char *const CELLS[] = {"a", "", "b,\"c\"", "", "d"};
	for (size_t i = 0; i < 5; i++)
		cr_expect_str_eq(row->cell[i], CELLS[i]);
	static const char *const WRONG[] = {"\"a", "\"a\"b", "\"a\"\"", "a,\"b"};
	for (size_t i = 0; i < sizeof WRONG / sizeof *WRONG; i++) {
		snprintf(row->whole, sizeof row->whole, "%s", WRONG[i]);
		cr_expect_not(table_row_split(row), "%s", WRONG[i]);
	}
	memset(row->whole, ',', TABLE_MAX_COLUMNS);
	row->whole[TABLE_MAX_COLUMNS] = '\0';
	cr_expect_not(table_row_split(row));
	free(row);
}

Test(json, members_are_named_by_their_ids)
{
	struct differences d = documents("{\"requirements\": [{\"id\": \"X\", \"value\": 1}, {\"id\": \"Y\", \"value\": 2}]}",
					 "{\"requirements\": [{\"id\": \"X\", \"value\": 1}, {\"id\": \"Y\", \"value\": 2.5}]}", 0);
	cr_expect(d.count == 1 && d.values == 4);
	cr_expect_str_eq(d.first.place, "result.json: requirements[Y].value");
	cr_expect_str_eq(d.first.stored, "2");
	cr_expect_str_eq(d.first.remade, "2.5");
}

Test(json, what_only_one_has_differs)
{
	cr_expect_str_eq(documents("{\"a\": 1}", "{}", 0).first.remade, "nothing");
	cr_expect_str_eq(documents("{}", "{\"a\": {\"b\": []}}", 0).first.stored, "nothing");
	cr_expect_str_eq(documents("{\"a\": [1, 2]}", "{\"a\": [1]}", 0).first.place, "result.json: a[1]");
	cr_expect(documents("{\"a\": null}", "{\"a\": 0}", 1).count == 1);
	cr_expect(documents("{\"a\": \"1\"}", "{\"a\": 1}", 1).count == 1);
}

Test(json, tolerance_is_for_numbers)
{
	cr_expect(documents("{\"a\": 1.0000000001}", "{\"a\": 1}", 1e-9).count == 0);
	cr_expect(documents("{\"a\": 1.0000000001}", "{\"a\": 1}", 0).count == 1);
	cr_expect(documents("{\"a\": -1e-12}", "{\"a\": 1e-12}", 1e-9).count == 1);
	cr_expect(documents("{\"a\": \"pass\"}", "{\"a\": \"fail\"}", 1).count == 1);
	/* Beyond 2^53 two integers can be one double. */
	cr_expect(documents("{\"a\": 9007199254740993}", "{\"a\": 9007199254740992}", 0).count == 1);
	cr_expect(documents("{\"a\": 9007199254740993}", "{\"a\": 9007199254740993}", 0).count == 0);
}

Test(json, skipped_places_are_those_and_what_lies_below)
{
	cr_expect(documents("{\"run\": {\"started\": {\"a\": 1}}}", "{\"run\": {\"started\": 2}}", 0).count == 0);
	cr_expect(documents("{\"run\": {\"ended\": 1}}", "{\"run\": {\"ended\": 2}}", 0).count == 1);
	cr_expect(documents("{\"started\": 1}", "{\"started\": 2}", 0).count == 1);
}

Test(json, control_characters_do_not_reach_a_terminal)
{
	struct differences d = documents("{\"a\\u001b[2J\": \"x\\u001b[31m\"}", "{}", 0);
	cr_expect(!strchr(d.first.place, 0x1b) && !strchr(d.first.stored, 0x1b), "%s %s", d.first.place, d.first.stored);
}
