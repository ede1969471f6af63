/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "serial.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

static const double WRITE_S = 0.3, CONNECT_S = 1.5;
static const char TCP[] = "tcp:";

double serial_now_s(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* Waits for the events until the time; false when it passed. A line that is gone counts as ready: the next read or write tells. */
static bool await_events(int fd, short events, double until_s)
{
	for (;;) {
		struct pollfd wait = {.fd = fd, .events = events};
		double left_s = until_s - serial_now_s();
		int ready = poll(&wait, 1, left_s > 0 ? (int)ceil(1e3 * left_s) : 0);
		if (ready >= 0 || errno != EINTR)
			return ready != 0;
	}
}

static bool speed_of(unsigned baud, speed_t *speed)
{
	static const struct {
		unsigned baud;
		speed_t speed;
	} SPEEDS[] = {{1200, B1200},   {2400, B2400},     {4800, B4800},     {9600, B9600},     {19200, B19200},   {38400, B38400},
		      {57600, B57600}, {115200, B115200}, {230400, B230400}, {460800, B460800}, {921600, B921600}, {1000000, B1000000}};
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
		return error_config(error, "%s: %u baud is no usual speed of a serial line", serial->path, baud);
	if (tcgetattr(serial->fd, &line) < 0)
		return error_errno(error, ERROR_BENCH, "%s is no serial line", serial->path);
	/* Two programs on one line would take each other's answers. */
	if (flock(serial->fd, LOCK_EX | LOCK_NB) < 0)
		return error_errno(error, ERROR_BENCH, "%s is in use by another program", serial->path);
	cfmakeraw(&line);
	line.c_cflag |= CLOCAL | CREAD;
	line.c_cflag &= (tcflag_t) ~(CRTSCTS | CSTOPB);
	if (stop_bits == 2)
		line.c_cflag |= CSTOPB;
	/* With VMIN 1 a read of nothing is EAGAIN, so that 0 can only mean that the line is gone. */
	line.c_cc[VMIN] = 1;
	line.c_cc[VTIME] = 0;
	cfsetispeed(&line, speed);
	cfsetospeed(&line, speed);
	if (tcsetattr(serial->fd, TCSANOW, &line) < 0)
		return error_errno(error, ERROR_BENCH, "%s does not take %u baud, 8N%u", serial->path, baud, stop_bits);
	return true;
}

static int connect_one(const struct addrinfo *address, double until_s)
{
	int fd = socket(address->ai_family, address->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, address->ai_protocol);
	if (fd < 0)
		return -1;
	int cause = 0, on = 1;
	socklen_t size = sizeof cause;
	if (connect(fd, address->ai_addr, address->ai_addrlen) < 0) {
		cause = errno;
		if (cause == EINPROGRESS) {
			cause = ETIMEDOUT;
			if (await_events(fd, POLLOUT, until_s))
				getsockopt(fd, SOL_SOCKET, SO_ERROR, &cause, &size);
		}
	}
	if (cause == 0) {
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
		return fd;
	}
	close(fd);
	errno = cause;
	return -1;
}

static bool open_tcp(struct serial *serial, struct error *error)
{
	char host[sizeof serial->path];
	snprintf(host, sizeof host, "%s", serial->path + strlen(TCP));
	char *colon = strrchr(host, ':');
	if (!colon || colon == host || !colon[1])
		return error_config(error, "'%s' is no address; 'tcp:HOST:PORT' was expected", serial->path);
	*colon = '\0';
	struct addrinfo *list, hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
	int cause = getaddrinfo(host, colon + 1, &hints, &list);
	if (cause != 0)
		return error_bench(error, "%s: %s", serial->path, gai_strerror(cause));
	double until_s = serial_now_s() + CONNECT_S;
	errno = 0;
	for (const struct addrinfo *address = list; address && serial->fd < 0; address = address->ai_next)
		serial->fd = connect_one(address, until_s);
	cause = errno;
	freeaddrinfo(list);
	errno = cause;
	serial->socket = true;
	return serial->fd >= 0 || error_errno(error, ERROR_BENCH, "%s cannot be connected", serial->path);
}

bool serial_open(struct serial *serial, const char *path, unsigned baud, unsigned stop_bits, struct error *error)
{
	*serial = (struct serial){.fd = -1};
	if ((size_t)snprintf(serial->path, sizeof serial->path, "%s", path) >= sizeof serial->path)
		return error_config(error, "the path of the serial line is too long");
	if (strncmp(path, TCP, strlen(TCP)) == 0)
		return open_tcp(serial, error);
	serial->fd = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (serial->fd < 0)
		return error_errno(error, ERROR_BENCH, "%s%s", path,
				   errno == EACCES ? " (users of the group dialout may open serial lines)" : "");
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

void serial_drop_rts(const struct serial *serial)
{
	int rts = TIOCM_RTS;
	if (!serial->socket)
		(void)ioctl(serial->fd, TIOCMBIC, &rts);
}

void serial_flush(const struct serial *serial)
{
	char bytes[256];
	if (!serial->socket)
		tcflush(serial->fd, TCIFLUSH);
	/* Bounded, for a device may talk without end. */
	for (int i = 0; i < 64; i++)
		if (read(serial->fd, bytes, sizeof bytes) <= 0)
			break;
}

static bool gone(const struct serial *serial, struct error *error)
{
	return error_bench(error, "%s: the line is gone (unplugged or closed)", serial->path);
}

bool serial_write(const struct serial *serial, const void *bytes, size_t length, struct error *error)
{
	const char *at = bytes;
	double until_s = serial_now_s() + WRITE_S;
	while (length > 0) {
		ssize_t count = serial->socket ? send(serial->fd, at, length, MSG_NOSIGNAL) : write(serial->fd, at, length);
		if (count >= 0) {
			at += count;
			length -= (size_t)count;
		} else if (errno == EAGAIN) {
			if (!await_events(serial->fd, POLLOUT, until_s))
				return error_bench(error, "%s: the line takes no bytes", serial->path);
		} else if (errno != EINTR) {
			return gone(serial, error);
		}
	}
	return true;
}

bool serial_read_some(const struct serial *serial, void *bytes, size_t size, double until_s, size_t *length, struct error *error)
{
	*length = 0;
	while (await_events(serial->fd, POLLIN, until_s)) {
		ssize_t count = read(serial->fd, bytes, size);
		if (count > 0) {
			*length = (size_t)count;
			return true;
		}
		if (count == 0 || (errno != EINTR && errno != EAGAIN))
			return gone(serial, error);
	}
	return true;
}

/* The server's address as it was connected to: the guardian asks no name server. */
static bool describe_tcp(const struct serial *serial, struct guardian_device *device)
{
	struct sockaddr_in peer = {0};
	socklen_t size = sizeof peer;
	char address[INET_ADDRSTRLEN];
	if (getpeername(serial->fd, (struct sockaddr *)&peer, &size) < 0 || peer.sin_family != AF_INET ||
	    !inet_ntop(AF_INET, &peer.sin_addr, address, sizeof address))
		return false;
	snprintf(device->serial, sizeof device->serial, "tcp:%s:%u", address, ntohs(peer.sin_port));
	return true;
}

bool serial_describe(const struct serial *serial, const void *frame, size_t length, struct guardian_device *device)
{
	size_t path_size = strlen(serial->path) + 1;
	if (length > sizeof device->disarm || path_size > sizeof device->serial)
		return false;
	if (serial->socket && !describe_tcp(serial, device))
		return false;
	if (!serial->socket) {
		if (tcgetattr(serial->fd, &device->line) < 0)
			return false;
		memcpy(device->serial, serial->path, path_size);
	}
	memcpy(device->disarm, frame, length);
	device->disarm_length = (uint32_t)length;
	return true;
}
