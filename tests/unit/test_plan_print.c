/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What check shows: JSON that another program's reader accepts, and text that fits its columns.
 */
#include <criterion/criterion.h>
#include <jansson.h>
#include <math.h>
#include <string.h>

#include "plan_builder.h"
#include "plan_print.h"

static struct plan *build_file(const char *name)
{
	char path[512];
	struct plan_parameters parameters = {.motor_threshold_pct = NAN};
	struct error error = {0};
	snprintf(path, sizeof path, "%s/scenarios/%s.lua", SOURCE_ROOT, name);
	struct plan *plan = plan_build(path, &parameters, &error);
	cr_assert_not_null(plan, "%s", error.text);
	return plan;
}

static json_t *read_back(const struct plan *plan, const char *hash, const struct lint_finding *findings, size_t count)
{
	auto_text struct text out = text_make(1 << 20);
	json_error_t error;
	plan_print_json(plan, hash, findings, count, &out);
	json_t *root = json_loads(text_view(&out), JSON_REJECT_DUPLICATES, &error);
	cr_assert_not_null(root, "%d:%d: %s\n%s", error.line, error.column, error.text, text_view(&out));
	return root;
}

Test(plan_print, json_says_what_the_plan_is)
{
	auto_plan struct plan *plan = build_file("protocols/itbs-600");
	json_t *root = read_back(plan, "0123", NULL, 0);
	cr_expect_eq(json_integer_value(json_object_get(root, "pulses")), 600);
	cr_expect_float_eq(json_real_value(json_object_get(root, "first_to_last_onset_s")), 191.84, 1e-9);
	cr_expect_float_eq(json_number_value(json_object_get(root, "duration_s")), 200, 1e-9);
	cr_expect_str_eq(json_string_value(json_object_get(root, "hash")), "0123");
	const json_t *block = json_array_get(json_object_get(root, "blocks"), 0);
	cr_expect_str_eq(json_string_value(json_object_get(block, "iti_reference")), "train_onset");
	cr_expect_float_eq(json_number_value(json_object_get(block, "iti_s")), 10, 1e-12);
	cr_expect_eq(json_integer_value(json_object_get(block, "trains")), 20);
	cr_expect(json_is_null(json_object_get(block, "second_intensity_pct")));
	json_decref(root);
}

Test(plan_print, json_escapes_what_needs_it)
{
	static const char text[] =
		"scenario { id = \"x\", title = \"a \\\"quoted\\\" \\\\ µs title\", verifies = { \"A\\\"B\" } }\n"
		"justify(\"dose.iti\", \"\\\\\")\nintensity(50)\narm()\nawait(\"ready\", 2)\nsingle { pulses = 1 }\ndisarm()\n";
	struct plan_parameters parameters = {.motor_threshold_pct = NAN};
	struct error error = {0};
	auto_plan struct plan *plan = plan_build_text("x.lua", text, sizeof text - 1, &parameters, &error);
	cr_assert_not_null(plan, "%s", error.text);
	struct lint_finding finding = {
		.level = LINT_STRONG, .rule = "dose.iti", .text = "tab\there \"x\"", .line = 3, .justification = "\\"};
	json_t *root = read_back(plan, NULL, &finding, 1);
	cr_expect_str_eq(json_string_value(json_object_get(root, "title")), "a \"quoted\" \\ µs title");
	cr_expect_str_eq(json_string_value(json_array_get(json_object_get(root, "verifies"), 0)), "A\"B");
	cr_expect(json_is_null(json_object_get(root, "hash")));
	cr_expect(json_is_null(json_object_get(root, "motor_threshold_pct")));
	const json_t *found = json_array_get(json_object_get(root, "lint"), 0);
	cr_expect_str_eq(json_string_value(json_object_get(found, "text")), "tab\there \"x\"");
	cr_expect_str_eq(json_string_value(json_object_get(found, "level")), "strong warning");
	json_decref(root);
}

static void check_columns(const char *name)
{
	auto_plan struct plan *plan = build_file(name);
	auto_text struct text out = text_make(1 << 20);
	plan_print_text(plan, &out);
	for (const char *line = text_view(&out); *line;) {
		size_t length = strcspn(line, "\n");
		cr_expect_leq(length, 100, "%s: %.*s", name, (int)length, line);
		line += length + (line[length] == '\n');
	}
	cr_expect_gt(out.length, 200);
}

Test(plan_print, text_fits_and_names_the_convention)
{
	check_columns("protocols/itbs-600");
	check_columns("protocols/qps-1-5");
	check_columns("paired/sici");
	check_columns("smoke");
	auto_plan struct plan *plan = build_file("protocols/hf10-std");
	auto_text struct text out = text_make(1 << 20);
	plan_print_text(plan, &out);
	const char *text = text_view(&out);
	cr_expect_not_null(strstr(text, "3000 pulses, 2223.900000 s"), "%s", text);
	cr_expect_not_null(strstr(text, "75 trains x 40 pulses = 3000 pulses, 54 %"), "%s", text);
	cr_expect_not_null(strstr(text, "from the first pulse of a train to the first pulse of the next"), "%s", text);
}

Test(plan_print, findings_ask_for_a_justification)
{
	auto_plan struct plan *plan = build_file("protocols/hf10-std");
	struct lint_finding findings[] = {
		{.level = LINT_WARNING, .rule = "device.rate", .text = "too fast", .line = 12},
		{.level = LINT_WARNING, .rule = "dose.iti", .text = "short", .line = 12, .justification = "because"},
		{.level = LINT_NOTE, .rule = "dose.threshold", .text = "unknown"}};
	auto_text struct text out = text_make(1 << 20);
	plan_print_findings(plan, findings, 3, &out);
	const char *text = text_view(&out);
	cr_expect_not_null(strstr(
		text, "hf10-std.lua:12: warning: device.rate\n    too fast\n    not justified; say justify(\"device.rate\", \"why\")"));
	cr_expect_not_null(strstr(text, "    short\n    justified: because\n"));
	cr_expect_not_null(strstr(text, "\nnote: dose.threshold\n    unknown\n"));
	cr_expect_null(strstr(text, "justify(\"dose.threshold\""));
}
