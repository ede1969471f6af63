/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The simulated instruments' threads, as a bare program so that it can run under ThreadSanitizer: all servers at once, each with a client,
 * faults among them, and an end in the middle of it.
 * usage: test_serve FIXTURES
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "bench.h"
#include "config.h"
#include "serve.h"
#include "sim.h"

static int passed, failed;

#define CHECK(condition, ...)                                                                                                              \
	do {                                                                                                                               \
		if (condition) {                                                                                                           \
			passed++;                                                                                                          \
		} else {                                                                                                                   \
			failed++;                                                                                                          \
			printf("not ok: %s: ", #condition);                                                                                \
			printf(__VA_ARGS__);                                                                                               \
			printf("\n");                                                                                                      \
		}                                                                                                                          \
	} while (0)

struct client {
	unsigned port;
	const char *path;
	size_t bytes; /* taken */
};

static int connect_to(unsigned port)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

static bool say(int fd, const char *text)
{
	return send(fd, text, strlen(text), MSG_NOSIGNAL) == (ssize_t)strlen(text);
}

/* Takes bytes until the other side ends. */
static void drain(int fd, size_t *bytes)
{
	static const size_t SIZE = 65536;
	char *buffer = malloc(SIZE);
	for (ssize_t count; buffer && (count = recv(fd, buffer, SIZE, 0)) > 0;)
		*bytes += (size_t)count;
	free(buffer);
	close(fd);
}

static void *iiod_client(void *self)
{
	struct client *client = self;
	int fd = connect_to(client->port);
	if (fd >= 0 && say(fd, "PRINT\r\nREAD iio:device0 INPUT voltage0 raw\r\nOPEN iio:device0 1000 0000000f\r\n"
			       "READBUF iio:device0 200000000\r\n"))
		drain(fd, &client->bytes);
	return NULL;
}

static void *logic_client(void *self)
{
	struct client *client = self;
	int fd = connect_to(client->port);
	if (fd >= 0 && say(fd, "samplerate 1000000\nsampleunit 1\nget\n"))
		drain(fd, &client->bytes);
	return NULL;
}

static void *serial_client(void *self)
{
	struct client *client = self;
	for (int turn = 0; turn < 50; turn++) {
		struct timespec pause = {.tv_nsec = 20000000};
		uint8_t reply[64];
		int fd = open(client->path, O_RDWR | O_NOCTTY | O_NONBLOCK);
		if (fd >= 0 && write(fd, "Q@n@050*EBxEHr", 14) == 14) {
			nanosleep(&pause, NULL);
			ssize_t count = read(fd, reply, sizeof reply);
			client->bytes += count > 0 ? (size_t)count : 0;
		}
		if (fd >= 0)
			close(fd);
	}
	return NULL;
}

/* The ports of the ready line. */
static bool ports_of(const struct serve *serve, unsigned *iiod, unsigned *beaglelogic)
{
	char line[256] = "";
	FILE *out = tmpfile();
	if (!out)
		return false;
	serve_print_ready(serve, out);
	rewind(out);
	bool read = fgets(line, sizeof line, out) && sscanf(line, "ready: iiod %u, beaglelogic %u", iiod, beaglelogic) == 2;
	fclose(out);
	return read;
}

static void run(struct bench_setup *setup, unsigned turn)
{
	static const struct driver *const DRIVERS[] = {&driver_sim, NULL};
	static const char *const FAULTS[] = {"iiod lose 1000",
					     "iiod stall for 100 ms",
					     "beaglelogic stall for 100 ms",
					     "magstim slow 10 ms for 200 ms",
					     "magstim close after 300 ms",
					     "iiod reset after 900 ms",
					     "beaglelogic close after 900 ms"};
	struct error error = {0};
	auto_bench struct bench *bench = bench_open(setup, DRIVERS, NULL, &error);
	struct serve *serve = bench ? serve_start(setup, bench_ports(bench), &error) : NULL;
	CHECK(serve, "%s", error.text);
	struct client iiod = {0}, logic = {0}, serial = {.path = setup->serve->magstim_path};
	if (!serve)
		return;
	CHECK(ports_of(serve, &iiod.port, &logic.port), "no ready line");
	for (size_t f = 0; turn == 0 && f < sizeof FAULTS / sizeof *FAULTS; f++)
		CHECK(serve_command(serve, FAULTS[f], &error), "%s", error.text);
	pthread_t threads[3];
	bool made = pthread_create(&threads[0], NULL, iiod_client, &iiod) == 0 &&
		    pthread_create(&threads[1], NULL, logic_client, &logic) == 0 &&
		    pthread_create(&threads[2], NULL, serial_client, &serial) == 0;
	CHECK(made, "threads");
	if (!made)
		abort();
	struct timespec pause = {.tv_sec = 1, .tv_nsec = 200000000};
	nanosleep(&pause, NULL);
	CHECK(!serve_failed(serve, &error), "%s", error.text);
	serve_stop(serve);
	for (unsigned t = 0; t < 3; t++)
		pthread_join(threads[t], NULL);
	CHECK(iiod.bytes > 1000000, "%zu bytes of the adc", iiod.bytes);
	CHECK(logic.bytes > 100000, "%zu samples of the logic analyser", logic.bytes);
	CHECK(serial.bytes > 0, "no answer on the serial line");
}

int main(int argc, char **argv)
{
	struct error error = {0};
	char folder[] = "serve-XXXXXX", path[64], control[64];
	if (argc != 2 || !mkdtemp(folder))
		return 2;
	auto_bench_setup struct bench_setup *setup = config_load_bench("served", argv[1], &error);
	CHECK(setup && setup->serve, "%s", error.text);
	if (setup && setup->serve) {
		snprintf(path, sizeof path, "%s/magstim", folder);
		snprintf(control, sizeof control, "%s/control", folder);
		setup->serve->iiod_port = setup->serve->beaglelogic_port = 0;
		setup->serve->magstim_path = path;
		setup->serve->control = control;
		for (unsigned turn = 0; turn < 2; turn++)
			run(setup, turn);
	}
	CHECK(rmdir(folder) == 0, "something was left behind in %s", folder);
	printf("%d passed, %d failed\n", passed, failed);
	return failed > 0;
}
