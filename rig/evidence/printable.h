/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Names from a bundle that others made, for messages: nothing in them may move a terminal's cursor or end a line.
 */
#include "cleanup.h"

/* A copy in which every control character and every byte beyond ASCII is \xHH, cut to 200 characters of name; NULL: out of memory. */
char *printable(const char *name) must_check;
