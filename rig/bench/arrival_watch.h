/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Finds lost samples by when samples arrive. Counted at the nominal rate, the k-th arrival is late by l(k) = t(k) - n(k) / rate. A delay adds to one
 * arrival, a lost sample to all that follow; so the least l ever seen, allowed to rise with the tolerance of the two clocks, is a line that no loss
 * lets an arrival come back to. An arrival near the line proves that nothing was lost before it. Only when all stay away from it for a time that no
 * delay lasts is it a loss: at least so long nothing is told, and no sample among them is beyond doubt.
 */
#include "gap_watch.h"

struct arrival_watch_setup {
	double period_s;       /* of one sample, nominal */
	double rate_tolerance; /* how far the two clocks may differ, relative */
	double buffer_s;       /* between arrivals */
};

struct arrival_watch;

/* NULL when out of memory. */
struct arrival_watch *arrival_watch_create(const struct arrival_watch_setup *setup) must_check;
/* NULL is accepted. */
void arrival_watch_destroy(struct arrival_watch *watch);
/* So many buffers at the start teach where the line is; of a loss among them nothing can be told. */
unsigned arrival_watch_lesson(const struct arrival_watch *watch);
/* How long samples can be held in doubt, s. */
double arrival_watch_held_s(const struct arrival_watch *watch);
/* `received` samples, more than before, had arrived at time_s. */
void arrival_watch_observe(struct arrival_watch *watch, uint64_t received, double time_s);
/* What the arrivals until now say: one loss, or what is wrong, a call; again until it is NONE. */
enum gap_watch_state arrival_watch_judge(struct arrival_watch *watch, struct gap_step *step);
/* Losses known otherwise, before the next observation: they are no step then. */
void arrival_watch_known(struct arrival_watch *watch, uint64_t lost);
/* So many samples received are beyond doubt: every loss among them has been told. */
uint64_t arrival_watch_verified(const struct arrival_watch *watch);
/* The largest loss that could have stayed unseen at any place until now, s. */
double arrival_watch_resolution_s(const struct arrival_watch *watch);
/* (rate seen / nominal) - 1, from the start until now; 0 before there is one. */
double arrival_watch_rate_error(const struct arrival_watch *watch);

define_cleanup(struct arrival_watch *, cleanup_arrival_watch, arrival_watch_destroy);
#define auto_arrival_watch cleanup_with(cleanup_arrival_watch)
