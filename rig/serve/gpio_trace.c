/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gpio_trace.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/gpio.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup.h"

enum { TEXT_BYTES = 8192, NAME_BYTES = 64 };

struct gpio_trace {
	char folder[PATH_MAX - NAME_BYTES];
	int pipe_fd;
	unsigned base; /* the kernel's number of the chip's line 0 */
	char text[TEXT_BYTES];
	size_t start, end; /* of what has been read and not taken */
};

static bool put(const struct gpio_trace *trace, const char *name, const char *value, struct error *error)
{
	char path[PATH_MAX];
	snprintf(path, sizeof path, "%s/%s", trace->folder, name);
	auto_fd int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t length = (ssize_t)strlen(value);
	return (fd >= 0 && write(fd, value, (size_t)length) == length) ||
	       error_errno(error, ERROR_BENCH, "%s: cannot write '%s'", path, value);
}

/* More text behind what waits; false when there is none now, with *error set when it cannot be read. */
static bool more(struct gpio_trace *trace, bool *failed, struct error *error)
{
	memmove(trace->text, trace->text + trace->start, trace->end - trace->start);
	trace->end -= trace->start;
	trace->start = 0;
	ssize_t count;
	while ((count = read(trace->pipe_fd, trace->text + trace->end, TEXT_BYTES - 1 - trace->end)) < 0 && errno == EINTR)
		continue;
	*failed = count < 0 && errno != EAGAIN && !error_errno(error, ERROR_BENCH, "%s/trace_pipe", trace->folder);
	trace->end += count > 0 ? (size_t)count : 0;
	return count > 0;
}

/* The next line without its end; NULL when there is no whole one. */
static char *next_line(struct gpio_trace *trace, bool *failed, struct error *error)
{
	*failed = false;
	for (;;) {
		char *line = trace->text + trace->start, *end = memchr(line, '\n', trace->end - trace->start);
		if (end) {
			*end = '\0';
			trace->start = (size_t)(end + 1 - trace->text);
			return line;
		}
		if (trace->end - trace->start == TEXT_BYTES - 1) {
			*failed = !error_bench(error, "%s/trace_pipe: a line without an end", trace->folder);
			return NULL;
		}
		if (!more(trace, failed, error))
			return NULL;
	}
}

/* "task-12 [000] d..1.   12.345678: gpio_value: 504 set 1". The kernel cuts the time off below a microsecond. */
static bool level_of(const struct gpio_trace *trace, const char *line, struct gpio_trace_level *level)
{
	const char *event = strstr(line, ": gpio_value: "), *time = event;
	unsigned number, value;
	if (!event || sscanf(event, ": gpio_value: %u set %u", &number, &value) != 2 || number < trace->base)
		return false;
	while (time > line && time[-1] != ' ')
		time--;
	*level = (struct gpio_trace_level){.offset = number - trace->base, .high = value != 0};
	return sscanf(time, "%lf", &level->time_s) == 1 && (level->time_s += 0.5e-6, true);
}

int gpio_trace_next(struct gpio_trace *trace, struct gpio_trace_level *level, struct error *error)
{
	bool failed;
	const char *line;
	while ((line = next_line(trace, &failed, error))) {
		if (level_of(trace, line, level))
			return 1;
		if (strstr(line, "LOST")) {
			error_bench(error, "the kernel lost changes of the lines: %.60s", line);
			return -1;
		}
	}
	return failed ? -1 : 0;
}

/* Takes the line as an input and gives it back: the record then has its number in the event gpio_direction. */
static bool touch(const char *root, const char *chip, unsigned offset, struct error *error)
{
	char path[PATH_MAX];
	if (snprintf(path, sizeof path, "%s/dev/%s", root, chip) >= (int)sizeof path)
		return error_bench(error, "%s: the path is too long", root);
	auto_fd int fd = open(path, O_RDWR | O_CLOEXEC);
	struct gpio_v2_line_request request = {
		.offsets = {offset}, .consumer = "tmsrig sim", .config.flags = GPIO_V2_LINE_FLAG_INPUT, .num_lines = 1};
	if (fd < 0 || ioctl(fd, GPIO_V2_GET_LINE_IOCTL, &request) < 0)
		return error_errno(error, ERROR_BENCH, "%s: line %u cannot be taken for a moment", path, offset);
	close(request.fd);
	return true;
}

static bool find_base(struct gpio_trace *trace, const char *root, const char *chip, unsigned offset, struct error *error)
{
	bool failed, found = false;
	const char *line;
	if (!put(trace, "events/gpio/gpio_direction/enable", "1", error) || !touch(root, chip, offset, error) ||
	    !put(trace, "events/gpio/gpio_direction/enable", "0", error))
		return false;
	while ((line = next_line(trace, &failed, error))) {
		const char *event = strstr(line, ": gpio_direction: ");
		unsigned number;
		if (event && sscanf(event, ": gpio_direction: %u in", &number) == 1 && number >= offset) {
			trace->base = number - offset;
			found = true;
		}
	}
	if (failed)
		return false;
	return found || error_bench(error, "%s: the kernel does not record the line", trace->folder);
}

static bool begin(struct gpio_trace *trace, const char *root, const char *chip, unsigned offset, struct error *error)
{
	char path[PATH_MAX];
	snprintf(path, sizeof path, "%s/trace_pipe", trace->folder);
	if (!put(trace, "trace_clock", "mono", error))
		return false;
	trace->pipe_fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (trace->pipe_fd < 0)
		return error_errno(error, ERROR_BENCH, "%s: cannot be opened", path);
	/* Levels that are read are no changes. */
	return find_base(trace, root, chip, offset, error) && put(trace, "events/gpio/gpio_value/filter", "get == 0", error) &&
	       put(trace, "events/gpio/gpio_value/enable", "1", error);
}

struct gpio_trace *gpio_trace_open(const char *root, const char *chip, unsigned offset, struct error *error)
{
	struct gpio_trace *trace = calloc(1, sizeof *trace);
	if (!trace) {
		error_bench(error, "out of memory");
		return NULL;
	}
	trace->pipe_fd = -1;
	int length = snprintf(trace->folder, sizeof trace->folder, "%s/sys/kernel/tracing/instances/tmsrig-sim-%d", root, (int)getpid());
	if (length < (int)sizeof trace->folder)
		rmdir(trace->folder); /* of a dead process that had this number */
	if (length >= (int)sizeof trace->folder || mkdir(trace->folder, 0700) != 0) {
		error_errno(error, ERROR_BENCH, "%s: cannot be made", trace->folder);
		free(trace);
		return NULL;
	}
	if (begin(trace, root, chip, offset, error))
		return trace;
	gpio_trace_close(trace);
	return NULL;
}

void gpio_trace_close(struct gpio_trace *trace)
{
	if (!trace)
		return;
	if (trace->pipe_fd >= 0)
		close(trace->pipe_fd);
	rmdir(trace->folder);
	free(trace);
}
