/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Driver "iio": an ADC of the kernel's Industrial I/O, here (local:), over a network (ip:HOST[:PORT]) or on USB (usb:...). */
#include "adc_iio.h"

#include "bench.h"

struct adc_iio_port {
	struct adc_iio adc;
	struct adc_iio_stream *stream;
};

static bool iio_start(void *self, struct error *error)
{
	struct adc_iio_port *port = self;
	if (port->stream)
		return iio_connection_error(&port->adc.connection, error, 0, "it was started already");
	port->stream = adc_iio_stream_start(&port->adc, error);
	return port->stream;
}

static bool iio_read(void *self, size_t max_frames, struct adc_read *read, struct error *error)
{
	struct adc_iio_port *port = self;
	return adc_iio_stream_read(port->stream, max_frames, read, error);
}

static bool iio_stop(void *self, struct error *error)
{
	(void)error;
	struct adc_iio_port *port = self;
	if (port->stream)
		adc_iio_stream_stop(port->stream);
	return true;
}

static double iio_frame_of_host_time(void *self, double host_s, double *u_frames)
{
	struct adc_iio_port *port = self;
	return adc_iio_stream_frame(port->stream, host_s, u_frames);
}

static void iio_gaps_found_by(void *self, char *out, size_t size)
{
	struct adc_iio_port *port = self;
	out[0] = '\0';
	if (port->stream)
		adc_iio_stream_proof(port->stream, out, size);
}

static const struct adc_ops IIO_OPS = {
	.start = iio_start,
	.read = iio_read,
	.stop = iio_stop,
	.frame_of_host_time = iio_frame_of_host_time,
	.gaps_found_by = iio_gaps_found_by,
};

static void iio_close(void *state)
{
	struct adc_iio_port *port = state;
	if (!port)
		return;
	/* A libiio that hangs goes on using all of it. */
	if (!adc_iio_stream_destroy(port->stream))
		return;
	iio_connection_close(&port->adc.connection);
	free(port);
}

static bool iio_open(const struct bench_setup *setup, const char *recording, struct ports *ports, void **state, struct error *error)
{
	(void)recording;
	struct adc_iio_port *port = calloc(1, sizeof *port);
	if (!port)
		return error_bench(error, "%s: out of memory", setup->adc.instrument);
	port->adc.setup = setup;
	if (!iio_connection_open(&port->adc.connection, setup->adc.uri, setup->adc.instrument, setup->adc.timeout_s, error) ||
	    !adc_iio_prepare(&port->adc, &ports->adc.format, error)) {
		iio_close(port);
		return false;
	}
	adc_iio_describe(&port->adc, &ports->adc.format, &ports->device.capacitor);
	ports->simulated |= iio_connection_is_simulated(&port->adc.connection);
	iio_connection_note(&port->adc.connection, ports, "adc");
	ports->adc.ops = &IIO_OPS;
	ports->adc.self = port;
	*state = port;
	return true;
}

const struct driver driver_iio = {.name = "iio", .open = iio_open, .close = iio_close};
