/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * A serial line: raw bytes both ways, plain termios (libserialport does not open pseudo-terminals). Time-outs are whole-operation ones.
 */
#include <stddef.h>
#include <stdint.h>

#include "error.h"

struct serial {
	int fd; /* -1: closed */
	char path[256];
};

/* Opens a line, 8 data bits, no parity, no flow control. baud: one of the usual speeds. */
bool serial_open(struct serial *serial, const char *path, unsigned baud, unsigned stop_bits, struct error *error) must_check;
/* A line that is not open is accepted. */
void serial_close(struct serial *serial);
/* Throws away what has come and not been read. */
void serial_flush(struct serial *serial);
bool serial_write(struct serial *serial, const void *bytes, size_t length, struct error *error) must_check;
/* Exactly `length` bytes within the time; *got of them had come on failure (may be NULL). */
bool serial_read(struct serial *serial, void *bytes, size_t length, double timeout_s, size_t *got, struct error *error) must_check;
/* What comes within the time, at least one byte unless it passes: *length 0 then. False when the line is gone. */
bool serial_read_some(struct serial *serial, void *bytes, size_t size, double timeout_s, size_t *length, struct error *error) must_check;
