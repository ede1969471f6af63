/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "export_sr.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>
#include <zip.h>

enum { CHUNK_FRAMES = 1 << 22, RECORDED = LOGIC_LINE_COUNT, LOGIC_MEMBER = -1 };

struct span {
	uint64_t first_frame, frames;
};

struct export_sr {
	struct store_reader *store;
	const struct recording_format *format;
	const struct export_sr_request *request;
	struct export_sr_facts facts;
	unsigned channels[RECORDING_MAX_CHANNELS]; /* by analog channel written: of the recording */
	int bit_of[LOGIC_LINE_COUNT + 1];          /* -1: the line is not written */
	struct span *windows;
	size_t window_count;
	zip_t *zip;
	struct error error; /* why a member could not be made */
};

/* One file of the ZIP: made when libzip asks for it, so that only one is in memory at a time. */
struct member {
	struct export_sr *export;
	int analog; /* index of the analog channel written, or LOGIC_MEMBER */
	uint64_t first_frame, frames;
	unsigned char *bytes;
	uint64_t size, given;
	zip_error_t error;
};

static bool list_windows(struct export_sr *export, struct error *error)
{
	size_t count = store_window_count(export->store);
	export->windows = calloc(count + 1, sizeof *export->windows);
	if (!export->windows)
		return error_bench(error, "out of memory");
	for (; export->window_count < count; export->window_count++) {
		struct window window;
		if (!store_window(export->store, export->window_count, &window, error))
			return false;
		export->windows[export->window_count] = (struct span){window.first_frame, window.frames};
	}
	return true;
}

/* The first cell that ends after a frame. */
static bool first_cell(struct export_sr *export, uint64_t frame, size_t *index)
{
	size_t low = 0, high = store_envelope_count(export->store);
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		struct envelope_cell cell;
		if (!store_envelope(export->store, middle, &cell, &export->error))
			return false;
		if (cell.first_frame + cell.frames <= frame)
			low = middle + 1;
		else
			high = middle;
	}
	*index = low;
	return true;
}

/* The part of a span within the member; false when there is none. from counts from the member's first frame. */
static bool within(const struct member *member, uint64_t first_frame, uint64_t frames, uint64_t *from, uint64_t *to)
{
	uint64_t begin = first_frame > member->first_frame ? first_frame : member->first_frame;
	uint64_t end = first_frame + frames, member_end = member->first_frame + member->frames;
	end = end < member_end ? end : member_end;
	*from = begin - member->first_frame;
	*to = end - member->first_frame;
	return begin < end;
}

/* Envelope means, held; what is between two cells is a gap. */
static bool hold_means(struct member *member, float *values, unsigned channel)
{
	struct export_sr *export = member->export;
	const struct channel *scale = &export->format->channels[channel];
	size_t index, count = store_envelope_count(export->store);
	if (!first_cell(export, member->first_frame, &index))
		return false;
	uint64_t done = 0;
	float held = 0;
	struct envelope_cell cell;
	/* A member may begin in a gap. */
	if (index > 0) {
		if (!store_envelope(export->store, index - 1, &cell, &export->error))
			return false;
		held = (float)(scale->scale * cell.mean[channel] + scale->offset);
	}
	for (; index < count; index++) {
		uint64_t from, to;
		if (!store_envelope(export->store, index, &cell, &export->error))
			return false;
		if (!within(member, cell.first_frame, cell.frames, &from, &to))
			break;
		while (done < from)
			values[done++] = held;
		held = (float)(scale->scale * cell.mean[channel] + scale->offset);
		while (done < to)
			values[done++] = held;
	}
	while (done < member->frames)
		values[done++] = held;
	return true;
}

static bool fill_analog(struct member *member)
{
	struct export_sr *export = member->export;
	unsigned channel = export->channels[member->analog], stride = export->format->channel_count;
	const struct channel *scale = &export->format->channels[channel];
	float *values = (float *)(void *)member->bytes;
	if (!hold_means(member, values, channel))
		return false;
	for (size_t k = 0; k < export->window_count; k++) {
		const struct span *span = &export->windows[k];
		uint64_t from, to;
		struct window window;
		if (!within(member, span->first_frame, span->frames, &from, &to))
			continue;
		if (!store_window(export->store, k, &window, &export->error))
			return false;
		const int16_t *samples = window.samples + (member->first_frame + from - window.first_frame) * stride + channel;
		for (uint64_t i = from; i < to; i++, samples += stride)
			values[i] = (float)(scale->scale * *samples + scale->offset);
	}
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	for (uint64_t i = 0; i < member->frames; i++) {
		uint32_t word;
		memcpy(&word, values + i, sizeof word);
		word = __builtin_bswap32(word);
		memcpy(values + i, &word, sizeof word);
	}
#endif
	return true;
}

static void set_bits(unsigned char *bytes, uint64_t from, uint64_t to, int bit)
{
	for (uint64_t i = from; i < to; i++)
		bytes[i] |= (unsigned char)(1 << bit);
}

/* A line is high from the first sample after its rising edge on; before the first edge it was what that edge ended. */
static void fill_line(struct member *member, enum logic_line line)
{
	const struct export_sr *export = member->export;
	const struct export_sr_request *request = export->request;
	double rate_hz = export->format->sample_rate_hz;
	bool level = false, any = false;
	uint64_t since = 0, from, to;
	for (size_t k = 0; k < request->edge_count; k++) {
		const struct edge *edge = &request->edges[k];
		if (edge->line != line)
			continue;
		uint64_t at = edge->time_s > 0 ? (uint64_t)ceil(edge->time_s * rate_hz) : 0;
		if ((any ? level : !edge->rising) && at > since && within(member, since, at - since, &from, &to))
			set_bits(member->bytes, from, to, export->bit_of[line]);
		any = true;
		level = edge->rising;
		since = at;
	}
	if (level && within(member, since, UINT64_MAX / 2, &from, &to))
		set_bits(member->bytes, from, to, export->bit_of[line]);
}

static void fill_logic(struct member *member)
{
	const struct export_sr *export = member->export;
	for (int line = 0; line < LOGIC_LINE_COUNT; line++)
		if (export->bit_of[line] >= 0)
			fill_line(member, (enum logic_line)line);
	for (size_t k = 0; k < export->window_count; k++) {
		uint64_t from, to;
		if (within(member, export->windows[k].first_frame, export->windows[k].frames, &from, &to))
			set_bits(member->bytes, from, to, export->bit_of[RECORDED]);
	}
}

static bool make_member(struct member *member)
{
	member->given = 0;
	member->bytes = calloc(member->size, 1);
	if (!member->bytes)
		return error_bench(&member->export->error, "out of memory");
	if (member->analog != LOGIC_MEMBER)
		return fill_analog(member);
	fill_logic(member);
	return true;
}

static zip_int64_t give(struct member *member, void *out, zip_uint64_t size)
{
	uint64_t left = member->size - member->given;
	uint64_t count = size < left ? size : left;
	memcpy(out, member->bytes + member->given, count);
	member->given += count;
	return (zip_int64_t)count;
}

/* The commands that libzip asks of a source that can be read from its beginning to its end. */
static zip_int64_t member_source(void *self, void *data, zip_uint64_t size, zip_source_cmd_t command)
{
	struct member *member = self;
	if (command == ZIP_SOURCE_SUPPORTS)
		return zip_source_make_command_bitmap(ZIP_SOURCE_OPEN, ZIP_SOURCE_READ, ZIP_SOURCE_CLOSE, ZIP_SOURCE_STAT, ZIP_SOURCE_ERROR,
						      ZIP_SOURCE_FREE, -1);
	if (command == ZIP_SOURCE_OPEN) {
		if (make_member(member))
			return 0;
		zip_error_set(&member->error, ZIP_ER_INTERNAL, 0);
		return -1;
	}
	if (command == ZIP_SOURCE_READ)
		return give(member, data, size);
	if (command == ZIP_SOURCE_ERROR)
		return zip_error_to_data(&member->error, data, size);
	if (command == ZIP_SOURCE_STAT) {
		zip_stat_t *status = data;
		zip_stat_init(status);
		status->size = member->size;
		status->valid |= ZIP_STAT_SIZE;
		return sizeof *status;
	}
	free(member->bytes);
	member->bytes = NULL;
	if (command == ZIP_SOURCE_FREE)
		free(member);
	return 0;
}

/* Takes the source. Every file has the same date, so that the same recording gives the same bytes. */
static bool add_source(struct export_sr *export, const char *name, zip_source_t *source, struct error *error)
{
	enum { DATE_1980_01_01 = 0x21 };
	zip_int64_t index = source ? zip_file_add(export->zip, name, source, 0) : -1;
	if (index < 0) {
		zip_source_free(source);
		return error_bench(error, "out of memory");
	}
	zip_set_file_compression(export->zip, (zip_uint64_t)index, ZIP_CM_DEFLATE, 1);
	zip_file_set_dostime(export->zip, (zip_uint64_t)index, 0, DATE_1980_01_01, 0);
	return true;
}

static bool add_text(struct export_sr *export, const char *name, const char *text, struct error *error)
{
	char *copy = strdup(text);
	zip_source_t *source = copy ? zip_source_buffer(export->zip, copy, strlen(copy), 1) : NULL;
	if (!source)
		free(copy);
	return add_source(export, name, source, error);
}

/* All chunks of a channel; prefix is "logic-1" or "analog-1-NUMBER". */
static bool add_chunks(struct export_sr *export, const char *prefix, int analog, struct error *error)
{
	const struct export_sr_facts *facts = &export->facts;
	unsigned chunk = 1;
	for (uint64_t done = 0; done < facts->frames; done += CHUNK_FRAMES, chunk++) {
		char name[64];
		uint64_t left = facts->frames - done;
		struct member *member = calloc(1, sizeof *member);
		if (!member)
			return error_bench(error, "out of memory");
		*member = (struct member){.export = export,
					  .analog = analog,
					  .first_frame = facts->first_frame + done,
					  .frames = left < CHUNK_FRAMES ? left : CHUNK_FRAMES};
		member->size = member->frames * (analog == LOGIC_MEMBER ? 1 : sizeof(float));
		zip_error_init(&member->error);
		snprintf(name, sizeof name, "%s-%u", prefix, chunk);
		zip_source_t *source = zip_source_function(export->zip, member_source, member);
		if (!source)
			free(member);
		if (!add_source(export, name, source, error))
			return false;
	}
	return true;
}

static bool add_all(struct export_sr *export, struct error *error)
{
	const struct export_sr_facts *facts = &export->facts;
	char metadata[4096];
	FILE *text = fmemopen(metadata, sizeof metadata, "w");
	if (!text)
		return error_errno(error, ERROR_BENCH, "metadata");
	fprintf(text,
		"[global]\nsigrok version=0.5.2\n\n[device 1]\ncapturefile=logic-1\ntotal probes=%u\nsamplerate=%" PRIu64
		"\ntotal analog=%u\n",
		facts->logic, facts->rate_hz, facts->analog);
	for (int line = 0; line <= RECORDED; line++)
		if (export->bit_of[line] >= 0)
			fprintf(text, "probe%d=%s\n", export->bit_of[line] + 1,
				line == RECORDED ? "RECORDED" : logic_line_name((enum logic_line)line));
	for (unsigned i = 0; i < facts->analog; i++) {
		const struct channel *channel = &export->format->channels[export->channels[i]];
		fprintf(text, "analog%u=%s_%s\n", facts->logic + i + 1, channel->name, channel->unit);
	}
	fprintf(text, "unitsize=1\n");
	fclose(text);
	if (!add_text(export, "version", "2", error) || !add_text(export, "metadata", metadata, error) ||
	    !add_chunks(export, "logic-1", LOGIC_MEMBER, error))
		return false;
	for (unsigned i = 0; i < facts->analog; i++) {
		char prefix[32];
		snprintf(prefix, sizeof prefix, "analog-1-%u", facts->logic + i + 1);
		if (!add_chunks(export, prefix, (int)i, error))
			return false;
	}
	return true;
}

static bool choose_channels(struct export_sr *export, struct error *error)
{
	const struct export_sr_request *request = export->request;
	for (size_t k = 0; k < request->channel_count; k++) {
		bool known = false;
		for (unsigned c = 0; c < export->format->channel_count; c++)
			known = known || strcmp(export->format->channels[c].name, request->channels[k]) == 0;
		if (!known)
			return error_config(error, "the recording has no channel '%s'", request->channels[k]);
	}
	for (unsigned c = 0; c < export->format->channel_count; c++) {
		bool wanted = request->channel_count == 0;
		for (size_t k = 0; k < request->channel_count; k++)
			wanted = wanted || strcmp(export->format->channels[c].name, request->channels[k]) == 0;
		if (wanted)
			export->channels[export->facts.analog++] = c;
	}
	for (int line = 0; line < LOGIC_LINE_COUNT; line++) {
		bool seen = false;
		for (size_t k = 0; k < request->edge_count && !seen; k++)
			seen = request->edges[k].line == (enum logic_line)line;
		export->bit_of[line] = seen ? (int)export->facts.logic++ : -1;
	}
	export->bit_of[RECORDED] = (int)export->facts.logic++;
	return true;
}

static bool choose_range(struct export_sr *export, struct error *error)
{
	double rate_hz = export->format->sample_rate_hz;
	size_t cells = store_envelope_count(export->store);
	uint64_t total = store_total_frames(export->store);
	struct envelope_cell last;
	/* A recording that was cut off does not tell its length. */
	if (total == 0 && cells > 0) {
		if (!store_envelope(export->store, cells - 1, &last, error))
			return false;
		total = last.first_frame + last.frames;
	}
	double first = ceil(fmax(export->request->from_s, 0) * rate_hz - 1e-6), end = floor(export->request->to_s * rate_hz + 1e-6) + 1;
	end = fmin(end, (double)total);
	if (!(first < end))
		return error_config(error, "nothing was recorded from %.6g s to %.6g s; the recording is %.6g s long",
				    export->request->from_s, export->request->to_s, (double)total / rate_hz);
	export->facts.first_frame = (uint64_t)first;
	export->facts.frames = (uint64_t)(end - first);
	export->facts.rate_hz = (uint64_t)llrint(rate_hz);
	if (export->facts.frames > EXPORT_SR_MAX_FRAMES)
		return error_config(
			error,
			"%" PRIu64
			" samples of each channel are more than the %d that are exported at once; choose a range of at most %.4g s "
			"(--from, --to) or one pulse (--pulse)",
			export->facts.frames, EXPORT_SR_MAX_FRAMES, EXPORT_SR_MAX_FRAMES / rate_hz);
	return true;
}

static bool write_zip(struct export_sr *export, const char *out, struct error *error)
{
	int code = 0;
	export->zip = zip_open(out, ZIP_CREATE | ZIP_EXCL, &code);
	if (!export->zip) {
		zip_error_t cause;
		zip_error_init_with_code(&cause, code);
		error_set(error, code == ZIP_ER_EXISTS ? ERROR_CONFIG : ERROR_BENCH, "%s: %s", out,
			  code == ZIP_ER_EXISTS ? "exists already; nothing is overwritten" : zip_error_strerror(&cause));
		zip_error_fini(&cause);
		return false;
	}
	if (!add_all(export, error)) {
		zip_discard(export->zip);
		return error_prefix(error, "%s", out);
	}
	if (zip_close(export->zip) == 0)
		return true;
	if (export->error.kind != ERROR_NONE)
		*error = export->error;
	else
		error_bench(error, "%s: cannot be written: %s", out, zip_error_strerror(zip_get_error(export->zip)));
	zip_discard(export->zip);
	return false;
}

bool export_sr_write(struct store_reader *store, const char *out, const struct export_sr_request *request, struct export_sr_facts *facts,
		     struct error *error)
{
	struct export_sr export = {.store = store, .format = store_format(store), .request = request};
	bool written = choose_channels(&export, error) && choose_range(&export, error) && list_windows(&export, error) &&
		       write_zip(&export, out, error);
	*facts = export.facts;
	free(export.windows);
	return written;
}
