/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * The tables of the evidence, as CSV (RFC 4180 but for line ends of LF): one header line, numbers with 17 digits, nothing for NAN, "inf" for an
 * infinity. What is written is hashed as well.
 */
#include "digest.h"
#include "evidence.h"

/* Writes pulses.csv: a row a detected pulse, in order of onset. Paths in the text of errors (ERROR_BENCH). */
bool table_write_pulses(const char *path, const struct results *results, struct digest *digest, struct error *error) must_check;
/* Writes measurements.csv: a row a measurement, in the order of the results. */
bool table_write_measurements(const char *path, const struct results *results, struct digest *digest, struct error *error) must_check;
/* Writes judgements.csv: a row a requirement, in the order of the specification. */
bool table_write_judgements(const char *path, const struct judgement *judgements, size_t count, struct digest *digest,
			    struct error *error) must_check;
