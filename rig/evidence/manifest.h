/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * The manifest of a bundle, SHA256SUMS as sha256sum(1) writes and checks it: every file of the folder but itself and those below signatures/,
 * which are made later and cover it. Checking trusts nothing: links and special files are refused, not followed.
 */
#include <stddef.h>
#include <stdint.h>

#include "error.h"

#define MANIFEST_FILE "SHA256SUMS"
#define MANIFEST_SIGNATURES "signatures/"

enum manifest_fault {
	MANIFEST_MISSING,    /* listed, but not there; also SHA256SUMS itself */
	MANIFEST_EXTRA,      /* there, but not listed */
	MANIFEST_CHANGED,    /* its SHA-256 is another */
	MANIFEST_TWICE,      /* listed more than once */
	MANIFEST_LEAVES,     /* listed with a path that is absolute, leaves the folder or is not its plain form */
	MANIFEST_LINE,       /* a line that is not "64 lower-case hex digits, two spaces, name, newline" */
	MANIFEST_KIND,       /* a symbolic link, a device, a pipe, a socket, or a name that a manifest cannot hold */
	MANIFEST_UNREADABLE, /* there, but cannot be read */
	MANIFEST_UNFINISHED, /* the folder itself: its name says that its run did not come to its end */
};

struct manifest_finding {
	enum manifest_fault fault;
	size_t line; /* of SHA256SUMS, from 1; 0: none */
	char *name;  /* of the file, relative to the folder, as it is (may hold any byte but NUL) */
	char *text;  /* "inputs/spec.yaml: changed: its SHA-256 is …, SHA256SUMS says …"; printable */
};

struct manifest_report {
	struct manifest_finding *findings; /* empty: every file is there and unchanged */
	size_t finding_count;
	size_t file_count;   /* listed and found as listed */
	uint64_t byte_count; /* of those files */
	char sha256[65];     /* of SHA256SUMS itself; "" when it is not there */
};

/*
 * Hashes every file of the folder and compares with its SHA256SUMS, all findings into the report, in order of file names. True: the check was made
 * (look at finding_count); false: it could not be (the folder cannot be listed, out of memory, more than FOLDER_MAX_FILES files), and the report
 * is empty.
 */
bool manifest_check(const char *dir, struct manifest_report *report, struct error *error) must_check;
/* Writes SHA256SUMS over the named files (relative paths); a file of that name must not be there. */
bool manifest_write(const char *dir, char *const *names, size_t count, struct error *error) must_check;
/* Releases what a report holds and empties it; NULL is accepted. */
void manifest_report_finish(struct manifest_report *report);
/* Static strings: "missing", "extra", "changed", … */
const char *manifest_fault_name(enum manifest_fault fault);

#define auto_manifest_report cleanup_with(manifest_report_finish)
