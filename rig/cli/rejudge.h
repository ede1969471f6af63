/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * An evidence folder judged again from its raw recording: the same tables and the same result.json, made anew beside it, to be compared.
 */
#include "error.h"

struct rejudge_request {
	const char *dir;  /* the evidence */
	const char *out;  /* a folder, where pulses.csv, measurements.csv, judgements.csv and result.json are written */
	const char *spec; /* requirements to judge by, as on the command line of `run`; NULL: those of the session */
};

/*
 * Judges again, in a process of its own: HDF5 is not made for files that somebody made to break it, and whatever such a file does ends there.
 * ERROR_CONFIG when the evidence cannot be judged again, with the reason; ERROR_BENCH when the machine refuses.
 */
bool rejudge(const struct rejudge_request *request, struct error *error) must_check;
