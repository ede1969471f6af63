/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any bytes as a table and as a result of a bundle: held against themselves they agree, against others they do not, and nothing breaks. */
#include <stdint.h>
#include <stdlib.h>

#include "compare_json.h"
#include "compare_table.h"
#include "memory_file.h"

static const char REFERENCE[] = "pulse,onset_s,match,voided\n0,1.5,matched,0\n1,2.5,\"extra, \"\"late\"\"\",0\n";

static size_t compare_table(const char *stored, const char *remade)
{
	static const char *const KEY[] = {"pulse", NULL};
	const struct compare_table table = {"pulses.csv", stored, remade, KEY};
	struct differences differences = {.tolerance = 1e-9};
	struct error error = {0};
	bool compared = compare_tables(&table, &differences, &error);
	if (!compared && error.text[0] == '\0')
		abort();
	return compared ? differences.count : 0;
}

static size_t compare_result(const json_t *stored, const json_t *remade)
{
	static const char *const SKIPPED[] = {"run.started", NULL};
	struct differences differences = {.tolerance = 0};
	compare_json("result.json", stored, remade, SKIPPED, &differences);
	return differences.count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char path[64], reference[64];
	int fd = memory_file(data, size, path), other = memory_file((const uint8_t *)REFERENCE, sizeof REFERENCE - 1, reference);
	/* A file that is no table is told as a broken one when it stands on both sides, so there is no difference either. */
	if (compare_table(path, path) != 0)
		abort();
	compare_table(path, reference);
	close(fd);
	close(other);
	json_t *result = json_loadb((const char *)data, size, JSON_REJECT_DUPLICATES, NULL);
	json_t *whole = json_pack("{s:[{s:s,s:f}],s:{s:s}}", "requirements", "id", "AMP-ACC", "value", 1.5, "run", "started", "now");
	if (result && compare_result(result, result) != 0)
		abort();
	compare_result(result, whole);
	compare_result(whole, result);
	json_decref(result);
	json_decref(whole);
	return 0;
}
