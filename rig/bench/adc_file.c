/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Driver "file": a recording made elsewhere takes the place of the ADC. */
#include <math.h>
#include <string.h>

#include "bench.h"
#include "recording_file.h"

struct adc_file {
	const struct file_reader *reader;
	void *reader_state;
	uint64_t next_frame;
	bool ended;
	const char *path;
};

static bool file_start(void *self, struct error *error)
{
	(void)self, (void)error;
	return true;
}

static bool file_read(void *self, size_t max_frames, struct adc_read *read, struct error *error)
{
	struct adc_file *file = self;
	if (!file->ended) {
		const int16_t *samples;
		size_t got;
		if (!file->reader->read(file->reader_state, max_frames, &samples, &got, error))
			return false;
		if (got > 0) {
			*read = (struct adc_read){.state = ADC_BLOCK, .block = {file->next_frame, got, samples}};
			file->next_frame += got;
			return true;
		}
		file->ended = true;
		if (file->next_frame == 0)
			return error_config(error, "%s: the recording is empty; at least one frame is needed", file->path);
	}
	*read = (struct adc_read){.state = ADC_END};
	return true;
}

static bool file_stop(void *self, struct error *error)
{
	(void)self, (void)error;
	return true;
}

static const struct adc_ops FILE_OPS = {.start = file_start, .read = file_read, .stop = file_stop};

static const struct file_reader *reader_of(enum file_format format)
{
	switch (format) {
	case FILE_S16LE: return &file_reader_s16le;
	case FILE_CSV: return &file_reader_csv;
	case FILE_SR: return &file_reader_sr;
	case FILE_SIGROK: return &file_reader_sigrok;
	}
	return NULL;
}

static void file_close(void *state)
{
	struct adc_file *file = state;
	if (!file)
		return;
	if (file->reader_state)
		file->reader->close(file->reader_state);
	free(file);
}

static bool file_open(const struct bench_setup *setup, const char *recording, struct ports *ports, void **state, struct error *error)
{
	if (!recording)
		return error_config(error, "%s reads a recording; use `tmsrig analyze RECORDING --bench %s`", setup->file, setup->id);
	struct adc_file *file = calloc(1, sizeof *file);
	if (!file)
		return error_bench(error, "%s: out of memory", recording);
	file->path = recording;
	file->reader = reader_of(setup->adc.format);
	if (!file->reader->open(setup, recording, &ports->adc.format, &file->reader_state, error)) {
		file_close(file);
		return false;
	}
	ports->adc.ops = &FILE_OPS;
	ports->adc.self = file;
	*state = file;
	return true;
}

const struct driver driver_file = {.name = "file", .open = file_open, .close = file_close};

/* Where the signal first leaves the noise of its beginning: the stretch before it tells the offset of an integrator. */
static size_t first_activity(const double *values, size_t frames)
{
	double largest = 0;
	for (size_t i = 0; i < frames; i++)
		largest = fmax(largest, fabs(values[i]));
	for (size_t i = 0; i < frames; i++)
		if (fabs(values[i]) > 0.05 * largest)
			return i;
	return 0;
}

enum { QUIET_MIN_FRAMES = 16, QUIET_MARGIN_FRAMES = 8 };

static double mean_of(const double *values, size_t count)
{
	double sum = 0;
	for (size_t i = 0; i < count; i++)
		sum += values[i];
	return count > 0 ? sum / (double)count : 0;
}

static double integrator_offset(const double *values, size_t frames, enum integrator_zero zero)
{
	size_t quiet;
	switch (zero) {
	case ZERO_FLUX_BALANCE: return mean_of(values, frames);
	case ZERO_PRE_ONSET:
		quiet = first_activity(values, frames);
		return quiet >= QUIET_MIN_FRAMES + QUIET_MARGIN_FRAMES ? mean_of(values, quiet - QUIET_MARGIN_FRAMES) : 0;
	}
	return 0;
}

static void integrate(double *values, size_t frames, double sample_rate_hz, enum integrator_zero zero)
{
	double mean = integrator_offset(values, frames, zero);
	double sum = 0, before = 0;
	for (size_t i = 0; i < frames; i++) {
		double value = values[i] - mean;
		sum += 0.5 * (before + value) / sample_rate_hz;
		before = value;
		values[i] = sum;
	}
}

void quantise_channel(double *values, size_t frames, double sample_rate_hz, const struct adc_channel_setup *setup, struct channel *channel,
		      int16_t *out, size_t stride)
{
	if (setup->derivative)
		integrate(values, frames, sample_rate_hz, setup->zero);
	double largest = 0;
	for (size_t i = 0; i < frames; i++)
		largest = fmax(largest, fabs(values[i]));
	channel->scale = largest > 0 ? largest / 30000 : 1;
	channel->offset = 0;
	channel->count_min = INT16_MIN;
	channel->count_max = INT16_MAX;
	for (size_t i = 0; i < frames; i++)
		out[i * stride] = (int16_t)lrint(values[i] / channel->scale);
}
