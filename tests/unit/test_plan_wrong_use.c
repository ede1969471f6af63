/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Scenarios used wrongly: tests/negative/lua/NAME.lua has to be refused with a message that holds the text of NAME.expect, at its line.
 */
#include <criterion/criterion.h>
#include <dirent.h>
#include <math.h>
#include <string.h>

#include "plan_builder.h"
#include "script.h"

static const char folder[] = SOURCE_ROOT "/tests/negative/lua";

static void check(const char *name)
{
	char path[512], expect_path[512], library[512];
	snprintf(path, sizeof path, "%s/%s.lua", folder, name);
	snprintf(expect_path, sizeof expect_path, "%s/%s.expect", folder, name);
	snprintf(library, sizeof library, "%s/scenarios/lib", SOURCE_ROOT);
	auto_free char *expect = NULL;
	size_t length;
	struct error error = {0};
	cr_assert(script_read_file(expect_path, &expect, &length, &error), "%s", error.text);
	expect[strcspn(expect, "\n")] = '\0';
	cr_assert(*expect, "%s is empty", expect_path);
	struct plan_parameters parameters = {.motor_threshold_pct = NAN, .library_dir = library};
	auto_plan struct plan *plan = plan_build(path, &parameters, &error);
	cr_expect_null(plan, "%s went through", name);
	if (plan)
		return;
	cr_expect_not_null(strstr(error.text, expect), "%s\n  said: %s\n  not:  %s", name, error.text, expect);
	cr_expect_eq(error.kind, ERROR_CONFIG, "%s", name);
	cr_expect_eq(strncmp(error.text, path, strlen(path)), 0, "%s: no file in front: %s", name, error.text);
	cr_expect_null(strpbrk(error.text, "\n\r\t"), "%s: more than one line", name);
}

Test(plan_wrong_use, is_refused_with_the_line)
{
	DIR *dir = opendir(folder);
	cr_assert_not_null(dir);
	unsigned cases = 0;
	for (const struct dirent *entry; (entry = readdir(dir));) {
		char name[256];
		size_t length = strlen(entry->d_name);
		if (length < 5 || strcmp(entry->d_name + length - 4, ".lua"))
			continue;
		snprintf(name, sizeof name, "%.*s", (int)(length - 4), entry->d_name);
		check(name);
		cases++;
	}
	closedir(dir);
	cr_assert_geq(cases, 90);
}

Test(plan_wrong_use, files_that_are_none)
{
	struct plan_parameters parameters = {.motor_threshold_pct = NAN};
	struct error error = {0};
	cr_assert_null(plan_build("no/such/file.lua", &parameters, &error));
	cr_assert_str_eq(error.text, "no/such/file.lua: No such file or directory");
	cr_assert_null(plan_build(folder, &parameters, &error));
	cr_assert_not_null(strstr(error.text, folder));
}
