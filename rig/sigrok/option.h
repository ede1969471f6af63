/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
#include <glib.h>

/* A value of a type as its user writes it (numbers, yes or no, text); NULL when the text is none. A floating reference. */
GVariant *option_value(const GVariantType *type, const char *text);
