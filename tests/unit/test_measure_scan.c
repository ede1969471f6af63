/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The scan: the same windows and envelope for any division into blocks, nothing lost, gaps cut, memory bounded. */
#include "minmax.h"
#include "synthetic.h"

/* Everything a scan put out, as bytes. */
struct journal {
	char *bytes;
	size_t length, capacity;
	size_t windows, cells, longest;
	uint64_t cell_frames, gap_cells;
	int16_t least, most;
};

static void note(struct journal *journal, const void *bytes, size_t length)
{
	if (journal->length + length > journal->capacity) {
		journal->capacity = 2 * (journal->length + length);
		journal->bytes = realloc(journal->bytes, journal->capacity);
		cr_assert(journal->bytes != NULL);
	}
	memcpy(journal->bytes + journal->length, bytes, length);
	journal->length += length;
}

static bool note_format(void *self, const struct recording_format *format, const struct reduced_layout *layout, struct error *error)
{
	(void)format, (void)error;
	note(self, layout, sizeof *layout);
	return true;
}

static bool note_window(void *self, const struct window *window, struct error *error)
{
	struct journal *journal = self;
	(void)error;
	note(journal, &window->first_frame, sizeof window->first_frame);
	note(journal, &window->frames, sizeof window->frames);
	note(journal, window->samples, window->frames * SYN_CHANNELS * sizeof *window->samples);
	journal->windows++;
	journal->longest = window->frames > journal->longest ? window->frames : journal->longest;
	return true;
}

static bool note_envelope(void *self, const struct envelope_cell *cell, struct error *error)
{
	struct journal *journal = self;
	(void)error;
	note(journal, &cell->first_frame, sizeof cell->first_frame);
	note(journal, &cell->frames, sizeof cell->frames);
	note(journal, cell->minimum, SYN_CHANNELS * sizeof *cell->minimum);
	note(journal, cell->maximum, SYN_CHANNELS * sizeof *cell->maximum);
	note(journal, cell->mean, SYN_CHANNELS * sizeof *cell->mean);
	journal->cells++;
	journal->cell_frames += cell->frames;
	journal->gap_cells += cell->gap;
	journal->least = cell->minimum[0] < journal->least ? cell->minimum[0] : journal->least;
	journal->most = cell->maximum[0] > journal->most ? cell->maximum[0] : journal->most;
	return true;
}

static bool note_gap(void *self, const struct gap *gap, struct error *error)
{
	(void)error;
	note(self, &gap->first_frame, sizeof gap->first_frame);
	return true;
}

static bool note_finish(void *self, uint64_t total_frames, struct error *error)
{
	(void)error;
	note(self, &total_frames, sizeof total_frames);
	return true;
}

/* Scans with blocks of 1 to `largest` frames, drawn from seed. */
static struct journal scan_divided(const struct syn *syn, size_t largest, uint64_t seed, const struct gap *gap)
{
	struct journal journal = {0};
	struct error error = {0};
	struct reduced_sink out = {.self = &journal,
				   .format = note_format,
				   .window = note_window,
				   .envelope = note_envelope,
				   .gap = note_gap,
				   .finish = note_finish};
	auto_scan struct scan *scan = scan_create(&out, &error);
	cr_assert(scan != NULL);
	struct recording_sink sink = scan_sink(scan);
	cr_assert(sink.format(sink.self, &syn->format, &error), "%s", error.text);
	for (size_t at = 0; at < syn->frames;) {
		size_t frames = 1 + (size_t)(syn_uniform(&seed) * (double)largest),
		       end = at + frames < syn->frames ? at + frames : syn->frames;
		if (gap && at < gap->first_frame && end > gap->first_frame)
			end = gap->first_frame;
		syn_push(syn, &sink, at, end);
		at = end;
		if (gap && at == gap->first_frame) {
			cr_assert(sink.gap(sink.self, gap, &error));
			at += gap->frames;
		}
	}
	cr_assert(sink.finish(sink.self, &error), "%s", error.text);
	return journal;
}

static struct syn busy_recording(void)
{
	struct syn syn = syn_make(1e6, 0.12, 21);
	struct syn_pulse pulses[6];
	double triggers[6];
	for (unsigned k = 0; k < 6; k++) {
		triggers[k] = 0.004 + 0.019 * k + (k == 3 ? -0.017 : 0);
		pulses[k] = syn_magpro(triggers[k] + 20e-6);
	}
	syn_draw(&syn, pulses, 6, triggers, 6, 5, 4, 3);
	return syn;
}

Test(measure_scan, any_division_gives_the_same_bytes)
{
	struct syn syn = busy_recording();
	const struct gap gap = {.first_frame = 43210, .frames = 777, .cause = GAP_LOST};
	for (unsigned with_gap = 0; with_gap < 2; with_gap++) {
		const struct gap *g = with_gap ? &gap : NULL;
		struct journal whole = scan_divided(&syn, 100 * syn.frames, 1, g);
		cr_assert_gt(whole.windows, 3);
		const size_t sizes[] = {1, 2, 100, 256, 257, 512, 1000, 5000, 40000};
		for (unsigned k = 0; k < sizeof sizes / sizeof *sizes; k++) {
			struct journal divided = scan_divided(&syn, sizes[k], 99 + k, g);
			cr_expect_eq(divided.length, whole.length, "blocks up to %zu", sizes[k]);
			cr_expect(divided.length == whole.length && memcmp(divided.bytes, whole.bytes, whole.length) == 0,
				  "blocks up to %zu", sizes[k]);
			free(divided.bytes);
		}
		cr_expect_eq(whole.cell_frames, syn.frames - (g ? gap.frames : 0), "the envelope covers every sample once");
		cr_expect_eq(whole.gap_cells, g ? 2 : 0, "cells on both sides of the gap are marked");
		free(whole.bytes);
	}
	syn_free(&syn);
}

Test(measure_scan, envelope_shows_the_extremes)
{
	struct syn syn = syn_make(1e6, 0.05, 22);
	syn_draw(&syn, NULL, 0, NULL, 0, 5, 0, 0);
	syn.samples[SYN_CHANNELS * 31234] = 4321;
	struct journal journal = scan_divided(&syn, 3000, 5, NULL);
	cr_expect_eq(journal.most, 4321);
	cr_expect_eq(journal.windows, 1, "one sample is activity");
	free(journal.bytes);
	syn_free(&syn);
}

Test(measure_scan, idle_recordings_leave_no_window_and_endless_activity_is_cut)
{
	struct syn syn = syn_make(1e6, 1.5, 23);
	syn_draw(&syn, NULL, 0, NULL, 0, 5, 50, 0);
	struct journal idle = scan_divided(&syn, 100000, 5, NULL);
	cr_expect_eq(idle.windows, 0);
	for (size_t i = 0; i < syn.frames; i++)
		syn.samples[SYN_CHANNELS * i] = (int16_t)(i % 100 < 50 ? 3000 : -3000);
	struct journal busy = scan_divided(&syn, 100000, 5, NULL);
	cr_expect_gt(busy.windows, 4);
	cr_expect_leq(busy.longest, 260000);
	free(idle.bytes);
	free(busy.bytes);
	syn_free(&syn);
}

Test(measure_scan, a_trigger_without_a_pulse_is_activity)
{
	struct syn syn = syn_make(1e6, 0.05, 24);
	const double trigger = 0.0256;
	syn_draw(&syn, NULL, 0, &trigger, 1, 5, 0, 0);
	struct journal journal = scan_divided(&syn, 700, 5, NULL);
	cr_expect_eq(journal.windows, 1);
	auto_results struct results *results = syn_measure(&syn, NULL, NULL, NULL, 0, NULL);
	cr_expect_eq(results->pulse_count, 0);
	cr_assert_eq(results->trigger_edge_count, 1);
	cr_expect_float_eq(results->trigger_edges_s[0], trigger, 1e-6);
	free(journal.bytes);
	syn_free(&syn);
}

Test(measure_scan, discontinuous_blocks_are_refused)
{
	struct syn syn = syn_make(1e6, 0.01, 25);
	struct journal journal = {0};
	struct error error = {0};
	struct reduced_sink out = {
		.self = &journal, .format = note_format, .window = note_window, .envelope = note_envelope, .finish = note_finish};
	auto_scan struct scan *scan = scan_create(&out, &error);
	cr_assert(scan != NULL);
	struct recording_sink sink = scan_sink(scan);
	struct block block = {.frames = 100, .samples = syn.samples};
	cr_expect_not(sink.block(sink.self, &block, &error), "no format yet");
	cr_assert(sink.format(sink.self, &syn.format, &error));
	cr_assert(sink.block(sink.self, &block, &error));
	block.first_frame = 101;
	cr_expect_not(sink.block(sink.self, &block, &error), "one sample is lost without a gap");
	cr_expect_eq(error.kind, ERROR_CONFIG);
	free(journal.bytes);
	syn_free(&syn);
}

Test(measure_scan, cells_of_every_channel_count_are_exact)
{
	uint64_t seed = 3;
	int16_t samples[CELL_FRAMES * RECORDING_MAX_CHANNELS];
	for (unsigned round = 0; round < 200; round++) {
		/* The extremes as well, where the sums are largest. */
		for (size_t i = 0; i < sizeof samples / sizeof *samples; i++)
			samples[i] = round == 0 ? INT16_MIN : round == 1 ? INT16_MAX : (int16_t)(syn_uniform(&seed) * 65536 - 32768);
		for (unsigned channels = 1; channels <= RECORDING_MAX_CHANNELS; channels++) {
			struct cell_stats stats;
			cell_stats_compute(samples, CELL_FRAMES, channels, &stats);
			for (unsigned c = 0; c < channels; c++) {
				int64_t sum = 0;
				int least = INT16_MAX, most = INT16_MIN;
				for (unsigned i = 0; i < CELL_FRAMES; i++) {
					int x = samples[i * channels + c];
					sum += x;
					least = x < least ? x : least;
					most = x > most ? x : most;
				}
				cr_assert_eq(stats.sum[c], sum, "channel %u of %u: %d, not %lld", c, channels, stats.sum[c],
					     (long long)sum);
				cr_assert_eq(stats.minimum[c], least);
				cr_assert_eq(stats.maximum[c], most);
			}
		}
	}
}
