/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * What a run says about safety: whether its safe state was proven at the end, and whether a monitor stopped it. Part of the evidence, and of the
 * overall verdict.
 */
#include <stdbool.h>
#include <stddef.h>

#include "verdict.h"

enum safe_proof {
	SAFE_NOT_PROVABLE, /* the bench has nothing that could show it */
	SAFE_PROVEN,
	SAFE_NOT_PROVEN, /* something showed otherwise, or could not be asked */
};

/* What is watched during all of a run. */
enum monitor {
	MONITOR_CURRENT_DISARMED, /* coil current while the device is disarmed */
	MONITOR_UNTRIGGERED,      /* a pulse without a trigger */
	MONITOR_CURRENT_DEAD,     /* the current channel shows no noise, or stands at its limit */
	MONITOR_OVERVOLTAGE,      /* the capacitor is above what the device may have */
	MONITOR_COIL_HOT,         /* the coil is above the temperature at which the device must stop */
	MONITOR_STREAM_LOST,      /* no samples come any more */
	MONITOR_CAPACITOR_LOST,   /* the capacitor's channel shows something else than the capacitor */
	MONITOR_COUNT,
};

enum { SAFETY_BY_MAX = 6, SAFETY_UNWATCHED_MAX = 5, SAFETY_TEXT = 400 };

struct safety {
	enum safe_proof proof;
	const char *by[SAFETY_BY_MAX]; /* what was looked at: "ready line", "capacitor voltage" ...; static strings */
	size_t by_count;
	char text[SAFETY_TEXT]; /* one sentence for people, without a full stop */
	/* What no monitor could look at on this bench, and why: "the capacitor (no channel)" ...; static strings */
	const char *unwatched[SAFETY_UNWATCHED_MAX];
	size_t unwatched_count;
	bool tripped; /* a monitor stopped the run */
	enum monitor monitor;
	double trip_s;               /* where in the recording; NAN: not in it */
	char trip_text[SAFETY_TEXT]; /* one sentence, without a full stop */
};

/* "proven", "not_proven", "not_provable"; "current_disarmed", ... Static strings. */
const char *safe_proof_name(enum safe_proof proof);
const char *monitor_name(enum monitor monitor);
/* True when a trip of this monitor speaks against the device, false when it speaks against the bench. */
bool monitor_blames_device(enum monitor monitor);
/*
 * The overall verdict of a run with what its safety says: a monitor that speaks against the device makes it fail, one that speaks against the bench
 * void; without a proof of the safe state there is no pass but void, unless there is nothing to prove it by. safety NULL (no run): as it is.
 */
enum verdict safety_verdict(enum verdict overall, const struct safety *safety);
