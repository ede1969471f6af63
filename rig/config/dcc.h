/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * A digital calibration certificate (PTB DCC, schema version 3; quantities after D-SI 1.3 and 2): who calibrated what and when, and single values with
 * their uncertainties, found by id, refType or name. The file is read without a network, without document type declarations and entities of its own,
 * and up to DCC_MAX_BYTES long. Signatures are not checked.
 */
#include "arena.h"
#include "dsi_unit.h"
#include "error.h"

enum { DCC_MAX_BYTES = 16 * 1024 * 1024 };

struct dcc;

/* Strings live as long as the certificate; NULL: it does not say. */
struct dcc_head {
	const char *path;
	const char *number;      /* dcc:uniqueIdentifier */
	const char *laboratory;  /* first name of dcc:calibrationLaboratory */
	const char *begin, *end; /* of the calibration, YYYY-MM-DD */
};

struct dcc_value {
	double value, expanded_uncertainty, k; /* value and uncertainty in SI units */
	struct dsi_unit unit;                  /* as written */
	unsigned line;                         /* of the dcc:quantity */
};

/* Reads the file. NULL and a located ERROR_CONFIG ("path:line: …") on failure. Released by dcc_destroy(). */
struct dcc *dcc_load(const char *path, struct error *error) must_check;
/* NULL is accepted. */
void dcc_destroy(struct dcc *dcc);
const struct dcc_head *dcc_head(const struct dcc *dcc);
/*
 * The value of the one dcc:quantity below dcc:measurementResults whose id, a word of whose refType, or one of whose names is `name`, in a unit of the
 * wanted dimension (its factor does not matter). Fails (ERROR_CONFIG, located) when there is none or more than one, when it is a list, has no
 * uncertainty or one that is not symmetric, or another unit.
 */
bool dcc_find(const struct dcc *dcc, const char *name, const struct dsi_unit *wanted, struct dcc_value *value,
	      struct error *error) must_check;

define_cleanup(struct dcc *, cleanup_dcc, dcc_destroy);
#define auto_dcc cleanup_with(cleanup_dcc)
