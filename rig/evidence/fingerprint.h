/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * The fingerprint of a requirement: SHA-256 of its canonical form (canonical.h). Evidence cites a requirement as ID~REVISION@sha256:FINGERPRINT;
 * evidence of another fingerprint is stale.
 */
#include "digest.h"
#include "json_emit.h"
#include "requirement.h"

/* 64 hex digits and NUL. ERROR_CONFIG when the requirement is too long for a canonical form. */
bool fingerprint_of(const struct requirement *requirement, char hex[DIGEST_HEX_SIZE], struct error *error) must_check;
/*
 * The members "uid", "verified_by", "fingerprint", "canonical" and "limit" (as specified, in SI units; null unless the rig judges it) of a
 * requirement in result.json.
 */
void fingerprint_emit(struct json_emitter *json, const struct requirement *requirement);
