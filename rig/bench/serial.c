/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "serial.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

static double now_s(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static bool speed_of(unsigned baud, speed_t *speed)
{
	static const struct {
		unsigned baud;
		speed_t speed;
	} SPEEDS[] = {{1200, B1200},	 {2400, B2400},	    {4800, B4800},     {9600, B9600},	  {19200, B19200},     {38400, B38400},
		      {57600, B57600},	 {115200, B115200}, {230400, B230400}, {460800, B460800}, {921600, B921600},   {1000000, B1000000}};
	for (size_t i = 0; i < sizeof SPEEDS / sizeof *SPEEDS; i++) {
		if (SPEEDS[i].baud == baud) {
			*speed = SPEEDS[i].speed;
			return true;
		}
	}
	return false;
}

static bool configure(const struct serial *serial, unsigned baud, unsigned stop_bits, struct error *error)
{
	struct termios line;
	speed_t speed;
	if (!speed_of(baud, &speed))
		return error_config(error, "%s: %u baud is no speed of a serial line", serial->path, baud);
	if (tcgetattr(serial->fd, &line) < 0)
		return error_errno(error, ERROR_BENCH, "%s is no serial line", serial->path);
	cfmakeraw(&line);
	line.c_cflag |= CLOCAL | CREAD;
	line.c_cflag &= (tcflag_t) ~(CRTSCTS | CSTOPB);
	if (stop_bits == 2)
		line.c_cflag |= CSTOPB;
	line.c_cc[VMIN] = 0;
	line.c_cc[VTIME] = 0;
	cfsetispeed(&line, speed);
	cfsetospeed(&line, speed);
	if (tcsetattr(serial->fd, TCSANOW, &line) < 0)
		return error_errno(error, ERROR_BENCH, "%s does not take %u baud, 8N%u", serial->path, baud, stop_bits);
	return true;
}

bool serial_open(struct serial *serial, const char *path, unsigned baud, unsigned stop_bits, struct error *error)
{
	snprintf(serial->path, sizeof serial->path, "%s", path);
	serial->fd = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (serial->fd < 0)
		return error_errno(error, ERROR_BENCH, "%s%s", path,
				   errno == EACCES ? " (a user of the group dialout may open serial lines)" : "");
	if (configure(serial, baud, stop_bits, error)) {
		serial_flush(serial);
		return true;
	}
	serial_close(serial);
	return false;
}

void serial_close(struct serial *serial)
{
	if (serial->fd >= 0)
		close(serial->fd);
	serial->fd = -1;
}

void serial_flush(struct serial *serial)
{
	tcflush(serial->fd, TCIFLUSH);
}

static bool gone(const struct serial *serial, struct error *error)
{
	return error_bench(error, "%s: the line is gone (unplugged?)", serial->path);
}

bool serial_write(struct serial *serial, const void *bytes, size_t length, struct error *error)
{
	const char *at = bytes;
	double until_s = now_s() + 1;
	while (length > 0) {
		ssize_t count = write(serial->fd, at, length);
		if (count < 0 && errno == EINTR)
			continue;
		if (count < 0 && errno != EAGAIN)
			return gone(serial, error);
		if (count < 0) {
			struct pollfd room = {.fd = serial->fd, .events = POLLOUT};
			if (now_s() >= until_s || poll(&room, 1, 100) < 0)
				return error_bench(error, "%s takes no bytes", serial->path);
			continue;
		}
		at += count;
		length -= (size_t)count;
	}
	return true;
}

bool serial_read_some(struct serial *serial, void *bytes, size_t size, double timeout_s, size_t *length, struct error *error)
{
	*length = 0;
	double until_s = now_s() + timeout_s;
	for (;;) {
		struct pollfd come = {.fd = serial->fd, .events = POLLIN};
		double left_s = until_s - now_s();
		int ready = poll(&come, 1, left_s > 0 ? (int)ceil(1e3 * left_s) : 0);
		if (ready < 0 && errno == EINTR)
			continue;
		if (ready == 0)
			return true;
		ssize_t count = read(serial->fd, bytes, size);
		if (count < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (count <= 0)
			return gone(serial, error);
		*length = (size_t)count;
		return true;
	}
}

bool serial_read(struct serial *serial, void *bytes, size_t length, double timeout_s, size_t *got, struct error *error)
{
	double until_s = now_s() + timeout_s;
	size_t done = 0, count = 1;
	while (done < length && count > 0) {
		if (!serial_read_some(serial, (char *)bytes + done, length - done, fmax(0, until_s - now_s()), &count, error))
			return false;
		done += count;
	}
	if (got)
		*got = done;
	return done == length || error_bench(error, "%s: no answer within %.0f ms", serial->path, 1e3 * timeout_s);
}
