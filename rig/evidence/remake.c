/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "remake.h"

#include <limits.h>
#include <string.h>

#include "result.h"
#include "table.h"

static bool path_in(const char *out, const char *name, char path[PATH_MAX], struct error *error)
{
	return snprintf(path, PATH_MAX, "%s/%s", out, name) < PATH_MAX || error_config(error, "%s: the path is too long", out);
}

bool remake_write(const char *out, const char *recording, const struct evidence_facts *facts, const struct remake_input *inputs,
		  size_t input_count, struct error *error)
{
	char path[PATH_MAX];
	struct result_facts result = {.facts = facts};
	memset(result.source_sha256, '0', sizeof result.source_sha256 - 1);
	auto_free struct result_input *kept = calloc(input_count + 1, sizeof *kept);
	if (!kept)
		return error_bench(error, "%s: out of memory", out);
	for (size_t i = 0; i < input_count; i++) {
		kept[i].name = (char *)(uintptr_t)inputs[i].name;
		kept[i].path = inputs[i].path;
		if (!digest_file(inputs[i].file, kept[i].sha256, error))
			return false;
	}
	result.inputs = kept;
	result.input_count = input_count;
	return result_look_at_recording(recording, &result, error) && result_write_tables(out, &result, error) &&
	       path_in(out, "result.json", path, error) && result_write(path, &result, error);
}
