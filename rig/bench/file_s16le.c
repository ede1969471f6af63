/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Raw interleaved little-endian int16, as an ADC's driver streams it. */
#include <fcntl.h>
#include <sys/stat.h>

#include "read_ahead.h"
#include "recording_file.h"

enum { S16LE_MAX_CHANNELS = 64, PICKED_FRAMES = 16384 };

struct file_s16le {
	struct read_ahead *ahead;
	size_t frame_bytes, channels_in_file;
	unsigned picked[RECORDING_MAX_CHANNELS], pick_count;
	bool identity;   /* the file's channels are the bench's, in order */
	int16_t *frames; /* channels picked out of the file's; NULL when identity */
	const char *path;
};

static void s16le_close(void *state)
{
	struct file_s16le *file = state;
	if (!file)
		return;
	read_ahead_stop(file->ahead);
	free(file->frames);
	free(file);
}

/* The bench names positions of channels in a frame; positions nobody names are there all the same. */
static void pick_channels(struct file_s16le *file, const struct adc_setup *adc)
{
	file->identity = true;
	for (unsigned c = 0; c < adc->channel_count; c++) {
		file->picked[c] = adc->channels[c].index >= 0 ? (unsigned)adc->channels[c].index : c;
		if (file->picked[c] + 1 > file->channels_in_file)
			file->channels_in_file = file->picked[c] + 1;
		if (file->picked[c] != c)
			file->identity = false;
	}
	file->pick_count = adc->channel_count;
	if (file->channels_in_file != adc->channel_count)
		file->identity = false;
	file->frame_bytes = 2 * file->channels_in_file;
}

static bool s16le_open(const struct bench_setup *setup, const char *path, struct recording_format *format, void **state,
		       struct error *error)
{
	(void)format;
	struct file_s16le *file = calloc(1, sizeof *file);
	if (!file)
		return error_bench(error, "%s: out of memory", path);
	file->path = path;
	pick_channels(file, &setup->adc);
	auto_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat status;
	if (fd < 0 || fstat(fd, &status) != 0) {
		error_errno(error, ERROR_CONFIG, "%s: cannot open the recording", path);
		goto failed;
	}
	if (file->channels_in_file == 0 || file->channels_in_file > S16LE_MAX_CHANNELS) {
		error_config(error, "%s: %zu channels make no frame that can be read", path, file->channels_in_file);
		goto failed;
	}
	if (S_ISDIR(status.st_mode)) {
		error_config(error, "%s: is a directory; a file of interleaved s16le samples is needed", path);
		goto failed;
	}
	if (S_ISREG(status.st_mode) && status.st_size == 0) {
		error_config(error, "%s: the recording is empty; at least one frame is needed", path);
		goto failed;
	}
	if (S_ISREG(status.st_mode) && status.st_size % (off_t)file->frame_bytes != 0) {
		error_config(error, "%s: the file is cut off: %lld bytes are no whole number of frames of %zu bytes (%zu channels)", path,
			     (long long)status.st_size, file->frame_bytes, file->channels_in_file);
		goto failed;
	}
	file->frames = file->identity ? NULL : malloc(PICKED_FRAMES * file->pick_count * sizeof *file->frames);
	if (!file->identity && !file->frames) {
		error_bench(error, "%s: out of memory", path);
		goto failed;
	}
	file->ahead = read_ahead_start(fd, file->frame_bytes, error);
	fd = -1;
	if (!file->ahead) {
		error_prefix(error, "%s", path);
		goto failed;
	}
	*state = file;
	return true;
failed:
	s16le_close(file);
	return false;
}

static void swap_to_host(int16_t *samples, size_t count)
{
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	for (size_t i = 0; i < count; i++)
		samples[i] = (int16_t)__builtin_bswap16((uint16_t)samples[i]);
#else
	(void)samples, (void)count;
#endif
}

static bool s16le_read(void *state, size_t frames, const int16_t **samples, size_t *got, struct error *error)
{
	struct file_s16le *file = state;
	size_t most = file->identity ? SIZE_MAX / file->frame_bytes : PICKED_FRAMES, size;
	unsigned char *bytes;
	if (!read_ahead_next(file->ahead, (frames < most ? frames : most) * file->frame_bytes, &bytes, &size, error))
		return error_prefix(error, "%s", file->path);
	if (size % file->frame_bytes != 0)
		return error_config(error, "%s: the stream ends inside a frame of %zu bytes", file->path, file->frame_bytes);
	*got = size / file->frame_bytes;
	if (*got == 0)
		return true;
	int16_t *all = (int16_t *)(void *)bytes;
	swap_to_host(all, *got * file->channels_in_file);
	*samples = all;
	if (!file->identity) {
		for (size_t i = 0; i < *got; i++)
			for (unsigned c = 0; c < file->pick_count; c++)
				file->frames[i * file->pick_count + c] = all[i * file->channels_in_file + file->picked[c]];
		*samples = file->frames;
	}
	return true;
}

const struct file_reader file_reader_s16le = {.open = s16le_open, .read = s16le_read, .close = s16le_close};
