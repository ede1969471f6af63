/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * The harness's side of the guardian (rig/guardian): starts it, keeps its heart beating while the run makes progress, asks it to drive its
 * lines, and notices when it is gone. Functions may be called from any thread.
 */
#include "error.h"
#include "guardian_wire.h"

struct guard;

struct guard_options {
	const char *program; /* path of tmsrig-guardian */
	int log_fd;          /* where it writes its log; stays the caller's */
	double progress_s;   /* no heartbeat once guard_progress() was not called for so long */
	/* Called once, from the heart's thread, when the guardian has gone. */
	void (*lost)(void *self);
	void *self;
};

/* Starts the guardian and waits until it holds its lines. NULL on failure: no line was driven then. */
struct guard *guard_start(const struct guardian_setup *setup, const struct guard_options *options, struct error *error) must_check;
/* The run is alive. */
void guard_progress(struct guard *guard);
/* Drives a line of the guardian's. */
bool guard_set(struct guard *guard, enum guardian_role role, bool level, struct error *error) must_check;
/* From now on the guardian's log goes to this descriptor, which stays the caller's. */
bool guard_log_to(struct guard *guard, int log_fd, struct error *error) must_check;
/* What the guardian can do to the device itself, from now on. */
bool guard_device(struct guard *guard, const struct guardian_device *device, struct error *error) must_check;
/* The operator is being waited for, or nothing is fired yet, as at first: the run need not make progress. */
void guard_attend(struct guard *guard, bool waiting);
/* The rig cannot make the device safe: the guardian shall, and ends. There are no heartbeats from now on. */
void guard_take_over(struct guard *guard);
/* True once the guardian has gone, or taken over. */
bool guard_is_lost(struct guard *guard);
/* Takes leave of the guardian and waits for its end; NULL is accepted. */
void guard_stop(struct guard *guard);

define_cleanup(struct guard *, cleanup_guard, guard_stop);
#define auto_guard cleanup_with(cleanup_guard)
