/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The reader of digital certificates on any bytes, and every value it could give. */
#include "dcc.h"
#include "memory_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const names[] = {"coil_sensitivity", "basic_measuredValue", "Delay", ""};
	static const struct dsi_unit units[] = {{-1, 1, 0, 1}, {0, 0, 1, 1}, {0, 0, 0, 1}};
	char path[64];
	int fd = memory_file(data, size, path);
	struct error error = {0};
	struct dcc *dcc = dcc_load(path, &error);
	for (size_t n = 0; dcc && n < sizeof names / sizeof *names; n++)
		for (size_t u = 0; u < sizeof units / sizeof *units; u++) {
			struct dcc_value value;
			if (dcc_find(dcc, names[n], &units[u], &value, &error) && !(value.expanded_uncertainty >= 0 && value.k >= 1))
				abort();
		}
	dcc_destroy(dcc);
	close(fd);
	return 0;
}
