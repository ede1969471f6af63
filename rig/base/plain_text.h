/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Texts of unknown origin that people are to read: whoever made them may not move the terminal's cursor, nor show a text as another than it is.
 */
#include <stdbool.h>
#include <stddef.h>

/*
 * True when the text is UTF-8 without characters that deceive: control characters (C0, DEL, C1), marks that turn the direction of writing, characters of
 * no width, line and paragraph separators, tags. Letters that merely look like others are let pass: no list of them is whole.
 */
bool plain_text_is(const char *text);
/* Puts '?' for every byte that plain_text_is() objects to. NULL is accepted. */
void plain_text_make(char *text);
