/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "suggest.h"

#include <stdio.h>
#include <string.h>

enum { WORD_MAX = 48 };

static unsigned smaller(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* Optimal string alignment distance; words longer than WORD_MAX are infinitely far. */
static unsigned distance(const char *a, const char *b)
{
	size_t n = strlen(a), m = strlen(b);
	if (n > WORD_MAX || m > WORD_MAX)
		return ~0u;
	unsigned rows[3][WORD_MAX + 1];
	for (unsigned j = 0; j <= m; j++)
		rows[0][j] = j;
	for (unsigned i = 1; i <= n; i++) {
		unsigned *row = rows[i % 3], *above = rows[(i + 2) % 3], *two_above = rows[(i + 1) % 3];
		row[0] = i;
		for (unsigned j = 1; j <= m; j++) {
			unsigned differs = a[i - 1] != b[j - 1];
			row[j] = smaller(smaller(row[j - 1] + 1, above[j] + 1), above[j - 1] + differs);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				row[j] = smaller(row[j], two_above[j - 2] + 1);
		}
	}
	return rows[n % 3][m];
}

const char *suggest(const char *written, const char *const *words, size_t count)
{
	const char *best = NULL;
	unsigned nearest = (unsigned)smaller(3, (unsigned)strlen(written) / 3 + 1) + 1;
	for (size_t i = 0; i < count; i++) {
		unsigned d = distance(written, words[i]);
		if (d < nearest) {
			nearest = d;
			best = words[i];
		}
	}
	return best;
}

void suggest_list(const char *const *words, size_t count, char *out, size_t size)
{
	size_t used = 0;
	out[0] = '\0';
	for (size_t i = 0; i < count; i++) {
		size_t need = strlen(words[i]) + 2;
		if (used + need + sizeof ", \u2026" > size) {
			snprintf(out + used, size - used, ", \u2026");
			return;
		}
		used += (size_t)snprintf(out + used, size - used, "%s%s", used ? ", " : "", words[i]);
	}
}
