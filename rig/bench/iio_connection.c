/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "iio_connection.h"

#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <time.h>

/* One attempt, shared by who waits and the thread that connects; whoever comes last releases it. */
struct attempt {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	char *uri; /* libiio 0.24 writes into it */
	struct iio_context *context;
	int cause;
	bool done, abandoned;
};

static void attempt_release(struct attempt *attempt)
{
	pthread_mutex_destroy(&attempt->lock);
	pthread_cond_destroy(&attempt->changed);
	free(attempt->uri);
	free(attempt);
}

static void *connect_thread(void *argument)
{
	struct attempt *attempt = argument;
	errno = 0;
	struct iio_context *context = iio_create_context_from_uri(attempt->uri);
	int cause = errno;
	pthread_mutex_lock(&attempt->lock);
	bool abandoned = attempt->abandoned;
	attempt->context = context;
	attempt->cause = cause;
	attempt->done = true;
	pthread_cond_signal(&attempt->changed);
	pthread_mutex_unlock(&attempt->lock);
	if (abandoned) {
		if (context)
			iio_context_destroy(context);
		attempt_release(attempt);
	}
	return NULL;
}

static struct attempt *attempt_start(const char *uri)
{
	struct attempt *attempt = calloc(1, sizeof *attempt);
	if (!attempt)
		return NULL;
	pthread_mutex_init(&attempt->lock, NULL);
	pthread_condattr_t clock;
	pthread_condattr_init(&clock);
	pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
	pthread_cond_init(&attempt->changed, &clock);
	pthread_condattr_destroy(&clock);
	pthread_attr_t detached;
	pthread_attr_init(&detached);
	pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
	pthread_t thread;
	attempt->uri = strdup(uri);
	bool started = attempt->uri && pthread_create(&thread, &detached, connect_thread, attempt) == 0;
	pthread_attr_destroy(&detached);
	if (started)
		return attempt;
	attempt_release(attempt);
	return NULL;
}

static struct timespec deadline_in(double seconds)
{
	struct timespec at;
	clock_gettime(CLOCK_MONOTONIC, &at);
	double whole = floor(seconds);
	at.tv_sec += (time_t)whole;
	at.tv_nsec += (long)((seconds - whole) * 1e9);
	if (at.tv_nsec >= 1000000000) {
		at.tv_nsec -= 1000000000;
		at.tv_sec++;
	}
	return at;
}

bool iio_connection_error(const struct iio_connection *connection, struct error *error, long code, const char *format, ...)
{
	char what[640], cause[128] = "";
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(what, sizeof what, format, arguments);
	va_end(arguments);
	if (code)
		iio_strerror((int)labs(code), cause, sizeof cause);
	return error_bench(error, "%s at %s: %s%s%s", connection->instrument, connection->uri, what, code ? ": " : "", cause);
}

static void ignore_broken_pipes(void)
{
	struct sigaction now;
	if (sigaction(SIGPIPE, NULL, &now) == 0 && now.sa_handler == SIG_DFL)
		signal(SIGPIPE, SIG_IGN);
}

bool iio_connection_open(struct iio_connection *connection, const char *uri, const char *instrument, double timeout_s, struct error *error)
{
	*connection = (struct iio_connection){.uri = uri, .instrument = instrument};
	ignore_broken_pipes();
	struct attempt *attempt = attempt_start(uri);
	if (!attempt)
		return error_bench(error, "%s at %s: no memory or no thread to connect with", instrument, uri);
	struct timespec deadline = deadline_in(timeout_s);
	int waited = 0;
	pthread_mutex_lock(&attempt->lock);
	while (!attempt->done && waited == 0)
		waited = pthread_cond_timedwait(&attempt->changed, &attempt->lock, &deadline);
	bool done = attempt->done;
	attempt->abandoned = !done;
	int cause = attempt->cause;
	connection->context = attempt->context;
	pthread_mutex_unlock(&attempt->lock);
	if (!done)
		return iio_connection_error(connection, error, 0, "no IIO context within %.3g s: nobody answers there", timeout_s);
	attempt_release(attempt);
	if (!connection->context)
		return iio_connection_error(connection, error, cause,
					    "no IIO context could be opened (ip:HOST[:PORT], usb:..., local: are known)");
	int set = iio_context_set_timeout(connection->context, (unsigned)(timeout_s * 1000));
	/* The local backend has one time-out for all of its devices, others may have none; the rig's own watchdog stands behind. */
	if (set < 0 && set != -ENOSYS)
		return iio_connection_error(connection, error, set, "its time-out cannot be set");
	return true;
}

bool iio_connection_is_simulated(const struct iio_connection *connection)
{
	const char *model = iio_context_get_attr_value(connection->context, "hw_model");
	return model && strstr(model, "simulated");
}

void iio_connection_note(const struct iio_connection *connection, struct ports *ports, const char *part)
{
	unsigned major = 0, minor = 0;
	char tag[8] = "", text[64];
	for (unsigned i = 0; i < iio_context_get_attrs_count(connection->context); i++) {
		const char *name = NULL, *value = NULL;
		if (iio_context_get_attr(connection->context, i, &name, &value) == 0 && name)
			ports_note(ports, part, name, value);
	}
	if (iio_context_get_version(connection->context, &major, &minor, tag) == 0) {
		snprintf(text, sizeof text, "%u.%u (%.7s)", major, minor, tag);
		ports_note(ports, part, "libiio of the context", text);
	}
	iio_library_get_version(&major, &minor, tag);
	snprintf(text, sizeof text, "%u.%u (%.7s)", major, minor, tag);
	ports_note(ports, part, "libiio", text);
}

void iio_connection_close(struct iio_connection *connection)
{
	if (connection->context)
		iio_context_destroy(connection->context);
	connection->context = NULL;
}

static void append_name(char *list, size_t size, const char *name)
{
	size_t length = strlen(list);
	snprintf(list + length, size - length, "%s%s", length ? ", " : "", name);
}

struct iio_device *iio_connection_device(const struct iio_connection *connection, struct error *error)
{
	struct iio_device *device = iio_context_find_device(connection->context, connection->instrument);
	if (device)
		return device;
	char known[512] = "";
	for (unsigned d = 0; d < iio_context_get_devices_count(connection->context); d++) {
		const struct iio_device *other = iio_context_get_device(connection->context, d);
		append_name(known, sizeof known, iio_device_get_name(other) ? iio_device_get_name(other) : iio_device_get_id(other));
	}
	error_bench(error, "%s: there is no device '%s'; it has: %s", connection->uri, connection->instrument, known[0] ? known : "none");
	return NULL;
}

struct iio_channel *iio_connection_channel(const struct iio_connection *connection, const struct iio_device *device, const char *name,
					   bool output, struct error *error)
{
	struct iio_channel *channel = iio_device_find_channel(device, name, output);
	if (channel)
		return channel;
	char known[512] = "";
	for (unsigned c = 0; c < iio_device_get_channels_count(device); c++) {
		const struct iio_channel *other = iio_device_get_channel(device, c);
		if (iio_channel_is_output(other) == output)
			append_name(known, sizeof known, iio_channel_get_id(other));
	}
	iio_connection_error(connection, error, 0, "there is no %s '%s'; it has: %s", output ? "output" : "input", name,
			     known[0] ? known : "none");
	return NULL;
}
