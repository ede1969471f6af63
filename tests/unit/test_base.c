/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <criterion/criterion.h>
#include <stdint.h>
#include <string.h>

#include "arena.h"
#include "error.h"
#include "text.h"

Test(error, prefix_grows_to_the_left)
{
	struct error error = {0};
	cr_assert_not(error_config(&error, "line %d", 7));
	cr_assert_not(error_prefix(&error, "file"));
	cr_assert_eq(error.kind, ERROR_CONFIG);
	cr_assert_str_eq(error.text, "file: line 7");
}

Test(error, errno_is_told)
{
	struct error error = {0};
	errno = ENOENT;
	error_errno(&error, ERROR_BENCH, "x");
	cr_assert_str_eq(error.text, "x: No such file or directory");
}

Test(error, null_and_overlong_are_survived)
{
	char longest[4096];
	memset(longest, 'a', sizeof longest - 1);
	longest[sizeof longest - 1] = '\0';
	struct error error = {0};
	error_config(NULL, "nobody listens");
	error_config(&error, "%s", longest);
	cr_assert_eq(strlen(error.text), sizeof error.text - 1);
	error_prefix(&error, "%s", longest);
	cr_assert_eq(strlen(error.text), sizeof error.text - 1);
}

Test(text, grows_and_is_taken)
{
	auto_text struct text text = text_make(100000);
	for (int i = 0; i < 1000; i++)
		text_printf(&text, "%d,", i);
	cr_assert_eq(text.length, 3890);
	auto_free char *taken = text_take(&text);
	cr_assert_not_null(taken);
	cr_assert_eq(strncmp(taken, "0,1,2,", 6), 0);
	cr_assert_eq(text.length, 0);
}

Test(text, cap_is_kept_and_told)
{
	struct text text = text_make(5);
	text_puts(&text, "12345");
	cr_assert_not(text.overflown);
	text_puts(&text, "6");
	cr_assert(text.overflown);
	cr_assert_str_eq(text_view(&text), "12345");
	cr_assert_null(text_take(&text));
}

Test(arena, gives_zeroed_memory_up_to_its_cap)
{
	auto_arena struct arena *arena = arena_create(300000);
	double *numbers = arena_alloc(arena, 20000, sizeof *numbers);
	cr_assert_not_null(numbers);
	for (int i = 0; i < 20000; i++)
		cr_assert_eq(numbers[i], 0);
	cr_assert_str_eq(arena_strdup(arena, "coil"), "coil");
	cr_assert_null(arena_alloc(arena, 20000, sizeof *numbers));
	cr_assert_null(arena_alloc(arena, SIZE_MAX / 2, 4));
}
