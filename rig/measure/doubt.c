/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "doubt.h"

#include <math.h>

#include "activity.h"

/* A channel that moves now and then, as one with little noise does, must stand still for so many times longer than it otherwise did. */
#define FROZEN_RUNS 5
enum { FROZEN_CELLS = 8, MOVING_CELLS = 3 };
/* One that toggled between two counts in all but a few cells, one still for so many that moved, stops for a drift slowly, for a fault at once. */
enum { TOGGLING_CELLS = 40, STILL_SHARE = 20 };
/* No pulse stays at one count for so long. */
#define FROZEN_AWAY_S 2e-3
/* A planned pulse counts as hidden when the amplitude it should have is below so many thresholds of detection. */
#define HIDDEN_SHARE 1.5
#define BLIND_SHARE 0.5

/*
 * A channel with noise that stands still does so because something holds it. One whose counts show no noise stands still at its baseline between
 * pulses; elsewhere it does not for longer than a pulse.
 */
static bool frozen(const struct population *in)
{
	const struct stillness *still = &in->findings->still;
	uint64_t longest = still->run > still->longest ? still->run : still->longest;
	uint64_t second = still->run > still->longest ? still->longest : still->run > still->second ? still->run : still->second;
	bool stopped = still->toggling >= TOGGLING_CELLS && (still->still - longest) * STILL_SHARE <= still->toggling;
	if (!still->noisy)
		return (stopped && longest >= FROZEN_CELLS) || (double)still->away * in->envelope_s > FROZEN_AWAY_S;
	if (still->moving < MOVING_CELLS)
		return longest > 0;
	if (second == 0 && longest > 0)
		return true;
	return longest >= FROZEN_CELLS && longest >= FROZEN_RUNS * second;
}

const char *doubt_gaps(const struct population *in)
{
	const struct results *results = in->results;
	bool between_frames = true;
	for (size_t g = 0; g < results->gap_count; g++)
		between_frames = between_frames && results->gaps[g].cause == GAP_NOT_RECORDED;
	if (results->gap_count == 0)
		return NULL;
	return between_frames ? "one frame a trigger was recorded, and nothing between the frames" : "samples are missing";
}

const char *doubt_channel(const struct population *in)
{
	const char *gaps = doubt_gaps(in);
	if (gaps)
		return gaps;
	if (!in->findings->current_alive)
		return "the coil current channel never moved";
	if (in->current && frozen(in))
		return "the coil current channel stood still at one value for a while";
	return NULL;
}

/* Amperes of the first peak at 1 % of intensity, by the pulses that were matched; NAN without any. */
static double amperes_a_percent(const struct population *in)
{
	double sum = 0, n = 0;
	for (size_t p = 0; p < in->plan->pulse_count; p++) {
		const struct pulse *pulse = pulse_of(in, p);
		if (!pulse || !(in->plan->pulses[p].intensity_pct > 0) || !isfinite(pulse->peak1_a))
			continue;
		sum += fabs(pulse->peak1_a) / in->plan->pulses[p].intensity_pct;
		n += 1;
	}
	if (n > 0)
		return sum / n;
	return in->device ? in->device->peak1_a.value / 100 : NAN;
}

/* Noise in which a pulse of half of full scale may not be seen leaves nothing to count. */
static bool blind(const struct population *in)
{
	return in->current && in->findings->threshold_a > BLIND_SHARE * channel_full_scale_counts(in->current) * fabs(in->current->scale);
}

/* Is a pulse missing that would be too small to be seen? */
static bool may_be_hidden(const struct population *in)
{
	if (!in->plan || in->results->missing_count == 0)
		return false;
	double amperes = amperes_a_percent(in);
	for (size_t k = 0; k < in->results->missing_count; k++) {
		double intensity_pct = in->plan->pulses[in->results->missing[k]].intensity_pct;
		if (intensity_pct > 0 && amperes * intensity_pct < HIDDEN_SHARE * in->findings->threshold_a)
			return true;
	}
	return false;
}

const char *doubt_counts(const struct population *in)
{
	const struct findings *findings = in->findings;
	const char *channel = doubt_channel(in);
	if (channel)
		return channel;
	if (findings->astray && findings->astray_frame == findings->begin_frame)
		return "the recording begins with the current away from its baseline";
	if (findings->open && findings->open_frame == findings->total_frames)
		return "the recording ends within a pulse";
	if (findings->strayed)
		return "the current left its baseline for longer than any pulse";
	if (blind(in) || may_be_hidden(in))
		return "noise or full scale may hide a planned pulse";
	return NULL;
}
