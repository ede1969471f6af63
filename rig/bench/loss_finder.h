/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Where samples of a stream were lost, by whatever the instrument has to show it: a time stamp or a counter in every frame, an overflow flag, or the
 * count of samples against the host's clock. Samples are numbered as received, the lost ones not counted.
 */
#include "bench_setup.h"
#include "error.h"

struct loss_finder_setup {
	enum gap_detection method;
	double sample_rate_hz, clock_accuracy_rel;
	unsigned buffer_frames, kernel_buffers;
	unsigned counter_bits; /* GAPS_BY_COUNTER */
};

/* Samples first to last-1 received are void (none, when the place is known), and behind them `lost` are missing. */
struct loss {
	uint64_t first, last, lost;
	enum gap_cause cause;
};

struct loss_finder;

/* NULL when out of memory. */
struct loss_finder *loss_finder_create(const struct loss_finder_setup *setup) must_check;
/* NULL is accepted. */
void loss_finder_destroy(struct loss_finder *finder);
/*
 * Of the first samples received nothing can be told by count, so so many, a window of whole buffers, are to be thrown away, not counted, at the start.
 */
unsigned loss_finder_skip(const struct loss_finder *finder);
/* How long samples are held back until they are beyond doubt, s. */
double loss_finder_held_s(const struct loss_finder *finder);
/* The time stamps (ns) or counters of the next `frames` frames. false: they cannot be what they are said to be. */
bool loss_finder_stamps(struct loss_finder *finder, const uint64_t *stamps, size_t frames, struct error *error) must_check;
/* A buffer of them, which arrived at host_s; before all others. */
bool loss_finder_skipped(struct loss_finder *finder, double host_s, struct error *error) must_check;
/* `received` samples had arrived at host_s. */
bool loss_finder_arrival(struct loss_finder *finder, uint64_t received, double host_s, struct error *error) must_check;
/* The overflow flag, read and cleared when `received` samples had arrived. */
bool loss_finder_overflow(struct loss_finder *finder, uint64_t received, bool overflow, struct error *error) must_check;
/* Samples first to last-1 were received, but there was no place for them. */
bool loss_finder_overrun(struct loss_finder *finder, uint64_t first, uint64_t last, struct error *error) must_check;
/* So many samples are beyond doubt: every loss among them can be taken. */
uint64_t loss_finder_released(const struct loss_finder *finder);
/* The next loss in order of `first`, false when there is none. */
bool loss_finder_take(struct loss_finder *finder, struct loss *loss);
/* A sentence on what these means can prove, as they were. */
void loss_finder_proof(const struct loss_finder *finder, char *out, size_t size);

define_cleanup(struct loss_finder *, cleanup_loss_finder, loss_finder_destroy);
#define auto_loss_finder cleanup_with(cleanup_loss_finder)
