/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * The tables of the history, and how an older set of them becomes the present one.
 */
#include "history_db.h"

enum { HISTORY_SCHEMA_VERSION = 2 };

/*
 * Makes the tables, or brings them up to `version` (HISTORY_SCHEMA_VERSION but in tests), in one transaction. where stands for the database in
 * messages. ERROR_CONFIG when they are of a newer version.
 */
bool history_migrate(const struct history_driver *driver, void *db, const char *where, int version, struct error *error) must_check;
