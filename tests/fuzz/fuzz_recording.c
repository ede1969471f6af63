/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any bytes as a recording in each format. */
#include <stdint.h>

#include "bench.h"
#include "memory_file.h"

static void read_as(enum file_format format, const char *path)
{
	struct bench_setup setup = {.id = "fuzz", .file = "fuzz.yaml", .adc = {.driver = "file", .format = format, .sample_rate_hz = 1e6}};
	setup.adc.channel_count = 2;
	static const char *const NAMES[] = {"i_a", "trigger"};
	for (int c = 0; c < 2; c++) {
		struct adc_channel_setup *channel = &setup.adc.channels[c];
		channel->index = format == FILE_S16LE ? c : -1;
		channel->source = NAMES[c];
		channel->channel.scale = 1;
		channel->derivative = c == 0;
	}
	struct error error = {0};
	const struct driver *const drivers[] = {&driver_file, NULL};
	auto_bench struct bench *bench = bench_open(&setup, drivers, path, &error);
	if (!bench)
		return;
	const struct adc_port *adc = &bench_ports(bench)->adc;
	struct adc_read read;
	while (adc->ops->read(adc->self, 1000, &read, &error) && read.state != ADC_END)
		continue;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char path[64];
	int fd = memory_file(data, size, path);
	read_as(FILE_CSV, path);
	read_as(FILE_SR, path);
	read_as(FILE_S16LE, path);
	close(fd);
	return 0;
}
