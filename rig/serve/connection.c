/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "connection.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <math.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>

enum { CONNECTIONS_MAX = 32, INPUT_BYTES = 4096, END_WAIT_MS = 50, REQUESTS_AT_END = 20 };

struct connection {
	struct listener *listener;
	pthread_t thread;
	int fd, wake_fd;
	atomic_int ending;
	atomic_bool done; /* its thread may be joined */
	char input[INPUT_BYTES];
	size_t input_count;
};

struct listener {
	int fd, wake_fd;
	unsigned port;
	char path[sizeof((struct sockaddr_un *)0)->sun_path]; /* "" for TCP */
	pthread_t thread;
	bool running;
	void (*serve)(void *self, struct connection *connection);
	void *self;
	pthread_mutex_t lock; /* of the list */
	struct connection *connections[CONNECTIONS_MAX];
};

static void wake(int fd)
{
	uint64_t one = 1;
	ssize_t written = write(fd, &one, sizeof one);
	(void)written;
}

static void release(struct connection *connection)
{
	if (connection->fd >= 0)
		close(connection->fd);
	if (connection->wake_fd >= 0)
		close(connection->wake_fd);
	free(connection);
}

/* Sends the end, and takes in what the client still asks for a moment: a socket closed over unread requests sends a reset instead. */
static void end_softly(int fd)
{
	shutdown(fd, SHUT_WR);
	struct pollfd client = {.fd = fd, .events = POLLIN};
	char unread[INPUT_BYTES];
	for (unsigned request = 0; request < REQUESTS_AT_END && poll(&client, 1, END_WAIT_MS) > 0; request++)
		if (recv(fd, unread, sizeof unread, 0) <= 0)
			return;
}

static void *connection_thread(void *self)
{
	struct connection *connection = self;
	connection->listener->serve(connection->listener->self, connection);
	if (atomic_load(&connection->ending) == CONNECTION_RESET) {
		/* Without lingering a close sends a reset and no end. */
		struct linger linger = {.l_onoff = 1, .l_linger = 0};
		setsockopt(connection->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
	} else {
		end_softly(connection->fd);
	}
	pthread_mutex_lock(&connection->listener->lock);
	close(connection->fd);
	connection->fd = -1;
	atomic_store(&connection->done, true);
	pthread_mutex_unlock(&connection->listener->lock);
	return NULL;
}

/* A place in the list, after burying the dead. */
static struct connection **free_slot(struct listener *listener)
{
	struct connection **slot = NULL;
	for (unsigned c = 0; c < CONNECTIONS_MAX; c++) {
		struct connection *connection = listener->connections[c];
		if (connection && atomic_load(&connection->done)) {
			pthread_join(connection->thread, NULL);
			release(connection);
			listener->connections[c] = NULL;
		}
		if (!listener->connections[c])
			slot = &listener->connections[c];
	}
	return slot;
}

static void take_connection(struct listener *listener, int fd)
{
	int yes = 1;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
	struct connection *connection = calloc(1, sizeof *connection);
	if (!connection) {
		close(fd);
		return;
	}
	*connection = (struct connection){.listener = listener, .fd = fd, .wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
	pthread_mutex_lock(&listener->lock);
	struct connection **slot = free_slot(listener);
	bool started = slot && connection->wake_fd >= 0 && pthread_create(&connection->thread, NULL, connection_thread, connection) == 0;
	if (started)
		*slot = connection;
	pthread_mutex_unlock(&listener->lock);
	if (!started)
		release(connection);
}

static void *listener_thread(void *self)
{
	struct listener *listener = self;
	struct pollfd fds[] = {{.fd = listener->fd, .events = POLLIN}, {.fd = listener->wake_fd, .events = POLLIN}};
	for (;;) {
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			return NULL;
		if (fds[1].revents)
			return NULL;
		int fd = fds[0].revents ? accept4(listener->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK) : -1;
		if (fd >= 0)
			take_connection(listener, fd);
	}
}

static bool listen_on_port(struct listener *listener, unsigned port, struct error *error)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof address;
	int yes = 1;
	listener->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (listener->fd < 0 || setsockopt(listener->fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) != 0 ||
	    bind(listener->fd, (struct sockaddr *)&address, size) != 0 || listen(listener->fd, 8) != 0 ||
	    getsockname(listener->fd, (struct sockaddr *)&address, &size) != 0)
		return error_errno(error, ERROR_BENCH, "cannot listen on port %u", port);
	listener->port = ntohs(address.sin_port);
	return true;
}

static bool listen_on_path(struct listener *listener, const char *path, struct error *error)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	if (strlen(path) >= sizeof address.sun_path)
		return error_bench(error, "%s: the path of a socket may have %zu characters", path, sizeof address.sun_path - 1);
	memcpy(address.sun_path, path, strlen(path) + 1);
	listener->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	/* What a killed predecessor left behind answers nobody. */
	if (listener->fd >= 0 && connect(listener->fd, (struct sockaddr *)&address, sizeof address) != 0 && errno == ECONNREFUSED)
		unlink(path);
	if (listener->fd < 0 || bind(listener->fd, (struct sockaddr *)&address, sizeof address) != 0 || listen(listener->fd, 8) != 0)
		return error_errno(error, ERROR_BENCH, "%s: cannot listen", path);
	memcpy(listener->path, path, strlen(path) + 1);
	return true;
}

static struct listener *start(unsigned port, const char *path, void (*serve)(void *self, struct connection *connection), void *self,
			      struct error *error)
{
	struct listener *listener = calloc(1, sizeof *listener);
	if (!listener) {
		error_bench(error, "out of memory");
		return NULL;
	}
	*listener = (struct listener){.fd = -1, .wake_fd = eventfd(0, EFD_CLOEXEC), .serve = serve, .self = self};
	pthread_mutex_init(&listener->lock, NULL);
	bool listens = path ? listen_on_path(listener, path, error) : listen_on_port(listener, port, error);
	listener->running = listens && listener->wake_fd >= 0 && pthread_create(&listener->thread, NULL, listener_thread, listener) == 0;
	if (listener->running)
		return listener;
	if (listens)
		error_bench(error, "cannot start a thread");
	listener_stop(listener);
	return NULL;
}

struct listener *listener_start(unsigned port, void (*serve)(void *self, struct connection *connection), void *self, struct error *error)
{
	return start(port, NULL, serve, self, error);
}

struct listener *listener_start_local(const char *path, void (*serve)(void *self, struct connection *connection), void *self,
				      struct error *error)
{
	return start(0, path, serve, self, error);
}

unsigned listener_port(const struct listener *listener)
{
	return listener->port;
}

void listener_end_all(struct listener *listener, enum connection_ending ending)
{
	pthread_mutex_lock(&listener->lock);
	for (unsigned c = 0; c < CONNECTIONS_MAX; c++) {
		struct connection *connection = listener->connections[c];
		if (connection && !atomic_load(&connection->done)) {
			atomic_store(&connection->ending, (int)ending);
			wake(connection->wake_fd);
		}
	}
	pthread_mutex_unlock(&listener->lock);
}

void listener_stop(struct listener *listener)
{
	if (!listener)
		return;
	if (listener->running) {
		wake(listener->wake_fd);
		pthread_join(listener->thread, NULL);
	}
	listener_end_all(listener, CONNECTION_CLOSE);
	for (unsigned c = 0; c < CONNECTIONS_MAX; c++)
		if (listener->connections[c]) {
			pthread_join(listener->connections[c]->thread, NULL);
			release(listener->connections[c]);
		}
	if (listener->fd >= 0)
		close(listener->fd);
	if (listener->wake_fd >= 0)
		close(listener->wake_fd);
	if (listener->path[0])
		unlink(listener->path);
	pthread_mutex_destroy(&listener->lock);
	free(listener);
}

bool connection_open(const struct connection *connection)
{
	return atomic_load(&connection->ending) == CONNECTION_OPEN;
}

/* Waits for events of the socket (0: none), at most timeout_s; false when the connection is ended from elsewhere. */
static bool await(struct connection *connection, short events, double timeout_s, bool *happened)
{
	struct pollfd fds[] = {{.fd = connection->wake_fd, .events = POLLIN}, {.fd = connection->fd, .events = events}};
	int timeout_ms = isfinite(timeout_s) ? (int)ceil(fmin(timeout_s, 1e6) * 1e3) : -1;
	int count;
	do
		count = poll(fds, events ? 2 : 1, timeout_ms);
	while (count < 0 && errno == EINTR);
	*happened = count > 0 && events && fds[1].revents;
	return connection_open(connection);
}

bool connection_readable(struct connection *connection, double timeout_s)
{
	bool happened = connection->input_count > 0;
	return happened || (await(connection, POLLIN, timeout_s, &happened) && happened);
}

/* More bytes into the input, waiting for them. */
static bool receive(struct connection *connection)
{
	for (;;) {
		bool happened;
		if (!await(connection, POLLIN, INFINITY, &happened))
			return false;
		ssize_t count = recv(connection->fd, connection->input + connection->input_count,
				     sizeof connection->input - connection->input_count, 0);
		if (count > 0) {
			connection->input_count += (size_t)count;
			return true;
		}
		if (count == 0 || (errno != EAGAIN && errno != EINTR))
			return false;
	}
}

static void consume(struct connection *connection, size_t count)
{
	connection->input_count -= count;
	memmove(connection->input, connection->input + count, connection->input_count);
}

bool connection_line(struct connection *connection, char *line, size_t size)
{
	size_t length = 0;
	for (;;) {
		char *end = memchr(connection->input, '\n', connection->input_count);
		size_t count = end ? (size_t)(end - connection->input) : connection->input_count;
		size_t kept = count < size - 1 - length ? count : size - 1 - length;
		memcpy(line + length, connection->input, kept);
		length += kept;
		consume(connection, count + (end != NULL));
		if (end)
			break;
		if (!receive(connection))
			return false;
	}
	while (length > 0 && line[length - 1] == '\r')
		length--;
	line[length] = '\0';
	return true;
}

bool connection_bytes(struct connection *connection, void *bytes, size_t size)
{
	for (size_t length = 0; length < size;) {
		if (connection->input_count == 0 && !receive(connection))
			return false;
		size_t count = connection->input_count < size - length ? connection->input_count : size - length;
		memcpy((char *)bytes + length, connection->input, count);
		consume(connection, count);
		length += count;
	}
	return true;
}

bool connection_send_some(struct connection *connection, const void *bytes, size_t size, double timeout_s, size_t *sent)
{
	bool happened;
	*sent = 0;
	if (!await(connection, POLLOUT, timeout_s, &happened))
		return false;
	if (!happened)
		return true;
	ssize_t count = send(connection->fd, bytes, size, MSG_NOSIGNAL);
	if (count < 0)
		return errno == EAGAIN || errno == EINTR;
	*sent = (size_t)count;
	return true;
}

bool connection_send(struct connection *connection, const void *bytes, size_t size)
{
	for (size_t length = 0, sent; length < size; length += sent)
		if (!connection_send_some(connection, (const char *)bytes + length, size - length, INFINITY, &sent))
			return false;
	return true;
}

bool connection_pause(struct connection *connection, double duration_s)
{
	bool happened;
	return await(connection, 0, duration_s, &happened);
}
