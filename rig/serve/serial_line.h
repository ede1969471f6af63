/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * A serial line: a pseudo-terminal, a symbolic link to it, and a thread in which a device answers.
 */
#include "logic_track.h"
#include "serial_device.h"

struct serial_line;

/* What answers on a line. */
struct serial_end {
	enum serve_server server; /* whose faults it has */
	const struct serial_ops *ops;
	void *self;
	double byte_s; /* what a byte takes on the line */
};

/* The link must not exist, unless it is a link. track may be NULL. NULL with *error; plant, track and the end's self outlive the line. */
struct serial_line *serial_line_start(struct plant *plant, struct logic_track *track, const char *path, const struct serial_end *end,
				      struct error *error) must_check;
/* The longest time, s, for which the machine let the line's thread stand still since the last call: a witness has to know. */
double serial_line_stall_s(struct serial_line *line);
/* Removes the link; NULL is accepted. */
void serial_line_stop(struct serial_line *line);
