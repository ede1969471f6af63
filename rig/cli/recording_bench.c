/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "recording_bench.h"

#include <math.h>
#include <string.h>

/* What builds for other processors may differ by. */
static const double SAME_REL = 1e-9;
/* As adc_iio_setup.c, and what rounding to counts adds. */
static const double RANGE_REL = 0.0101;

struct comparison {
	const char *name, *channel;
	struct error *error;
};

static bool is_same(double a, double b)
{
	return a == b || (isnan(a) && isnan(b)) || fabs(a - b) <= SAME_REL * fmax(fabs(a), fabs(b));
}

static bool same_number(const struct comparison *c, const char *what, double recorded, double stated)
{
	if (is_same(recorded, stated))
		return true;
	return error_config(c->error, "%s: %s%s%s%s is %.9g, the files of bench and sensors come to %.9g", c->name,
			    c->channel ? "channel " : "", c->channel ? c->channel : "", c->channel ? ": " : "", what, recorded, stated);
}

static bool same_text(const struct comparison *c, const char *what, const char *recorded, const char *stated)
{
	return strcmp(recorded, stated) == 0 ||
	       error_config(c->error, "%s: channel %s: %s is '%.63s', the files of bench and sensors say '%.63s'", c->name, c->channel,
			    what, recorded, stated);
}

static bool is_driver(const struct bench_setup *setup, const char *driver)
{
	return setup->adc.driver && strcmp(setup->adc.driver, driver) == 0;
}

/* The columns of a table become counts as their values need. */
static bool is_table(const struct bench_setup *setup)
{
	return is_driver(setup, "file") && setup->adc.format != FILE_S16LE;
}

static bool check_scale(const struct comparison *c, const struct bench_setup *setup, const struct channel *recorded,
			const struct adc_channel_setup *stated)
{
	const struct channel *channel = &stated->channel;
	if (is_table(setup))
		return true;
	if (!is_driver(setup, "iio"))
		return same_number(c, "scale", recorded->scale, channel->scale) &&
		       same_number(c, "offset", recorded->offset, channel->offset) &&
		       same_number(c, "count_min", recorded->count_min, channel->count_min) &&
		       same_number(c, "count_max", recorded->count_max, channel->count_max);
	double full = fabs(recorded->scale) * ((double)recorded->count_max + 1),
	       range = fabs(stated->adc_range * channel->scale / stated->per_volt);
	return isnan(stated->adc_range) || fabs(full - range) <= RANGE_REL * range ||
	       error_config(c->error,
			    "%s: channel %s: scale and range come to a full scale of %.6g %s, the files of bench and sensor to %.6g %s",
			    c->name, c->channel, full, channel->unit, range, channel->unit);
}

static bool check_channel(const struct comparison *c, const struct bench_setup *setup, const struct channel *recorded,
			  const struct adc_channel_setup *stated)
{
	const struct channel *channel = &stated->channel;
	return same_text(c, "its name", recorded->name, channel->name) && same_text(c, "its unit", recorded->unit, channel->unit) &&
	       same_text(c, "its sensor", recorded->sensor, channel->sensor) && same_number(c, "role", recorded->role, channel->role) &&
	       same_number(c, "calibrated", recorded->calibrated, channel->calibrated) &&
	       same_number(c, "threshold", recorded->threshold, channel->threshold) &&
	       same_number(c, "droop_time_constant_s", recorded->droop_time_constant_s, channel->droop_time_constant_s) &&
	       same_number(c, "bandwidth_hz", recorded->bandwidth_hz, channel->bandwidth_hz) &&
	       same_number(c, "delay_s", recorded->delay_s, channel->delay_s) &&
	       same_number(c, "u_sensor_gain_rel", recorded->u_sensor_gain_rel, channel->u_sensor_gain_rel) &&
	       same_number(c, "u_position_rel", recorded->u_position_rel, channel->u_position_rel) &&
	       same_number(c, "u_adc_gain_rel", recorded->u_adc_gain_rel, channel->u_adc_gain_rel) &&
	       same_number(c, "u_offset", recorded->u_offset, channel->u_offset) &&
	       same_number(c, "u_delay_s", recorded->u_delay_s, channel->u_delay_s) && check_scale(c, setup, recorded, stated);
}

bool recording_bench_check(const struct recording_format *format, const struct bench_setup *setup, const char *name, struct error *error)
{
	const struct recording_format stated = bench_setup_format(setup);
	struct comparison c = {.name = name, .error = error};
	if (!same_number(&c, "number of channels", format->channel_count, stated.channel_count) ||
	    (!is_table(setup) && !same_number(&c, "sample rate", format->sample_rate_hz, stated.sample_rate_hz)) ||
	    !same_number(&c, "u_clock_rel", format->u_clock_rel, stated.u_clock_rel) ||
	    !same_number(&c, "logic_rate_hz", format->logic_rate_hz, stated.logic_rate_hz) ||
	    !same_number(&c, "u_logic_clock_rel", format->u_logic_clock_rel, stated.u_logic_clock_rel))
		return false;
	for (unsigned i = 0; i < format->channel_count; i++) {
		c.channel = format->channels[i].name;
		if (!check_channel(&c, setup, &format->channels[i], &setup->adc.channels[i]))
			return false;
	}
	return true;
}
