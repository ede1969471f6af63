/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * The files of one signature, brought to the disk together: written into signatures.incomplete/, then moved into signatures/, the statement last. What
 * was cut off is told by signatures.incomplete/, which is there until all is done, and is taken back by signature_roll_back().
 */
#include "signature_files.h"

struct signature_parts {
	const char *name; /* of the statement: "signatures/01-performed.json" */
	const char *statement, *minisig;
	const void *tsr; /* NULL: none */
	size_t tsr_length;
};

/* ERROR_BENCH; then the signatures are as they were, or signature_roll_back() makes them so. */
bool signature_write(const char *dir, const struct signature_parts *parts, struct error *error) must_check;
/*
 * Removes what a signing that did not end has left. Not while another one goes on: the caller holds the lock. ERROR_CONFIG if signatures.incomplete/
 * holds what no signing put there.
 */
bool signature_roll_back(const char *dir, struct error *error) must_check;
/* Opens and locks the folder of a bundle against other signings; -1 on failure (ERROR_CONFIG if one goes on). Closing unlocks. */
int signature_lock(const char *dir, struct error *error) must_check;
