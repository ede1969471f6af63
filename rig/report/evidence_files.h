/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * The files of an evidence folder that stand beside the result: environment, event log, signatures, manifest. Each may be missing; what is there is
 * read with limits, since a bundle may come from anywhere.
 */
#include <lua.h>

#include "error.h"

struct evidence_files;

/* The folder's files; nothing is read yet. NULL when out of memory. */
struct evidence_files *evidence_files_open(const char *dir, struct error *error) must_check;
/* As when the run ended: signatures(), sealed() and manifest(), which came later, are as if there were none. */
void evidence_files_hide_later(struct evidence_files *files);
/* Releases it; NULL is accepted. */
void evidence_files_close(struct evidence_files *files);
/* Adds name, environment(), events(head, tail), signatures(), sealed(name) and manifest() to the table on top of the stack. */
void evidence_files_register(struct evidence_files *files, lua_State *lua);
