/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * What a plot needs of the raw recording, made small: single pulses, the band that all pulses lie in, the envelope of the whole session. Only
 * one window of the store is in memory at a time.
 */
#include "store.h"

/* Points of a curve or band. minimum and maximum span what lies between the neighbouring points; mean is the value itself of a single curve. */
struct band {
	size_t count;
	double *x_s, *minimum, *maximum, *mean;
	bool *gap;     /* samples are missing there */
	size_t pulses; /* how many pulses went into it */
};

enum { BAND_MAX_POINTS = 4096 };

struct recording_view;

/* Opens the store for views. NULL on failure. */
struct recording_view *recording_view_open(const char *path, struct error *error) must_check;
/* Releases it; NULL is accepted. */
void recording_view_destroy(struct recording_view *view);
bool recording_view_complete(const struct recording_view *view);
/*
 * The coil current (A) around one onset, every sample of it, x_s counted from the onset. Succeeds with an empty band when the store holds no
 * window there.
 */
bool recording_view_pulse(struct recording_view *view, double onset_s, double pre_s, double post_s, struct band *band,
			  struct error *error) must_check;
/* The band of the coil current (A) over all the onsets, each aligned at 0, at 2…BAND_MAX_POINTS points from -pre_s to post_s. */
bool recording_view_overlay(struct recording_view *view, const double *onsets_s, size_t onset_count, double pre_s, double post_s,
			    size_t points, struct band *band, struct error *error) must_check;
/* Smallest and largest value of a channel over the whole recording, in at most `points` parts of equal time; x_s is the middle of the
 * cells in each. */
bool recording_view_envelope(struct recording_view *view, const char *channel, size_t points, struct band *band,
			     struct error *error) must_check;
/* Releases the points; an empty band is accepted. */
void band_finish(struct band *band);

define_cleanup(struct recording_view *, cleanup_recording_view, recording_view_destroy);
#define auto_recording_view cleanup_with(cleanup_recording_view)
