/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ReqIF, .reqifz and needs.json of any bytes; what could be read is written as a specification, whose every line must be text. */
#include <string.h>

#include "imported.h"
#include "memory_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct import_options ALL = {.types = "all"};
	char path[64];
	int fd = memory_file(data, size, path);
	struct error error = {0};
	auto_imported struct imported *imported = import_file(path, &ALL, &error);
	if (imported) {
		auto_free char *spec = NULL;
		size_t length = 0;
		auto_file FILE *out = open_memstream(&spec, &length);
		if (out && (!imported_write(imported, out, "fuzz", &error) || memchr(spec, '\0', length) || memchr(spec, '\t', length)))
			abort();
	}
	close(fd);
	return 0;
}
