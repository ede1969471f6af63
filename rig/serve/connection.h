/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * A TCP port that is listened to, a thread for each connection, and all of them ended from elsewhere at any time, by a close or by a reset.
 */
#include <stddef.h>
#include <stdint.h>

#include "error.h"

struct listener;
struct connection;

enum connection_ending { CONNECTION_OPEN, CONNECTION_CLOSE, CONNECTION_RESET };

/*
 * Listens on 127.0.0.1 (port 0: any free one) and calls serve() in a thread of its own for each connection, which ends when it returns.
 * NULL with *error.
 */
struct listener *listener_start(unsigned port, void (*serve)(void *self, struct connection *connection), void *self,
				struct error *error) must_check;
/* As listener_start(), on a socket in the file system, which must not exist unless nobody listens to it. */
struct listener *listener_start_local(const char *path, void (*serve)(void *self, struct connection *connection), void *self,
				      struct error *error) must_check;
/* The port listened to. */
unsigned listener_port(const struct listener *listener);
/* Ends every connection that there is; new ones are taken. */
void listener_end_all(struct listener *listener, enum connection_ending ending);
/* Ends everything and waits for the threads; NULL is accepted. */
void listener_stop(struct listener *listener);

/* All of these are false once the connection has ended. */
bool connection_open(const struct connection *connection);
/* Waits until there is something to read, at most timeout_s (INFINITY: no limit). */
bool connection_readable(struct connection *connection, double timeout_s);
/* The next line, without its end, NUL-terminated; one that is longer than size is cut. */
bool connection_line(struct connection *connection, char *line, size_t size);
bool connection_bytes(struct connection *connection, void *bytes, size_t size);
bool connection_send(struct connection *connection, const void *bytes, size_t size);
/* Sends what can be sent without waiting longer than timeout_s; *sent is how much. */
bool connection_send_some(struct connection *connection, const void *bytes, size_t size, double timeout_s, size_t *sent);
/* Does nothing for so long; returns early when the connection ends. */
bool connection_pause(struct connection *connection, double duration_s);
