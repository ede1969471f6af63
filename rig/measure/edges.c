/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "edges.h"

#include <math.h>

/* Half the hysteresis, as a share of the threshold and in counts. */
#define HYSTERESIS_SHARE 0.1
#define HYSTERESIS_COUNTS 4.0
/* Contacts bounce: a rise so soon after an edge belongs to it. */
#define BOUNCE_S 20e-6

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

bool edge_finder_window(struct edge_finder *finder, uint64_t first_frame, const int16_t *samples, size_t frames, struct series *edges,
			struct error *error)
{
	const struct channel *channel = finder->channel;
	double threshold = channel->threshold,
	       hysteresis = fmax(HYSTERESIS_SHARE * fabs(threshold), HYSTERESIS_COUNTS * fabs(channel->scale));
	if (first_frame != finder->next_frame)
		finder->known = false;
	for (size_t i = 0; i < frames; i++) {
		double v = channel->scale * samples[i * finder->channels + finder->index] + channel->offset;
		if (!finder->known) {
			finder->high = v >= threshold;
			finder->known = true;
			finder->candidate = false;
		} else if (!finder->high) {
			if (v >= threshold && finder->last_v < threshold) {
				double share = (threshold - finder->last_v) / (v - finder->last_v);
				finder->crossed_s = ((double)(first_frame + i) - 1 + share) / finder->sample_rate_hz;
				finder->candidate = true;
			}
			if (v >= threshold + hysteresis) {
				finder->high = true;
				if (finder->candidate && finder->crossed_s - finder->accepted_s > BOUNCE_S) {
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
