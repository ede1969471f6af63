/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * The signatures of a bundle: signatures/NN-MEANING.json says who signed, what for and when (21 CFR 11.50), and covers SHA256SUMS and all that is
 * below signatures/ of smaller numbers by SHA-256; NN-MEANING.json.minisig signs it; NN-MEANING.json.tsr, where there is one, is an RFC 3161 time
 * stamp of it, whose hash stands in the signed comment of the .minisig. Every byte below signatures/ is proven by something signed. What the
 * SHA256SUMS says of the other files is manifest.h's. That the last signature was taken away shows only to who demands it.
 */
#include "signature_statement.h"
#include "trust.h"

enum signature_stamp {
	SIGNATURE_STAMP_NONE,    /* there is no time stamp */
	SIGNATURE_STAMP_HOLDS,   /* it stamps this statement; by whom is not proven without a certificate */
	SIGNATURE_STAMP_TRUSTED, /* and its authority's certificate leads to the given one */
	SIGNATURE_STAMP_WRONG,   /* a finding says why */
};

/* One signature as it was found. Texts are empty where they could not be read. */
struct signature {
	char file[SIGNATURE_FILE_SIZE]; /* of the statement, below the bundle: "signatures/01-performed.json" */
	enum signature_meaning meaning;
	char name[SIGNATURE_NAME_SIZE];
	char time[SIGNATURE_TIME_SIZE]; /* UTC, by the clock of who signed */
	char key_id[MINISIGN_KEY_ID_TEXT_SIZE];
	char public_key[MINISIGN_PUBLIC_KEY_TEXT_SIZE]; /* that it holds with */
	bool holds;                                     /* it is by that key, and covers what it must, unchanged */
	bool trusted;                                   /* that key is among the trusted ones */
	enum signature_stamp stamp;
	char stamp_time[SIGNATURE_TIME_SIZE]; /* UTC, by the authority's clock; "" without */
};

/* Something that is wrong. */
struct signature_finding {
	char *file; /* below the bundle */
	char *text; /* one line, without the file */
};

struct signatures {
	struct signature *items; /* in order of their numbers */
	size_t count;
	struct signature_finding *findings;
	size_t finding_count;
};

/* What is asked of the signatures beyond holding. Zeroed: nothing. */
struct signature_demands {
	const struct trust *trust;              /* a signature by another key is a finding; NULL: any key will do */
	bool required[SIGNATURE_MEANING_COUNT]; /* a meaning without a signature that holds is a finding */
	const char *tsa_ca;                     /* PEM file with the certificates that time stamps must lead to; NULL: none */
};

/*
 * Checks the signatures of the bundle in the folder `dir` (no zip). A bundle without signatures has none and no findings, but those that
 * were demanded. NULL only when the check itself cannot be made (no such folder, out of memory, a tsa_ca that cannot be read).
 */
struct signatures *signatures_check(const char *dir, const struct signature_demands *demands, struct error *error) must_check;
/* Releases it; NULL is accepted. */
void signatures_destroy(struct signatures *signatures);
/* One line on what was found of a signature, without a line feed: "performed by A. Meier on ... holds, by key ID ..., not among the trusted keys". */
void signature_describe(const struct signature *signature, char *text, size_t size);

define_cleanup(struct signatures *, cleanup_signatures, signatures_destroy);
#define auto_signatures cleanup_with(cleanup_signatures)
