/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Whether the capacitor's channel still shows the capacitor. A probe that came off reads 0 V, as an empty capacitor does: what tells them apart is that
 * charge does not go without a way. It leaves through the dump resistor, which takes its time, or through the coil, which is seen in the coil's current;
 * and a pulse needs the charge that drives it. Fed with cells of the stream in their order; deterministic, no I/O.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bench_setup.h"

enum { CAPACITOR_HISTORY = 8, CAPACITOR_TEXT = 256 };

struct capacitor_cell {
	double frame; /* of its beginning */
	double volts; /* the mean */
};

struct capacitor_watch {
	double rate_hz, limit_v, dump_s;
	double amps_per_volt; /* sqrt(C / L): no current from V volts has a larger peak; 0: not known */
	bool gives_back;      /* the device's pulse gives a part of the charge back: biphasic */
	double sign;          /* of the voltage at rest, as the probe is connected; 0: not charged yet */

	struct capacitor_cell history[CAPACITOR_HISTORY]; /* since the last pulse, the oldest first */
	unsigned history_count;
	double quiet_since; /* frame from which on no current moved; INFINITY: it moves */
	bool in_pulse;      /* a pulse began, and has not come to rest */
	double before_v;    /* last voltage before the pulse; NAN: not known */
	int least, most;    /* of the pulse's current, counts */
	bool in_doubt;      /* it came down in a pulse, or with a trigger, and has not been up again */
};

/* What a cell shows. */
enum capacitor_finding {
	CAPACITOR_PLAUSIBLE,
	CAPACITOR_FELL, /* faster than the dump resistor can, with no current: only a trigger that nobody saw act could explain it */
	CAPACITOR_CONTRADICTED, /* the coil's current needs a charge that the channel does not show, or it does not come back from a pulse */
};

struct capacitor_current {
	int least, most;    /* of the cell, counts */
	bool moves;         /* as a pulse does */
	double scale_a;     /* A a count; 0: no such channel */
	double threshold_a; /* peak to peak, below which nothing is said to move */
};

/* limit_v: at or below it the capacitor counts as discharged. */
void capacitor_watch_begin(struct capacitor_watch *watch, const struct device *device, double limit_v, double rate_hz);
/* The next cell; text (CAPACITOR_TEXT) is filled in unless it is plausible. */
enum capacitor_finding capacitor_watch_take(struct capacitor_watch *watch, const struct capacitor_cell *cell, double frames,
					    const struct capacitor_current *current, char *text);
/* Samples are missing: what was before is not compared with what comes. */
void capacitor_watch_gap(struct capacitor_watch *watch);
