/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "hardware_claim.h"

#include <inttypes.h>
#include <limits.h>
#include <pwd.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>

enum { CLAIMS_MAX = 4 };

/* A process that is killed still closes its files for a moment. */
static const int TRIES = 20;
static const long PAUSE_NS = 10 * 1000 * 1000;

struct hardware_claim {
	int fds[CLAIMS_MAX];
	unsigned count;
};

/* FNV-1a: a name that is too long for a socket is cut, and told from others by this. */
static uint64_t hash(const char *text)
{
	uint64_t sum = 0xcbf29ce484222325;
	for (; *text; text++)
		sum = (sum ^ (unsigned char)*text) * 0x100000001b3;
	return sum;
}

static socklen_t name_address(const char *what, struct sockaddr_un *address)
{
	*address = (struct sockaddr_un){.sun_family = AF_UNIX};
	char *name = address->sun_path + 1;
	size_t room = sizeof address->sun_path - 1;
	int length = snprintf(name, room, "tmsrig/%s", what);
	if (length >= (int)room)
		length = snprintf(name, room, "tmsrig/%.60s/%016" PRIx64, what, hash(what));
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)length);
}

/* When the process was started, "?" when that is not told. */
static void started(pid_t pid, char *out, size_t size)
{
	char path[64], text[1024];
	struct timespec real, boot;
	unsigned long long ticks;
	snprintf(out, size, "?");
	snprintf(path, sizeof path, "/proc/%ld/stat", (long)pid);
	auto_file FILE *file = fopen(path, "re");
	if (!file || !fgets(text, sizeof text, file))
		return;
	/* The program's name may hold anything; after its bracket the fields are numbers, the start is the 20th of them. */
	const char *rest = strrchr(text, ')');
	if (!rest || sscanf(rest, ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %llu", &ticks) != 1)
		return;
	clock_gettime(CLOCK_REALTIME, &real);
	clock_gettime(CLOCK_BOOTTIME, &boot);
	time_t since = (time_t)(real.tv_sec - boot.tv_sec + (long long)(ticks / (unsigned long long)sysconf(_SC_CLK_TCK)));
	struct tm parts;
	gmtime_r(&since, &parts);
	strftime(out, size, "%Y-%m-%dT%H:%M:%SZ", &parts);
}

/* The process that listens on the name, by the kernel's word; nobody answers there. False: it is not told. */
static bool find_holder(const struct sockaddr_un *address, socklen_t length, struct ucred *holder)
{
	socklen_t size = sizeof *holder;
	auto_fd int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	return fd >= 0 && connect(fd, (const struct sockaddr *)address, length) == 0 &&
	       getsockopt(fd, SOL_SOCKET, SO_PEERCRED, holder, &size) == 0 && holder->pid > 0;
}

static bool is_held(const char *what, const struct sockaddr_un *address, socklen_t length, struct error *error)
{
	struct ucred holder;
	char since[32], who[160] = "by another process";
	if (find_holder(address, length, &holder)) {
		const struct passwd *user = getpwuid(holder.uid);
		started(holder.pid, since, sizeof since);
		snprintf(who, sizeof who, "by process %ld of %.80s, which runs since %s", (long)holder.pid, user ? user->pw_name : "?",
			 since);
	}
	return error_bench(
		error, "the instrument %.300s is in use: %s; its bench file or its state folder is another one, the instrument is the same",
		what, who);
}

static bool claim_one(struct hardware_claim *claim, const char *what, struct error *error)
{
	struct sockaddr_un address;
	socklen_t length = name_address(what, &address);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return error_errno(error, ERROR_BENCH, "%.300s: cannot be claimed", what);
	claim->fds[claim->count++] = fd;
	for (int tries = 0; tries < TRIES; tries++) {
		if (bind(fd, (const struct sockaddr *)&address, length) == 0)
			return listen(fd, SOMAXCONN) == 0 || error_errno(error, ERROR_BENCH, "%.300s: cannot be claimed", what);
		if (errno != EADDRINUSE)
			return error_errno(error, ERROR_BENCH, "%.300s: cannot be claimed", what);
		nanosleep(&(struct timespec){.tv_nsec = PAUSE_NS}, NULL);
	}
	return is_held(what, &address, length, error);
}

/* The serial line behind whatever links lead to it; an address stays as it is written. */
static void name_line(const char *port, char *out, size_t size)
{
	char whole[PATH_MAX];
	bool address = strncmp(port, "tcp:", 4) == 0;
	snprintf(out, size, "%s%s", address ? "" : "serial:", !address && realpath(port, whole) ? whole : port);
}

struct hardware_claim *hardware_claim_take(const struct bench_setup *setup, struct error *error)
{
	char what[PATH_MAX + 64];
	auto_hardware_claim struct hardware_claim *claim = calloc(1, sizeof *claim);
	if (!claim) {
		error_bench(error, "out of memory");
		return NULL;
	}
	if (setup->stimulator_driver && setup->stimulator.port) {
		name_line(setup->stimulator.port, what, sizeof what);
		if (!claim_one(claim, what, error))
			return NULL;
	}
	if (setup->stimulator_driver && strcmp(setup->stimulator_driver, "iio-dac") == 0) {
		snprintf(what, sizeof what, "iio:%s/%s/%s",
			 setup->iio_dac.uri ? setup->iio_dac.uri : "local:", setup->iio_dac.instrument ? setup->iio_dac.instrument : "",
			 setup->iio_dac.channel ? setup->iio_dac.channel : "");
		if (!claim_one(claim, what, error))
			return NULL;
	}
	if (setup->adc.driver && strcmp(setup->adc.driver, "iio") == 0) {
		snprintf(what, sizeof what, "iio:%s/%s",
			 setup->adc.uri ? setup->adc.uri : "local:", setup->adc.instrument ? setup->adc.instrument : "");
		if (!claim_one(claim, what, error))
			return NULL;
	}
	if (setup->adc.connection) {
		snprintf(what, sizeof what, "sigrok:%s", setup->adc.connection);
		if (!claim_one(claim, what, error))
			return NULL;
	}
	if (setup->logic.driver && strcmp(setup->logic.driver, "sigrok") == 0 && setup->logic.connection) {
		snprintf(what, sizeof what, "sigrok:%s", setup->logic.connection);
		if (!claim_one(claim, what, error))
			return NULL;
	}
	return steal(&claim);
}

void hardware_claim_release(struct hardware_claim *claim)
{
	if (!claim)
		return;
	for (unsigned i = 0; i < claim->count; i++)
		if (claim->fds[i] >= 0)
			close(claim->fds[i]);
	free(claim);
}
