/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Before anything is armed: does the channel of the coil current live, and what will nobody watch on this bench?
 */
#include "sequencer.h"

/* False with the cause when the channel does not live: it would show no current, whatever flows, and nothing may be armed. */
bool self_test_pass(struct sequencer *seq, struct error *error) must_check;
/* Tells what nobody watches: the people, and the result (safety->unwatched). */
void self_test_tell_unwatched(const struct sequencer *seq);
