/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "edges.h"

#include <math.h>

/* Half the hysteresis, as a share of the threshold and in counts. */
#define HYSTERESIS_SHARE 0.1
#define HYSTERESIS_COUNTS 4.0
/* The levels to either side of an edge are taken so many samples from it. */
enum { LEVEL_SAMPLES = 3 };

static double volts(const struct edge_finder *finder, const int16_t *samples, size_t i)
{
	return finder->channel->scale * samples[i * finder->channels + finder->index] + finder->channel->offset;
}

/* Where, in samples from the window's first, the edge that passed the threshold between samples i - 1 and i crosses half of its swing. */
static double half_crossing(const struct edge_finder *finder, const int16_t *samples, size_t frames, size_t i)
{
	size_t from = i > LEVEL_SAMPLES ? i - 1 - LEVEL_SAMPLES : 0, to = i + LEVEL_SAMPLES < frames ? i + LEVEL_SAMPLES : frames - 1;
	double low = i > 0 ? volts(finder, samples, from) : finder->last_v, high = volts(finder, samples, to);
	double half = 0.5 * (low + high), before = i > 0 ? low : finder->last_v;
	for (size_t k = i > 0 ? from + 1 : 0; k <= to; k++) {
		double v = volts(finder, samples, k);
		if (v >= half && before < half)
			return (double)k - 1 + (half - before) / (v - before);
		before = v;
	}
	return (double)i - 0.5;
}

bool edge_finder_init(struct edge_finder *finder, const struct recording_format *format)
{
	int index = recording_find(format, CHANNEL_TRIGGER);
	*finder =
		(struct edge_finder){.accepted_s = -INFINITY, .channels = format->channel_count, .sample_rate_hz = format->sample_rate_hz};
	if (index < 0 || !isfinite(format->channels[index].threshold))
		return false;
	finder->index = (unsigned)index;
	finder->channel = &format->channels[index];
	return true;
}

/* The first index from i on whose sample may be as high as the threshold, or `frames`: the line is low, and stays so up to there. */
static size_t skip_low(const struct edge_finder *finder, const int16_t *samples, size_t frames, size_t i)
{
	const struct channel *channel = finder->channel;
	double surely_low = floor((channel->threshold - channel->offset) / channel->scale) - 1;
	if (!(channel->scale > 0) || !(surely_low >= INT16_MIN))
		return i;
	int32_t most = surely_low > INT16_MAX ? INT16_MAX : (int32_t)surely_low;
	size_t step = finder->channels;
	const int16_t *line = samples + i * step + finder->index;
	for (; i + 4 <= frames; i += 4, line += 4 * step)
		if ((line[0] > most) | (line[step] > most) | (line[2 * step] > most) | (line[3 * step] > most))
			break;
	for (; i < frames && *line <= most; line += step)
		i++;
	return i;
}

bool edge_finder_window(struct edge_finder *finder, uint64_t first_frame, const int16_t *samples, size_t frames, struct series *edges,
			struct error *error)
{
	const struct channel *channel = finder->channel;
	double threshold = channel->threshold,
	       hysteresis = fmax(HYSTERESIS_SHARE * fabs(threshold), HYSTERESIS_COUNTS * fabs(channel->scale));
	if (first_frame != finder->next_frame)
		finder->known = false;
	for (size_t i = 0; i < frames; i++) {
		if (finder->known && !finder->high) {
			size_t next = skip_low(finder, samples, frames, i);
			if (next > i)
				finder->last_v = volts(finder, samples, next - 1);
			if (next == frames)
				break;
			i = next;
		}
		double v = volts(finder, samples, i);
		if (!finder->known) {
			finder->high = v >= threshold;
			finder->known = true;
			finder->candidate = false;
		} else if (!finder->high) {
			if (v >= threshold && finder->last_v < threshold) {
				finder->crossed_s =
					((double)first_frame + half_crossing(finder, samples, frames, i)) / finder->sample_rate_hz;
				finder->candidate = true;
			}
			if (v >= threshold + hysteresis) {
				finder->high = true;
				bool bounce = finder->crossed_s - finder->accepted_s <= EDGE_BOUNCE_S;
				finder->bounces |= finder->candidate && bounce;
				if (finder->candidate && !bounce) {
					finder->accepted_s = finder->crossed_s;
					if (!series_add(edges, &finder->crossed_s, error))
						return false;
				}
				finder->candidate = false;
			}
		} else if (v < threshold - hysteresis) {
			finder->high = false;
		}
		finder->last_v = v;
	}
	finder->next_frame = first_frame + frames;
	return true;
}
