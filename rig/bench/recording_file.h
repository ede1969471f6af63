/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Readers of recordings made elsewhere: one file a format, all behind the same table. Each delivers interleaved int16 frames in the bench's
 * channel order and scale; the reader may set the scale of channels whose file holds physical values, and the sample rate where the file tells.
 */
#include "bench_setup.h"
#include "error.h"

struct file_reader {
	/* Opens path; fills in *format what the file decides. *state is handed to the others. */
	bool (*open)(const struct bench_setup *setup, const char *path, struct recording_format *format, void **state,
		     struct error *error) must_check;
	/*
	 * At most `frames` frames; *got 0 at the end. A file that ends inside a frame is an error. *samples stays the reader's, valid until the
	 * next call.
	 */
	bool (*read)(void *state, size_t frames, const int16_t **samples, size_t *got, struct error *error) must_check;
	void (*close)(void *state);
};

extern const struct file_reader file_reader_s16le;
extern const struct file_reader file_reader_csv;
extern const struct file_reader file_reader_sr;
extern const struct file_reader file_reader_sigrok;

/*
 * Physical values of a whole channel to int16: chooses the channel's scale so that the largest magnitude uses 30000 counts, and integrates
 * first when the channel holds dI/dt (trapezoid; its zero as the setup says). values[frames] is changed in place; the counts
 * go to out[i * stride].
 */
void quantise_channel(double *values, size_t frames, double sample_rate_hz, const struct adc_channel_setup *setup, struct channel *channel,
		      int16_t *out, size_t stride);
