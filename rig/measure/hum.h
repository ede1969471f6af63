/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Mains hum on the current channel, by the means of the envelope's quiet cells around a stretch of samples: 50 or 60 Hz, whichever fits, with its
 * second and third harmonic, where it is there beyond doubt. Its frequency need not be exact: amplitude and phase may move along.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "reduced.h"

/* So many of the latest cells are kept: a window of the greatest length and what is needed before it. */
enum { HUM_CELLS = 128, HUM_TERMS = 10 };

struct hum_cell {
	uint64_t first_frame;
	float mean; /* counts */
	int32_t range;
};

/* Zero-initialise. */
struct hum {
	struct hum_cell cells[HUM_CELLS]; /* a ring */
	size_t count, next;
};

/* The hum near a place, in counts: sum of weight[k] times term k at t, s from origin_frame. */
struct hum_wave {
	double origin_frame, interval_s, omega_per_s;
	double weight[HUM_TERMS];
	unsigned terms;
	double u_slope_per_s; /* counts/s: standard uncertainty of the hum's slope there */
};

/* Takes note of a whole cell of the envelope, of that channel. */
void hum_cell_add(struct hum *hum, const struct envelope_cell *cell, unsigned channel);
/*
 * The hum around frame `origin`, from cells of cell_frames frames that end at end_frame or before. False where there is none that shows, or too little is known.
 */
bool hum_find(const struct hum *hum, double origin_frame, uint64_t end_frame, uint32_t cell_frames, double interval_s,
	      struct hum_wave *wave);
/* Takes scale times the hum out of n samples, the first of which is frame first_frame. */
void hum_remove(const struct hum_wave *wave, uint64_t first_frame, double scale, double *current_a, size_t n);
