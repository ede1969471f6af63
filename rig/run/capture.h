/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * The capture: one thread drains the ADC into a ring of blocks, another pushes blocks, gaps, edges and the run's events into a sink in order of
 * time. Blocks are cut at fixed frames, and an event enters the stream a fixed stretch of samples after its time, so that the order of calls does
 * not depend on how the threads were scheduled.
 */
#include "monitors.h"
#include "run.h"

struct capture;

/* Starts the instruments and the threads. The bench, the sink, the options and the monitors must outlive it. NULL on failure. */
struct capture *capture_start(struct bench *bench, const struct recording_sink *sink, const struct run_options *options,
			      struct monitors *monitors, double planned_s, uint32_t sections, struct error *error) must_check;
/* Something the rig did at host_s, with the standard uncertainty of that time; callable from the sequencer's thread. */
void capture_event(struct capture *capture, enum run_event_kind kind, uint32_t index, double host_s, double u_host_s);
/* True once capturing failed, or all was taken: nothing more comes. */
bool capture_failed(struct capture *capture);
/*
 * Stops the instruments, waits until everything captured is in the sink, and what a monitor found, finishes the sink, and releases the capture. *finished as in
 * run_plan. aborted: push EVENT_ABORTED at the end. Returns false with *error set when capturing had failed.
 */
bool capture_stop(struct capture *capture, bool aborted, bool *finished, struct error *error) must_check;
