/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Faults of the simulated instruments, on command: docs/simulated-instruments.md has the grammar. Thread-safe.
 */
#include <stdbool.h>
#include <stdint.h>

#include "error.h"
#include "serve_setup.h"

enum serve_fault_kind {
	SERVE_FAULT_STALL,     /* connections stay, samples cease */
	SERVE_FAULT_MUTE,      /* what is received is never answered */
	SERVE_FAULT_CLOSE,     /* every connection is closed; a serial line hangs up and comes back */
	SERVE_FAULT_RESET,     /* as close, by a TCP reset */
	SERVE_FAULT_SHORT,     /* an answer ends early */
	SERVE_FAULT_LOSE,      /* samples are missing from the stream */
	SERVE_FAULT_WRONG_CRC, /* an answer has a wrong check sum */
	SERVE_FAULT_SLOW,      /* answers are late */
	SERVE_FAULT_ERROR,     /* a request for samples is answered by an error */
	SERVE_FAULT_KIND_COUNT,
};

struct serve_fault {
	enum serve_server server;
	enum serve_fault_kind kind;
	uint64_t amount;     /* samples to lose */
	double value_s;      /* delay of slow */
	double into_pulse_s; /* lose: so long after the begin of the next pulse; NAN: somewhere in what is sent next */
	double after_s;      /* 0: at once; else counted from when the server is in use */
	double for_s;        /* of stall, mute and slow; INFINITY until cleared */
	unsigned times;      /* of all other kinds */
};

struct serve_faults;

/* "iiod lose 1000 after 2 s": one line of the grammar. ERROR_CONFIG with what would be right. */
bool serve_fault_parse(const char *text, struct serve_fault *fault, struct error *error) must_check;

/* NULL when out of memory. */
struct serve_faults *serve_faults_create(void) must_check;
/* NULL is accepted. */
void serve_faults_destroy(struct serve_faults *faults);
/* Carries out a line of the grammar, "SERVER clear" and "clear" included. Times are those of CLOCK_MONOTONIC, s. */
bool serve_faults_command(struct serve_faults *faults, const char *text, double now_s, struct error *error) must_check;
/* The server is in use from now on: what waits for that begins to count. */
void serve_faults_begin(struct serve_faults *faults, enum serve_server server, double now_s);
/* Its use is over; the next one is a first use again. */
void serve_faults_end(struct serve_faults *faults, enum serve_server server);
/* True while a lasting fault (stall, mute, slow) is on; *value_s, unless NULL, is its delay. */
bool serve_faults_active(struct serve_faults *faults, enum serve_server server, enum serve_fault_kind kind, double now_s, double *value_s);
/* Takes one of a counted fault that is due, into *taken unless that is NULL. False: none is due. */
bool serve_faults_take(struct serve_faults *faults, enum serve_server server, enum serve_fault_kind kind, double now_s,
		       struct serve_fault *taken);
