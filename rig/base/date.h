/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Calendar dates as text, YYYY-MM-DD (ISO 8601): in this form strcmp() orders them.
 */
#include <stdbool.h>

enum { DATE_SIZE = sizeof "YYYY-MM-DD" };

/* True for a date of the Gregorian calendar in this form and nothing after it. */
bool date_is_valid(const char *text);
