/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * The public keys that who checks a signature trusts.
 */
#include "minisign.h"

struct trust;

/* NULL when out of memory. */
struct trust *trust_create(struct error *error) must_check;
void trust_destroy(struct trust *trust);
/* Adds a public key file, or every *.pub in a folder (of which there must be one). ERROR_CONFIG with the path. */
bool trust_add(struct trust *trust, const char *path, struct error *error) must_check;
/* True if this very key is trusted: an equal key id is not enough. */
bool trust_has(const struct trust *trust, const struct minisign_public_key *key);

define_cleanup(struct trust *, cleanup_trust, trust_destroy);
#define auto_trust cleanup_with(cleanup_trust)
