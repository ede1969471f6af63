/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * What all loaders of this room share.
 */
#include "bench_setup.h"
#include "config.h"
#include "locate.h"
#include "schema.h"

enum { LOADER_PATH_MAX = 1024, LOADER_ARENA_BYTES = 32 * 1024 * 1024 };

/* Choices of enum distribution, in its order. */
extern const char *const DISTRIBUTION_CHOICES[];

/* Loads what the command line names: FIXTURES/FOLDER/…, or a path; or, of kept files, that path among them. */
struct yaml *loader_open(const char *name, const char *fixtures, const char *folder, const char *kind, const struct kept_files *kept,
			 struct error *error) must_check;
/* As the public loaders, of a file already open; path relative to nothing. */
struct device *loader_device(const struct yaml *yaml, struct error *error) must_check;
struct sensor *loader_sensor(const struct yaml *yaml, struct error *error) must_check;

/* config_about.c: a mapping of sections, as in struct about. */
bool config_read_about(const struct reader *reader, const struct node *node, struct about *about, struct error *error) must_check;
/* config_adc.c: the `adc:` section of a bench file into a struct bench_setup. */
bool config_read_adc(const struct reader *reader, const struct node *node, void *setup, struct error *error) must_check;
/* config_emulation.c: the `emulation:` section. */
bool config_read_emulation(const struct reader *reader, const struct node *node, void *setup, struct error *error) must_check;
/* False, located, when the section `emulation` of a bench that was read has a line that `gpio` has already. */
bool config_check_emulation(const struct reader *reader, const struct bench_setup *setup, struct error *error) must_check;
/* config_stimulator.c: the `stimulator:` section. */
bool config_read_stimulator(const struct reader *reader, const struct node *node, void *setup, struct error *error) must_check;
/* config_protocol.c: the file that `protocol:` of the driver generic names. */
bool config_read_protocol(const struct reader *reader, const struct node *node, void *setup, struct error *error) must_check;
/* config_fault.c: the `simulation:` section. */
bool config_read_simulation(const struct reader *reader, const struct node *node, void *setup, struct error *error) must_check;
/* config_serve.c: the `serve:` section. */
bool config_read_serve(const struct reader *reader, const struct node *node, void *setup, struct error *error) must_check;

/* Power of ten by which intensities are held: 80 % as 80. */
enum { PERCENT = 2 };

/* Intensities are in percent of the maximum stimulator output; some devices have a boost above 100 %. */
#define RANGE_INTENSITY                                                                                                                    \
	{                                                                                                                                  \
		RANGE_WITHIN, 0, 1.2                                                                                                       \
	}
