/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <arpa/inet.h>
#include <math.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "adc_iio.h"
#include "iio_frames.h"

static const char IP[] = "ip:", LOCAL[] = "local:";
enum { IIOD_PORT = 30431 };

/* "ip:HOST" or "ip:HOST:PORT", as an address that the guardian can use without a name server. */
static bool describe_address(const char *uri, struct guardian_capacitor *capacitor)
{
	char host[128], text[INET_ADDRSTRLEN];
	snprintf(host, sizeof host, "%s", uri + strlen(IP));
	char *colon = strrchr(host, ':');
	capacitor->port = IIOD_PORT;
	if (colon && colon != strchr(host, ':'))
		return false;
	if (colon) {
		*colon = '\0';
		capacitor->port = (uint32_t)strtoul(colon + 1, NULL, 10);
	}
	struct addrinfo *list, hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM};
	if (!host[0] || getaddrinfo(host, NULL, &hints, &list) != 0)
		return false;
	const struct sockaddr_in *address = (const struct sockaddr_in *)(const void *)list->ai_addr;
	bool written = inet_ntop(AF_INET, &address->sin_addr, text, sizeof text);
	freeaddrinfo(list);
	if (written)
		snprintf(capacitor->path, sizeof capacitor->path, "%s", text);
	return written;
}

void adc_iio_describe(const struct adc_iio *adc, const struct recording_format *format, struct guardian_capacitor *capacitor)
{
	int at = recording_find(format, CHANNEL_CAPACITOR_VOLTAGE);
	const char *uri = adc->setup->adc.uri;
	struct guardian_capacitor described = {.source = GUARDIAN_NO_SOURCE};
	if (at < 0 || !iio_channel_find_attr(adc->channels[at], "raw"))
		return;
	const struct channel *channel = &format->channels[at];
	int fits;
	if (uri && strncmp(uri, IP, strlen(IP)) == 0 && describe_address(uri, &described)) {
		described.source = GUARDIAN_TCP;
		described.reply_lines = 2;
		fits = snprintf(described.request, sizeof described.request, "READ %s INPUT %s raw\r\n", iio_device_get_id(adc->device),
				iio_channel_get_id(adc->channels[at]));
		if (fits >= (int)sizeof described.request)
			return;
	} else if (!uri || strncmp(uri, LOCAL, strlen(LOCAL)) == 0) {
		described.source = GUARDIAN_FILE;
		fits = snprintf(described.path, sizeof described.path, "/sys/bus/iio/devices/%s/%s", iio_device_get_id(adc->device),
				iio_channel_attr_get_filename(adc->channels[at], "raw"));
		if (fits >= (int)sizeof described.path)
			return;
	} else {
		return;
	}
	/* From raw to the buffer's counts and to volts: see iio_frames_convert() and the channel's scale. */
	const struct iio_data_format *data = iio_channel_get_data_format(adc->channels[at]);
	const struct iio_element element = {.bits = data->bits, .is_signed = data->is_signed};
	double steps = exp2(iio_element_down(&element));
	described.scale_v = channel->scale / steps;
	described.offset = channel->offset / described.scale_v - iio_element_middle(&element) - 0.5 * (steps - 1);
	*capacitor = described;
}
