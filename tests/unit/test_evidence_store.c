/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <ftw.h>
#include <hdf5.h>
#include <math.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "store.h"
#include "text.h"

enum { TRACE_CAP = 1 << 28, CELL = 256, WINDOW_MAX = 40 * CELL };

static char folder[] = "test_evidence_store_XXXXXX";

static void enter(void)
{
	cr_assert_not_null(mkdtemp(folder));
	cr_assert_eq(chdir(folder), 0);
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *walk)
{
	(void)status, (void)type, (void)walk;
	return remove(path);
}

static void leave(void)
{
	if (chdir("..") == 0)
		nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

TestSuite(evidence_store, .init = enter, .fini = leave);

/* A sink that writes down every call bit by bit. */

static void trace_doubles(struct text *trace, const double *values, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		uint64_t bits;
		memcpy(&bits, &values[i], sizeof bits);
		text_printf(trace, " %016llx", (unsigned long long)bits);
	}
}

static bool trace_format(void *self, const struct recording_format *format, const struct reduced_layout *layout, struct error *error)
{
	(void)error;
	text_printf(self, "format %u cells %u %u %u %u", format->channel_count, layout->cell_frames, layout->envelope_frames,
		    layout->pre_cells, layout->post_cells);
	trace_doubles(self, (const double[]){format->sample_rate_hz, format->u_clock_rel, format->logic_rate_hz, format->u_logic_clock_rel},
		      4);
	for (unsigned c = 0; c < format->channel_count; c++) {
		const struct channel *k = &format->channels[c];
		text_printf(self, "\nchannel %s %d %s %d %d %d %s", k->name, k->role, k->unit, k->count_min, k->count_max, k->calibrated,
			    k->sensor);
		const double values[] = {k->scale,          k->offset,   k->threshold,         k->droop_time_constant_s,
					 k->bandwidth_hz,   k->delay_s,  k->u_sensor_gain_rel, k->u_position_rel,
					 k->u_adc_gain_rel, k->u_offset, k->u_delay_s};
		trace_doubles(self, values, sizeof values / sizeof values[0]);
	}
	text_puts(self, "\n");
	return true;
}

static unsigned channels_of_trace;

static bool trace_window(void *self, const struct window *window, struct error *error)
{
	(void)error;
	text_printf(self, "window %llu %zu ", (unsigned long long)window->first_frame, window->frames);
	text_append(self, (const char *)window->samples, window->frames * channels_of_trace * sizeof(int16_t));
	text_puts(self, "\n");
	return true;
}

static bool trace_envelope(void *self, const struct envelope_cell *cell, struct error *error)
{
	(void)error;
	text_printf(self, "envelope %llu %u %d", (unsigned long long)cell->first_frame, cell->frames, cell->gap);
	for (unsigned c = 0; c < channels_of_trace; c++)
		text_printf(self, " %d %d %a", cell->minimum[c], cell->maximum[c], (double)cell->mean[c]);
	text_puts(self, "\n");
	return true;
}

static bool trace_gap(void *self, const struct gap *gap, struct error *error)
{
	(void)error;
	text_printf(self, "gap %llu %llu %d\n", (unsigned long long)gap->first_frame, (unsigned long long)gap->frames, gap->cause);
	return true;
}

static bool trace_edge(void *self, const struct edge *edge, struct error *error)
{
	(void)error;
	text_printf(self, "edge %d %d %a\n", edge->line, edge->rising, edge->time_s);
	return true;
}

static bool trace_event(void *self, const struct run_event *event, struct error *error)
{
	(void)error;
	text_printf(self, "event %d %u %a %a\n", event->kind, event->index, event->time_s, event->u_time_s);
	return true;
}

static bool trace_finish(void *self, uint64_t total_frames, struct error *error)
{
	(void)error;
	text_printf(self, "finish %llu\n", (unsigned long long)total_frames);
	return true;
}

static struct reduced_sink trace_sink(struct text *trace)
{
	return (struct reduced_sink){trace, trace_format, trace_window, trace_envelope, trace_gap, trace_edge, trace_event, trace_finish};
}

/* A made-up recording: the same for the same number of channels. */

static uint32_t random_state;

static uint32_t draw(uint32_t below)
{
	random_state = random_state * 1664525u + 1013904223u;
	return (random_state >> 8) % below;
}

static struct recording_format make_format(unsigned channels)
{
	struct recording_format format = {.sample_rate_hz = 1e6,
					  .u_clock_rel = 1.1547e-6,
					  .logic_rate_hz = 10e6,
					  .u_logic_clock_rel = 28.9e-6,
					  .channel_count = channels};
	for (unsigned c = 0; c < channels; c++) {
		struct channel *channel = &format.channels[c];
		snprintf(channel->name, sizeof channel->name, "channel_%u", c);
		snprintf(channel->unit, sizeof channel->unit, c ? "V" : "A");
		snprintf(channel->sensor, sizeof channel->sensor, c ? "" : "rogowski-example");
		channel->role = c < 4 ? (enum channel_role)c : CHANNEL_OTHER;
		channel->scale = 0.1 * (c + 1), channel->offset = -0.25, channel->count_min = -32768, channel->count_max = 32767;
		channel->threshold = c == 1 ? 1.5 : NAN, channel->droop_time_constant_s = c ? (double)INFINITY : 0.5;
		channel->bandwidth_hz = 1e6, channel->delay_s = 4e-8, channel->u_sensor_gain_rel = 0.003, channel->u_position_rel = 0.002,
		channel->u_adc_gain_rel = 0.001, channel->u_offset = 1.7;
		channel->u_delay_s = 5e-9, channel->calibrated = c == 0;
	}
	return format;
}

static bool push_window(const struct reduced_sink *sink, unsigned channels, uint64_t *frame, struct error *error)
{
	static int16_t samples[WINDOW_MAX * RECORDING_MAX_CHANNELS];
	struct window window = {.first_frame = *frame, .frames = CELL * (1 + draw(40)), .samples = samples};
	for (size_t i = 0; i < window.frames * channels; i++)
		samples[i] = (int16_t)(draw(40) ? draw(17) - 8 : draw(65536) - 32768);
	*frame += window.frames + CELL * draw(3);
	return sink->window(sink->self, &window, error);
}

static bool push_envelope(const struct reduced_sink *sink, unsigned channels, uint64_t *frame, struct error *error)
{
	struct envelope_cell cell = {.first_frame = *frame, .frames = draw(10) ? 4096 : 1 + draw(4096), .gap = draw(10) == 0};
	for (unsigned c = 0; c < channels; c++) {
		cell.minimum[c] = (int16_t)-draw(32768);
		cell.maximum[c] = (int16_t)draw(32768);
		cell.mean[c] = (float)draw(100000) / 7.0f;
	}
	*frame += 4096;
	return sink->envelope(sink->self, &cell, error);
}

static bool push_items(const struct reduced_sink *sink, unsigned channels, size_t items, struct error *error)
{
	uint64_t window_frame = 0, cell_frame = 0;
	for (size_t i = 0; i < items; i++) {
		double time_s = (double)cell_frame * 1e-6;
		struct gap gap = {cell_frame, 1 + draw(1000), (enum gap_cause)draw(GAP_CAUSE_COUNT)};
		struct edge edge = {(enum logic_line)draw(LOGIC_LINE_COUNT), draw(2) == 1, time_s};
		struct run_event event = {(enum run_event_kind)draw(EVENT_KIND_COUNT), draw(1000), time_s, 1e-7};
		uint32_t kind = draw(64);
		bool pushed = kind < 1   ? push_window(sink, channels, &window_frame, error)
			      : kind < 2 ? sink->gap(sink->self, &gap, error)
			      : kind < 4 ? sink->edge(sink->self, &edge, error)
			      : kind < 8 ? sink->event(sink->self, &event, error)
					 : push_envelope(sink, channels, &cell_frame, error);
		if (!pushed)
			return false;
	}
	return true;
}

static bool push_recording(const struct reduced_sink *sink, unsigned channels, size_t items, bool finish, struct error *error)
{
	const struct reduced_layout layout = {.cell_frames = CELL, .envelope_frames = 4096, .pre_cells = 2, .post_cells = 7};
	struct recording_format format = make_format(channels);
	random_state = 1;
	return sink->format(sink->self, &format, &layout, error) && push_items(sink, channels, items, error) &&
	       (!finish || sink->finish(sink->self, 123456789012345, error));
}

static void write_store(const char *path, unsigned channels, size_t items, bool finish)
{
	struct error error = {0};
	auto_store struct store *store = store_create(path, &error);
	cr_assert_not_null(store, "%s", error.text);
	struct reduced_sink sink = store_sink(store);
	cr_assert(push_recording(&sink, channels, items, finish, &error), "%s", error.text);
}

static struct text expected_trace(unsigned channels, size_t items, bool finish)
{
	struct error error = {0};
	struct text trace = text_make(TRACE_CAP);
	struct reduced_sink sink = trace_sink(&trace);
	channels_of_trace = channels;
	cr_assert(push_recording(&sink, channels, items, finish, &error));
	cr_assert_not(trace.overflown);
	return trace;
}

/* False, with the reason, when the file cannot be opened or replayed to its end. */
static bool replay(const char *path, struct text *trace, bool *complete, struct error *error)
{
	*trace = text_make(TRACE_CAP);
	auto_store_reader struct store_reader *reader = store_open(path, error);
	if (!reader)
		return false;
	struct reduced_sink sink = trace_sink(trace);
	*complete = store_complete(reader);
	channels_of_trace = store_format(reader)->channel_count;
	return store_replay(reader, &sink, error);
}

static bool same_trace(const struct text *a, const struct text *b)
{
	return a->length == b->length && memcmp(text_view(a), text_view(b), a->length) == 0;
}

static bool begins_with(const struct text *whole, const struct text *part)
{
	return part->length <= whole->length && memcmp(text_view(whole), text_view(part), part->length) == 0;
}

static char *read_file(const char *path, size_t *size)
{
	FILE *file = fopen(path, "rb");
	cr_assert_not_null(file);
	fseek(file, 0, SEEK_END);
	*size = (size_t)ftell(file);
	rewind(file);
	char *bytes = malloc(*size + 1);
	cr_assert_not_null(bytes);
	cr_assert_eq(fread(bytes, 1, *size, file), *size);
	fclose(file);
	return bytes;
}

static void write_file(const char *path, const char *bytes, size_t size)
{
	FILE *file = fopen(path, "wb");
	cr_assert_not_null(file);
	cr_assert_eq(fwrite(bytes, 1, size, file), size);
	cr_assert_eq(fclose(file), 0);
}

static void round_trip(unsigned channels, size_t items)
{
	struct error error = {0};
	bool complete = false;
	write_store("a.h5", channels, items, true);
	auto_text struct text expected = expected_trace(channels, items, true);
	auto_text struct text seen = {0};
	cr_assert(replay("a.h5", &seen, &complete, &error), "%s", error.text);
	cr_assert(complete);
	cr_assert(same_trace(&expected, &seen), "%u channels, %zu items: the replay differs from what was pushed", channels, items);
}

Test(evidence_store, replays_every_call_bit_by_bit_in_its_order)
{
	for (unsigned channels = 1; channels <= RECORDING_MAX_CHANNELS; channels++)
		round_trip(channels, channels == 3 ? 8000 : 600);
}

Test(evidence_store, replays_a_recording_without_items)
{
	round_trip(2, 0);
}

Test(evidence_store, gives_windows_and_cells_by_index_and_frame)
{
	struct error error = {0};
	struct window first, window;
	struct envelope_cell cell;
	write_store("a.h5", 2, 5000, true);
	auto_store_reader struct store_reader *reader = store_open("a.h5", &error);
	cr_assert_not_null(reader, "%s", error.text);
	size_t windows = store_window_count(reader), cells = store_envelope_count(reader);
	cr_assert_gt(windows, 40);
	cr_assert_gt(cells, 4096);
	cr_assert_eq(store_total_frames(reader), 123456789012345);
	uint64_t previous_end = 0;
	for (size_t i = 0; i < windows; i++) {
		cr_assert(store_window(reader, i, &window, &error), "%s", error.text);
		cr_assert_eq(store_find_window(reader, window.first_frame), (int64_t)i);
		cr_assert_eq(store_find_window(reader, window.first_frame + window.frames - 1), (int64_t)i);
		if (window.first_frame > previous_end)
			cr_assert_eq(store_find_window(reader, previous_end), -1);
		previous_end = window.first_frame + window.frames;
	}
	cr_assert_eq(store_find_window(reader, previous_end), -1);
	cr_assert_eq(store_find_window(reader, UINT64_MAX), -1);
	cr_assert(store_window(reader, windows / 2, &window, &error));
	int16_t kept[8];
	memcpy(kept, window.samples, sizeof kept);
	cr_assert(store_window(reader, 0, &first, &error));
	cr_assert(store_window(reader, windows / 2, &window, &error));
	cr_assert_eq(memcmp(kept, window.samples, sizeof kept), 0, "a window is the same whatever was read before");
	for (size_t i = cells; i-- > cells - 3000;)
		cr_assert(store_envelope(reader, i, &cell, &error) && cell.first_frame == i * 4096);
	cr_assert_not(store_window(reader, windows, &window, &error));
	cr_assert_not(store_envelope(reader, cells, &cell, &error));
	cr_assert_eq(error.kind, ERROR_CONFIG);
}

/* A second apart, so that a time stamp would show. */
Test(evidence_store, same_pushes_give_the_same_bytes)
{
	size_t size_a, size_b;
	write_store("a.h5", 3, 3000, true);
	sleep(1);
	write_store("b.h5", 3, 3000, true);
	auto_free char *a = read_file("a.h5", &size_a);
	auto_free char *b = read_file("b.h5", &size_b);
	cr_assert_eq(size_a, size_b);
	cr_assert_eq(memcmp(a, b, size_a), 0);
}

Test(evidence_store, unfinished_store_is_readable_and_says_so)
{
	struct error error = {0};
	bool complete = true;
	write_store("a.h5", 3, 3000, false);
	auto_text struct text expected = expected_trace(3, 3000, false);
	auto_text struct text seen = {0};
	cr_assert(replay("a.h5", &seen, &complete, &error), "%s", error.text);
	cr_assert_not(complete);
	cr_assert(same_trace(&expected, &seen), "everything but the finish");
}

/* A process that has pushed all items and neither finishes nor goes. */
static pid_t start_writer(const char *path, size_t items)
{
	int ready[2];
	char byte;
	cr_assert_eq(pipe(ready), 0);
	pid_t pid = fork();
	cr_assert_geq(pid, 0);
	if (pid == 0) {
		struct error error = {0};
		struct store *store = store_create(path, &error);
		struct reduced_sink sink = store_sink(store);
		if (!store || !push_recording(&sink, 3, items, false, &error) || write(ready[1], "x", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	close(ready[1]);
	cr_assert_eq(read(ready[0], &byte, 1), 1, "the writer failed");
	close(ready[0]);
	return pid;
}

Test(evidence_store, is_readable_while_it_grows_and_after_its_writer_was_killed)
{
	struct error error = {0};
	bool complete = true;
	auto_text struct text expected = expected_trace(3, 9000, false);
	auto_text struct text live = {0};
	auto_text struct text left = {0};
	pid_t writer = start_writer("a.h5", 9000);
	bool live_read = replay("a.h5", &live, &complete, &error);
	kill(writer, SIGKILL);
	waitpid(writer, NULL, 0);
	cr_assert(live_read, "%s", error.text);
	cr_assert_not(complete);
	cr_assert_gt(live.length, expected.length / 2, "%zu of %zu", live.length, expected.length);
	cr_assert(begins_with(&expected, &live));
	cr_assert(replay("a.h5", &left, &complete, &error), "%s", error.text);
	cr_assert_not(complete);
	cr_assert(begins_with(&expected, &left));
	cr_assert_geq(left.length, live.length);
}

Test(evidence_store, killed_writers_file_cut_anywhere_never_shows_what_was_not_pushed)
{
	size_t size, shown = 0;
	auto_text struct text expected = expected_trace(3, 5000, false);
	pid_t writer = start_writer("a.h5", 5000);
	kill(writer, SIGKILL);
	waitpid(writer, NULL, 0);
	auto_free char *bytes = read_file("a.h5", &size);
	for (size_t cut = 0; cut < 40; cut++) {
		struct error error = {0};
		bool complete = false;
		auto_text struct text seen = {0};
		write_file("b.h5", bytes, size * cut / 40);
		bool whole = replay("b.h5", &seen, &complete, &error);
		cr_assert(whole || error.kind == ERROR_CONFIG, "cut %zu: %s", cut, error.text);
		cr_assert_not(complete);
		cr_assert(begins_with(&expected, &seen), "cut %zu", cut);
		shown += seen.length > 0;
	}
	cr_assert_gt(shown, 0);
}

Test(evidence_store, truncated_recording_is_refused_at_every_length)
{
	size_t size;
	write_store("a.h5", 2, 1500, true);
	auto_free char *bytes = read_file("a.h5", &size);
	for (size_t length = 0; length < size; length += length < 64 || length + 32 > size ? 1 : 1 + size / 400) {
		struct error error = {0};
		write_file("b.h5", bytes, length);
		cr_assert_null(store_open("b.h5", &error), "%zu of %zu bytes", length, size);
		cr_assert_eq(error.kind, ERROR_CONFIG);
		cr_assert_not_null(strstr(error.text, "b.h5"));
	}
}

/* /complete and /total_frames are overwritten in place and have no checksum: a flipped bit there changes the last call, nothing else. */
Test(evidence_store, flipped_byte_is_found_or_changes_nothing_that_was_recorded)
{
	size_t size, found = 0, tried = 0;
	write_store("a.h5", 2, 1500, true);
	auto_text struct text expected = expected_trace(2, 1500, false);
	auto_free char *bytes = read_file("a.h5", &size);
	for (size_t at = 0; at < size; at += at < 4096 ? 13 : 1 + size / 500, tried++) {
		struct error error = {0};
		bool complete = false;
		auto_text struct text seen = {0};
		bytes[at] = (char)(bytes[at] ^ 0x10);
		write_file("b.h5", bytes, size);
		bytes[at] = (char)(bytes[at] ^ 0x10);
		if (replay("b.h5", &seen, &complete, &error)) {
			cr_assert(begins_with(&seen, &expected), "byte %zu of %zu", at, size);
		} else {
			cr_assert_eq(error.kind, ERROR_CONFIG, "byte %zu: %s", at, error.text);
			found++;
		}
	}
	cr_assert_gt(found, tried / 2, "%zu of %zu", found, tried);
}

static void assert_refused(const char *path)
{
	struct error error = {0};
	cr_assert_null(store_open(path, &error), "%s", path);
	cr_assert_eq(error.kind, ERROR_CONFIG, "%s", error.text);
	cr_assert_not_null(strstr(error.text, path), "%s", error.text);
	cr_assert_null(strchr(error.text, '\n'), "%s", error.text);
}

static void make_foreign(const char *path, bool latest)
{
	hid_t access = H5Pcreate(H5P_FILE_ACCESS);
	if (latest)
		H5Pset_libver_bounds(access, H5F_LIBVER_LATEST, H5F_LIBVER_LATEST);
	hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, access);
	cr_assert_geq(file, 0);
	H5Fclose(file);
	H5Pclose(access);
}

Test(evidence_store, refuses_foreign_files_in_one_line_and_in_silence)
{
	int silence = open("stderr.txt", O_RDWR | O_CREAT, 0666), before = dup(STDERR_FILENO);
	make_foreign("old.h5", false);
	make_foreign("new.h5", true);
	write_file("empty.h5", "", 0);
	write_file("text.h5", "bench: virtual\n", 15);
	write_file("signature.h5", "\x89HDF\r\n\x1a\n", 8);
	cr_assert_eq(mkdir("folder.h5", 0777), 0);
	dup2(silence, STDERR_FILENO);
	const char *const paths[] = {"old.h5", "new.h5", "empty.h5", "text.h5", "signature.h5", "folder.h5", "missing.h5"};
	for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++)
		assert_refused(paths[i]);
	dup2(before, STDERR_FILENO);
	cr_assert_eq(lseek(silence, 0, SEEK_END), 0, "HDF5 printed something");
	close(silence);
	close(before);
}

Test(evidence_store, says_where_it_cannot_write)
{
	struct error error = {0};
	cr_assert_null(store_create("missing/a.h5", &error));
	cr_assert_eq(error.kind, ERROR_BENCH);
	cr_assert_str_eq(error.text, "missing/a.h5: cannot create the recording: No such file or directory");
}

/* A file size limit fails writes as a full disk does, at any write of the library. */
Test(evidence_store, full_disk_fails_the_push_and_not_the_program)
{
	struct rlimit before;
	getrlimit(RLIMIT_FSIZE, &before);
	signal(SIGXFSZ, SIG_IGN);
	for (rlim_t limit = 1; limit < 400000; limit = limit * 5 / 2 + 1000) {
		struct error error = {0};
		setrlimit(RLIMIT_FSIZE, &(struct rlimit){limit, before.rlim_max});
		char path[32];
		snprintf(path, sizeof path, "%llu.h5", (unsigned long long)limit);
		auto_store struct store *store = store_create(path, &error);
		struct reduced_sink sink = store_sink(store);
		bool written = store && push_recording(&sink, 3, 5000, true, &error);
		store_destroy(steal(&store));
		setrlimit(RLIMIT_FSIZE, &before);
		cr_assert_not(written, "limit %llu", (unsigned long long)limit);
		cr_assert_eq(error.kind, ERROR_BENCH, "%s", error.text);
		cr_assert_not_null(strstr(error.text, path), "%s", error.text);
		cr_assert_not_null(strstr(error.text, "File too large"), "limit %llu: %s", (unsigned long long)limit, error.text);
		struct store_reader *reader = store_open(path, &error);
		cr_assert(!reader || !store_complete(reader), "what is left of it can be looked at, and is not complete");
		store_close(reader);
	}
}

Test(evidence_store, refuses_windows_out_of_order_and_pushes_out_of_turn)
{
	struct error error = {0};
	const int16_t samples[4] = {0};
	const struct reduced_layout layout = {CELL, 4096, 2, 7};
	const struct recording_format format = make_format(1);
	auto_store struct store *store = store_create("a.h5", &error);
	struct reduced_sink sink = store_sink(store);
	cr_assert_not(sink.finish(sink.self, 0, &error), "nothing to finish");
	store_destroy(steal(&store));
	store = store_create("a.h5", &error);
	sink = store_sink(store);
	cr_assert(sink.format(sink.self, &format, &layout, &error), "%s", error.text);
	cr_assert(sink.window(sink.self, &(struct window){100, 4, samples}, &error));
	cr_assert_not(sink.window(sink.self, &(struct window){103, 4, samples}, &error));
	cr_assert_eq(error.kind, ERROR_BENCH);
	cr_assert_not(sink.finish(sink.self, 200, &error), "a failed store cannot become complete");
}

static bool installed(const char *tool)
{
	char command[64];
	snprintf(command, sizeof command, "command -v %s >/dev/null", tool);
	return system(command) == 0;
}

Test(evidence_store, h5dump_reads_it)
{
	struct error error = {0};
	struct window window;
	char line[256], wanted[64];
	bool seen = false;
	if (!installed("h5dump"))
		cr_skip_test("NOT TESTED: h5dump is not installed");
	write_store("a.h5", 3, 3000, true);
	auto_store_reader struct store_reader *reader = store_open("a.h5", &error);
	cr_assert_not_null(reader);
	cr_assert(store_window(reader, 5, &window, &error));
	int16_t third[3];
	memcpy(third, window.samples + 3 * 2, sizeof third);
	store_close(steal(&reader));
	FILE *dump = popen("h5dump -d /windows/offset -s 5 -c 1 a.h5 | sed -n 's/^ *(5): //p'", "r");
	unsigned long long offset = 0;
	cr_assert_eq(fscanf(dump, "%llu", &offset), 1);
	cr_assert_eq(pclose(dump), 0);
	char command[128];
	snprintf(command, sizeof command, "h5dump -d /windows/samples -s %llu,0 -c 1,3 a.h5", offset + 2);
	snprintf(wanted, sizeof wanted, "(%llu,0): %d, %d, %d", offset + 2, third[0], third[1], third[2]);
	dump = popen(command, "r");
	while (fgets(line, sizeof line, dump))
		seen |= strstr(line, wanted) != NULL;
	cr_assert_eq(pclose(dump), 0);
	cr_assert(seen, "%s", wanted);
	cr_assert_eq(system("h5dump a.h5 >/dev/null"), 0, "every dataset of it");
}
