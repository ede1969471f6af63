/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * What a signer states: the file signatures/NN-MEANING.json. No I/O.
 */
#include "digest.h"
#include "minisign.h"

enum signature_meaning { SIGNATURE_PERFORMED, SIGNATURE_REVIEWED, SIGNATURE_APPROVED, SIGNATURE_MEANING_COUNT };

enum {
	SIGNATURE_MAX_COUNT = 99,
	SIGNATURE_NAME_SIZE = 201,       /* of the signer, with NUL */
	SIGNATURE_TIME_SIZE = 21,        /* "2026-11-22T02:30:00Z" and NUL */
	SIGNATURE_FILE_SIZE = 48,        /* "signatures/01-performed.json.minisig" and NUL */
	SIGNATURE_MAX_STATEMENT = 65536, /* bytes */
};

/* "performed", "reviewed", "approved"; static. */
const char *signature_meaning_name(enum signature_meaning meaning);
/* False if there is no such meaning. */
bool signature_meaning_parse(const char *name, enum signature_meaning *meaning) must_check;

struct signature_cover {
	char *file; /* below the bundle */
	char sha256[DIGEST_HEX_SIZE];
};

struct signature_statement {
	enum signature_meaning meaning;
	char name[SIGNATURE_NAME_SIZE];
	char time[SIGNATURE_TIME_SIZE];
	struct minisign_public_key key; /* members key_id and public_key, which must agree */
	struct signature_cover *covers;
	size_t cover_count;
};

/* Reads a statement into a zeroed struct; every member must be there and no other. ERROR_CONFIG: what is wrong, without a file's name. */
bool signature_statement_parse(const char *text, size_t length, struct signature_statement *statement, struct error *error) must_check;
/* The statement as JSON; the caller frees. NULL when out of memory. */
char *signature_statement_format(const struct signature_statement *statement) must_check;
/* Adds a file to what is covered; false when out of memory. */
bool signature_statement_cover(struct signature_statement *statement, const char *file, const char *sha256) must_check;
/* The hash that is stated for a file, or NULL. */
const char *signature_statement_covered(const struct signature_statement *statement, const char *file);
/*
 * The trusted comment that the signature of a statement carries: as minisign's own, and the hash of the time stamp where there is one (NULL: none). The
 * base name of the statement. False if out would overflow.
 */
bool signature_comment_format(char out[MINISIGN_COMMENT_SIZE], long long unix_time_s, const char *base_name,
			      const char *tsr_sha256) must_check;
/* What such a comment says of the name ("" if nothing) and of the time stamp ("": there is none). */
void signature_comment_parse(const char *comment, char base_name[SIGNATURE_FILE_SIZE], char tsr_sha256[DIGEST_HEX_SIZE]);
/* True for a name that can be signed with: text of one line in UTF-8 that says something. */
bool signature_name_is_valid(const char *name);
/* Releases what it holds. */
void signature_statement_finish(struct signature_statement *statement);

#define auto_signature_statement cleanup_with(signature_statement_finish)
