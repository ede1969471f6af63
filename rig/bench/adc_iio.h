/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Inside of driver "iio": an ADC through libiio. adc_iio_setup.c prepares the instrument, adc_iio_stream.c reads it, adc_iio.c is the port.
 */
#include "iio_connection.h"
#include "loss_finder.h"
#include "ports.h"

/* A prepared instrument. */
struct adc_iio {
	const struct bench_setup *setup;
	struct iio_connection connection;
	struct iio_device *device;
	struct iio_channel *channels[RECORDING_MAX_CHANNELS]; /* in the order of the bench file */
	struct iio_channel *stamps;                           /* time stamp or counter; NULL: none */
	double latency_s;                                     /* least round trip to the instrument */
};

/* Finds device and channels, sets trigger, rate and buffers, and completes the format: scale and offset of the instrument with the sensor's. */
bool adc_iio_prepare(struct adc_iio *adc, struct recording_format *format, struct error *error) must_check;
/* How a guardian reads the capacitor's voltage past a rig that is dead: the raw value of that channel; nothing where there is none, or no way. */
void adc_iio_describe(const struct adc_iio *adc, const struct recording_format *format, struct guardian_capacitor *capacitor);
/* How much longer than a buffer takes libiio waits for one. */
double adc_iio_buffer_s(const struct adc_iio *adc);

struct adc_iio_stream;

/* Creates the buffer and reads it in a thread of its own, under a watchdog. The adc must outlive the stream. NULL on failure. */
struct adc_iio_stream *adc_iio_stream_start(struct adc_iio *adc, struct error *error) must_check;
/* As adc_ops.read and .stop. */
bool adc_iio_stream_read(struct adc_iio_stream *stream, size_t max_frames, struct adc_read *read, struct error *error) must_check;
void adc_iio_stream_stop(struct adc_iio_stream *stream);
/* As adc_ops.frame_of_host_time. */
double adc_iio_stream_frame(struct adc_iio_stream *stream, double host_s, double *u_frames);
/* As adc_ops.gaps_found_by; after the last read. */
void adc_iio_stream_proof(struct adc_iio_stream *stream, char *out, size_t size);
/*
 * Ends the threads and releases the buffer. false: libiio hangs and does not even end when told to; stream, buffer and context then must be left
 * alone for good. NULL is accepted.
 */
bool adc_iio_stream_destroy(struct adc_iio_stream *stream);
