/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "difference.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Control characters of a hostile file must not reach a terminal. */
static void copy(char *out, size_t size, const char *text)
{
	size_t length = strnlen(text, size - 1);
	for (size_t i = 0; i < length; i++)
		out[i] = (unsigned char)text[i] < ' ' || text[i] == 0x7f ? '?' : text[i];
	out[length] = '\0';
}

void differences_add(struct differences *differences, const char *place, const char *stored, const char *remade)
{
	struct difference *first = &differences->first;
	if (differences->count++ > 0)
		return;
	copy(first->place, sizeof first->place, place);
	copy(first->stored, sizeof first->stored, stored);
	copy(first->remade, sizeof first->remade, remade);
}

bool differences_agree(struct differences *differences, const char *place, double stored, double remade)
{
	if (stored == remade)
		return true;
	double scale = fmax(fabs(stored), fabs(remade));
	double relative = isfinite(scale) ? fabs(stored - remade) / scale : INFINITY;
	if (!(relative <= differences->largest)) {
		differences->largest = relative;
		copy(differences->largest_place, sizeof differences->largest_place, place);
	}
	return relative <= differences->tolerance;
}

static bool is_number(const char *text, double *value)
{
	char *end;
	*value = strtod(text, &end);
	return end != text && *end == '\0' && !isnan(*value);
}

bool differences_agree_text(struct differences *differences, const char *place, const char *stored, const char *remade)
{
	double a, b;
	if (strcmp(stored, remade) == 0)
		return true;
	/* What reads as an equal number and is written otherwise was not written by this program. */
	return is_number(stored, &a) && is_number(remade, &b) && differences_agree(differences, place, a, b) && differences->tolerance > 0;
}
