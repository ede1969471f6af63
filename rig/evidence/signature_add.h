/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Signing a bundle. Nothing but files below signatures/ is added, and those all or, if the machine stops, recognisably not.
 */
#include <time.h>

#include "signature.h"

struct signature_request {
	const struct minisign_secret_key *key;
	enum signature_meaning meaning;
	const char *name;    /* of who signs */
	time_t time;         /* at which it is signed */
	const char *tsa_url; /* NULL: no time stamp */
	const char *tsa_ca;  /* PEM file of the authority's CA; with tsa_url */
	bool again;          /* this key may have signed with this meaning before */
};

/*
 * Signs the bundle in the folder `dir`, after its files, its log and its signatures were checked: what does not hold is not signed. Writes the name of the
 * statement ("signatures/01-performed.json") into file. ERROR_CONFIG says what must not be signed and why; ERROR_BENCH: the
 * machine or the time stamping authority failed. Either way no signature was added.
 */
bool signature_add(const char *dir, const struct signature_request *request, char file[SIGNATURE_FILE_SIZE],
		   struct error *error) must_check;
