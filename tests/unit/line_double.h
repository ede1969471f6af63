/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * A simulated stimulator at the other end of a pseudo-terminal: a Magstim, a MagVenture or a device with the line protocol of
 * fixtures/stimulators/example-line.yaml, with faults on command.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum double_kind { DOUBLE_MAGSTIM, DOUBLE_MAGVENTURE, DOUBLE_LINE };

enum double_fault {
	FAULT_NONE,
	FAULT_WRONG_CHECK, /* the last byte but one of an answer is changed, of a Magstim the last */
	FAULT_SLOW,        /* answers 0.7 s late */
	FAULT_SILENT,
	FAULT_GONE,     /* closes the line instead of answering */
	FAULT_QUESTION, /* a lone '?' */
	FAULT_CONFLICT, /* Magstim: command, 'S' */
	FAULT_SPLIT,    /* one byte each 3 ms */
	FAULT_CUT,      /* half of the answer */
	FAULT_BABBLE,   /* never stops sending bytes that are no answer */
	FAULT_CHATTER,  /* unsolicited frames before and after */
	FAULT_IGNORE,   /* answers, but does nothing */
	FAULT_NO_REMOTE,
};

enum { DOUBLE_LOG = 4096 };

struct line_double {
	enum double_kind kind;
	int master;
	char path[64];
	_Atomic int fault, faulty_command; /* the fault is for this command byte only; 0: for all */
	atomic_bool stop;
	pthread_t thread;
	unsigned model_rapid, software;
	_Atomic unsigned status, mode_flags; /* MagVenture: flags beside enabled */
	_Atomic int power, power_b, heat;
	_Atomic int reversed;
	pthread_mutex_t lock; /* of the log */
	struct {
		double time_s;
		char first, second;
		uint8_t bytes[32];
		size_t length;
	} log[DOUBLE_LOG];
	size_t count;
};

/* Starts it; asserts. */
void double_start(struct line_double *it, enum double_kind kind);
void double_stop(struct line_double *it);
/* How many commands began with these two bytes; second 0: any. */
size_t double_count(struct line_double *it, char first, char second);
