/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Files of any kind that libsigrok reads (wav, vcd, …), through its input modules in a child process (rig/sigrok). Logic lines are read as 0 and 1,
 * before the scale.
 */
#include <errno.h>
#include <math.h>
#include <poll.h>
#include <string.h>

#include "companion.h"
#include "recording_file.h"
#include "sigrok_wire.h"

/* A module that says nothing for so long hangs: the child is killed. */
enum { SILENCE_MS = 20000 };

struct imported {
	const char *path;
	struct companion child;
	unsigned channel_count;
	double rate_hz;
	double *values[RECORDING_MAX_CHANNELS];
	size_t counts[RECORDING_MAX_CHANNELS], capacities[RECORDING_MAX_CHANNELS];
	int16_t *frames;
	size_t next;
};

static void sigrok_close(void *state)
{
	struct imported *imported = state;
	if (!imported)
		return;
	companion_kill(&imported->child);
	for (unsigned c = 0; c < RECORDING_MAX_CHANNELS; c++)
		free(imported->values[c]);
	free(imported->frames);
	free(imported);
}

static bool read_whole(struct imported *imported, void *out, size_t size, struct error *error)
{
	for (size_t done = 0; done < size;) {
		struct pollfd ready = {.fd = imported->child.out, .events = POLLIN};
		int code = poll(&ready, 1, SILENCE_MS);
		if (code < 0 && errno == EINTR)
			continue;
		if (code == 0)
			return error_config(error, "%s: the input module has said nothing for %d s", imported->path, SILENCE_MS / 1000);
		ssize_t count = read(imported->child.out, (char *)out + done, size - done);
		if (count < 0 && errno == EINTR)
			continue;
		if (count <= 0)
			return error_config(error, "%s: the input module has ended without a word; it does not bear this file",
					    imported->path);
		done += (size_t)count;
	}
	return true;
}

static bool reserve(struct imported *imported, unsigned channel, size_t more, struct error *error)
{
	size_t need = imported->counts[channel] + more, capacity = imported->capacities[channel];
	if (need <= capacity)
		return true;
	capacity = need > 2 * capacity ? need : 2 * capacity;
	double *grown = realloc(imported->values[channel], capacity * sizeof *grown);
	if (!grown)
		return error_bench(error, "%s: out of memory", imported->path);
	imported->values[channel] = grown;
	imported->capacities[channel] = capacity;
	return true;
}

static bool take_samples(struct imported *imported, const struct sigrok_record *record, const struct adc_setup *adc, struct error *error)
{
	enum { PIECE = 4096 };
	float piece[PIECE] = {0};
	unsigned c = record->channel;
	if (c >= imported->channel_count || record->sample > SIGROK_MAX_SAMPLES)
		return error_bench(error, "%s: what the input module says makes no sense", imported->path);
	if (!reserve(imported, c, record->sample, error))
		return false;
	const struct channel *channel = &adc->channels[c].channel;
	for (size_t left = record->sample; left > 0;) {
		size_t count = left < PIECE ? left : PIECE;
		if (!read_whole(imported, piece, count * sizeof *piece, error))
			return false;
		for (size_t i = 0; i < count; i++) {
			if (!isfinite(piece[i]))
				return error_config(error, "%s: sample %zu of channel '%s' is not a finite number", imported->path,
						    imported->counts[c], adc->channels[c].source);
			imported->values[c][imported->counts[c]++] = (double)piece[i] * channel->scale + channel->offset;
		}
		left -= count;
	}
	return true;
}

/* Everything the child says, to its end. */
static bool take_all(struct imported *imported, const struct adc_setup *adc, struct error *error)
{
	for (;;) {
		struct sigrok_record record;
		if (!read_whole(imported, &record, sizeof record, error))
			return false;
		record.text[sizeof record.text - 1] = '\0';
		switch ((enum sigrok_kind)record.kind) {
		case SIGROK_STARTED: imported->rate_hz = record.value; break;
		case SIGROK_SAMPLES:
			if (!take_samples(imported, &record, adc, error))
				return false;
			break;
		case SIGROK_END: return true;
		case SIGROK_ERROR: return error_config(error, "%s: %s", imported->path, record.text);
		case SIGROK_PROGRESS:
		case SIGROK_EDGE:
		case SIGROK_FOUND:
		case SIGROK_SCALE:
		case SIGROK_ARMED:
		case SIGROK_FRAME: break;
		}
	}
}

static bool start_child(struct imported *imported, const struct adc_setup *adc, struct error *error)
{
	char program[4096];
	const char *arguments[5 + RECORDING_MAX_CHANNELS] = {"tmsrig-sigrok", "import", adc->input, imported->path};
	imported->channel_count = adc->channel_count;
	for (unsigned c = 0; c < adc->channel_count; c++)
		arguments[4 + c] = adc->channels[c].source;
	return companion_path("tmsrig-sigrok", "sigrok", program, sizeof program, error) &&
	       companion_start(&imported->child, program, arguments, error);
}

static bool complete(struct imported *imported, const struct bench_setup *setup, struct recording_format *format, struct error *error)
{
	const struct adc_setup *adc = &setup->adc;
	size_t frames = imported->counts[0];
	if (frames == 0)
		return error_config(error, "%s: channel '%s' holds no samples", imported->path, adc->channels[0].source);
	if (!(imported->rate_hz >= 1e3 && imported->rate_hz <= 1e9))
		return error_config(
			error,
			"%s: the input module '%s' tells a sample rate of %.9g Hz; 1 kHz to 1 GHz can be measured. Some modules take it as "
			"an option, `input: \"csv:samplerate=1000000\"`",
			imported->path, adc->input, imported->rate_hz);
	format->sample_rate_hz = imported->rate_hz;
	imported->frames = malloc(frames * adc->channel_count * sizeof *imported->frames);
	if (!imported->frames)
		return error_bench(error, "%s: out of memory", imported->path);
	for (unsigned c = 0; c < adc->channel_count; c++) {
		if (imported->counts[c] != frames)
			return error_config(error, "%s: channel '%s' has %zu samples, channel '%s' has %zu; they must be recorded together",
					    imported->path, adc->channels[c].source, imported->counts[c], adc->channels[0].source, frames);
		quantise_channel(imported->values[c], frames, imported->rate_hz, &adc->channels[c], &format->channels[c],
				 imported->frames + c, adc->channel_count);
		free(imported->values[c]);
		imported->values[c] = NULL;
	}
	return true;
}

static bool sigrok_open(const struct bench_setup *setup, const char *path, struct recording_format *format, void **state,
			struct error *error)
{
	struct imported *imported = calloc(1, sizeof *imported);
	if (!imported)
		return error_bench(error, "%s: out of memory", path);
	imported->path = path;
	imported->child = (struct companion){.pid = -1, .in = -1, .out = -1};
	if (!start_child(imported, &setup->adc, error) || !take_all(imported, &setup->adc, error) ||
	    !complete(imported, setup, format, error)) {
		sigrok_close(imported);
		return false;
	}
	companion_kill(&imported->child);
	*state = imported;
	return true;
}

static bool sigrok_read(void *state, size_t frames, const int16_t **samples, size_t *got, struct error *error)
{
	(void)error;
	struct imported *imported = state;
	size_t left = imported->counts[0] - imported->next;
	*got = frames < left ? frames : left;
	*samples = imported->frames + imported->next * imported->channel_count;
	imported->next += *got;
	return true;
}

const struct file_reader file_reader_sigrok = {.open = sigrok_open, .read = sigrok_read, .close = sigrok_close};
