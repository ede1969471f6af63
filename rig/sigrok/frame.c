/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "frame.h"

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "device.h"

enum { FRAME_LIMIT_S = 30 };

struct frame {
	struct sr_session *session;
	const struct sr_output *output;
	uint64_t analog, logic; /* samples seen */
	bool failed, ended;
};

static int complain(const char *connection, const char *words)
{
	fprintf(stderr, "tmsrig-sigrok: %s: %s\n", connection, words);
	return 4;
}

/* The driver may hang in the library, so nothing less than a signal ends it. */
static void on_alarm(int number)
{
	static const char WORDS[] = "tmsrig-sigrok: no frame within 30 s; is the instrument triggered, or stopped?\n";
	(void)number;
	ssize_t ignored = write(STDERR_FILENO, WORDS, sizeof WORDS - 1);
	(void)ignored;
	_exit(4);
}

static void on_packet(const struct sr_dev_inst *device, const struct sr_datafeed_packet *packet, void *self)
{
	struct frame *frame = self;
	GString *bytes = NULL;
	(void)device;
	if (frame->ended)
		return;
	if (packet->type == SR_DF_ANALOG)
		frame->analog += ((const struct sr_datafeed_analog *)packet->payload)->num_samples;
	if (packet->type == SR_DF_LOGIC)
		frame->logic += ((const struct sr_datafeed_logic *)packet->payload)->length;
	if (sr_output_send(frame->output, packet, &bytes) != SR_OK)
		frame->failed = true;
	if (bytes)
		g_string_free(bytes, TRUE);
	if (packet->type == SR_DF_FRAME_END || frame->failed) {
		frame->ended = true;
		sr_session_stop(frame->session);
	}
}

/* The named channels, or as they are; and one frame only, where the driver can count them. NULL, or why not. */
static char *prepare(struct sr_dev_inst *device, char *const *channels, unsigned count)
{
	if (sr_dev_open(device) != SR_OK)
		return g_strdup("it cannot be opened");
	char *why = count > 0 ? device_select(device, channels, count) : NULL;
	return why ? why : device_one_frame(device);
}

int frame_capture(struct sr_context *context, const char *connection, char *path, char *const *channels, unsigned count)
{
	static char SRZIP[] = "srzip";
	struct frame frame = {0};
	g_autofree char *why = NULL;
	signal(SIGALRM, on_alarm);
	alarm(FRAME_LIMIT_S);
	if (access(path, F_OK) == 0)
		return complain(path, "exists already; nothing is overwritten");
	struct sr_dev_inst *device = device_find(context, connection, &why);
	if (!device || (why = prepare(device, channels, count)))
		return complain(connection, why);
	frame.output = sr_output_new(sr_output_find(SRZIP), NULL, device, path);
	if (!frame.output || sr_session_new(context, &frame.session) != SR_OK || sr_session_dev_add(frame.session, device) != SR_OK ||
	    sr_session_datafeed_callback_add(frame.session, on_packet, &frame) != SR_OK)
		return complain(connection, "libsigrok makes no session");
	if (sr_session_start(frame.session) != SR_OK)
		return complain(connection, "it does not start");
	sr_session_run(frame.session);
	sr_output_free(frame.output);
	if (!frame.failed && frame.analog > 0) {
		g_autofree char *words = device_words(device);
		printf("%s: one frame of %s\n", path, words);
		return 0;
	}
	unlink(path);
	return complain(frame.failed ? path : connection, frame.failed ? "cannot be written" : "it delivered no samples");
}
