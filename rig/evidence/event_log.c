/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "event_log.h"

#include <fcntl.h>
#include <jansson.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>

#include "digest.h"
#include "folder.h"

enum { PREFIX_SIZE = 160 };

struct event_log {
	char *path;
	int fd;
	struct event_log_state state;
	FILE *stream; /* into line, the one under construction */
	char *line;
	size_t line_size;
	struct json_emitter json;
	char time[32];
	bool failed; /* an earlier line could not be written: the log has ended */
};

static const char NO_LINE[] = "0000000000000000000000000000000000000000000000000000000000000000";

static struct event_log_state empty_state(void)
{
	struct event_log_state state = {0};
	memcpy(state.head, NO_LINE, sizeof NO_LINE);
	return state;
}

/* What line n after that head begins with; every reader compares the very bytes. */
static int line_prefix(const struct event_log_state *state, char out[PREFIX_SIZE])
{
	return snprintf(out, PREFIX_SIZE, "{\"n\": %zu, \"prev\": \"%s\"", state->lines, state->head);
}

void event_log_close(struct event_log *log)
{
	if (!log)
		return;
	if (log->stream)
		fclose(log->stream);
	if (log->fd >= 0)
		close(log->fd);
	free(log->line);
	free(log->path);
	free(log);
}

static struct event_log *make(const char *path, int flags, struct error *error)
{
	auto_event_log struct event_log *log = calloc(1, sizeof *log);
	if (!log) {
		error_bench(error, "%s: out of memory", path);
		return NULL;
	}
	log->state = empty_state();
	log->path = strdup(path);
	log->stream = open_memstream(&log->line, &log->line_size);
	log->fd = open(path, flags | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0666);
	if (log->fd < 0 || !log->path || !log->stream) {
		error_errno(error, ERROR_BENCH, "%s: cannot open", path);
		return NULL;
	}
	return steal(&log);
}

struct event_log *event_log_create(const char *path, struct error *error)
{
	return make(path, O_WRONLY | O_CREAT | O_EXCL, error);
}

struct reader {
	const char *path;
	char *buffer; /* EVENT_LOG_MAX_LINE bytes and a NUL */
	bool (*each)(void *self, size_t line, const char *text);
	void *self;
	struct event_log_state *state;
};

static bool wrong_line(const struct reader *reader, struct error *error, const char *what)
{
	return error_config(error, "%s:%zu: %s", reader->path, reader->state->lines + 1, what);
}

static bool is_object(const char *line, size_t length)
{
	json_error_t ignored;
	json_t *value = json_loadb(line, length, JSON_REJECT_DUPLICATES, &ignored);
	bool object = json_is_object(value);
	json_decref(value);
	return object;
}

static bool check_line(struct reader *reader, const char *line, size_t length, struct error *error)
{
	char expected[PREFIX_SIZE];
	struct event_log_state *state = reader->state;
	size_t prefix = (size_t)line_prefix(state, expected);
	if (length < prefix || memcmp(line, expected, prefix) != 0) {
		char words[PREFIX_SIZE + 128];
		snprintf(words, sizeof words,
			 "the chain is broken: this line or the one before it is not as it was written; it would begin with %s", expected);
		return wrong_line(reader, error, words);
	}
	if (strlen(line) != length || (!reader->each && !is_object(line, length)))
		return wrong_line(reader, error, "not a JSON object");
	if (reader->each && !reader->each(reader->self, state->lines + 1, line))
		return error_set(error, ERROR_ABORTED, "%s:%zu: stopped", reader->path, state->lines + 1);
	digest_bytes(line, length, state->head);
	state->lines++;
	return true;
}

/* Takes the whole lines out of the buffer; *fill is then what is left over. */
static bool check_lines(struct reader *reader, size_t *fill, struct error *error)
{
	char *line = reader->buffer, *end = reader->buffer + *fill;
	for (char *newline; (newline = memchr(line, '\n', (size_t)(end - line))) != NULL; line = newline + 1) {
		*newline = '\0';
		if (!check_line(reader, line, (size_t)(newline - line), error))
			return false;
	}
	*fill = (size_t)(end - line);
	memmove(reader->buffer, line, *fill);
	return true;
}

/* Goes on from *state, which belongs to where the descriptor stands. */
static bool check_fd(struct reader *reader, int fd, struct error *error)
{
	auto_free char *buffer = malloc(EVENT_LOG_MAX_LINE + 1);
	if (!buffer)
		return error_bench(error, "%s: out of memory", reader->path);
	reader->buffer = buffer;
	size_t fill = 0;
	for (;;) {
		if (fill == EVENT_LOG_MAX_LINE)
			return wrong_line(reader, error, "longer than 1 MiB");
		ssize_t got = read(fd, buffer + fill, EVENT_LOG_MAX_LINE - fill);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return error_errno(error, ERROR_BENCH, "%s: cannot read", reader->path);
		if (got == 0)
			break;
		fill += (size_t)got;
		if (!check_lines(reader, &fill, error))
			return false;
	}
	reader->state->torn_bytes = fill;
	return true;
}

bool event_log_check(const char *path, bool (*each)(void *self, size_t line, const char *text), void *self, struct event_log_state *state,
		     struct error *error)
{
	struct stat status;
	struct reader reader = {.path = path, .each = each, .self = self, .state = state};
	*state = empty_state();
	auto_fd int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return error_errno(error, ERROR_BENCH, "%s: cannot read", path);
	if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode))
		return error_config(error, "%s: not a regular file", path);
	return check_fd(&reader, fd, error);
}

static bool lock(struct event_log *log, struct error *error)
{
	while (flock(log->fd, LOCK_EX) != 0)
		if (errno != EINTR)
			return error_errno(error, ERROR_BENCH, "%s: cannot be locked", log->path);
	return true;
}

/* Reads on from where the descriptor stands to the end, and cuts off a torn last line. */
static bool catch_up(struct event_log *log, struct reader *reader, struct error *error)
{
	reader->path = log->path;
	reader->state = &log->state;
	if (!check_fd(reader, log->fd, error))
		return false;
	size_t torn = log->state.torn_bytes;
	log->state.torn_bytes = 0;
	off_t end = lseek(log->fd, -(off_t)torn, SEEK_END);
	if (torn > 0 && (end < 0 || ftruncate(log->fd, end) != 0))
		return error_errno(error, ERROR_BENCH, "%s: its torn last line cannot be cut off", log->path);
	return true;
}

struct event_log *event_log_open(const char *path, bool (*each)(void *self, size_t line, const char *text), void *self, struct error *error)
{
	auto_event_log struct event_log *log = make(path, O_RDWR | O_CREAT, error);
	struct reader reader = {.each = each, .self = self};
	if (!log || !lock(log, error) || !catch_up(log, &reader, error))
		return NULL;
	/* A new file's name has to be on the disk before what rests on its first line. */
	return log->state.lines > 0 || folder_sync_above(path, error) ? steal(&log) : NULL;
}

bool event_log_pause(struct event_log *log, struct error *error)
{
	return flock(log->fd, LOCK_UN) == 0 || error_errno(error, ERROR_BENCH, "%s: cannot be unlocked", log->path);
}

bool event_log_resume(struct event_log *log, struct error *error)
{
	struct stat status;
	struct reader reader = {0};
	if (!lock(log, error))
		return false;
	off_t here = lseek(log->fd, 0, SEEK_CUR);
	if (fstat(log->fd, &status) != 0 || status.st_nlink == 0 || here < 0 || status.st_size < here)
		return error_bench(error, "%s: was removed or cut meanwhile", log->path);
	return catch_up(log, &reader, error);
}

/* ISO 8601, UTC, milliseconds. */
static void now_text(char out[32])
{
	struct timespec now;
	struct tm parts;
	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &parts);
	size_t length = strftime(out, 32, "%Y-%m-%dT%H:%M:%S", &parts);
	snprintf(out + length, 32 - length, ".%03dZ", (int)(now.tv_nsec / 1000000) % 1000);
}

struct json_emitter *event_log_begin(struct event_log *log, const char *event)
{
	now_text(log->time);
	rewind(log->stream);
	log->json = (struct json_emitter){.file = log->stream, .one_line = true};
	emit_open_object(&log->json, NULL);
	emit_unsigned(&log->json, "n", log->state.lines);
	emit_string(&log->json, "prev", log->state.head);
	emit_string(&log->json, "time", log->time);
	emit_string(&log->json, "event", event);
	return &log->json;
}

static bool write_line(struct event_log *log)
{
	for (size_t done = 0; done < log->line_size;) {
		ssize_t put = write(log->fd, log->line + done, log->line_size - done);
		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			return false;
		done += (size_t)put;
	}
	return true;
}

bool event_log_end(struct event_log *log, struct error *error)
{
	emit_close_object(&log->json);
	fputc('\n', log->stream);
	log->failed |= fflush(log->stream) != 0 || ferror(log->stream) || log->line_size > EVENT_LOG_MAX_LINE;
	if (log->failed)
		return error_bench(error, "%s: a line cannot be made, or an earlier one could not be written", log->path);
	if (!write_line(log)) {
		log->failed = true;
		return error_errno(error, ERROR_BENCH, "%s: cannot write", log->path);
	}
	digest_bytes(log->line, log->line_size - 1, log->state.head);
	log->state.lines++;
	return true;
}

bool event_log_sync(struct event_log *log, struct error *error)
{
	return fsync(log->fd) == 0 || error_errno(error, ERROR_BENCH, "%s: cannot be brought to the disk", log->path);
}

const char *event_log_time(const struct event_log *log)
{
	return log->time;
}

struct event_log_state event_log_state(const struct event_log *log)
{
	return log->state;
}
