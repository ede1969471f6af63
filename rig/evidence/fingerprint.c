/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fingerprint.h"

#include <math.h>

#include "canonical.h"
#include "evidence.h"

bool fingerprint_of(const struct requirement *requirement, char hex[DIGEST_HEX_SIZE], struct error *error)
{
	auto_text struct text canonical = text_make(CANONICAL_CAP);
	requirement_canonical(requirement, &canonical);
	if (canonical.overflown)
		return error_config(error, "requirement %.80s: its text is too long for a fingerprint", requirement->id);
	evidence_sha256(text_view(&canonical), canonical.length, hex);
	return true;
}

static void emit_limit(struct json_emitter *json, const struct requirement *requirement)
{
	const struct limit *limit = &requirement->limit;
	if (requirement->verified_by != VERIFIED_BY_RIG) {
		emit_null(json, "limit");
		return;
	}
	bool centred = limit->nominal_kind != NOMINAL_NONE;
	bool both = centred && isfinite(limit->tolerance_relative) && isfinite(limit->tolerance_absolute);
	emit_open_object(json, "limit");
	emit_number(json, "minimum", centred ? NAN : limit->lower);
	emit_number(json, "maximum", centred ? NAN : limit->upper);
	if (limit->nominal_kind == NOMINAL_PLANNED)
		emit_string(json, "nominal", "planned");
	else
		emit_number(json, "nominal", centred ? limit->nominal : NAN);
	emit_number(json, "tolerance_relative", centred ? limit->tolerance_relative : NAN);
	emit_number(json, "tolerance_absolute", centred ? limit->tolerance_absolute : NAN);
	emit_string(json, "combine", both ? tolerance_combine_name(limit->combine) : NULL);
	emit_close_object(json);
}

void fingerprint_emit(struct json_emitter *json, const struct requirement *requirement)
{
	auto_text struct text canonical = text_make(CANONICAL_CAP);
	char hex[DIGEST_HEX_SIZE];
	requirement_canonical(requirement, &canonical);
	bool whole = !canonical.overflown;
	if (whole)
		evidence_sha256(text_view(&canonical), canonical.length, hex);
	emit_string(json, "uid", requirement->uid);
	emit_string(json, "verified_by", verification_name(requirement->verified_by));
	emit_string(json, "fingerprint", whole ? hex : NULL);
	emit_string(json, "canonical", whole ? text_view(&canonical) : NULL);
	emit_limit(json, requirement);
}
