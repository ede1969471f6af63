/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * The tables of the history, and how an older set of them becomes the present one.
 */
#include "history_db.h"

enum { HISTORY_SCHEMA_VERSION = 3 };

/*
 * Makes the tables, or brings them up to `version` (HISTORY_SCHEMA_VERSION but in tests), in one transaction. where stands for the database in
 * messages. ERROR_CONFIG when they are of a newer version.
 */
bool history_migrate(const struct history_driver *driver, void *db, const char *where, int version, struct error *error) must_check;
/* The version of the tables, 0 when there are none; nothing is written. */
bool history_version(const struct history_driver *driver, void *db, int64_t *version, struct error *error) must_check;
/* ERROR_CONFIG for a version that this tmsrig does not know. */
bool history_version_known(const char *where, int64_t version, struct error *error) must_check;
