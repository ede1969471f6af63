/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "guardian_device.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

static const struct timeval PATIENCE = {.tv_usec = 50000};

static int connect_to(const char *address, uint32_t port)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	if (inet_pton(AF_INET, address, &to.sin_addr) != 1) {
		errno = EINVAL;
		return -1;
	}
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	/* The send time-out bounds connect() as well (socket(7)). */
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &PATIENCE, sizeof PATIENCE);
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &PATIENCE, sizeof PATIENCE);
	if (connect(fd, (struct sockaddr *)&to, sizeof to) == 0)
		return fd;
	int failed = errno;
	close(fd);
	errno = failed;
	return -1;
}

/* "tcp:A.B.C.D:PORT", which the harness has resolved. */
static int open_tcp(const char *path)
{
	char address[GUARDIAN_TEXT];
	unsigned port;
	if (sscanf(path, "tcp:%127[0-9.]:%u", address, &port) != 2) {
		errno = EINVAL;
		return -1;
	}
	return connect_to(address, port);
}

/* A terminal device whose last holder is dead may have forgotten its settings: they come first. */
static int open_terminal(const struct guardian_device *device)
{
	int fd = open(device->serial, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return -1;
	struct termios now;
	if (tcgetattr(fd, &now) == 0)
		tcsetattr(fd, TCSANOW, &device->line);
	/* What the dead harness still had in the queue must not come before it. */
	tcflush(fd, TCOFLUSH);
	return fd;
}

int guardian_disarm(const struct guardian_device *device)
{
	/* It stays open until the guardian ends: closing could take from a slow line what it has not sent yet. */
	static int fd = -1;
	if (fd < 0)
		fd = strncmp(device->serial, "tcp:", 4) == 0 ? open_tcp(device->serial) : open_terminal(device);
	if (fd < 0)
		return errno;
	ssize_t sent = write(fd, device->disarm, device->disarm_length);
	return sent == (ssize_t)device->disarm_length ? 0 : sent < 0 ? errno : EIO;
}

static int read_number(const char *text, double *number)
{
	char *end;
	*number = strtod(text, &end);
	return end == text ? EPROTO : 0;
}

static int read_file(const struct guardian_capacitor *capacitor, double *number)
{
	char text[64];
	int fd = open(capacitor->path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno;
	ssize_t count = read(fd, text, sizeof text - 1);
	int failed = count < 0 ? errno : 0;
	close(fd);
	if (failed)
		return failed;
	text[count] = '\0';
	return read_number(text, number);
}

static int ask(int fd, const struct guardian_capacitor *capacitor, double *number)
{
	char text[256];
	size_t used = 0;
	unsigned lines = 0, line_start = 0;
	size_t length = strlen(capacitor->request);
	if (send(fd, capacitor->request, length, MSG_NOSIGNAL) != (ssize_t)length)
		return errno ? errno : EIO;
	while (used + 1 < sizeof text) {
		ssize_t count = recv(fd, text + used, 1, 0);
		if (count <= 0)
			return count == 0 ? ECONNRESET : errno;
		if (text[used++] != '\n')
			continue;
		text[used] = '\0';
		if (++lines == capacitor->reply_lines)
			return read_number(text + line_start, number);
		line_start = (unsigned)used;
	}
	return EPROTO;
}

static int read_tcp(const struct guardian_capacitor *capacitor, double *number)
{
	int fd = connect_to(capacitor->path, capacitor->port);
	if (fd < 0)
		return errno;
	int failed = ask(fd, capacitor, number);
	close(fd);
	return failed;
}

int guardian_volts(const struct guardian_capacitor *capacitor, double *volts)
{
	double number = 0;
	int failed = ENODEV;
	switch ((enum guardian_source)capacitor->source) {
	case GUARDIAN_NO_SOURCE: break;
	case GUARDIAN_FILE: failed = read_file(capacitor, &number); break;
	case GUARDIAN_TCP: failed = read_tcp(capacitor, &number); break;
	}
	*volts = (number + capacitor->offset) * capacitor->scale_v;
	return failed;
}
