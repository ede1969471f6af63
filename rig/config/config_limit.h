/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * The limit of a requirement. One that cannot fail, or that cannot be met, is an error: it would be a verdict without a check.
 */
#include "requirement.h"
#include "schema.h"

/* Reads `limit:` in the dimension of the measurand into requirement->limit; its judge and decision have been read already. */
bool config_read_limit(const struct reader *reader, const struct node *node, enum dimension dimension, struct requirement *requirement,
		       struct error *error) must_check;
