/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <pthread.h>
#include <string.h>
#include <time.h>

#include "device_file.h"
#include "iio_connection.h"
#include "probe_parts.h"

enum { ATTRIBUTE_SIZE = 512 };

/* A scan for contexts, which may wait for the network; shared with its thread, released by whoever comes last. */
struct survey {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool done, abandoned;
	char *uris[PROBE_MAX], *descriptions[PROBE_MAX];
	size_t count;
};

static void survey_release(struct survey *survey)
{
	for (size_t i = 0; i < survey->count; i++) {
		free(survey->uris[i]);
		free(survey->descriptions[i]);
	}
	pthread_mutex_destroy(&survey->lock);
	pthread_cond_destroy(&survey->changed);
	free(survey);
}

static void survey_contexts(struct survey *survey)
{
	/* Contexts announce themselves on the network through Avahi; libiio complains on stderr where that does not run. */
	bool network = access("/run/avahi-daemon/socket", F_OK) == 0;
	struct iio_scan_context *scan = iio_create_scan_context(network ? "local:usb:ip:" : "local:usb:", 0);
	struct iio_context_info **infos = NULL;
	ssize_t count = scan ? iio_scan_context_get_info_list(scan, &infos) : 0;
	for (ssize_t i = 0; i < count && survey->count < PROBE_MAX; i++) {
		const char *description = iio_context_info_get_description(infos[i]);
		char *uri = strdup(iio_context_info_get_uri(infos[i])), *words = strdup(description ? description : "");
		survey->uris[survey->count] = uri;
		survey->descriptions[survey->count++] = words;
	}
	if (count >= 0 && infos)
		iio_context_info_list_free(infos);
	if (scan)
		iio_scan_context_destroy(scan);
}

static void *survey_thread(void *argument)
{
	struct survey *survey = argument;
	survey_contexts(survey);
	pthread_mutex_lock(&survey->lock);
	survey->done = true;
	bool abandoned = survey->abandoned;
	pthread_cond_signal(&survey->changed);
	pthread_mutex_unlock(&survey->lock);
	if (abandoned)
		survey_release(survey);
	return NULL;
}

static struct survey *survey_start(void)
{
	struct survey *survey = calloc(1, sizeof *survey);
	if (!survey)
		return NULL;
	pthread_mutex_init(&survey->lock, NULL);
	pthread_condattr_t clock;
	pthread_condattr_init(&clock);
	pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
	pthread_cond_init(&survey->changed, &clock);
	pthread_condattr_destroy(&clock);
	pthread_t thread;
	if (pthread_create(&thread, NULL, survey_thread, survey) == 0) {
		pthread_detach(thread);
		return survey;
	}
	survey_release(survey);
	return NULL;
}

static const char *text_of(struct arena *arena, const char *text)
{
	return arena_strdup(arena, text ? text : "");
}

/* What an attribute reads, without the ends of lines; "" when it is not there. */
static const char *attribute(struct arena *arena, const struct iio_device *device, const struct iio_channel *channel, const char *name,
			     ssize_t *code)
{
	char bytes[ATTRIBUTE_SIZE] = "";
	bool there = channel ? iio_channel_find_attr(channel, name) != NULL : iio_device_find_attr(device, name) != NULL;
	ssize_t read = 0;
	if (there && *code >= 0)
		read = channel ? iio_channel_attr_read(channel, name, bytes, sizeof bytes)
			       : iio_device_attr_read(device, name, bytes, sizeof bytes);
	if (read < 0)
		*code = read;
	bytes[read > 0 ? sizeof bytes - 1 : 0] = '\0';
	bytes[strcspn(bytes, "\r\n")] = '\0';
	return arena_strdup(arena, bytes);
}

static bool look_at_channel(struct arena *arena, const struct iio_device *device, struct iio_channel *channel, struct probe_channel *found,
			    ssize_t *code)
{
	const struct iio_data_format *format = iio_channel_get_data_format(channel);
	char words[64] = "";
	bool scans = iio_channel_is_scan_element(channel);
	if (scans)
		snprintf(words, sizeof words, "%s:%c%u/%u>>%u", format->is_be ? "be" : "le", format->is_signed ? 's' : 'u', format->bits,
			 format->length, format->shift);
	*found = (struct probe_channel){
		.id = text_of(arena, iio_channel_get_id(channel)),
		.name = text_of(arena, iio_channel_get_name(channel)),
		.output = iio_channel_is_output(channel),
		.scans = scans,
		.format = arena_strdup(arena, words),
		.scale = attribute(arena, device, channel, "scale", code),
	};
	return found->id && found->name && found->format && found->scale;
}

/* The rate of most devices is their own attribute, of some that of a channel. */
static const struct iio_channel *with_rate(const struct iio_device *device)
{
	if (iio_device_find_attr(device, "sampling_frequency"))
		return NULL;
	for (unsigned c = 0; c < iio_device_get_channels_count(device); c++) {
		const struct iio_channel *channel = iio_device_get_channel(device, c);
		if (iio_channel_find_attr(channel, "sampling_frequency"))
			return channel;
	}
	return NULL;
}

static bool tell_problem(struct arena *arena, const struct iio_connection *connection, struct probe_device *found, ssize_t code)
{
	char path[300];
	struct error error = {0};
	if (code < 0)
		iio_connection_error(connection, &error, (long)code, "an attribute cannot be read");
	snprintf(path, sizeof path, "/dev/%s", found->id);
	bool local = strncmp(connection->uri, "local:", 6) == 0;
	if (local && access(path, F_OK) == 0 && access(path, R_OK) != 0)
		device_file_refused(path, &error);
	if (error.kind == ERROR_NONE)
		return true;
	found->problem = arena_strdup(arena, error.text);
	return found->problem;
}

static bool look_at_device(struct arena *arena, struct iio_connection *connection, const struct iio_device *device,
			   struct probe_device *found, ssize_t *code)
{
	const struct iio_channel *rated = with_rate(device);
	unsigned count = iio_device_get_channels_count(device);
	*found = (struct probe_device){
		.id = text_of(arena, iio_device_get_id(device)),
		.name = text_of(arena, iio_device_get_name(device)),
		.label = text_of(arena, iio_device_get_label(device)),
		.rate = attribute(arena, device, rated, "sampling_frequency", code),
		.rates = attribute(arena, device, rated, "sampling_frequency_available", code),
		.channels = arena_alloc(arena, count + 1, sizeof *found->channels),
	};
	if (!found->id || !found->name || !found->label || !found->rate || !found->rates || !found->channels)
		return false;
	connection->instrument = found->name[0] ? found->name : found->id;
	for (unsigned c = 0; c < count; c++)
		if (!look_at_channel(arena, device, iio_device_get_channel(device, c), &found->channels[found->channel_count++], code))
			return false;
	return tell_problem(arena, connection, found, *code);
}

/* A server that has stopped to answer is not asked again. */
static bool look_at_devices(struct arena *arena, struct iio_connection *connection, struct probe_context *found)
{
	unsigned count = iio_context_get_devices_count(connection->context);
	ssize_t code = 0;
	found->devices = arena_alloc(arena, count + 1, sizeof *found->devices);
	if (!found->devices)
		return false;
	for (unsigned d = 0; d < count && code != -ETIMEDOUT && code != -EPIPE; d++) {
		code = 0;
		if (!look_at_device(arena, connection, iio_context_get_device(connection->context, d),
				    &found->devices[found->device_count++], &code))
			return false;
	}
	return true;
}

static bool look_at_context(struct probe *probe, const char *uri, const char *description, double timeout_s)
{
	struct arena *arena = probe->arena;
	for (size_t c = 0; c < probe->context_count; c++)
		if (strcmp(probe->contexts[c].uri, uri) == 0)
			return true;
	if (probe->context_count == PROBE_MAX)
		return true;
	struct probe_context *found = &probe->contexts[probe->context_count++];
	*found = (struct probe_context){.uri = arena_strdup(arena, uri), .description = arena_strdup(arena, description)};
	if (!found->uri || !found->description)
		return false;
	struct iio_connection connection;
	struct error error = {0};
	if (!iio_connection_open(&connection, found->uri, "libiio", timeout_s, &error)) {
		found->problem = arena_strdup(arena, error.text);
		return found->problem;
	}
	bool good = look_at_devices(arena, &connection, found);
	iio_connection_close(&connection);
	return good;
}

static bool look_at_survey(struct probe *probe, double timeout_s)
{
	struct survey *survey = survey_start();
	if (!survey)
		return false;
	struct timespec until;
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += (time_t)ceil(timeout_s);
	int waited = 0;
	pthread_mutex_lock(&survey->lock);
	while (!survey->done && waited == 0)
		waited = pthread_cond_timedwait(&survey->changed, &survey->lock, &until);
	bool done = survey->done;
	survey->abandoned = !done;
	pthread_mutex_unlock(&survey->lock);
	if (!done)
		return true;
	bool good = true;
	for (size_t i = 0; i < survey->count && good; i++)
		good = survey->uris[i] && survey->descriptions[i] &&
		       look_at_context(probe, survey->uris[i], survey->descriptions[i], timeout_s);
	survey_release(survey);
	return good;
}

bool probe_iio(struct probe *probe, const struct probe_options *options)
{
	probe->contexts = arena_alloc(probe->arena, PROBE_MAX, sizeof *probe->contexts);
	bool good = probe->contexts;
	/* Without the kernel's subsystem there is no local context to complain about. */
	if (good && access("/sys/bus/iio/devices", F_OK) == 0)
		good = look_at_context(probe, "local:", "this machine", options->timeout_s);
	for (size_t u = 0; u < options->uri_count && good; u++)
		good = look_at_context(probe, options->uris[u], "", options->timeout_s);
	return good && look_at_survey(probe, options->timeout_s);
}
