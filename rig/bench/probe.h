/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * What instruments this machine has: GPIO chips, IIO contexts, devices of libsigrok, serial ports. It only looks: no line is taken, no sample, no
 * byte is sent to a serial port. Of libsigrok just those drivers scan that know their devices by USB identifiers, each in a program of its own under
 * a time limit.
 */
#include <stdbool.h>
#include <stddef.h>

#include "error.h"

struct probe_line {
	unsigned offset;
	const char *name, *consumer; /* "" when there is none */
	bool used;
};

struct probe_chip {
	const char *path, *name, *label;
	const char *problem; /* why it could not be looked at; NULL: it was */
	size_t line_count;
	struct probe_line *lines;
};

struct probe_channel {
	const char *id, *name; /* name: "" when there is none */
	bool output, scans;    /* scans: its samples come in buffers */
	const char *format;    /* "le:s16/16>>0"; "" for one that does not scan */
	const char *scale;     /* as the attribute reads, "" when there is none */
};

struct probe_device {
	const char *id, *name, *label; /* name, label: "" when there is none */
	const char *rate, *rates;      /* sampling_frequency and those available as the attributes read, "" when there are none */
	const char *problem;           /* NULL: none */
	size_t channel_count;
	struct probe_channel *channels;
};

struct probe_context {
	const char *uri, *description;
	const char *problem;
	size_t device_count;
	struct probe_device *devices;
};

struct probe_sigrok {
	const char *connection; /* as a bench file has it */
	const char *words;      /* vendor, model, channels; "" with a problem */
	const char *problem;
};

struct probe_port {
	const char *path;    /* "/dev/ttyUSB0" */
	const char *by_id;   /* the name that stays when it is plugged elsewhere; "" when there is none */
	const char *problem; /* no permission: which group has it; NULL: may be used */
};

/* Why a whole kind of instrument is not here ("libiio: not in this build: ./dev drivers"); NULL: it was looked for. */
struct probe_kinds {
	const char *gpio, *iio, *sigrok;
};

struct probe {
	struct arena *arena; /* owns everything */
	struct probe_kinds missing;
	size_t chip_count, context_count, sigrok_count, port_count;
	struct probe_chip *chips;
	struct probe_context *contexts;
	struct probe_sigrok *sigrok;
	struct probe_port *ports;
};

struct probe_options {
	const char *const *uris; /* IIO contexts to look at besides those that are found */
	size_t uri_count;
	const char *const *connections; /* connections of libsigrok to scan besides the drivers that can be scanned without harm */
	size_t connection_count;
	const char *dev;  /* folder of the serial ports: "/dev" */
	double timeout_s; /* of one IIO context and of one scan of libsigrok */
};

/* Looks. NULL and *error only when out of memory; what could not be looked at is told in the result. */
struct probe *probe_create(const struct probe_options *options, struct error *error) must_check;
/* NULL is accepted. */
void probe_destroy(struct probe *probe);

define_cleanup(struct probe *, cleanup_probe, probe_destroy);
#define auto_probe cleanup_with(cleanup_probe)
