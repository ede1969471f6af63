/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "witness.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <pthread.h>
#include <pty.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

enum { CLIENTS = 16 };
static const char FRAME[] = "EAy";
static const double FULL_V = 1800, DECAY_S = 0.02;

struct witness {
	char path[GUARDIAN_PATH], terminal[GUARDIAN_TEXT];
	int control, meter, master, slave;
	unsigned port;
	int clients[CLIENTS];
	pthread_t thread;
	pthread_mutex_t lock;
	bool stop, level[2]; /* of enable, estop */
	double since[2], disarmed_s;
	size_t matched;
};

static const char *const NAMES[2] = {"ENABLE", "ESTOP"};
static const bool SAFE[2] = {false, true};

static void die(const char *what)
{
	perror(what);
	exit(2);
}

double witness_now(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* Under the lock. */
static double volts_now(const struct witness *witness)
{
	if (witness->level[0] && !witness->level[1])
		return FULL_V;
	double since = INFINITY;
	for (int i = 0; i < 2; i++)
		if (witness->level[i] == SAFE[i])
			since = fmin(since, witness->since[i]);
	return FULL_V * exp(-(witness_now() - since) / DECAY_S);
}

static int index_of(const char *name)
{
	for (int i = 0; i < 2; i++)
		if (strcmp(NAMES[i], name) == 0)
			return i;
	return -1;
}

/* "line NAME [high|low]" */
static void serve_control(struct witness *witness, int fd)
{
	char text[256], name[64], level[16], reply[32];
	ssize_t count = recv(fd, text, sizeof text - 1, 0);
	if (count <= 0) {
		for (int i = 0; i < CLIENTS; i++)
			if (witness->clients[i] == fd)
				witness->clients[i] = -1;
		close(fd);
		return;
	}
	text[count] = '\0';
	int words = sscanf(text, "line %63s %15s", name, level), line = words > 0 ? index_of(name) : -1;
	pthread_mutex_lock(&witness->lock);
	if (line >= 0 && words == 2) {
		bool high = strcmp(level, "high") == 0;
		if (witness->level[line] != high)
			witness->since[line] = witness_now();
		witness->level[line] = high;
	}
	snprintf(reply, sizeof reply, "%s\n", line < 0 ? "error" : witness->level[line] ? "ok high" : "ok low");
	pthread_mutex_unlock(&witness->lock);
	send(fd, reply, strlen(reply), MSG_NOSIGNAL);
}

static void serve_meter(struct witness *witness)
{
	char request[64], reply[64];
	int fd = accept(witness->meter, NULL, NULL);
	if (fd < 0)
		return;
	if (recv(fd, request, sizeof request, 0) > 0) {
		pthread_mutex_lock(&witness->lock);
		snprintf(reply, sizeof reply, "5\n%.3f\n", volts_now(witness) * 10);
		pthread_mutex_unlock(&witness->lock);
		send(fd, reply, strlen(reply), MSG_NOSIGNAL);
	}
	close(fd);
}

static void serve_serial(struct witness *witness)
{
	char byte;
	while (read(witness->master, &byte, 1) == 1) {
		pthread_mutex_lock(&witness->lock);
		witness->matched = byte == FRAME[witness->matched] ? witness->matched + 1 : byte == FRAME[0];
		if (witness->matched == strlen(FRAME)) {
			witness->disarmed_s = witness_now();
			witness->matched = 0;
		}
		pthread_mutex_unlock(&witness->lock);
	}
}

static void *serve(void *argument)
{
	struct witness *witness = argument;
	while (!witness->stop) {
		struct pollfd look[3 + CLIENTS] = {
			{witness->control, POLLIN, 0}, {witness->meter, POLLIN, 0}, {witness->master, POLLIN, 0}};
		for (int i = 0; i < CLIENTS; i++)
			look[3 + i] = (struct pollfd){witness->clients[i], POLLIN, 0};
		if (poll(look, 3 + CLIENTS, 20) <= 0)
			continue;
		if (look[0].revents) {
			int fd = accept(witness->control, NULL, NULL), place = 0;
			while (place < CLIENTS && witness->clients[place] >= 0)
				place++;
			if (place < CLIENTS)
				witness->clients[place] = fd;
			else
				close(fd);
		}
		if (look[1].revents)
			serve_meter(witness);
		if (look[2].revents & POLLIN)
			serve_serial(witness);
		for (int i = 0; i < CLIENTS; i++)
			if (look[3 + i].fd >= 0 && look[3 + i].revents)
				serve_control(witness, look[3 + i].fd);
	}
	return NULL;
}

struct witness *witness_start(const char *dir)
{
	struct witness *witness = calloc(1, sizeof *witness);
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct sockaddr_in meter = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof meter;
	if (!witness)
		die("witness");
	snprintf(witness->path, sizeof witness->path, "%s/control", dir);
	memcpy(address.sun_path, witness->path, sizeof witness->path);
	unlink(witness->path);
	witness->control = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	witness->meter = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(witness->control, (struct sockaddr *)&address, sizeof address) < 0 || listen(witness->control, CLIENTS) < 0 ||
	    bind(witness->meter, (struct sockaddr *)&meter, sizeof meter) < 0 || listen(witness->meter, CLIENTS) < 0 ||
	    getsockname(witness->meter, (struct sockaddr *)&meter, &size) < 0)
		die("witness: sockets");
	witness->port = ntohs(meter.sin_port);
	if (openpty(&witness->master, &witness->slave, witness->terminal, NULL, NULL) < 0)
		die("witness: pty");
	struct termios raw;
	tcgetattr(witness->slave, &raw);
	cfmakeraw(&raw);
	tcsetattr(witness->slave, TCSANOW, &raw);
	fcntl(witness->master, F_SETFL, O_NONBLOCK);
	fcntl(witness->master, F_SETFD, FD_CLOEXEC);
	for (int i = 0; i < CLIENTS; i++)
		witness->clients[i] = -1;
	pthread_mutex_init(&witness->lock, NULL);
	witness_reset(witness);
	if (pthread_create(&witness->thread, NULL, serve, witness) != 0)
		die("witness: thread");
	return witness;
}

void witness_stop(struct witness *witness)
{
	witness->stop = true;
	pthread_join(witness->thread, NULL);
	for (int i = 0; i < CLIENTS; i++)
		if (witness->clients[i] >= 0)
			close(witness->clients[i]);
	close(witness->control);
	close(witness->meter);
	close(witness->master);
	close(witness->slave);
	unlink(witness->path);
	pthread_mutex_destroy(&witness->lock);
	free(witness);
}

void witness_setup(const struct witness *witness, struct guardian_setup *setup)
{
	*setup = (struct guardian_setup){.heartbeat_ms = 100, .device.disarm_length = sizeof FRAME - 1};
	static const enum guardian_role ROLES[2] = {GUARDIAN_ENABLE, GUARDIAN_EMERGENCY_STOP};
	for (int i = 0; i < 2; i++) {
		struct guardian_line *line = &setup->lines[ROLES[i]];
		*line = (struct guardian_line){.kind = GUARDIAN_SOCKET, .safe_level = SAFE[i]};
		snprintf(line->path, sizeof line->path, "%s", witness->path);
		snprintf(line->name, sizeof line->name, "%s", NAMES[i]);
	}
	cfmakeraw(&setup->device.line);
	setup->device.line.c_cflag |= CLOCAL | CREAD;
	memcpy(setup->device.disarm, FRAME, sizeof FRAME - 1);
	snprintf(setup->device.serial, sizeof setup->device.serial, "%s", witness->terminal);
	setup->device.capacitor = (struct guardian_capacitor){.source = GUARDIAN_TCP,
							      .path = "127.0.0.1",
							      .port = witness->port,
							      .request = "READ voltage2 raw\r\n",
							      .reply_lines = 2,
							      .scale_v = 0.1,
							      .limit_v = 60,
							      .deadline_s = 2};
}

void witness_reset(struct witness *witness)
{
	pthread_mutex_lock(&witness->lock);
	for (int i = 0; i < 2; i++) {
		witness->level[i] = SAFE[i];
		witness->since[i] = 0;
	}
	witness->disarmed_s = NAN;
	witness->matched = 0;
	pthread_mutex_unlock(&witness->lock);
}

double witness_line_since(struct witness *witness, const char *name, bool level)
{
	int line = index_of(name);
	pthread_mutex_lock(&witness->lock);
	double since = witness->level[line] == level ? witness->since[line] : NAN;
	pthread_mutex_unlock(&witness->lock);
	return since;
}

double witness_disarmed(struct witness *witness)
{
	pthread_mutex_lock(&witness->lock);
	double disarmed_s = witness->disarmed_s;
	pthread_mutex_unlock(&witness->lock);
	return disarmed_s;
}

double witness_volts(struct witness *witness)
{
	pthread_mutex_lock(&witness->lock);
	double volts = volts_now(witness);
	pthread_mutex_unlock(&witness->lock);
	return volts;
}
