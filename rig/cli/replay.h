/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * An evidence folder, measured again: its recording, with the scenario and its libraries, the bench, device, sensor files and certificates that were kept
 * beside it. Nothing else is looked at, so that it comes to the same on any machine.
 */
#include <jansson.h>

#include "about.h"
#include "bench_setup.h"
#include "dose_table.h"
#include "kept.h"
#include "measure.h"
#include "remake.h"
#include "scratch.h"

struct replay {
	json_t *result;              /* result.json */
	struct remake_input *inputs; /* what inputs/ holds, after result.json; strings of the result, but for `file` */
	size_t input_count;
	struct kept_files kept;
	const char *fixtures;   /* the directory of fixtures that the session had */
	struct scratch scratch; /* the scenario's libraries under their own names */
	struct plan *plan;
	struct bench_setup *bench; /* NULL when the result names none */
	struct measure *measure;   /* NULL until replay_measure() */
	struct results *results;
};

/* Reads result.json. ERROR_CONFIG when the folder is no evidence. Call replay_finish() whatever comes of it. */
bool replay_open(const char *dir, struct replay *replay, struct error *error) must_check;
/* Measures the recording again. ERROR_CONFIG when something it needs is missing, or what was kept leads to another plan. */
bool replay_measure(const char *dir, struct replay *replay, struct error *error) must_check;
/* The requirements that the session was judged by, from the copy that was kept; the caller owns them. */
struct spec *replay_spec(const char *dir, const struct replay *replay, struct error *error) must_check;
/* The dose tables of the session, or NULL where it kept none (no error then). The caller owns them. */
struct dose_tables *replay_dose_tables(const struct replay *replay, struct error *error) must_check;
/* What people stated for the report in a file of its own, or NULL where none was kept; the caller owns it. */
struct about_file *replay_about(const struct replay *replay) must_check;
void replay_finish(struct replay *replay);
/* The text, or the number, that lies below the members `first` and `second` of an object; NULL, or `otherwise`, when it is none. */
const char *replay_text(const json_t *object, const char *first, const char *second);
double replay_number(const json_t *object, const char *first, const char *second, double otherwise);
