/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * The monitors of a run: they look at every sample as it comes in, before anything is stored or measured, and trip on what must not be. The stream is
 * judged in cells of fixed frames, so that a trip does not depend on how it was divided into blocks. monitors_block() and monitors_gap() are called by
 * the thread that reads the ADC; everything else by any other thread.
 */
#include "bench_setup.h"
#include "safety.h"

struct monitors;

struct monitor_trip {
	enum monitor monitor;
	double frame; /* where */
	char text[SAFETY_TEXT];
};

/* What the coil current's channel showed at rest. */
enum monitor_rest { REST_UNKNOWN, REST_ALIVE, REST_DEAD };

/*
 * What the monitors have to know of the run. can_disarm: the bench can disarm the device, so that current while it is disarmed is wrong. provoked: the
 * plan makes faults on purpose and judges what the device does then, so that only the bench is watched. frames_only: of the stream only what comes with a
 * trigger is recorded, so that nothing can be told from it. settle_s: how late after its time the rig may
 * say that it fired.
 */
struct monitor_options {
	bool can_disarm, provoked, frames_only;
	double settle_s;
};

/* NULL when out of memory. */
struct monitors *monitors_create(const struct bench_setup *setup, const struct recording_format *format,
				 const struct monitor_options *options);
/* NULL is accepted. */
void monitors_destroy(struct monitors *monitors);

/* The reader's: what came in. */
void monitors_block(struct monitors *monitors, const struct block *block);
void monitors_gap(struct monitors *monitors, const struct gap *gap);
/* No more will come; who waits goes on. */
void monitors_end(struct monitors *monitors);

/* The rig arms now, or has disarmed, at this frame. */
void monitors_armed(struct monitors *monitors, bool armed, double frame);
/* The rig is about to fire: until monitors_fired() any pulse may be its. */
void monitors_firing(struct monitors *monitors, double frame);
void monitors_fired(struct monitors *monitors, double frame);
/* A trip found elsewhere; of several the first counts. */
void monitors_trip(struct monitors *monitors, enum monitor monitor, double frame, const char *text);

/* Frames seen until now. */
uint64_t monitors_seen(struct monitors *monitors);
/* Waits until so many frames were seen, or no more come; false: no more come. Only where the clock is not the machine's. */
bool monitors_await(struct monitors *monitors, uint64_t frames);
/* True when something tripped before this frame; INFINITY: anywhere. */
bool monitors_tripped(struct monitors *monitors, double before_frame, struct monitor_trip *trip);
/* Whether the current's channel lives, by its first 80 ms; why not in text. */
enum monitor_rest monitors_rest(struct monitors *monitors, char *text, size_t size);
/* From which frame on the capacitor has been at or below the limit of the bench until `until`; INFINITY: it is not; NAN: no such channel. */
double monitors_discharged(struct monitors *monitors, double until);
/* Whether the capacitor's channel was ever above that limit: one that never was may have no probe on it, and shows nothing by being at 0 V. */
bool monitors_charged(struct monitors *monitors);
/*
 * What the capacitor's channel is worth as a witness of a discharge: none once it was lost, nor while the last thing that brought it down was a pulse
 * or a trigger and not the dump resistor.
 */
enum capacitor_witness { CAPACITOR_TRUSTED, CAPACITOR_IN_DOUBT, CAPACITOR_LOST };
enum capacitor_witness monitors_capacitor(struct monitors *monitors);
/* The frame of the last current that no trigger explains, whatever tripped before and whatever the plan provokes; -INFINITY: there was none. */
double monitors_moved(struct monitors *monitors);
/* The capacitor's voltage last seen; NAN: no such channel. */
double monitors_capacitor_v(struct monitors *monitors);

define_cleanup(struct monitors *, cleanup_monitors, monitors_destroy);
#define auto_monitors cleanup_with(cleanup_monitors)
