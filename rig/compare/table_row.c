/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "table_row.h"

#include <string.h>

enum table_reading table_row_read(FILE *file, struct table_row *row)
{
	size_t length = 0;
	int c;
	row->there = false;
	while ((c = getc_unlocked(file)) != EOF && c != '\n') {
		if (c == '\0')
			return TABLE_NUL;
		if (length == TABLE_ROW_SIZE - 1)
			return TABLE_TOO_LONG;
		row->whole[length++] = (char)c;
	}
	row->whole[length] = '\0';
	row->there = c != EOF || length > 0;
	return row->there ? TABLE_ROW : TABLE_END;
}

/* Copies one cell; where the next begins, or NULL when a quote does not end or something follows it. */
static const char *take_cell(const char *from, char **to)
{
	if (*from != '"') {
		while (*from && *from != ',')
			*(*to)++ = *from++;
		return from;
	}
	for (from++; *from; from++) {
		if (*from == '"' && *++from != '"')
			return *from == ',' || !*from ? from : NULL;
		*(*to)++ = *from;
	}
	return NULL;
}

bool table_row_split(struct table_row *row)
{
	const char *from = row->whole;
	char *to = row->apart;
	for (row->count = 0; row->count < TABLE_MAX_COLUMNS; from++) {
		row->cell[row->count++] = to;
		from = take_cell(from, &to);
		if (!from)
			return false;
		*to++ = '\0';
		if (!*from)
			return true;
	}
	return false;
}

size_t table_row_find(const struct table_row *header, const char *name)
{
	size_t column = 0;
	while (column < header->count && strcmp(header->cell[column], name) != 0)
		column++;
	return column;
}
