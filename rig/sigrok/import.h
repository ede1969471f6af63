/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
#include <libsigrok/libsigrok.h>

/*
 * Tells the samples of the named channels of a file, as SIGROK_SAMPLES, between SIGROK_STARTED (with its sample rate) and SIGROK_END. input: "wav",
 * "vcd:downsample=10". Logic channels are 0 and 1. Returns the exit status.
 */
int import_file(struct sr_context *context, const char *input, const char *path, char *const *channels, unsigned count);
