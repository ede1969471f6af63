/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Driver "iio-dac": the amplitude of a stimulator from an analog output of the kernel's Industrial I/O. The voltage stands at the output only while
 * the stimulator is armed. A run sets the enable line before arm() and takes it back after disarm(), so the stimulator is enabled at 0 V and the
 * amplitude is gone before the enable line is. What the device does with it only its own lines can tell: status() never says "ready".
 */
#include <math.h>
#include <string.h>

#include "bench.h"
#include "iio_output.h"

struct iio_dac {
	const struct iio_dac_setup *setup;
	struct iio_output output;
	double intensity_pct; /* for when it is armed */
	bool armed;
};

static bool put_out(struct iio_dac *dac, struct error *error)
{
	return iio_output_write(&dac->output, dac->intensity_pct / 100 * dac->setup->volts_at_full, error);
}

static bool dac_set_intensity(void *self, double intensity_pct, double second_pct, struct error *error)
{
	struct iio_dac *dac = self;
	if (!isnan(second_pct) && second_pct != intensity_pct)
		return error_config(error, "an analog output has one amplitude: it cannot alternate between %g %% and %g %%", intensity_pct,
				    second_pct);
	if (!(intensity_pct >= 0 && intensity_pct <= 100))
		return error_config(error, "an intensity of %g %% is not within 0 to 100 %%", intensity_pct);
	dac->intensity_pct = intensity_pct;
	return !dac->armed || put_out(dac, error);
}

static bool dac_arm(void *self, struct error *error)
{
	struct iio_dac *dac = self;
	/* Armed even if that fails half way, so that nothing believes it to be off. */
	dac->armed = true;
	return put_out(dac, error);
}

static bool dac_disarm(void *self, struct error *error)
{
	struct iio_dac *dac = self;
	if (!iio_output_write(&dac->output, 0, error))
		return false;
	dac->armed = false;
	return true;
}

static bool dac_status(void *self, struct stimulator_status *status, struct error *error)
{
	(void)error;
	const struct iio_dac *dac = self;
	*status =
		(struct stimulator_status){.state = STIMULATOR_STANDBY, .intensity_pct = dac->intensity_pct, .coil_temperature_degc = NAN};
	if (dac->armed)
		snprintf(status->fault, sizeof status->fault, "an analog output cannot tell; wire the line 'ready'");
	return true;
}

static const struct stimulator_ops DAC_OPS = {
	.set_intensity = dac_set_intensity,
	.arm = dac_arm,
	.disarm = dac_disarm,
	.status = dac_status,
};

static void dac_close(void *state)
{
	struct iio_dac *dac = state;
	if (!dac)
		return;
	struct error ignored;
	/* The run has taken it to 0 V already, or told why not. */
	if (dac->output.channel && !iio_output_write(&dac->output, 0, &ignored))
		fprintf(stderr, "tmsrig: %s\n", ignored.text);
	iio_output_close(&dac->output);
	free(dac);
}

static bool dac_open(const struct bench_setup *setup, const char *recording, struct ports *ports, void **state, struct error *error)
{
	(void)recording;
	struct iio_dac *dac = calloc(1, sizeof *dac);
	if (!dac)
		return error_bench(error, "%s: out of memory", setup->iio_dac.instrument);
	dac->setup = &setup->iio_dac;
	if (!iio_output_open(&dac->output, dac->setup->uri, dac->setup->instrument, dac->setup->channel, error) ||
	    !iio_output_write(&dac->output, 0, error)) {
		dac_close(dac);
		return false;
	}
	ports->stimulator = (struct stimulator_port){&DAC_OPS, dac};
	*state = dac;
	return true;
}

const struct driver driver_iio_dac = {.name = "iio-dac", .open = dac_open, .close = dac_close};
