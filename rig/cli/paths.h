/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Where the program's data are: fixtures/, scenarios/ and reports/ of $TMSRIG_DATA, of a source tree the program was built in, or of the place it
 * was installed to, whichever is found first.
 */
#include <stddef.h>

#include "error.h"

/* Writes the path of a directory of data ("fixtures") into out. */
bool paths_data(const char *name, char *out, size_t size, struct error *error) must_check;
/* The scenario file meant by a name: a path as it is, else NAME or NAME.lua below scenarios/. The caller frees. */
char *paths_scenario(const char *name, struct error *error) must_check;
/*
 * Makes the folder of what this machine keeps of a bench beside any evidence (its lock, its ledger), $TMSRIG_STATE/BENCH, or else
 * $XDG_STATE_HOME/tmsrig/BENCH, or else ~/.local/state/tmsrig/BENCH, and writes its path into out. ERROR_CONFIG when there is no home,
 * ERROR_BENCH when it cannot be made.
 */
bool paths_state(const char *bench_id, char *out, size_t size, struct error *error) must_check;
/*
 * Where the history of runs is kept when the user does not say: $TMSRIG_HISTORY (a file or a PostgreSQL connection string), else history.sqlite beside
 * the folders of paths_state(), which is made.
 */
bool paths_history(char *out, size_t size, struct error *error) must_check;
/* The same path, of a folder that may not be there: nothing is made. */
bool paths_state_of(const char *bench_id, char *out, size_t size, struct error *error) must_check;
