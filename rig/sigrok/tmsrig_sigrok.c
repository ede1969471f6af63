/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Logic samples through libsigrok, in a process of its own: some of its drivers spin for ever when their instrument goes away, and GLib ends a
 * process that is out of memory. Whoever starts it watches it, and may kill it.
 *
 *   tmsrig-sigrok capture CONNECTION RATE_HZ CHANNEL...    records of sigrok_wire.h on standard output, until standard input ends
 *   tmsrig-sigrok scan CONNECTION                          a record for each device that answers there, and the end
 *   tmsrig-sigrok import MODULE[:OPTION=VALUE] FILE CHANNEL...   the samples of a file, through one of libsigrok's input modules
 *   tmsrig-sigrok frame CONNECTION OUT.sr [CHANNEL...]     one frame of an oscilloscope as a session file
 */
#include "device.h"

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "edge_finder.h"
#include "frame.h"
#include "import.h"
#include "say.h"
#include "shots.h"

struct capture {
	struct sr_session *session;
	struct edge_finder finder;
	unsigned count, bits[SIGROK_MAX_CHANNELS];
	double told_s;
};

static void on_edge(void *self, uint64_t sample, uint64_t changed, uint64_t levels)
{
	struct capture *capture = self;
	for (unsigned i = 0; i < capture->count; i++)
		if (changed >> capture->bits[i] & 1)
			say((struct sigrok_record){
				.kind = SIGROK_EDGE, .sample = sample, .channel = i, .value = (double)(levels >> capture->bits[i] & 1)});
}

static void on_packet(const struct sr_dev_inst *device, const struct sr_datafeed_packet *packet, void *self)
{
	struct capture *capture = self;
	(void)device;
	if (packet->type != SR_DF_LOGIC)
		return;
	const struct sr_datafeed_logic *logic = packet->payload;
	struct edge_finder *finder = &capture->finder;
	if (finder->unit == 0) {
		finder->unit = logic->unitsize;
		for (unsigned i = 0; i < capture->count; i++)
			finder->mask |= (uint64_t)1 << capture->bits[i];
	}
	if (logic->unitsize == 0 || logic->unitsize != finder->unit || logic->unitsize > EDGE_UNIT_MAX)
		exit(fail("the samples have changed their width"));
	if (finder->mask >> (8 * finder->unit - 1) > 1)
		exit(fail("its samples do not hold all of the channels"));
	edge_finder_push(finder, logic->data, logic->length, on_edge, capture);
	double now = now_s();
	if (now - capture->told_s > 0.005) {
		capture->told_s = now;
		say((struct sigrok_record){.kind = SIGROK_PROGRESS, .sample = finder->samples, .time_s = now});
	}
}

/* Ends the session when standard input ends; sr_session_stop() may be called from another thread. */
static void *await_end(void *argument)
{
	struct sr_session *session = argument;
	char ignored;
	while (read(STDIN_FILENO, &ignored, 1) > 0)
		continue;
	sr_session_stop(session);
	return NULL;
}

static int capture(struct sr_context *context, struct sr_dev_inst *device, uint64_t rate_hz, char *const *channels, unsigned count)
{
	struct capture capture = {.count = count};
	uint64_t rate_set = 0;
	g_autofree char *why = device_prepare(device, rate_hz, channels, count, capture.bits, &rate_set);
	if (why)
		return fail(why);
	g_autofree char *words = device_words(device);
	struct sigrok_record started = {.kind = SIGROK_STARTED, .value = (double)rate_set};
	g_strlcpy(started.text, words, sizeof started.text);
	if (sr_session_new(context, &capture.session) != SR_OK || sr_session_dev_add(capture.session, device) != SR_OK ||
	    sr_session_datafeed_callback_add(capture.session, on_packet, &capture) != SR_OK)
		return fail("libsigrok makes no session");
	started.time_s = now_s();
	if (sr_session_start(capture.session) != SR_OK)
		return fail("it does not start");
	say(started);
	g_thread_unref(g_thread_new("end", await_end, capture.session));
	sr_session_run(capture.session);
	say((struct sigrok_record){.kind = SIGROK_END, .sample = capture.finder.samples, .time_s = now_s()});
	return 0;
}

/* One record a device, and the end: none is no error. */
static int scan(struct sr_context *context, const char *connection)
{
	g_autofree char *why = NULL;
	GSList *found = device_scan(context, connection, &why);
	if (why)
		return fail(why);
	for (GSList *item = found; item; item = item->next) {
		struct sigrok_record record = {.kind = SIGROK_FOUND};
		g_autofree char *words = device_words(item->data);
		g_strlcpy(record.text, words, sizeof record.text);
		say(record);
	}
	g_slist_free(found);
	say((struct sigrok_record){.kind = SIGROK_END});
	/* All has been said: what a driver does, or leaves behind, when it is closed must not hold up the scan. */
	_exit(0);
}

int main(int argc, char **argv)
{
	signal(SIGPIPE, SIG_IGN);
	const char *task = argc > 1 ? argv[1] : "";
	bool scanning = argc == 3 && strcmp(task, "scan") == 0, capturing = argc >= 5 && strcmp(task, "capture") == 0;
	bool importing = argc >= 5 && strcmp(task, "import") == 0, framing = argc >= 4 && strcmp(task, "frame") == 0;
	bool shooting = argc >= 4 && strcmp(task, "shots") == 0;
	if ((!scanning && !capturing && !importing && !framing && !shooting) || argc - 4 > SIGROK_MAX_CHANNELS) {
		fprintf(stderr, "usage: tmsrig-sigrok capture CONNECTION RATE_HZ CHANNEL... | scan CONNECTION |\n"
				"       import MODULE[:OPTION=VALUE] FILE CHANNEL... | frame CONNECTION OUT.sr [CHANNEL...] |\n"
				"       shots CONNECTION CHANNEL...\n");
		return 2;
	}
	struct sr_context *context;
	g_autofree char *why = NULL;
	if (sr_init(&context) != SR_OK)
		return fail("libsigrok does not start");
	/* What it writes of its own goes where nobody expects it: the error that counts is told. */
	sr_log_loglevel_set(SR_LOG_NONE);
	char *const *channels = argv + 4;
	unsigned count = argc > 4 ? (unsigned)argc - 4 : 0;
	if (importing)
		return import_file(context, argv[2], argv[3], channels, count);
	if (framing)
		return frame_capture(context, argv[2], argv[3], channels, count);
	if (shooting)
		return shots_capture(context, argv[2], argv + 3, (unsigned)argc - 3);
	if (scanning)
		return scan(context, argv[2]);
	struct sr_dev_inst *device = device_find(context, argv[2], &why);
	if (!device)
		return fail(why);
	return capture(context, device, g_ascii_strtoull(argv[3], NULL, 10), channels, count);
}
