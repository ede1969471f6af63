/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * A thread that talks to a device which leaves remote control when it hears nothing. It keeps quiet around announced shots, but never for longer than
 * the device bears. Its own lock is never held while it talks, so announcing a shot does not wait for the line.
 */
#include "error.h"

enum keep_alive_result { KEEP_ALIVE_DONE, KEEP_ALIVE_BUSY, KEEP_ALIVE_FAILED };

struct keep_alive_setup {
	double armed_s, idle_s;               /* between two words, s */
	double latest_armed_s, latest_idle_s; /* the longest that a shot may hold one off, s */
	/*
	 * Talks, from the thread. KEEP_ALIVE_BUSY: somebody else does so just now. After KEEP_ALIVE_FAILED, with *error, it is not called again.
	 */
	enum keep_alive_result (*talk)(void *self, struct error *error);
	void *self;
};

struct keep_alive;

/* Starts it, not armed, as if there had been a word just now. NULL and *error on failure. */
struct keep_alive *keep_alive_start(const struct keep_alive_setup *setup, struct error *error) must_check;
/* Ends the thread and releases everything; NULL is accepted. Not under a lock that talk() takes. */
void keep_alive_stop(struct keep_alive *alive);
/* There was an exchange with the device just now. NULL is accepted. */
void keep_alive_told(struct keep_alive *alive);
/* Which of the two periods is in force. NULL is accepted. */
void keep_alive_armed(struct keep_alive *alive, bool armed);
/* A shot is due at a monotonic time: quiet from 50 ms before to 2 ms after. */
void keep_alive_expect_shot(struct keep_alive *alive, double shot_s);
/* False, with the error of talk(), when it failed. */
bool keep_alive_good(struct keep_alive *alive, struct error *error) must_check;
