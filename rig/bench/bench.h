/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * An opened bench: the ports of a setup, filled by the drivers it names, checked as far as they can be checked without firing.
 */
#include "ports.h"

struct bench;

/* The parts of a bench, in the order in which they are opened. */
enum bench_part { BENCH_CLOCK, BENCH_GPIO, BENCH_ADC, BENCH_LOGIC, BENCH_STIMULATOR, BENCH_EMULATION, BENCH_PART_COUNT };

/* "clock", "gpio", ... as in bench files. Static string. */
const char *bench_part_name(enum bench_part part);
/* The name of the driver that the setup gives to a part; NULL: it has none. */
const char *bench_part_driver(const struct bench_setup *setup, enum bench_part part);
/* True when the NULL-terminated list has a driver of that name. */
bool bench_has_driver(const struct driver *const *drivers, const char *name);

/*
 * Opens every instrument of the setup with the drivers of that name from the NULL-terminated list. The setup must outlive the bench.
 * recording: path of the recording for driver "file", else NULL. NULL and *error on failure; nothing stays open then.
 */
struct bench *bench_open(const struct bench_setup *setup, const struct driver *const *drivers, const char *recording,
			 struct error *error) must_check;
/* Told of each part that has a driver: opened, or why not. */
typedef void bench_opened(void *self, enum bench_part part, const char *driver, const struct error *why_not);
/*
 * As bench_open(), but goes on where an instrument does not open, and tells of each: a part that is not open has ops NULL. For tests of benches;
 * a bench that is to run is opened whole or not at all. NULL and *error only when out of memory.
 */
struct bench *bench_open_each(const struct bench_setup *setup, const struct driver *const *drivers, bench_opened *opened, void *self,
			      struct error *error) must_check;
/* Closes everything in reverse order; NULL is accepted. */
void bench_close(struct bench *bench);
/* The ports, valid until bench_close(). */
struct ports *bench_ports(struct bench *bench);
const struct bench_setup *bench_setup(const struct bench *bench);

/* The drivers that live in this room. */
extern const struct driver driver_file;         /* adc: a recording (s16le, csv, sr) */
extern const struct driver driver_monotonic;    /* clock: CLOCK_MONOTONIC */
extern const struct driver driver_sigrok;       /* logic: any analyser that libsigrok streams from */
extern const struct driver driver_sigrok_frame; /* adc: an oscilloscope through libsigrok, a frame a trigger */
extern const struct driver driver_magstim;      /* stimulator: Magstim by serial remote control */
extern const struct driver driver_magventure;   /* stimulator: MagVenture by serial remote control */
extern const struct driver driver_generic;      /* stimulator: a line protocol that a file describes */
#ifdef TMSRIG_GPIOD
extern const struct driver driver_gpiod; /* gpio: libgpiod */
#endif
#ifdef TMSRIG_IIO
extern const struct driver driver_iio;     /* adc: libiio */
extern const struct driver driver_iio_dac; /* stimulator: an analog output through libiio */
#endif
#if defined(TMSRIG_GPIOD) && defined(TMSRIG_IIO)
extern const struct driver driver_relays; /* emulation: relays on lines of libgpiod, analog outputs through libiio */
#endif

define_cleanup(struct bench *, cleanup_bench, bench_close);
#define auto_bench cleanup_with(cleanup_bench)
