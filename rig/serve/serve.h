/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * The virtual bench behind simulated instruments, in real time: the servers of a bench's section `serve`, and a thread that moves the
 * virtual clock along with CLOCK_MONOTONIC.
 */
#include <stdio.h>

#include "ports.h"

struct serve;

/*
 * Starts every server of setup->serve on the ports of an opened bench; both are borrowed. All of them listen when it returns. NULL with
 * *error.
 */
struct serve *serve_start(const struct bench_setup *setup, struct ports *ports, struct error *error) must_check;
/* Ends them; NULL is accepted. */
void serve_stop(struct serve *serve);
/* A line of the grammar of faults, as on the control socket. */
bool serve_command(struct serve *serve, const char *line, struct error *error) must_check;
/* "ready: iiod 30431, beaglelogic 5555, magstim PATH". */
void serve_print_ready(const struct serve *serve, FILE *out);
/* True when a port failed, with the cause: the simulation is over. */
bool serve_failed(struct serve *serve, struct error *error);

define_cleanup(struct serve *, cleanup_serve, serve_stop);
#define auto_serve cleanup_with(cleanup_serve)
