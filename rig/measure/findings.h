/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * What is gathered while a reduced recording streams by; everything that needs the whole of it waits for the end. So the result does not depend
 * on how windows, envelope, events and edges are interleaved.
 */
#include "levels.h"
#include "pulse.h"
#include "recording.h"

/* A growing array; items are moved, never shared. */
struct series {
	void *items;
	size_t count, capacity, item_size;
};

/* Appends a copy of *item (item_size bytes). Fails (ERROR_BENCH) when out of memory. */
bool series_add(struct series *series, const void *item, struct error *error) must_check;
/* Hands the items to the caller, who frees them, and empties the series. */
void *series_take(struct series *series);

/* The stretch of time that a window covered. */
struct covered {
	uint64_t first_frame, end_frame;
};

/* An envelope cell in which the current left its baseline further than it usually does; idle only where no window covers it. */
struct excursion {
	uint64_t first_frame, end_frame;
	double deviation_a;
};

/* A stretch of full-rate samples in which no pulse was found; what the trigger line started there is what a device leaks. */
struct quiet_stretch {
	uint64_t first_frame, end_frame;
	double deviation_a; /* largest distance from the baseline */
};

/* What the envelope shows of the current in cells that are no excursion: sums of the cells' means, A. */
struct residual_sums {
	double n, mean_a, squares; /* running; squares of the deviations from the mean */
};

/* How long the channel stood still: runs of whole envelope cells. */
struct stillness {
	uint64_t run, longest, second; /* cells */
	uint64_t moving;               /* cells in which it did not */
	uint64_t toggling;             /* of them, those in which it moved by one count */
	uint64_t still;                /* all cells in which it did */
	int16_t home, at;              /* counts: where it stood first, and where this run stands */
	uint64_t away;                 /* the longest run that stood far from home, and neither at an end of the range; cells */
	bool known;
	bool noisy; /* it moved as noise moves it */
};

struct findings {
	struct series pulses;     /* struct pulse */
	struct series edges;      /* double: rising edges of the recorded trigger line, s */
	struct series quiet;      /* struct quiet_stretch */
	struct series logic;      /* struct edge: all that the logic analyser saw, on its own clock */
	struct series gaps;       /* struct gap */
	struct series events;     /* struct run_event */
	struct series windows;    /* struct covered */
	struct series excursions; /* struct excursion */
	struct series capacitor;  /* float: mean of envelope cell number k, V; NAN where there is none */
	struct residual_sums residual;
	struct level_histogram trigger_levels; /* of the recorded trigger line */
	double quiet_peak_a;                   /* largest deviation in cells that are no excursion, and in windows outside pulses */
	uint64_t quiet_peak_frame;
	double usual_deviation_a; /* tracked over quiet cells */
	double idle_baseline_a;
	bool idle_known;
	bool current_alive;    /* the current channel did not stay on one count from beginning to end */
	int16_t current_count; /* its first */
	uint64_t total_frames;
	size_t logic_dropped; /* edges beyond what is kept */
	bool astray, open;    /* a stretch began, ended, away from its baseline, at these frames */
	uint64_t astray_frame, open_frame;
	bool strayed;           /* the current left its baseline for longer than any pulse */
	double threshold_a;     /* the largest that pulses were looked for with */
	struct stillness still; /* envelope cells in which the current channel stayed on one count */
	uint64_t begin_frame;   /* of the first envelope cell */
};

void findings_init(struct findings *findings);
void findings_finish(struct findings *findings);
