/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Serial ports in a folder made for it; what answers nowhere is told, in time. */
#include <criterion/criterion.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "probe.h"

static char folder[] = "/tmp/tmsrig-probe-XXXXXX";

static const char *below(const char *name)
{
	static char path[256];
	snprintf(path, sizeof path, "%s/%s", folder, name);
	return path;
}

static void make_ports(void)
{
	static const char *const NAMES[] = {"ttyUSB10", "ttyUSB2", "ttyACM0", "ttyS99", "null", "tty1"};
	cr_assert_not_null(mkdtemp(folder));
	for (size_t n = 0; n < sizeof NAMES / sizeof *NAMES; n++) {
		FILE *file = fopen(below(NAMES[n]), "w");
		cr_assert_not_null(file);
		fclose(file);
	}
	cr_assert_eq(mkdir(below("serial"), 0700) | mkdir(below("serial/by-id"), 0700), 0);
	cr_assert_eq(symlink("../../ttyUSB2", below("serial/by-id/usb-Maker_Adapter_7-if00")), 0);
}

static void remove_ports(void)
{
	static const char *const NAMES[] = {
		"ttyUSB10", "ttyUSB2", "ttyACM0", "ttyS99", "null", "tty1", "serial/by-id/usb-Maker_Adapter_7-if00"};
	for (size_t n = 0; n < sizeof NAMES / sizeof *NAMES; n++)
		unlink(below(NAMES[n]));
	rmdir(below("serial/by-id"));
	rmdir(below("serial"));
	rmdir(folder);
}

Test(probe, serial_ports_by_number_with_their_lasting_names, .init = make_ports, .fini = remove_ports)
{
	struct error error = {0};
	const struct probe_options options = {.dev = folder, .timeout_s = 2};
	auto_probe struct probe *probe = probe_create(&options, &error);
	cr_assert_not_null(probe, "%s", error.text);
	cr_assert_eq(probe->port_count, 3, "%zu; a UART that the kernel does not know is not there", probe->port_count);
	cr_expect(strstr(probe->ports[0].path, "/ttyACM0"));
	cr_expect(strstr(probe->ports[1].path, "/ttyUSB2"));
	cr_expect(strstr(probe->ports[2].path, "/ttyUSB10"));
	cr_expect(strstr(probe->ports[1].by_id, "serial/by-id/usb-Maker_Adapter_7-if00"), "%s", probe->ports[1].by_id);
	cr_expect_str_eq(probe->ports[2].by_id, "");
}

Test(probe, a_context_that_does_not_answer_is_a_line_and_no_failure)
{
	struct error error = {0};
	const char *const uris[] = {"ip:127.0.0.1:1"};
	const struct probe_options options = {.dev = "/nowhere", .uris = uris, .uri_count = 1, .timeout_s = 2};
	auto_probe struct probe *probe = probe_create(&options, &error);
	cr_assert_not_null(probe, "%s", error.text);
	cr_expect_eq(probe->port_count, 0);
#ifdef TMSRIG_IIO
	cr_expect_null(probe->missing.iio);
	bool told = false;
	for (size_t c = 0; c < probe->context_count; c++)
		told = told || (strcmp(probe->contexts[c].uri, uris[0]) == 0 && probe->contexts[c].problem);
	cr_expect(told);
#else
	cr_expect(strstr(probe->missing.iio, "./dev drivers"));
#endif
}

#ifdef TMSRIG_IIO
static double now_s(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

#include <arpa/inet.h>
#include <sys/socket.h>

/* Somebody who accepts and never says a word. */
Test(probe, a_context_that_hangs_is_left_within_its_time)
{
	struct error error = {0};
	int silent = socket(AF_INET, SOCK_STREAM, 0);
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof address;
	cr_assert(silent >= 0 && bind(silent, (struct sockaddr *)&address, size) == 0 && listen(silent, 4) == 0);
	cr_assert_eq(getsockname(silent, (struct sockaddr *)&address, &size), 0);
	char uri[64];
	snprintf(uri, sizeof uri, "ip:127.0.0.1:%u", ntohs(address.sin_port));
	const char *const uris[] = {uri};
	const struct probe_options options = {.dev = "/nowhere", .uris = uris, .uri_count = 1, .timeout_s = 1};
	double begin_s = now_s();
	auto_probe struct probe *probe = probe_create(&options, &error);
	cr_assert_not_null(probe, "%s", error.text);
	cr_expect_lt(now_s() - begin_s, 10);
	cr_expect(strstr(probe->contexts[probe->context_count - 1].problem, "nobody answers there"), "%s",
		  probe->contexts[probe->context_count - 1].problem);
	close(silent);
}
#endif
