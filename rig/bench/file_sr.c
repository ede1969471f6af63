/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sigrok session files (.sr): a ZIP with "version", "metadata" (ini) and samples, analog as float32 in analog-1-CHANNEL-CHUNK, logic lines as bits
 * in logic-1-CHUNK. Format: sigrok wiki, "File format: sigrok/v2". Logic lines are read as 0 V and 5 V.
 */
#include <limits.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>
#include <zip.h>

#include "recording_file.h"

enum { SR_MAX_PROBES = 64, SR_MAX_METADATA = 65536 };
static const double SR_LOGIC_HIGH_V = 5;
static const uint64_t SR_MAX_BYTES = UINT64_C(4) << 30;
/* DEFLATE cannot make more of a byte than this (its longest match is 258 bytes in 2 bits): what an archive says beyond is not true. */
enum { SR_INFLATES = 1032 };

struct sr_probe {
	char name[64];
	bool analog;
	unsigned number; /* of the channel in member names: 1-based over the device's channels */
};

struct sr {
	const char *path;
	zip_t *zip;
	uint64_t most_bytes; /* that a member of an archive of this size can have */
	double sample_rate_hz;
	struct sr_probe probes[SR_MAX_PROBES];
	unsigned probe_count, logic_count, unit_bytes;
	char capture[64];
	int16_t *frames;
	size_t frame_count, next;
	unsigned channel_count;
};

static void sr_close(void *state)
{
	struct sr *sr = state;
	if (!sr)
		return;
	if (sr->zip)
		zip_discard(sr->zip);
	free(sr->frames);
	free(sr);
}

/* The whole of a member; *size set. NULL when it is not there or cannot be read. */
static void *member(struct sr *sr, const char *name, uint64_t cap, size_t *size)
{
	zip_stat_t status;
	if (zip_stat(sr->zip, name, 0, &status) != 0 || !(status.valid & ZIP_STAT_SIZE) || status.size > cap ||
	    status.size > sr->most_bytes)
		return NULL;
	zip_file_t *file = zip_fopen(sr->zip, name, 0);
	if (!file)
		return NULL;
	unsigned char *bytes = malloc(status.size + 1);
	zip_int64_t got = bytes ? zip_fread(file, bytes, status.size) : -1;
	zip_fclose(file);
	if (got != (zip_int64_t)status.size) {
		free(bytes);
		return NULL;
	}
	bytes[got] = '\0';
	*size = (size_t)got;
	return bytes;
}

static double parse_rate(const char *text)
{
	char *end;
	double rate_hz = strtod(text, &end);
	while (*end == ' ')
		end++;
	if (strncmp(end, "kHz", 3) == 0)
		rate_hz *= 1e3;
	else if (strncmp(end, "MHz", 3) == 0)
		rate_hz *= 1e6;
	else if (strncmp(end, "GHz", 3) == 0)
		rate_hz *= 1e9;
	return rate_hz;
}

static void parse_probe(struct sr *sr, const char *key, const char *value)
{
	bool analog = strncmp(key, "analog", 6) == 0;
	const char *digits = key + (analog ? 6 : 5);
	char *end;
	unsigned long number = strtoul(digits, &end, 10);
	if (end == digits || *end || number == 0 || number > SR_MAX_PROBES || sr->probe_count == SR_MAX_PROBES)
		return;
	struct sr_probe *probe = &sr->probes[sr->probe_count++];
	probe->analog = analog;
	probe->number = (unsigned)number;
	snprintf(probe->name, sizeof probe->name, "%s", value);
}

static bool sr_metadata(struct sr *sr, struct error *error)
{
	size_t size;
	auto_free char *version = member(sr, "version", 16, &size);
	if (!version || version[0] != '2')
		return error_config(error, "%s: not a sigrok session of version 2", sr->path);
	auto_free char *ini = member(sr, "metadata", SR_MAX_METADATA, &size);
	if (!ini)
		return error_config(error, "%s: the sigrok session has no readable 'metadata'", sr->path);
	snprintf(sr->capture, sizeof sr->capture, "logic-1");
	char *rest = ini;
	for (char *line; (line = strsep(&rest, "\r\n"));) {
		char *value = strchr(line, '=');
		if (!value)
			continue;
		*value++ = '\0';
		if (strcmp(line, "samplerate") == 0)
			sr->sample_rate_hz = parse_rate(value);
		else if (strcmp(line, "capturefile") == 0)
			snprintf(sr->capture, sizeof sr->capture, "%s", value);
		else if (strcmp(line, "unitsize") == 0)
			sr->unit_bytes = (unsigned)strtoul(value, NULL, 10);
		else if (strncmp(line, "probe", 5) == 0 || strncmp(line, "analog", 6) == 0)
			parse_probe(sr, line, value);
	}
	if (!(sr->sample_rate_hz > 0) || !isfinite(sr->sample_rate_hz))
		return error_config(error, "%s: the sigrok session tells no sample rate", sr->path);
	return true;
}

static const struct sr_probe *find_probe(const struct sr *sr, const char *name, struct error *error)
{
	char known[512] = "";
	for (unsigned p = 0; p < sr->probe_count; p++) {
		if (strcmp(sr->probes[p].name, name) == 0)
			return &sr->probes[p];
		size_t length = strlen(known);
		snprintf(known + length, sizeof known - length, "%s%s", length ? ", " : "", sr->probes[p].name);
	}
	error_config(error, "%s: there is no channel '%s'; the file has: %s", sr->path, name, known);
	return NULL;
}

/* All chunks of one channel, one behind the other: name is "analog-1-3" or "logic-1"; chunk members are NAME-1, NAME-2, … or NAME itself. */
static unsigned char *all_chunks(struct sr *sr, const char *name, size_t *size)
{
	size_t total;
	unsigned char *whole = member(sr, name, SR_MAX_BYTES, &total);
	if (whole) {
		*size = total;
		return whole;
	}
	total = 0;
	for (unsigned chunk = 1; chunk < UINT_MAX; chunk++) {
		char chunk_name[128];
		snprintf(chunk_name, sizeof chunk_name, "%s-%u", name, chunk);
		size_t part_size;
		auto_free unsigned char *part = member(sr, chunk_name, SR_MAX_BYTES - total, &part_size);
		if (!part)
			break;
		unsigned char *grown = realloc(whole, total + part_size + 1);
		if (!grown) {
			free(whole);
			return NULL;
		}
		whole = grown;
		memcpy(whole + total, part, part_size);
		total += part_size;
	}
	*size = total;
	return whole;
}

/* One channel as physical values; *frames of them. The caller frees. */
static double *channel_values(struct sr *sr, const struct sr_probe *probe, double scale, double offset, size_t *frames, struct error *error)
{
	char name[96];
	if (probe->analog)
		snprintf(name, sizeof name, "analog-1-%u", probe->number);
	else
		snprintf(name, sizeof name, "%s", sr->capture);
	size_t size = 0;
	auto_free unsigned char *bytes = all_chunks(sr, name, &size);
	size_t unit = probe->analog ? sizeof(float) : sr->unit_bytes ? sr->unit_bytes : 1;
	*frames = size / unit;
	if (!bytes || *frames == 0) {
		error_config(error, "%s: channel '%s' holds no samples", sr->path, probe->name);
		return NULL;
	}
	double *values = malloc(*frames * sizeof *values);
	if (!values) {
		error_bench(error, "%s: out of memory", sr->path);
		return NULL;
	}
	for (size_t i = 0; i < *frames; i++) {
		if (probe->analog) {
			float sample;
			memcpy(&sample, bytes + i * unit, sizeof sample);
			values[i] = (double)sample * scale + offset;
		} else {
			unsigned bit = probe->number - 1;
			bool high = bit / 8 < unit && (bytes[i * unit + bit / 8] >> (bit % 8) & 1);
			values[i] = high ? SR_LOGIC_HIGH_V : 0;
		}
		if (!isfinite(values[i])) {
			error_config(error, "%s: sample %zu of channel '%s' is not a finite number", sr->path, i, probe->name);
			free(values);
			return NULL;
		}
	}
	return values;
}

static bool sr_load(struct sr *sr, const struct adc_setup *adc, struct recording_format *format, struct error *error)
{
	sr->channel_count = adc->channel_count;
	format->sample_rate_hz = sr->sample_rate_hz;
	for (unsigned c = 0; c < adc->channel_count; c++) {
		const struct adc_channel_setup *channel = &adc->channels[c];
		const struct sr_probe *probe = find_probe(sr, channel->source ? channel->source : channel->channel.name, error);
		if (!probe)
			return false;
		size_t frames;
		auto_free double *values = channel_values(sr, probe, channel->channel.scale, channel->channel.offset, &frames, error);
		if (!values)
			return false;
		if (c == 0) {
			sr->frame_count = frames;
			sr->frames = calloc(frames * adc->channel_count, sizeof *sr->frames);
			if (!sr->frames)
				return error_bench(error, "%s: out of memory", sr->path);
		}
		if (frames != sr->frame_count)
			return error_config(error, "%s: channel '%s' has %zu samples, channel '%s' has %zu; they must be recorded together",
					    sr->path, probe->name, frames, adc->channels[0].channel.name, sr->frame_count);
		quantise_channel(values, frames, sr->sample_rate_hz, channel, &format->channels[c], sr->frames + c, adc->channel_count);
	}
	return true;
}

static bool sr_open(const struct bench_setup *setup, const char *path, struct recording_format *format, void **state, struct error *error)
{
	struct sr *sr = calloc(1, sizeof *sr);
	if (!sr)
		return error_bench(error, "%s: out of memory", path);
	sr->path = path;
	struct stat file;
	sr->most_bytes = stat(path, &file) == 0 ? (uint64_t)file.st_size * SR_INFLATES : 0;
	int code = 0;
	sr->zip = zip_open(path, ZIP_RDONLY, &code);
	if (!sr->zip) {
		zip_error_t cause;
		zip_error_init_with_code(&cause, code);
		error_config(error, "%s: cannot open as a sigrok session: %s", path, zip_error_strerror(&cause));
		zip_error_fini(&cause);
		sr_close(sr);
		return false;
	}
	if (!sr_metadata(sr, error) || !sr_load(sr, &setup->adc, format, error)) {
		sr_close(sr);
		return false;
	}
	zip_discard(sr->zip);
	sr->zip = NULL;
	*state = sr;
	return true;
}

static bool sr_read(void *state, size_t frames, const int16_t **samples, size_t *got, struct error *error)
{
	(void)error;
	struct sr *sr = state;
	size_t left = sr->frame_count - sr->next;
	*got = frames < left ? frames : left;
	*samples = sr->frames + sr->next * sr->channel_count;
	sr->next += *got;
	return true;
}

const struct file_reader file_reader_sr = {.open = sr_open, .read = sr_read, .close = sr_close};
