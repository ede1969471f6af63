/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "activity.h"

#include <math.h>

/* Expected range of 256 normal deviates, in standard deviations (Tippett 1925: 5.50 for n = 200, 5.76 for n = 300). */
#define RANGE_TO_SIGMA (1.0 / 5.65)
/* Weight of the newest idle cell in the tracked baseline. */
#define TRACKING 0.0625
#define FLAT_LIMIT_S 0.25

double channel_full_scale_counts(const struct channel *channel)
{
	double full = fmax(fabs((double)channel->count_min), fabs((double)channel->count_max));
	return full > 0 ? full : 32768.0;
}

static void set_sigma(struct activity *activity, double sigma)
{
	double of_noise = ACTIVITY_SIGMA * sigma, of_scale = ACTIVITY_FULL_SCALE * activity->full_scale;
	activity->sigma = sigma;
	activity->threshold = of_noise > of_scale ? of_noise : of_scale;
}

void activity_init(struct activity *activity, const struct recording_format *format)
{
	*activity = (struct activity){.current_channel = recording_find(format, CHANNEL_COIL_CURRENT),
				      .trigger_channel = recording_find(format, CHANNEL_TRIGGER),
				      .flat_limit_frames = FLAT_LIMIT_S * format->sample_rate_hz};
	if (activity->current_channel >= 0) {
		const struct channel *current = &format->channels[activity->current_channel];
		activity->full_scale = channel_full_scale_counts(current);
		activity->zero = current->scale != 0 ? -current->offset / current->scale : 0;
		activity->baseline = activity->zero;
		set_sigma(activity, 0);
	}
	if (activity->trigger_channel >= 0) {
		const struct channel *trigger = &format->channels[activity->trigger_channel];
		double level = (trigger->threshold - trigger->offset) / trigger->scale;
		if (isfinite(level))
			activity->trigger_count = (int32_t)fmax(INT16_MIN, fmin(INT16_MAX + 1, ceil(level)));
		else
			activity->trigger_channel = -1;
	}
}

void activity_gap(struct activity *activity)
{
	activity->trigger_known = false;
}

static bool current_active(struct activity *activity, size_t frames, const struct cell_stats *stats)
{
	double least = stats->minimum[activity->current_channel], most = stats->maximum[activity->current_channel];
	double middle = 0.5 * (least + most), sigma = (most - least) * RANGE_TO_SIGMA;
	double threshold = activity->threshold;
	bool flat = most - least <= threshold;
	if (!activity->known && flat) {
		activity->baseline = middle;
		set_sigma(activity, sigma);
		activity->known = true;
		return fabs(middle - activity->zero) > threshold;
	}
	if (most - activity->baseline <= threshold && activity->baseline - least <= threshold) {
		activity->baseline += TRACKING * (middle - activity->baseline);
		set_sigma(activity, activity->sigma + TRACKING * (sigma - activity->sigma));
		activity->known = true;
		activity->flat_frames = 0;
		return false;
	}
	activity->flat_frames = flat ? activity->flat_frames + (double)frames : 0;
	if (activity->flat_frames > activity->flat_limit_frames) {
		activity->baseline = middle;
		activity->flat_frames = 0;
	}
	return true;
}

static bool trigger_active(struct activity *activity, const int16_t *samples, size_t frames, unsigned channels,
			   const struct cell_stats *stats)
{
	unsigned c = (unsigned)activity->trigger_channel;
	bool first_above = samples[c] >= activity->trigger_count;
	bool active = stats->maximum[c] >= activity->trigger_count && stats->minimum[c] < activity->trigger_count;
	if (activity->trigger_known && first_above != activity->trigger_above)
		active = true;
	activity->trigger_above = samples[(frames - 1) * channels + c] >= activity->trigger_count;
	activity->trigger_known = true;
	return active;
}

bool activity_cell(struct activity *activity, const int16_t *samples, size_t frames, unsigned channels, const struct cell_stats *stats)
{
	bool active = activity->current_channel >= 0 && current_active(activity, frames, stats);
	if (activity->trigger_channel >= 0 && trigger_active(activity, samples, frames, channels, stats))
		active = true;
	return active;
}
