/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * An analog output of the kernel's Industrial I/O that is set to voltages.
 */
#include "iio_connection.h"

struct iio_output {
	struct iio_connection connection;
	struct iio_channel *channel;           /* NULL: not open */
	const char *name;                      /* of the channel; the caller's */
	double volts_per_count, offset_counts; /* V = (raw + offset) volts_per_count */
};

/* Connects, finds the channel and reads its scale. Nothing is set. On failure nothing stays open. The strings outlive it. */
bool iio_output_open(struct iio_output *output, const char *uri, const char *instrument, const char *channel,
		     struct error *error) must_check;
/* One that is not open is accepted. The voltage stays as it is. */
void iio_output_close(struct iio_output *output);
/* Sets a voltage and reads it back. */
bool iio_output_write(struct iio_output *output, double volts, struct error *error) must_check;
