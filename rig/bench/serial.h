/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * A serial line: raw bytes both ways, plain termios (libserialport does not open pseudo-terminals), or a TCP connection to a server of serial
 * lines. Time-outs are whole-operation ones.
 */
#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "guardian_wire.h"

struct serial {
	int fd; /* -1: closed */
	bool socket;
	char path[256];
};

/*
 * Opens a line, 8 data bits, no parity, no flow control, for this program alone. path: of a terminal device, or "tcp:HOST:PORT", for which baud
 * and stop_bits are the server's matter. baud: one of the usual speeds.
 */
bool serial_open(struct serial *serial, const char *path, unsigned baud, unsigned stop_bits, struct error *error) must_check;
/* A line that is not open is accepted. */
void serial_close(struct serial *serial);
/* Takes RTS back, which opening had set: on some benches it is wired to the trigger input. Lines without it are accepted. */
void serial_drop_rts(const struct serial *serial);
/* Throws away what has come and not been read. */
void serial_flush(const struct serial *serial);
/* Hands all bytes to the system within 0.3 s. */
bool serial_write(const struct serial *serial, const void *bytes, size_t length, struct error *error) must_check;
/* What comes until the monotonic time until_s, at least one byte unless it passes: *length 0 then. False when the line is gone. */
bool serial_read_some(const struct serial *serial, void *bytes, size_t size, double until_s, size_t *length,
		      struct error *error) must_check;
/*
 * What a guardian needs to send a frame over this line when the rig is dead: the address, resolved, and the settings. A frame that is too long, or a
 * line that cannot be described so (IPv6), is left out: false.
 */
bool serial_describe(const struct serial *serial, const void *frame, size_t length, struct guardian_device *device);
/* CLOCK_MONOTONIC, s. */
double serial_now_s(void);
