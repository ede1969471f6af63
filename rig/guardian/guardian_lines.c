/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "guardian_lines.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/gpio.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int take_chardev(struct held_line *held, const struct guardian_line *line, bool output)
{
	int chip = open(line->path, O_RDWR | O_CLOEXEC);
	if (chip < 0)
		return errno;
	struct gpio_v2_line_request request = {
		.offsets = {line->offset},
		.num_lines = 1,
		.consumer = "tmsrig-guardian",
		.config = {.flags = line->flags | (output ? GPIO_V2_LINE_FLAG_OUTPUT : GPIO_V2_LINE_FLAG_INPUT)},
	};
	if (output) {
		/* The level comes with the request: there is no moment with another one. */
		request.config.num_attrs = 1;
		request.config.attrs[0] = (struct gpio_v2_line_config_attribute){
			.attr = {.id = GPIO_V2_LINE_ATTR_ID_OUTPUT_VALUES, .values = line->safe_level ? 1 : 0}, .mask = 1};
	}
	int failed = ioctl(chip, GPIO_V2_GET_LINE_IOCTL, &request) < 0 ? errno : 0;
	close(chip);
	if (!failed)
		held->fd = request.fd;
	return failed;
}

static int connect_socket(struct held_line *held, const struct guardian_line *line)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	memcpy(address.sun_path, line->path, sizeof address.sun_path - 1);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return errno;
	struct timeval patience = {.tv_usec = 50000};
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
	if (connect(fd, (struct sockaddr *)&address, sizeof address) < 0) {
		int failed = errno;
		close(fd);
		return failed;
	}
	held->fd = fd;
	return 0;
}

int held_line_take(struct held_line *held, const struct guardian_line *line, bool output)
{
	*held = (struct held_line){.line = line, .fd = -1};
	switch ((enum guardian_line_kind)line->kind) {
	case GUARDIAN_NO_LINE: return ENODEV;
	case GUARDIAN_CHARDEV: return take_chardev(held, line, output);
	case GUARDIAN_SOCKET: {
		int failed = connect_socket(held, line);
		return failed || !output ? failed : held_line_set(held, line->safe_level);
	}
	}
	return EINVAL;
}

/* One line to a control socket, and its reply. 0, or errno. */
static int exchange(int fd, const char *request, char *reply, size_t size)
{
	if (send(fd, request, strlen(request), MSG_NOSIGNAL) != (ssize_t)strlen(request))
		return errno ? errno : EIO;
	size_t used = 0;
	while (used + 1 < size) {
		ssize_t count = recv(fd, reply + used, 1, 0);
		if (count <= 0)
			return count == 0 ? ECONNRESET : errno;
		if (reply[used++] == '\n')
			break;
	}
	reply[used] = '\0';
	return 0;
}

int held_line_set(const struct held_line *held, bool level)
{
	if (held->fd < 0)
		return ENODEV;
	if (held->line->kind == GUARDIAN_CHARDEV) {
		struct gpio_v2_line_values values = {.bits = level, .mask = 1};
		return ioctl(held->fd, GPIO_V2_LINE_SET_VALUES_IOCTL, &values) < 0 ? errno : 0;
	}
	char request[GUARDIAN_TEXT + 16], reply[64];
	snprintf(request, sizeof request, "line %s %s\n", held->line->name, level ? "high" : "low");
	int failed = exchange(held->fd, request, reply, sizeof reply);
	return failed ? failed : strncmp(reply, "ok", 2) == 0 ? 0 : EPROTO;
}

int held_line_get(const struct held_line *held, bool *level)
{
	if (held->fd < 0)
		return ENODEV;
	if (held->line->kind == GUARDIAN_CHARDEV) {
		struct gpio_v2_line_values values = {.mask = 1};
		if (ioctl(held->fd, GPIO_V2_LINE_GET_VALUES_IOCTL, &values) < 0)
			return errno;
		*level = values.bits & 1;
		return 0;
	}
	char request[GUARDIAN_TEXT + 16], reply[64];
	snprintf(request, sizeof request, "line %s\n", held->line->name);
	int failed = exchange(held->fd, request, reply, sizeof reply);
	if (failed)
		return failed;
	*level = strncmp(reply, "ok high", 7) == 0;
	return *level || strncmp(reply, "ok low", 6) == 0 ? 0 : EPROTO;
}
