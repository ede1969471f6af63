/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the history reads of a bundle, from any bytes; what follows a form feed is the table. */
#include <stdint.h>
#include <string.h>

#include "run_record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *bytes = (const char *)data, *end = memchr(bytes, '\f', size);
	struct error error = {0};
	size_t result_size = end ? (size_t)(end - bytes) : size;
	struct run_record *record =
		run_record_parse("result.json", bytes, result_size, end ? end + 1 : NULL, end ? size - result_size - 1 : 0, &error);
	if (!record && !error.text[0])
		abort();
	run_record_destroy(record);
	return 0;
}
