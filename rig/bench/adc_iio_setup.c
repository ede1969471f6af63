/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <string.h>
#include <time.h>

#include "adc_iio.h"
#include "iio_frames.h"

static const double RATE_TOLERANCE = 1e-6, RANGE_TOLERANCE = 0.01;

/* Where an attribute may be: the device, a channel, the trigger's device. */
struct attribute {
	const struct iio_device *device;
	const struct iio_channel *channel;
	const char *name;
};

static ssize_t attribute_read(const struct attribute *at, const char *name, char *out, size_t size)
{
	ssize_t got = at->channel ? iio_channel_attr_read(at->channel, name, out, size) : iio_device_attr_read(at->device, name, out, size);
	out[got > 0 && (size_t)got < size ? got : got > 0 ? (ssize_t)size - 1 : 0] = '\0';
	return got;
}

static ssize_t attribute_write(const struct attribute *at, const char *name, const char *text)
{
	return at->channel ? iio_channel_attr_write(at->channel, name, text) : iio_device_attr_write(at->device, name, text);
}

static bool to_number(const char *text, double *number)
{
	char *end;
	*number = strtod(text, &end);
	return end != text && isfinite(*number);
}

static bool find_trigger(struct adc_iio *adc, const struct iio_device **trigger, struct error *error)
{
	const struct adc_setup *setup = &adc->setup->adc;
	*trigger = NULL;
	if (!setup->trigger)
		return true;
	char known[512] = "";
	for (unsigned d = 0; d < iio_context_get_devices_count(adc->connection.context); d++) {
		const struct iio_device *device = iio_context_get_device(adc->connection.context, d);
		if (!iio_device_is_trigger(device))
			continue;
		const char *name = iio_device_get_name(device) ? iio_device_get_name(device) : iio_device_get_id(device);
		if (strcmp(name, setup->trigger) == 0 || strcmp(iio_device_get_id(device), setup->trigger) == 0)
			*trigger = device;
		size_t length = strlen(known);
		snprintf(known + length, sizeof known - length, "%s%s", length ? ", " : "", name);
	}
	if (!*trigger)
		return iio_connection_error(&adc->connection, error, 0, "there is no trigger '%s'; the context has: %s", setup->trigger,
					    known[0] ? known : "none");
	int set = iio_device_set_trigger(adc->device, *trigger);
	if (set < 0)
		return iio_connection_error(&adc->connection, error, set, "the trigger '%s' cannot be assigned", setup->trigger);
	return true;
}

/* Of the first of trigger, device and channels that has one. */
static bool find_rate(const struct adc_iio *adc, const struct iio_device *trigger, struct attribute *at)
{
	static const char NAME[] = "sampling_frequency";
	*at = (struct attribute){.name = NAME};
	if (trigger && iio_device_find_attr(trigger, NAME))
		at->device = trigger;
	else if (iio_device_find_attr(adc->device, NAME))
		at->device = adc->device;
	for (unsigned c = 0; !at->device && !at->channel && c < adc->setup->adc.channel_count; c++)
		if (iio_channel_find_attr(adc->channels[c], NAME))
			at->channel = adc->channels[c];
	return at->device || at->channel;
}

static bool set_rate(const struct adc_iio *adc, const struct iio_device *trigger, struct error *error)
{
	struct attribute at;
	double wanted_hz = adc->setup->adc.sample_rate_hz, rate_hz;
	/* A clock from outside: the count against the clock shows whether the rate is the one that was written. */
	if (!find_rate(adc, trigger, &at))
		return true;
	char text[64], available[512], hint[600] = "";
	snprintf(text, sizeof text, "%.15g", wanted_hz);
	ssize_t set = attribute_write(&at, at.name, text);
	ssize_t got = attribute_read(&at, at.name, text, sizeof text);
	if (attribute_read(&at, "sampling_frequency_available", available, sizeof available) > 0) {
		available[strcspn(available, "\n")] = '\0';
		snprintf(hint, sizeof hint, "; it offers: %s", available);
	}
	if (got < 0 || !to_number(text, &rate_hz))
		return iio_connection_error(&adc->connection, error, got < 0 ? got : 0, "its sampling_frequency cannot be read");
	if (fabs(rate_hz - wanted_hz) <= RATE_TOLERANCE * wanted_hz)
		return true;
	if (set < 0)
		return iio_connection_error(&adc->connection, error, set,
					    "its sampling_frequency is %.10g Hz and cannot be set to %.10g Hz%s", rate_hz, wanted_hz, hint);
	return iio_connection_error(&adc->connection, error, 0, "its sampling_frequency is %.10g Hz after %.10g Hz was set%s", rate_hz,
				    wanted_hz, hint);
}

static bool find_channels(struct adc_iio *adc, struct error *error)
{
	const struct adc_setup *setup = &adc->setup->adc;
	for (unsigned c = 0; c < iio_device_get_channels_count(adc->device); c++)
		iio_channel_disable(iio_device_get_channel(adc->device, c));
	const char *stamps = setup->gaps == GAPS_BY_TIMESTAMP ? setup->timestamp_channel
			     : setup->gaps == GAPS_BY_COUNTER ? setup->counter_channel
							      : NULL;
	for (unsigned c = 0; c < setup->channel_count + (stamps != NULL); c++) {
		bool stamp = c == setup->channel_count;
		const char *name = stamp ? stamps : setup->channels[c].source;
		struct iio_channel *channel = iio_connection_channel(&adc->connection, adc->device, name, false, error);
		if (!channel)
			return false;
		const struct iio_data_format *format = iio_channel_get_data_format(channel);
		if (!iio_channel_is_scan_element(channel))
			return iio_connection_error(&adc->connection, error, 0, "its channel '%s' can be read singly, but not streamed",
						    name);
		if (iio_channel_is_enabled(channel))
			return iio_connection_error(&adc->connection, error, 0, "its channel '%s' is named twice", name);
		if (format->repeat > 1 || format->length % 8 || format->length < 8 || format->length > 64 || format->bits < 1 ||
		    format->bits + format->shift > format->length || (!stamp && format->bits > 32))
			return iio_connection_error(
				&adc->connection, error, 0,
				"its channel '%s' has samples of %u of %u bits, shifted by %u, %u at a time; at most 32 "
				"bits, one at a time, in whole bytes were expected",
				name, format->bits, format->length, format->shift, format->repeat);
		iio_channel_enable(channel);
		*(stamp ? &adc->stamps : &adc->channels[c]) = channel;
	}
	return true;
}

static bool read_scale(const struct adc_iio *adc, const struct iio_channel *source, double *millivolts, double *offset, struct error *error)
{
	const struct iio_data_format *format = iio_channel_get_data_format(source);
	double value;
	*millivolts = format->with_scale ? format->scale : NAN;
	*offset = 0;
	if (iio_channel_find_attr(source, "scale")) {
		int got = iio_channel_attr_read_double(source, "scale", &value);
		if (got < 0)
			return iio_connection_error(&adc->connection, error, got, "the scale of '%s' cannot be read",
						    iio_channel_get_id(source));
		*millivolts = value;
	}
	if (iio_channel_find_attr(source, "offset")) {
		int got = iio_channel_attr_read_double(source, "offset", offset);
		if (got < 0)
			return iio_connection_error(&adc->connection, error, got, "the offset of '%s' cannot be read",
						    iio_channel_get_id(source));
	}
	if (!isnan(*millivolts) && (*millivolts == 0 || !isfinite(*millivolts) || !isfinite(*offset)))
		return iio_connection_error(&adc->connection, error, 0, "'%s' has the scale %g and the offset %g",
					    iio_channel_get_id(source), *millivolts, *offset);
	return true;
}

/* Combines the instrument's scale (IIO ABI: (raw + offset) scale is millivolts) with per_volt and the sensor, which the channel has already. */
static bool complete_channel(const struct adc_iio *adc, unsigned c, struct channel *channel, struct error *error)
{
	const struct adc_channel_setup *setup = &adc->setup->adc.channels[c];
	const struct iio_channel *source = adc->channels[c];
	const struct iio_data_format *data = iio_channel_get_data_format(source);
	const struct iio_element element = {.bits = data->bits, .is_signed = data->is_signed};
	if (iio_channel_get_type(source) != IIO_VOLTAGE)
		return iio_connection_error(&adc->connection, error, 0, "'%s' is no voltage; the bench file counts on volts",
					    setup->source);
	double millivolts, raw_offset, half = exp2(data->bits - 1.0);
	if (!read_scale(adc, source, &millivolts, &raw_offset, error))
		return false;
	double range = fabs(1e-3 * millivolts * half * setup->per_volt);
	if (isnan(millivolts) && isnan(setup->adc_range))
		return iio_connection_error(&adc->connection, error, 0,
					    "'%s' tells no scale; write 'range', its full scale, in the bench file", setup->source);
	if (isnan(millivolts))
		millivolts = 1e3 * setup->adc_range / fabs(setup->per_volt) / half;
	else if (!isnan(setup->adc_range) && fabs(range - setup->adc_range) > RANGE_TOLERANCE * setup->adc_range)
		return iio_connection_error(&adc->connection, error, 0, "'%s' has a full scale of %.4g %s by its own scale, not of %.4g %s",
					    setup->source, range, channel->unit, setup->adc_range, channel->unit);
	double per_raw = channel->scale * 1e-3 * millivolts, steps = exp2(iio_element_down(&element));
	/* What is cut off at the lower end is half a count on average. */
	channel->offset += per_raw * (raw_offset + iio_element_middle(&element) + 0.5 * (steps - 1));
	channel->scale = per_raw * steps;
	int32_t top = (int32_t)1 << ((data->bits > 16 ? 16 : data->bits) - 1);
	channel->count_min = -top;
	channel->count_max = top - 1;
	double a = channel->scale * channel->count_min + channel->offset, b = channel->scale * channel->count_max + channel->offset;
	if (!isnan(channel->threshold) && (channel->threshold <= fmin(a, b) || channel->threshold >= fmax(a, b)))
		return iio_connection_error(&adc->connection, error, 0,
					    "the threshold of '%s' must lie inside its range of %.4g to %.4g %s", channel->name, fmin(a, b),
					    fmax(a, b), channel->unit);
	return true;
}

static double now_s(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* The quickest of some exchanges bounds how late samples are on their way. */
static void measure_latency(struct adc_iio *adc)
{
	adc->latency_s = INFINITY;
	for (int i = 0; i < 5; i++) {
		const struct iio_device *trigger;
		double before_s = now_s();
		int got = iio_device_get_trigger(adc->device, &trigger);
		(void)got; /* an error takes as long */
		adc->latency_s = fmin(adc->latency_s, now_s() - before_s);
	}
}

double adc_iio_buffer_s(const struct adc_iio *adc)
{
	return adc->setup->adc.buffer_frames / adc->setup->adc.sample_rate_hz;
}

bool adc_iio_prepare(struct adc_iio *adc, struct recording_format *format, struct error *error)
{
	const struct adc_setup *setup = &adc->setup->adc;
	const struct iio_device *trigger;
	adc->device = iio_connection_device(&adc->connection, error);
	if (!adc->device || !find_channels(adc, error) || !find_trigger(adc, &trigger, error) || !set_rate(adc, trigger, error))
		return false;
	for (unsigned c = 0; c < setup->channel_count; c++)
		if (!complete_channel(adc, c, &format->channels[c], error))
			return false;
	/* Where the stamps' clock can be chosen, one that is never set. Most instruments have no such choice. */
	if (setup->gaps == GAPS_BY_TIMESTAMP && iio_device_find_attr(adc->device, "current_timestamp_clock")) {
		ssize_t set = iio_device_attr_write(adc->device, "current_timestamp_clock", "monotonic");
		if (set < 0)
			return iio_connection_error(&adc->connection, error, set, "its time stamps cannot be put on the monotonic clock");
	}
	int set = iio_device_set_kernel_buffers_count(adc->device, setup->kernel_buffers);
	/* Buffers in the kernel of the first kind have no blocks, and a length that libiio chooses. */
	if (set < 0 && set != -ENOSYS)
		return iio_connection_error(&adc->connection, error, set, "%u kernel buffers cannot be had", setup->kernel_buffers);
	measure_latency(adc);
	/* It sends half of its time-out to an IIOD, which waits so long for a buffer. */
	set = iio_context_set_timeout(adc->connection.context, (unsigned)ceil(1000 * (setup->timeout_s + 2 * adc_iio_buffer_s(adc))));
	if (set < 0 && set != -ENOSYS)
		return iio_connection_error(&adc->connection, error, set, "its time-out cannot be set");
	return true;
}
