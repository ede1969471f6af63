/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * An opened bench: the ports of a setup, filled by the drivers it names, checked as far as they can be checked without firing.
 */
#include "ports.h"

struct bench;

/*
 * Opens every instrument of the setup with the drivers of that name from the NULL-terminated list. The setup must outlive the bench.
 * recording: path of the recording for driver "file", else NULL. NULL and *error on failure; nothing stays open then.
 */
struct bench *bench_open(const struct bench_setup *setup, const struct driver *const *drivers, const char *recording,
			 struct error *error) must_check;
/* Closes everything in reverse order; NULL is accepted. */
void bench_close(struct bench *bench);
/* The ports, valid until bench_close(). */
struct ports *bench_ports(struct bench *bench);
const struct bench_setup *bench_setup(const struct bench *bench);

/* The drivers that live in this room. */
extern const struct driver driver_file;       /* adc: a recording (s16le, csv, sr) */
extern const struct driver driver_monotonic;  /* clock: CLOCK_MONOTONIC */
extern const struct driver driver_sigrok;     /* logic: any analyser that libsigrok streams from */
extern const struct driver driver_magstim;    /* stimulator: Magstim by serial remote control */
extern const struct driver driver_magventure; /* stimulator: MagVenture by serial remote control */
extern const struct driver driver_generic;    /* stimulator: a line protocol that a file describes */
#ifdef TMSRIG_GPIOD
extern const struct driver driver_gpiod; /* gpio: libgpiod */
#endif
#ifdef TMSRIG_IIO
extern const struct driver driver_iio;     /* adc: libiio */
extern const struct driver driver_iio_dac; /* stimulator: an analog output through libiio */
#endif

define_cleanup(struct bench *, cleanup_bench, bench_close);
#define auto_bench cleanup_with(cleanup_bench)
