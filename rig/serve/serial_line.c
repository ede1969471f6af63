/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "serial_line.h"

#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <termios.h>

enum { TICK_MS = 2, NAME_BYTES = 64 };

struct serial_line {
	_Atomic double stall_s; /* the longest time between two rounds of the thread since it was asked for */
	struct plant *plant;
	struct logic_track *track;
	const char *path;
	struct serial_end end;
	pthread_t thread;
	bool running;
	int master_fd, slave_fd, wake_fd;
	char name[NAME_BYTES]; /* of the pseudo-terminal */
};

static bool make_link(const struct serial_line *line, struct error *error)
{
	struct stat status;
	if (lstat(line->path, &status) == 0 && S_ISLNK(status.st_mode))
		unlink(line->path);
	return symlink(line->name, line->path) == 0 || error_errno(error, ERROR_BENCH, "%s: cannot make the link", line->path);
}

static void remove_link(const struct serial_line *line)
{
	char target[NAME_BYTES] = "";
	if (readlink(line->path, target, sizeof target - 1) > 0 && strcmp(target, line->name) == 0)
		unlink(line->path);
}

static void hang_up(struct serial_line *line)
{
	if (line->master_fd >= 0)
		close(line->master_fd);
	if (line->slave_fd >= 0)
		close(line->slave_fd);
	line->master_fd = line->slave_fd = -1;
}

/* The slave stays open here too, so that a client that closes it does not hang up the line. */
static bool plug_in(struct serial_line *line, struct error *error)
{
	struct termios raw;
	line->master_fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
	if (line->master_fd < 0 || grantpt(line->master_fd) != 0 || unlockpt(line->master_fd) != 0 ||
	    ptsname_r(line->master_fd, line->name, sizeof line->name) != 0)
		return error_errno(error, ERROR_BENCH, "cannot make a pseudo-terminal");
	line->slave_fd = open(line->name, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (line->slave_fd < 0 || tcgetattr(line->slave_fd, &raw) != 0)
		return error_errno(error, ERROR_BENCH, "%s: cannot be opened", line->name);
	cfmakeraw(&raw);
	if (tcsetattr(line->slave_fd, TCSANOW, &raw) != 0)
		return error_errno(error, ERROR_BENCH, "%s: cannot be made raw", line->name);
	return make_link(line, error);
}

static bool pause_or_wake(const struct serial_line *line, double duration_s)
{
	struct pollfd fd = {.fd = line->wake_fd, .events = POLLIN};
	return poll(&fd, 1, (int)ceil(duration_s * 1e3)) == 0;
}

/* Sends the answer, as the faults have it. */
static void send_reply(struct serial_line *line, struct serial_reply *reply)
{
	struct serve_faults *faults = line->plant->faults;
	enum serve_server server = line->end.server;
	double now_s = plant_monotonic_s(), delay_s;
	size_t count = reply->count;
	if (count == 0 || serve_faults_active(faults, server, SERVE_FAULT_MUTE, now_s, NULL))
		return;
	if (serve_faults_active(faults, server, SERVE_FAULT_SLOW, now_s, &delay_s) && !pause_or_wake(line, delay_s))
		return;
	if (reply->crc && serve_faults_take(faults, server, SERVE_FAULT_WRONG_CRC, now_s, NULL))
		*reply->crc ^= 0x55;
	if (serve_faults_take(faults, server, SERVE_FAULT_SHORT, now_s, NULL))
		count = reply->last + (count - reply->last) / 2;
	/* A pseudo-terminal whose buffer is full loses bytes, as a wire does. */
	ssize_t written = write(line->master_fd, reply->bytes, count);
	(void)written;
}

static bool take_bytes(struct serial_line *line, struct error *error)
{
	uint8_t bytes[256];
	ssize_t count = read(line->master_fd, bytes, sizeof bytes);
	bool good = true;
	if (count > 0)
		serve_faults_begin(line->plant->faults, line->end.server, plant_monotonic_s());
	/* Bytes take their time on the wire. */
	if (count > 0 && !pause_or_wake(line, (double)count * line->end.byte_s))
		return true;
	for (ssize_t i = 0; good && i < count; i++) {
		struct serial_reply reply = {.count = 0};
		plant_take_stimulator(line->plant);
		good = line->end.ops->byte(line->end.self, bytes[i], plant_monotonic_s(), &reply, error);
		plant_give_stimulator(line->plant);
		send_reply(line, &reply);
	}
	return good;
}

static bool tick(struct serial_line *line, struct error *error)
{
	struct serial_reply reply = {.count = 0};
	unsigned long discharges = line->track ? logic_track_discharges(line->track) : 0;
	plant_take_stimulator(line->plant);
	bool good = line->end.ops->tick(line->end.self, plant_monotonic_s(), discharges, &reply, error);
	plant_give_stimulator(line->plant);
	send_reply(line, &reply);
	if (!good || !serve_faults_take(line->plant->faults, line->end.server, SERVE_FAULT_CLOSE, plant_monotonic_s(), NULL))
		return good;
	hang_up(line);
	return plug_in(line, error);
}

static void *line_thread(void *self)
{
	struct serial_line *line = self;
	struct error error = {0};
	double last_s = plant_monotonic_s();
	for (bool good = true; good;) {
		double now_s = plant_monotonic_s();
		if (now_s - last_s > atomic_load(&line->stall_s))
			atomic_store(&line->stall_s, now_s - last_s);
		last_s = now_s;
		struct pollfd fds[] = {{.fd = line->wake_fd, .events = POLLIN}, {.fd = line->master_fd, .events = POLLIN}};
		if (poll(fds, 2, TICK_MS) < 0 && errno != EINTR)
			return NULL;
		if (fds[0].revents)
			return NULL;
		good = (!(fds[1].revents & POLLIN) || take_bytes(line, &error)) && tick(line, &error);
	}
	error_prefix(&error, "%s", serve_server_name(line->end.server));
	plant_fail(line->plant, &error);
	return NULL;
}

struct serial_line *serial_line_start(struct plant *plant, struct logic_track *track, const char *path, const struct serial_end *end,
				      struct error *error)
{
	struct serial_line *line = calloc(1, sizeof *line);
	if (!line) {
		error_bench(error, "out of memory");
		return NULL;
	}
	*line = (struct serial_line){.plant = plant, .track = track, .path = path, .end = *end, .master_fd = -1, .slave_fd = -1};
	line->wake_fd = eventfd(0, EFD_CLOEXEC);
	bool plugged = line->wake_fd >= 0 && plug_in(line, error);
	line->running = plugged && pthread_create(&line->thread, NULL, line_thread, line) == 0;
	if (line->running)
		return line;
	if (plugged)
		error_bench(error, "cannot start a thread");
	error_prefix(error, "%s", serve_server_name(end->server));
	serial_line_stop(line);
	return NULL;
}

double serial_line_stall_s(struct serial_line *line)
{
	return atomic_exchange(&line->stall_s, 0);
}

void serial_line_stop(struct serial_line *line)
{
	if (!line)
		return;
	if (line->running) {
		uint64_t one = 1;
		ssize_t written = write(line->wake_fd, &one, sizeof one);
		(void)written;
		pthread_join(line->thread, NULL);
	}
	remove_link(line);
	hang_up(line);
	if (line->wake_fd >= 0)
		close(line->wake_fd);
	free(line);
}
