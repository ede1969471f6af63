/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every loader on any bytes: an error value or a valid object, never a crash. */
#include "config.h"
#include "memory_file.h"

static const char *unit(void *context, const char *id)
{
	(void)context, (void)id;
	return "s";
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char path[64];
	int fd = memory_file(data, size, path);
	const char *fixtures = getenv("TMSRIG_FIXTURES");
	struct error error = {0};
	bench_setup_destroy(config_load_bench(path, fixtures ? fixtures : ".", &error));
	device_destroy(config_load_device(path, ".", &error));
	sensor_destroy(config_load_sensor(path, ".", &error));
	spec_destroy(config_load_spec(path, ".", unit, NULL, &error));
	qualification_destroy(config_load_qualification(path, ".", &error));
	dose_tables_destroy(config_load_dose_tables(path, ".", &error));
	close(fd);
	return 0;
}
