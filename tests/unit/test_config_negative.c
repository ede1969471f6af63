/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Every file of tests/negative/yaml is refused at the place and with the words that its .expect file tells: line 1 the kind of file, line 2
 * the text "NAME.yaml:LINE:COLUMN: fragment". Nothing may be written to stderr.
 */
#include <criterion/criterion.h>
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "config.h"
#include "fixture_paths.h"

static const char *unit_of(void *context, const char *id)
{
	(void)context;
	if (strcmp(id, "pulse.interval") == 0)
		return "s";
	return strcmp(id, "pulse.peak1") == 0 ? "A" : NULL;
}

/* A protocol is read by the bench that names it. */
static bool load_protocol(const char *path, const char *fixtures, struct error *error)
{
	char bench[64], absolute[PATH_MAX];
	FILE *file = tmpfile();
	cr_assert(file && realpath(path, absolute), "%s", path);
	fprintf(file,
		"bench: line\n"
		"adc: {driver: iio, uri: \"local:\", instrument: adc0, sample_rate: 1 MHz, clock_accuracy: 50 ppm, gaps: clock,\n"
		"  channels: {coil_current: {channel: voltage0, per_volt: 2 kA}}}\n"
		"stimulator: {driver: generic, port: /dev/ttyUSB0, protocol: %s}\n",
		absolute);
	fflush(file);
	snprintf(bench, sizeof bench, "/proc/self/fd/%d", fileno(file));
	auto_bench_setup struct bench_setup *setup = config_load_bench(bench, fixtures, error);
	fclose(file);
	return setup;
}

static bool load(const char *kind, const char *path, struct error *error)
{
	char fixtures[1024];
	snprintf(fixtures, sizeof fixtures, "%s", source_path("fixtures"));
	if (strcmp(kind, "bench") == 0) {
		auto_bench_setup struct bench_setup *setup = config_load_bench(path, fixtures, error);
		return setup;
	}
	if (strcmp(kind, "protocol") == 0)
		return load_protocol(path, fixtures, error);
	if (strcmp(kind, "device") == 0) {
		auto_device struct device *device = config_load_device(path, fixtures, error);
		return device;
	}
	if (strcmp(kind, "sensor") == 0) {
		auto_sensor struct sensor *sensor = config_load_sensor(path, fixtures, error);
		return sensor;
	}
	if (strcmp(kind, "spec") == 0) {
		auto_spec struct spec *spec = config_load_spec(path, fixtures, unit_of, NULL, error);
		return spec;
	}
	if (strcmp(kind, "about") == 0) {
		auto_about_file struct about_file *about = config_load_about(path, error);
		return about;
	}
	if (strcmp(kind, "qualification") == 0) {
		auto_qualification struct qualification *qualification = config_load_qualification(path, fixtures, error);
		return qualification;
	}
	cr_assert_str_eq(kind, "dose");
	auto_dose_tables struct dose_tables *tables = config_load_dose_tables(path, fixtures, error);
	return tables;
}

/* Loads with stderr going into a file; *written is what arrived there. */
static bool load_quietly(const char *kind, const char *path, struct error *error, off_t *written)
{
	FILE *capture = tmpfile();
	cr_assert(capture);
	fflush(stderr);
	int saved = dup(STDERR_FILENO);
	dup2(fileno(capture), STDERR_FILENO);
	bool loaded = load(kind, path, error);
	fflush(stderr);
	dup2(saved, STDERR_FILENO);
	close(saved);
	*written = lseek(fileno(capture), 0, SEEK_END);
	fclose(capture);
	return loaded;
}

/* The detail is a source line and below it a caret. */
static bool has_caret(const char *detail)
{
	const char *newline = strchr(detail, '\n');
	return newline && newline[1 + strspn(newline + 1, " ")] == '^';
}

static void check_case(const char *folder, const char *name)
{
	char path[2048], kind[32] = "", expected[512] = "";
	snprintf(path, sizeof path, "%s/%s.expect", folder, name);
	FILE *file = fopen(path, "r");
	cr_assert(file, "%s", path);
	cr_assert(fgets(kind, sizeof kind, file) && fgets(expected, sizeof expected, file), "%s", path);
	fclose(file);
	kind[strcspn(kind, "\n")] = '\0';
	expected[strcspn(expected, "\n")] = '\0';
	cr_assert(strncmp(expected, name, strlen(name)) == 0, "%s", path);
	snprintf(path, sizeof path, "%s/%s.yaml", folder, name);
	struct error error = {0};
	off_t written;
	cr_expect(!load_quietly(kind, path, &error, &written), "%s was taken", path);
	cr_expect(error.kind == ERROR_CONFIG, "%s: kind %d", name, error.kind);
	cr_expect(strstr(error.text, expected), "%s:\n  expected %s\n  got      %s", name, expected, error.text);
	cr_expect(has_caret(error.detail), "%s: no source line in '%s'", name, error.detail);
	cr_expect(!strchr(error.text, '\n'), "%s: more than one line", name);
	cr_expect(written == 0, "%s: %lld bytes on stderr", name, (long long)written);
}

Test(negative, every_file_is_refused_where_it_is_wrong)
{
	char folder[1024];
	snprintf(folder, sizeof folder, "%s", source_path("tests/negative/yaml"));
	DIR *directory = opendir(folder);
	cr_assert(directory, "%s", folder);
	unsigned cases = 0;
	for (struct dirent *entry; (entry = readdir(directory));) {
		char *dot = strrchr(entry->d_name, '.');
		if (!dot || strcmp(dot, ".expect") != 0)
			continue;
		*dot = '\0';
		check_case(folder, entry->d_name);
		cases++;
	}
	closedir(directory);
	cr_expect(cases >= 100, "%u cases", cases);
}

/* Writes size bytes of a repeated pattern to a temporary file, loads it as a bench and returns the error. */
static struct error load_repeated(const char *pattern, size_t size)
{
	char path[] = "/tmp/tmsrig-test-XXXXXX.yaml";
	int fd = mkstemps(path, 5);
	cr_assert(fd >= 0);
	FILE *file = fdopen(fd, "w");
	size_t length = strlen(pattern);
	for (size_t written = 0; written < size; written += length)
		fwrite(pattern, 1, length, file);
	fclose(file);
	struct error error = {0};
	off_t written;
	cr_expect(!load_quietly("bench", path, &error, &written));
	cr_expect(written == 0 && error.kind == ERROR_CONFIG);
	remove(path);
	return error;
}

Test(negative, huge_and_endless_files, .timeout = 60)
{
	cr_expect(strstr(load_repeated("# x\n", 4 * 1024 * 1024 + 4).text, ":1:1: the file is 4194308 bytes long; at most 4 MiB are read"));
	cr_expect(strstr(load_repeated("[", 3 * 1024 * 1024).text, ":1:65537: a line of more than 65536 characters"));
	cr_expect(strstr(load_repeated("- ", 20000).text, ":1:49: nested deeper than 24 levels"));
	cr_expect(strstr(load_repeated("- x\n", 1024 * 1024).text, "the file holds more than 100000 values"));
}

Test(negative, what_is_no_file)
{
	struct error error = {0};
	cr_expect(!load("bench", "/dev/zero", &error) && error.kind == ERROR_CONFIG);
	cr_expect(strstr(error.text, "/dev/zero:1:1: not a regular file"), "%s", error.text);
	error = (struct error){0};
	cr_expect(!load("bench", source_path("fixtures/"), &error) && strstr(error.text, "not a regular file"), "%s", error.text);
	error = (struct error){0};
	cr_expect(!load("spec", "nowhere/to/be/found.yaml", &error) && strstr(error.text, "no spec file nowhere/to/be/found.yaml"), "%s",
		  error.text);
	error = (struct error){0};
	cr_expect(!load("device", "", &error) && error.kind == ERROR_CONFIG, "%s", error.text);
}

/* An error in a file that a bench names carries that file's name. */
Test(negative, error_of_a_referenced_file_names_it)
{
	char folder[] = "/tmp/tmsrig-test-XXXXXX", bench[64], device[64];
	cr_assert(mkdtemp(folder));
	snprintf(bench, sizeof bench, "%s/bench.yaml", folder);
	snprintf(device, sizeof device, "%s/broken.yaml", folder);
	FILE *file = fopen(bench, "w");
	cr_assert(file);
	fputs("bench: x\ndevice: ./broken.yaml\nadc: {}\n", file);
	fclose(file);
	file = fopen(device, "w");
	cr_assert(file);
	fputs("device: broken\nwaveform: square\n", file);
	fclose(file);
	struct error error = {0};
	cr_expect(!load("bench", bench, &error));
	cr_expect(strstr(error.text, "broken.yaml:2:11: unknown waveform 'square'"), "%s", error.text);
	remove(bench);
	remove(device);
	remove(folder);
}
