/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* One libsigrok device by connection string, as sigrok-cli writes them: "driver:key=value:key=value". */
#include <glib.h>
#include <libsigrok/libsigrok.h>

/* All devices that answer to a connection string; the caller frees the list, not the devices. *why (owned by the caller) when it cannot be tried. */
GSList *device_scan(struct sr_context *context, const char *connection, char **why);
/* Finds the one device of a connection string; NULL and *why (owned by the caller) when there is none, or more than one. */
struct sr_dev_inst *device_find(struct sr_context *context, const char *connection, char **why);
/* Opens it, sets the rate (0: as it is) and enables just the named channels, each of whose bit numbers goes into bits[]. NULL, or why not. */
char *device_prepare(struct sr_dev_inst *device, uint64_t rate_hz, char *const *channels, unsigned count, unsigned *bits,
		     uint64_t *rate_set);
/* Switches just the named channels of an opened device on, of whatever kind. NULL, or why not (owned by the caller). */
char *device_select(struct sr_dev_inst *device, char *const *channels, unsigned count);
/* One frame a session, where the driver can count frames. NULL, or why not. */
char *device_one_frame(struct sr_dev_inst *device);
/* "vendor model version", with what it has of channels; owned by the caller. */
char *device_words(const struct sr_dev_inst *device);
