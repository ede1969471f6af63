/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Runs a fuzz target as a test, without a fuzzing engine: every file of a corpus as it is, cut short, and with bytes changed by a fixed generator.
 * usage: fuzz_TARGET ROUNDS CORPUS...    (directories or files; ROUNDS changed copies of each)
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { LONGEST = 256 * 1024 };

static uint64_t state = 0x9e3779b97f4a7c15u;
static size_t inputs, files;

static uint64_t next_random(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

static void try_input(const uint8_t *data, size_t size)
{
	LLVMFuzzerTestOneInput(data, size);
	inputs++;
}

static size_t change(uint8_t *data, size_t size)
{
	static const uint8_t SPECIAL[] = "\0\xff\x7f\x80:\n\"'{}[]-&*!|>#,0e+.";
	for (unsigned n = 1 + (unsigned)(next_random() % 8); n > 0 && size > 0; n--) {
		size_t at = next_random() % size;
		switch (next_random() % 4) {
		case 0: data[at] ^= (uint8_t)(1u << (next_random() % 8)); break;
		case 1: data[at] = SPECIAL[next_random() % (sizeof SPECIAL - 1)]; break;
		case 2:
			memmove(data + at, data + at + 1, size - at - 1);
			size--;
			break;
		case 3: {
			size_t from = next_random() % size, count = next_random() % 32;
			if (from + count <= size && at + count <= size)
				memmove(data + at, data + from, count);
			break;
		}
		}
	}
	return size;
}

static void try_file(const char *path, unsigned rounds)
{
	FILE *file = fopen(path, "rb");
	if (!file)
		return;
	uint8_t *data = malloc(LONGEST), *copy = malloc(LONGEST);
	size_t size = data ? fread(data, 1, LONGEST, file) : 0;
	fclose(file);
	if (data && copy) {
		files++;
		try_input(data, size);
		for (unsigned round = 0; round < rounds; round++) {
			memcpy(copy, data, size);
			size_t changed = round % 4 == 0 && size > 0 ? next_random() % size : change(copy, size);
			try_input(copy, changed);
		}
	}
	free(data);
	free(copy);
}

static void try_path(const char *path, unsigned rounds)
{
	struct stat status;
	if (stat(path, &status) != 0)
		return;
	if (!S_ISDIR(status.st_mode)) {
		try_file(path, rounds);
		return;
	}
	struct dirent **names;
	int count = scandir(path, &names, NULL, alphasort);
	for (int i = 0; i < count; i++) {
		char below[4096];
		snprintf(below, sizeof below, "%s/%s", path, names[i]->d_name);
		if (names[i]->d_name[0] != '.')
			try_path(below, rounds);
		free(names[i]);
	}
	if (count >= 0)
		free(names);
}

int main(int argc, char **argv)
{
	unsigned rounds = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 0;
	for (int i = 2; i < argc; i++)
		try_path(argv[i], rounds);
	printf("%zu inputs from %zu files\n", inputs, files);
	if (files == 0) {
		fprintf(stderr, "no corpus: nothing was tried\n");
		return 1;
	}
	return 0;
}
