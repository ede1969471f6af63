/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * The canonical form of a requirement: the bytes whose SHA-256 is its fingerprint (docs/traceability.md tells how anybody makes them).
 */
#include "requirement.h"
#include "text.h"

/* Room for the canonical form of any requirement that a spec file can hold. */
enum { CANONICAL_CAP = 8 << 20 };

/*
 * Appends what is demanded and how it is judged: "tmsrig-requirement-1", then a line "name=value" for each of the text (white space as single
 * blanks), the measurand, the selection, the limits (SI units, "%.17g"), the value that is judged, the decision rule. What is not given has an
 * empty value. Id and revision are named beside the fingerprint; source, hazard and risk control change nothing that is measured.
 */
void requirement_canonical(const struct requirement *requirement, struct text *out);
/* "any", "first_of_pair", … and "larger", … as spec files have them. Static strings. */
const char *pulse_position_name(enum pulse_position position);
const char *tolerance_combine_name(enum tolerance_combine combine);
