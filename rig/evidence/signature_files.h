/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * The files below signatures/ by their names: NN-MEANING.json with .minisig and .tsr beside it.
 */
#include "signature_statement.h"

#define SIGNATURE_FOLDER "signatures"
#define SIGNATURE_INCOMPLETE "signatures.incomplete" /* what a signing is written into */
#define SIGNATURE_SUMS "SHA256SUMS"
#define SIGNATURE_MINISIG ".minisig"
#define SIGNATURE_TSR ".tsr"

struct signature_file {
	char name[SIGNATURE_FILE_SIZE]; /* below the bundle: "signatures/01-performed.json.tsr" */
	unsigned number;
	char sha256[DIGEST_HEX_SIZE]; /* "" if it cannot be read */
};

/* A statement by its name. */
struct signature_slot {
	unsigned number;
	enum signature_meaning meaning;
	char statement[SIGNATURE_FILE_SIZE]; /* below the bundle */
};

struct signature_files {
	struct signature_file *items; /* in order of their names */
	size_t count;
	struct signature_slot *slots; /* in order of their numbers */
	size_t slot_count;
};

typedef void signature_stray(void *context, const char *file, const char *text);

/*
 * Lists and hashes what is in the folder, which is a bundle's signatures/. stray is told of each file that does not belong there, that belongs to none,
 * and of each gap, with its name below the bundle; NULL: nobody is. False when the folder cannot be listed; ERROR_BENCH. Release with signature_files_finish() either way.
 */
bool signature_files_list(struct signature_files *files, const char *folder, signature_stray *stray, void *context,
			  struct error *error) must_check;
/* The file of that name, or NULL. */
const struct signature_file *signature_files_find(const struct signature_files *files, const char *name);
/* "signatures/01-performed.json". */
void signature_file_name(char name[SIGNATURE_FILE_SIZE], unsigned number, enum signature_meaning meaning);
/* The name of the file beside a statement: with that suffix, "" if there were no room. */
void signature_beside(char name[SIGNATURE_FILE_SIZE], const char *statement, const char *suffix);
void signature_files_finish(struct signature_files *files);
