/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Templates: text with Lua in it. <?lua statements ?>, <?= expression ?> (escaped), <?! expression ?> (as it is); everything else is output
 * as it stands.
 */
#include "error.h"
#include "text.h"

/*
 * Appends the Lua chunk that a template stands for: it calls the globals emit(value) and raw(text). Every line of the template is the same line
 * of the chunk, so the line numbers in messages are right. Fails (ERROR_CONFIG, "name:line: …") on a tag that is not closed.
 */
bool template_translate(const char *name, const char *source, size_t length, struct text *chunk, struct error *error) must_check;
