/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
#include <libsigrok/libsigrok.h>

/*
 * For a user at a terminal: reads one frame of an oscilloscope and writes it as a session file that does not exist yet; no channels: those that are
 * switched on. Words on standard output and standard error; ends after 30 s without a frame. Returns the exit status.
 */
int frame_capture(struct sr_context *context, const char *connection, char *path, char *const *channels, unsigned count);
