/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dose_table.h"

void dose_tables_destroy(struct dose_tables *tables)
{
	if (tables)
		arena_destroy(tables->arena);
}
