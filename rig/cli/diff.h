/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * The parts of `tmsrig diff`.
 */
#include <jansson.h>

#include "error.h"
#include "json_emit.h"

enum { DIFF_ID_SIZE = 80, DIFF_MAX_MEASURANDS = 512 };

/* What a bundle measured of one measurand: of all that is not void and has a value. */
struct diff_statistics {
	char id[DIFF_ID_SIZE], unit[16];
	size_t count;
	double mean, standard_deviation, minimum, maximum; /* standard_deviation NAN for one value */
	double u; /* standard uncertainty of the mean: sqrt(rms(u_random)^2 / count + mean(u_systematic)^2); NAN where one has none */
};

struct diff_measurands {
	struct diff_statistics *items; /* in order of first occurrence */
	size_t count;
};

/* Reads measurements.csv of the bundle in a folder. ERROR_CONFIG, "file:line: ...". The caller frees items. */
bool diff_read_measurands(const char *dir, struct diff_measurands *measurands, struct error *error) must_check;

/* How results are shown: as lines on stdout, or as JSON. */
struct diff_output {
	struct json_emitter *json; /* NULL: lines */
	size_t differences;        /* shown so far, but those of measurands, which differ between any two runs */
};

/* Each shows what differs in its part under a heading, nothing where nothing does. */
void diff_show_setup(struct diff_output *output, const json_t *a, const json_t *b);
void diff_show_environment(struct diff_output *output, const json_t *a, const json_t *b); /* NULL: not kept */
void diff_show_plan(struct diff_output *output, const json_t *a, const json_t *b);
void diff_show_measurands(struct diff_output *output, const struct diff_measurands *a, const struct diff_measurands *b);
void diff_show_verdicts(struct diff_output *output, const json_t *a, const json_t *b);
