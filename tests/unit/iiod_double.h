/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * A small IIOD server in threads of the test's own process, that speaks the text protocol of libiio 0.x to an unmodified libiio, and fails at exact
 * places. Its ADC "simadc" has voltage0 (low 15 bits of the number of the sample taken), voltage1 (the next 15), timestamp, and count0 (the number in
 * 32 bits); its DAC "simdac" has the output voltage0.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum iiod_fault {
	IIOD_GOOD,
	IIOD_MUTE,          /* accepts and says nothing */
	IIOD_BAD_XML,       /* PRINT is no XML */
	IIOD_CLOSE,         /* closes every connection in the middle of a buffer, as a server that dies */
	IIOD_RESET,         /* the same with RST */
	IIOD_STALL,         /* sends half of a buffer and no more */
	IIOD_STALL_CONTROL, /* stops answering on every connection */
	IIOD_SHORT,         /* ends a buffer early */
	IIOD_ERROR,         /* answers READBUF with -EIO */
};

struct iiod_loss {
	uint64_t at, lost; /* after so many samples sent, so many are not */
};

struct iiod_setup {
	double sample_rate_hz;
	bool paced; /* samples come at that rate; else as fast as they can */
	enum iiod_fault fault;
	uint64_t fault_at; /* samples sent */
	const struct iiod_loss *losses;
	size_t loss_count;
	bool fixed_rate;    /* sampling_frequency cannot be written */
	bool overflows;     /* a loss sets bit 2 of register 0x80000088 */
	const char *format; /* of voltage0 and voltage1; NULL: le:s16/16>>0. Only lengths of 16 bits */
	const char *scale;  /* millivolts a count; NULL: 0.1 */
};

struct iiod;

/* Listens at a free port of the loopback interface; NULL on failure. The setup must outlive the server. */
struct iiod *iiod_start(const struct iiod_setup *setup);
/* "ip:127.0.0.1:PORT". */
const char *iiod_uri(const struct iiod *iiod);
/* Value of an attribute as last written, for example "simdac voltage0 raw". */
void iiod_attribute(struct iiod *iiod, const char *key, char *out, size_t size);
void iiod_stop(struct iiod *iiod);
