/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "iio_output.h"

#include <math.h>

static const double TIMEOUT_S = 0.5;

bool iio_output_write(struct iio_output *output, double volts, struct error *error)
{
	long long raw = llround(volts / output->volts_per_count - output->offset_counts), back;
	int set = iio_channel_attr_write_longlong(output->channel, "raw", raw);
	if (set < 0)
		return iio_connection_error(&output->connection, error, set, "the output '%s' takes no %.4g V (raw %lld)", output->name,
					    volts, raw);
	int got = iio_channel_attr_read_longlong(output->channel, "raw", &back);
	if (got < 0)
		return iio_connection_error(&output->connection, error, got, "the output '%s' cannot be read back", output->name);
	if (back != raw)
		return iio_connection_error(&output->connection, error, 0, "the output '%s' was set to %lld, and reads %lld", output->name,
					    raw, back);
	return true;
}

static bool read_scale(struct iio_output *output, struct error *error)
{
	double millivolts, offset = 0;
	int got = iio_channel_attr_read_double(output->channel, "scale", &millivolts);
	if (got < 0 || !(millivolts > 0) || !isfinite(millivolts))
		return iio_connection_error(&output->connection, error, got < 0 ? got : 0, "the output '%s' tells no scale", output->name);
	if (iio_channel_find_attr(output->channel, "offset")) {
		got = iio_channel_attr_read_double(output->channel, "offset", &offset);
		if (got < 0)
			return iio_connection_error(&output->connection, error, got, "the offset of '%s' cannot be read", output->name);
	}
	output->volts_per_count = 1e-3 * millivolts;
	output->offset_counts = offset;
	return true;
}

static bool prepare(struct iio_output *output, struct error *error)
{
	const struct iio_device *device = iio_connection_device(&output->connection, error);
	output->channel = device ? iio_connection_channel(&output->connection, device, output->name, true, error) : NULL;
	if (!output->channel)
		return false;
	if (iio_channel_get_type(output->channel) != IIO_VOLTAGE || !iio_channel_find_attr(output->channel, "raw"))
		return iio_connection_error(&output->connection, error, 0, "the output '%s' is no voltage that can be set", output->name);
	return read_scale(output, error);
}

bool iio_output_open(struct iio_output *output, const char *uri, const char *instrument, const char *channel, struct error *error)
{
	*output = (struct iio_output){.name = channel};
	if (iio_connection_open(&output->connection, uri, instrument, TIMEOUT_S, error) && prepare(output, error))
		return true;
	iio_output_close(output);
	return false;
}

void iio_output_close(struct iio_output *output)
{
	iio_connection_close(&output->connection);
	output->channel = NULL;
}
