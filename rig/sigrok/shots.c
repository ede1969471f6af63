/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "shots.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "device.h"
#include "say.h"

/*
 * Of libsigrok 0.5.2's oscilloscopes only those of rigol-ds can be used here. With the data source "Memory" it sends :SING and asks *OPC? before
 * SR_DF_FRAME_BEGIN, and fetches the frame once :TRIG:STAT? says that the trigger has come (src/hardware/rigol-ds/protocol.c, rigol_ds_capture_start).
 * The others deliver what is on the screen, or do not say when they are armed.
 */
static const char DRIVER[] = "rigol-ds";
/*
 * What the library does is seen by its log alone: a read of raw TCP waits without end. An error counts when it still stands at the next look, for
 * some follow upon a frame that is complete.
 */
static const double SILENCE_S = 1.3;
enum { LOOK_US = 100000 };

struct shots {
	struct sr_session *session;
	char *const *channels;
	unsigned count;
	uint64_t samples[SIGROK_MAX_CHANNELS];
	double offset_v[SIGROK_MAX_CHANNELS]; /* NAN: not told */
	bool offsets;                         /* the library's log tells offsets just now */
	bool running, ended;
	GMutex lock;               /* of what the watchdog looks at: */
	double alive_s;            /* the last sign of life */
	char trouble[SIGROK_TEXT]; /* what the library complained of since the last frame */
};

/* "rigol-ds: CH1 0.5", after "rigol-ds: Current vertical offset:". libsigrok has no key for it. */
static void learn_offset(struct shots *shots, const char *line)
{
	char name[32];
	double offset_v;
	const char *words = strstr(line, ": ");
	if (!words)
		return;
	if (strstr(words, "Current ")) {
		shots->offsets = strstr(words, "Current vertical offset") != NULL;
		return;
	}
	if (!shots->offsets || sscanf(words + 2, "%31s %lf", name, &offset_v) != 2)
		return;
	for (unsigned i = 0; i < shots->count; i++)
		if (strcmp(name, shots->channels[i]) == 0)
			shots->offset_v[i] = offset_v;
}

static int on_log(void *self, int level, const char *format, va_list arguments) G_GNUC_PRINTF(3, 0);
static int on_log(void *self, int level, const char *format, va_list arguments)
{
	struct shots *shots = self;
	char line[SIGROK_TEXT];
	g_mutex_lock(&shots->lock);
	shots->alive_s = now_s();
	bool complains = level == SR_LOG_ERR && shots->running && !shots->trouble[0];
	line[0] = '\0';
	if (format && (complains || (level == SR_LOG_DBG && !shots->running)))
		vsnprintf(line, sizeof line, format, arguments);
	if (complains)
		memcpy(shots->trouble, line, sizeof line);
	else if (level == SR_LOG_DBG && !shots->running)
		learn_offset(shots, line);
	g_mutex_unlock(&shots->lock);
	return SR_OK;
}

/* The words of an error that stands. */
static void *watch(void *self)
{
	struct shots *shots = self;
	for (bool stood = false;;) {
		g_usleep(LOOK_US);
		g_mutex_lock(&shots->lock);
		bool stands = shots->trouble[0] != '\0', silent = now_s() > shots->alive_s + SILENCE_S;
		if ((stands && stood) || silent) {
			fail(stands ? shots->trouble : "it has not answered for 1.3 s");
			_exit(1);
		}
		stood = stands;
		g_mutex_unlock(&shots->lock);
	}
	return NULL;
}

static void on_analog(struct shots *shots, const struct sr_datafeed_analog *analog)
{
	const struct sr_channel *channel = analog->meaning->channels->data;
	/* Nothing read is no sign of life: a connection that was closed delivers that without end. */
	if (analog->num_samples == 0)
		return;
	g_autofree float *samples = g_new(float, analog->num_samples + 1);
	if (g_slist_length(analog->meaning->channels) != 1 || sr_analog_to_float(analog, samples) != SR_OK)
		_exit(fail("libsigrok cannot convert its samples"));
	for (unsigned i = 0; i < shots->count; i++) {
		if (strcmp(shots->channels[i], channel->name) != 0)
			continue;
		shots->samples[i] += analog->num_samples;
		say_samples(i, samples, analog->num_samples);
	}
}

static void on_packet(const struct sr_dev_inst *device, const struct sr_datafeed_packet *packet, void *self)
{
	struct shots *shots = self;
	(void)device;
	if (packet->type == SR_DF_FRAME_BEGIN) {
		say((struct sigrok_record){.kind = SIGROK_ARMED, .time_s = now_s()});
	} else if (packet->type == SR_DF_ANALOG && !shots->ended) {
		on_analog(shots, packet->payload);
	} else if (packet->type == SR_DF_FRAME_END) {
		shots->ended = true;
		/* On raw TCP the driver complains that its read is not complete, and has read all of it. */
		g_mutex_lock(&shots->lock);
		shots->trouble[0] = '\0';
		g_mutex_unlock(&shots->lock);
		sr_session_stop(shots->session);
	}
}

/* A driver's busy loops do not end for sr_session_stop(), and an instrument that stays armed does no harm. */
static void *await_end(void *ignored)
{
	char byte;
	while (read(STDIN_FILENO, &byte, 1) > 0)
		continue;
	_exit(0);
	return ignored;
}

static const struct sr_channel_group *group_of(struct sr_dev_inst *device, const char *name)
{
	for (GSList *item = sr_dev_inst_channel_groups_get(device); item; item = item->next)
		if (strcmp(((struct sr_channel_group *)item->data)->name, name) == 0)
			return item->data;
	return NULL;
}

static GVariant *get(struct sr_dev_inst *device, const struct sr_channel_group *group, uint32_t key)
{
	GVariant *value = NULL;
	return sr_config_get(sr_dev_inst_driver_get(device), device, group, key, &value) == SR_OK ? value : NULL;
}

/* A pair of numbers as their ratio; NAN when it is not told. */
static double ratio(struct sr_dev_inst *device, const struct sr_channel_group *group, uint32_t key)
{
	guint64 over = 0, under = 0;
	g_autoptr(GVariant) value = get(device, group, key);
	if (value)
		g_variant_get(value, "(tt)", &over, &under);
	return under > 0 ? (double)over / (double)under : NAN;
}

static char *tell_channel(const struct shots *shots, struct sr_dev_inst *device, unsigned i)
{
	const struct sr_channel_group *group = group_of(device, shots->channels[i]);
	double volts = group ? ratio(device, group, SR_CONF_VDIV) : NAN;
	g_autoptr(GVariant) coupling = group ? get(device, group, SR_CONF_COUPLING) : NULL;
	if (!(volts > 0) || !coupling)
		return g_strdup_printf("its channel '%s' does not tell its volts a division and its coupling", shots->channels[i]);
	if (strcmp(g_variant_get_string(coupling, NULL), "DC") != 0)
		return g_strdup_printf("its channel '%s' is coupled %s; it must be DC", shots->channels[i],
				       g_variant_get_string(coupling, NULL));
	/* Where the samples are clipped depends on it. */
	if (!(fabs(shots->offset_v[i]) < 0.02 * volts))
		return g_strdup_printf(isnan(shots->offset_v[i]) ? "its channel '%s' does not tell its vertical offset"
								 : "its channel '%s' has a vertical offset of %g V; it must be 0",
				       shots->channels[i], shots->offset_v[i]);
	say((struct sigrok_record){.kind = SIGROK_SCALE, .channel = i, .value = volts});
	return NULL;
}

static char *prepare(struct shots *shots, struct sr_dev_inst *device)
{
	if (strcmp(sr_dev_inst_driver_get(device)->name, DRIVER) != 0)
		return g_strdup_printf(
			"libsigrok's driver '%s' does not arm an oscilloscope for a single shot, so that its frames cannot be "
			"placed in time; '%s' does",
			sr_dev_inst_driver_get(device)->name, DRIVER);
	/* The offsets are told when it is opened, and only there. */
	if (sr_dev_open(device) != SR_OK)
		return g_strdup("it cannot be opened");
	char *why = device_select(device, shots->channels, shots->count);
	if (!why)
		why = device_one_frame(device);
	if (!why && sr_config_set(device, NULL, SR_CONF_DATA_SOURCE, g_variant_new_string("Memory")) != SR_OK)
		why = g_strdup("its memory cannot be read (data source 'Memory')");
	return why;
}

static char *tell_started(const struct shots *shots, struct sr_dev_inst *device)
{
	g_autofree char *words = device_words(device);
	g_autoptr(GVariant) divisions = get(device, NULL, SR_CONF_NUM_HDIV);
	struct sigrok_record started = {.kind = SIGROK_STARTED, .time_s = now_s()};
	started.value = divisions ? g_variant_get_int32(divisions) * ratio(device, NULL, SR_CONF_TIMEBASE) : NAN;
	if (!(started.value > 0))
		return g_strdup("it does not tell its time base");
	g_strlcpy(started.text, words, sizeof started.text);
	for (unsigned i = 0; i < shots->count; i++) {
		char *why = tell_channel(shots, device, i);
		if (why)
			return why;
	}
	say(started);
	return NULL;
}

/* One session a frame: a driver that arms the instrument again by itself could do so before the frame was taken for complete. */
static int shoot(struct shots *shots)
{
	for (;;) {
		memset(shots->samples, 0, sizeof shots->samples);
		shots->ended = false;
		shots->running = true;
		if (sr_session_start(shots->session) != SR_OK)
			return fail(shots->trouble[0] ? shots->trouble : "it cannot be armed");
		sr_session_run(shots->session);
		if (!shots->ended)
			return fail(shots->trouble[0] ? shots->trouble : "it stopped by itself");
		for (unsigned i = 0; i < shots->count; i++)
			if (shots->samples[i] == 0 || shots->samples[i] != shots->samples[0])
				return fail("its channels have different numbers of samples; over raw TCP rigol-ds reads at most 30000 of "
					    "the last one");
		say((struct sigrok_record){.kind = SIGROK_FRAME, .sample = shots->samples[0], .time_s = now_s()});
	}
}

int shots_capture(struct sr_context *context, const char *connection, char *const *channels, unsigned count)
{
	struct shots shots = {.channels = channels, .count = count};
	g_autofree char *why = NULL;
	for (unsigned i = 0; i < SIGROK_MAX_CHANNELS; i++)
		shots.offset_v[i] = NAN;
	shots.alive_s = now_s();
	sr_log_callback_set(on_log, &shots);
	sr_log_loglevel_set(SR_LOG_SPEW);
	g_thread_unref(g_thread_new("watch", watch, &shots));
	struct sr_dev_inst *device = device_find(context, connection, &why);
	if (!device || (why = prepare(&shots, device)) || (why = tell_started(&shots, device)))
		return fail(why);
	if (sr_session_new(context, &shots.session) != SR_OK || sr_session_dev_add(shots.session, device) != SR_OK ||
	    sr_session_datafeed_callback_add(shots.session, on_packet, &shots) != SR_OK)
		return fail("libsigrok makes no session");
	g_thread_unref(g_thread_new("end", await_end, NULL));
	return shoot(&shots);
}
