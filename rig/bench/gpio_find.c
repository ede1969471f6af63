/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gpio_find.h"

#include <dirent.h>
#include <string.h>

#include "device_file.h"
#include "suggest.h"

enum { CHIPS_MAX = 64, LINES_MAX = 1024, LIST_SIZE = 700 };

struct chip_files {
	char names[CHIPS_MAX][GPIO_NAME_SIZE];
	size_t count;
};

static int by_number(const void *a, const void *b)
{
	return strverscmp(a, b);
}

static void list_chip_files(struct chip_files *files)
{
	const struct dirent *entry;
	DIR *folder = opendir("/dev");
	files->count = 0;
	while (folder && files->count < CHIPS_MAX && (entry = readdir(folder)))
		if (strncmp(entry->d_name, "gpiochip", 8) == 0)
			snprintf(files->names[files->count++], GPIO_NAME_SIZE, "%.32s", entry->d_name);
	if (folder)
		closedir(folder);
	qsort(files->names, files->count, GPIO_NAME_SIZE, by_number);
}

/* All chips: how many are called what is wanted, and "gpiochip0 [label], 8 lines; gpiochip1 [Permission denied]". */
struct survey {
	const char *wanted;
	char path[GPIO_PATH_MAX]; /* the one that was found */
	unsigned found;
	char list[LIST_SIZE];
	size_t used;
};

static void note_chip(struct survey *survey, const char *file, const char *about, unsigned lines)
{
	int length = snprintf(survey->list + survey->used, sizeof survey->list - survey->used, "%s%s [%s]", survey->used ? "; " : "", file,
			      about);
	if (length > 0 && survey->used + (size_t)length < sizeof survey->list)
		survey->used += (size_t)length;
	if (lines == 0)
		return;
	length = snprintf(survey->list + survey->used, sizeof survey->list - survey->used, ", %u lines", lines);
	if (length > 0 && survey->used + (size_t)length < sizeof survey->list)
		survey->used += (size_t)length;
}

static void look_at(struct survey *survey, const char *file)
{
	char path[GPIO_PATH_MAX];
	snprintf(path, sizeof path, "/dev/%s", file);
	auto_gpio_chip struct gpio_chip *chip = gpio_chip_open(path);
	bool named = strcmp(file, survey->wanted) == 0;
	if (chip) {
		note_chip(survey, file, gpio_chip_label(chip), gpio_chip_lines(chip));
		named = named || strcmp(gpio_chip_label(chip), survey->wanted) == 0 || strcmp(gpio_chip_name(chip), survey->wanted) == 0;
	} else {
		note_chip(survey, file, strerror(errno), 0);
	}
	if (!named)
		return;
	survey->found++;
	snprintf(survey->path, sizeof survey->path, "%s", path);
}

static bool find_chip(const char *wanted, char path[GPIO_PATH_MAX], struct error *error)
{
	if (strchr(wanted, '/')) {
		snprintf(path, GPIO_PATH_MAX, "%s", wanted);
		return true;
	}
	struct survey survey = {.wanted = wanted};
	struct chip_files files;
	list_chip_files(&files);
	for (size_t i = 0; i < files.count; i++)
		look_at(&survey, files.names[i]);
	if (survey.found == 1) {
		memcpy(path, survey.path, GPIO_PATH_MAX);
		return true;
	}
	if (files.count == 0)
		return error_bench(error, "there is no GPIO chip '%s'; this machine has none (no /dev/gpiochip*)", wanted);
	if (survey.found > 1)
		return error_bench(error, "%u GPIO chips are called '%s': give the path of one; this machine has: %s", survey.found, wanted,
				   survey.list);
	return error_bench(error, "there is no GPIO chip '%s'; this machine has: %s", wanted, survey.list);
}

static bool no_line(const char *chip, const char *wanted, const char *const *names, size_t count, struct error *error)
{
	char list[LIST_SIZE];
	suggest_list(names, count, list, sizeof list);
	if (count == 0)
		return error_bench(error, "%s has no line '%s': none of its lines has a name, give the offset", chip, wanted);
	const char *near = suggest(wanted, names, count);
	if (near)
		return error_bench(error, "%s has no line '%s', did you mean '%s'? Its named lines are: %s", chip, wanted, near, list);
	return error_bench(error, "%s has no line '%s'; its named lines are: %s", chip, wanted, list);
}

/* Names are free text, and the kernel lets two lines have the same. */
static bool find_named(struct gpio_chip *chip, const char *wanted, unsigned *offset, struct error *error)
{
	unsigned lines = gpio_chip_lines(chip), found = 0;
	if (lines > LINES_MAX)
		lines = LINES_MAX;
	auto_free struct gpio_line_state *states = calloc(lines + 1, sizeof *states);
	auto_free const char **names = calloc(lines + 1, sizeof *names);
	if (!states || !names)
		return error_bench(error, "out of memory");
	size_t named = 0;
	for (unsigned line = 0; line < lines; line++) {
		if (!gpio_chip_state(chip, line, &states[line]))
			return error_errno(error, ERROR_BENCH, "%s line %u", gpio_chip_name(chip), line);
		if (!states[line].name[0])
			continue;
		names[named++] = states[line].name;
		if (strcmp(states[line].name, wanted) != 0)
			continue;
		if (found++)
			return error_bench(error, "%s has more than one line '%s' (%u and %u): give the offset", gpio_chip_name(chip),
					   wanted, *offset, line);
		*offset = line;
	}
	return found == 1 || no_line(gpio_chip_name(chip), wanted, names, named, error);
}

static bool find_line(struct gpio_chip *chip, const char *wanted, unsigned *offset, struct error *error)
{
	if (wanted[strspn(wanted, "0123456789")])
		return find_named(chip, wanted, offset, error);
	unsigned long number = strtoul(wanted, NULL, 10);
	unsigned lines = gpio_chip_lines(chip);
	if (number >= lines)
		return error_bench(error, "%s has no line %s; its lines are 0 to %u", gpio_chip_name(chip), wanted, lines - 1);
	*offset = (unsigned)number;
	return true;
}

bool gpio_find(const char *chip_name, const char *line, struct gpio_place *place, struct error *error)
{
	*place = (struct gpio_place){.offset = 0};
	if (!find_chip(chip_name, place->path, error))
		return false;
	auto_gpio_chip struct gpio_chip *chip = gpio_chip_open(place->path);
	if (!chip)
		return device_file_refused(place->path, error);
	snprintf(place->chip, sizeof place->chip, "%s", gpio_chip_name(chip));
	if (!find_line(chip, line, &place->offset, error))
		return false;
	struct gpio_line_state state;
	if (!gpio_chip_state(chip, place->offset, &state))
		return error_errno(error, ERROR_BENCH, "%s line %u", place->chip, place->offset);
	snprintf(place->name, sizeof place->name, "%s", state.name);
	if (state.used)
		return error_bench(error, "%s line %u%s%s is in use by '%s'", place->chip, place->offset, state.name[0] ? " " : "",
				   state.name, state.consumer[0] ? state.consumer : "?");
	return true;
}
