/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
#include <libsigrok/libsigrok.h>

/*
 * Frames of an oscilloscope, each armed for a single shot and sent when the trigger has come, until standard input ends or the instrument fails.
 * Tells STARTED, SCALE of each channel, and then ARMED, SAMPLES and FRAME again and again (sigrok_wire.h). Returns the exit status.
 */
int shots_capture(struct sr_context *context, const char *connection, char *const *channels, unsigned count);
