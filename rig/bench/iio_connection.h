/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * A connection to an IIO context (libiio 0.x), with bounded waiting and messages that name what is there. libiio writes lines of its own to stderr
 * ("ERROR: ..."), which cannot be turned off. It trusts the server: a chunk longer than was asked for overruns its heap, so a rig's IIOD servers
 * must be one's own.
 */
#include <iio.h>

#include "error.h"
#include "ports.h"

struct iio_connection {
	struct iio_context *context;  /* owned */
	const char *uri, *instrument; /* the caller's */
};

/*
 * Connects within timeout_s and keeps that as the time-out of every later exchange. A libiio that does not come back in time is left to itself and
 * released when it does. SIGPIPE is ignored from here on: libiio 0.x writes to sockets whose other end may be gone.
 */
bool iio_connection_open(struct iio_connection *connection, const char *uri, const char *instrument, double timeout_s,
			 struct error *error) must_check;
/* The context says of itself that it is simulated (hw_model), as those of `tmsrig sim` do. */
bool iio_connection_is_simulated(const struct iio_connection *connection);
/* Keeps what the context says of itself (hw_serial, fw_version, ...) as notes of that part of the bench. */
void iio_connection_note(const struct iio_connection *connection, struct ports *ports, const char *part);
/* NULL inside is accepted. */
void iio_connection_close(struct iio_connection *connection);
/* The device by name, label or id; the error lists those that the context has. */
struct iio_device *iio_connection_device(const struct iio_connection *connection, struct error *error) must_check;
/* A channel by name or id; the error lists those of that direction. */
struct iio_channel *iio_connection_channel(const struct iio_connection *connection, const struct iio_device *device, const char *name,
					   bool output, struct error *error) must_check;
/* "INSTRUMENT at URI: " before a formatted text, and what the negative errno of libiio means behind it (0: nothing). ERROR_BENCH. Returns false. */
bool iio_connection_error(const struct iio_connection *connection, struct error *error, long code, const char *format, ...)
	printf_like(4, 5);
