/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Finds lost samples by comparing a count of samples with time stamps. An observation (n, t) says that the last of n samples had been taken at time t
 * at the latest. What makes a stamp late passes, a lost sample stays; so a loss is a step of the lower envelope of t - n / rate: the least over a window
 * of observations after a place against the least over the window before it. Times of arrival scatter by more: arrival_watch.h.
 */
#include <stdbool.h>
#include <stdint.h>

#include "cleanup.h"

struct gap_watch_setup {
	double period_s;       /* of one sample, nominal */
	double rate_tolerance; /* how far the two clocks may differ, relative */
	unsigned window;       /* observations; rounded up to a power of two */
	double step_s;         /* the least that counts */
};

enum gap_watch_state {
	GAP_WATCH_NONE,
	GAP_WATCH_LOST,    /* *step says where and how many */
	GAP_WATCH_AHEAD,   /* more samples than the times leave room for: time stamps that run back, or what seemed lost came after all */
	GAP_WATCH_RUNAWAY, /* the two rates differ by more than the tolerance: a wrong rate, or single samples lost all the time */
};

/* A loss of `lost` samples somewhere after the first `first` samples received and before sample number `last` received (last >= first). */
struct gap_step {
	uint64_t first, last, lost;
};

struct gap_watch;

/* NULL when out of memory. */
struct gap_watch *gap_watch_create(const struct gap_watch_setup *setup) must_check;
/* NULL is accepted. */
void gap_watch_destroy(struct gap_watch *watch);
/* The next observation; received counts samples received and must rise. */
enum gap_watch_state gap_watch_observe(struct gap_watch *watch, uint64_t received, double time_s, struct gap_step *step);
/*
 * In place of the observations until (received, time_s), where it is known otherwise that each is in step with the one before and none of the last
 * two windows' observations is not; only once gap_watch_is_settled(). NONE or RUNAWAY.
 */
enum gap_watch_state gap_watch_steady(struct gap_watch *watch, uint64_t received, double time_s);
/* The first two windows have been seen. */
bool gap_watch_is_settled(const struct gap_watch *watch);
/* So many samples received are beyond doubt: every loss among them has been told. */
uint64_t gap_watch_verified(const struct gap_watch *watch);
/* (rate seen / nominal) - 1, from the first to the last window. */
double gap_watch_rate_error(const struct gap_watch *watch);

define_cleanup(struct gap_watch *, cleanup_gap_watch, gap_watch_destroy);
#define auto_gap_watch cleanup_with(cleanup_gap_watch)
