/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * A run under way, for run.c, steps.c and self_test.c: what it works on, and how it waits. Every wait looks at all that may end the run: the operator,
 * the stream, the monitors, the device, the guardian.
 */
#include "capture.h"
#include "monitors.h"
#include "run.h"

struct sequencer {
	struct bench *bench;
	struct ports *ports;
	const struct bench_setup *setup;
	const struct plan *plan;
	const struct run_options *options;
	struct capture *capture;
	struct monitors *monitors;
	bool began; /* something is recorded, or was */
	struct safety *safety;
	double settle_s;
	double asked_warm_s;        /* when the coil's temperature was last asked for */
	double origin_s;            /* of the section under way, host time */
	double watch_s;             /* keep recording until then: a discharge is being watched */
	bool reversed;              /* the current direction last commanded */
	bool wronged[SIGNAL_COUNT]; /* the plan holds the signal in a state that is not normal */
	bool held[GPIO_LINE_COUNT]; /* the plan holds the line in a state of its own: arming leaves it so */
};

double sequencer_now_s(const struct sequencer *seq);
/* Tells the guardian whether the run waits, not firing at all. */
void sequencer_attend(const struct sequencer *seq, bool waiting);
/* False when the stream has ended while it was waited for (virtual clock). One that is late trips a monitor. */
bool sequencer_keep_up(struct sequencer *seq) must_check;
/* Whether the operator has stopped the run. */
bool sequencer_stopped(const struct sequencer *seq);
/* Waits for a time of the host's clock at which something is due. False with a cause when the run has to end. */
bool sequencer_sleep_until(struct sequencer *seq, double time_s, struct error *error) must_check;
/* The same in a wait whose end nobody knows: nothing is due at a time of its own, and there is time to talk with the device. */
bool sequencer_idle(struct sequencer *seq, double time_s, struct error *error) must_check;
bool sequencer_set_line(struct sequencer *seq, enum gpio_line line, bool level, struct error *error) must_check;
/* Tells who follows the run that a step is done, or why it is not; UINT32_MAX: the safe state. */
void sequencer_tell(const struct sequencer *seq, uint32_t step, const struct error *why_not);
/* Tells the monitors that from now on current may flow, or may not. */
void sequencer_tell_armed(struct sequencer *seq, bool armed);
/* Whether the bench has a trigger line to the device. Without one the stimulator is fired by remote command, if it can be. */
bool sequencer_has_trigger_line(const struct sequencer *seq);
bool sequencer_can_fire_remotely(const struct sequencer *seq);
bool sequencer_can_disarm(const struct sequencer *seq);
