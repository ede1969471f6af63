/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <dirent.h>
#include <string.h>

#include "device_file.h"
#include "gpio_line.h"
#include "probe_parts.h"

enum { LINES_MAX = 1024 };

static bool look_at_lines(struct arena *arena, struct gpio_chip *chip, struct probe_chip *found)
{
	unsigned count = gpio_chip_lines(chip);
	if (count > LINES_MAX)
		count = LINES_MAX;
	found->lines = arena_alloc(arena, count + 1, sizeof *found->lines);
	for (unsigned offset = 0; found->lines && offset < count; offset++) {
		struct gpio_line_state state;
		if (!gpio_chip_state(chip, offset, &state))
			continue;
		struct probe_line *line = &found->lines[found->line_count++];
		*line = (struct probe_line){offset, arena_strdup(arena, state.name), arena_strdup(arena, state.consumer), state.used};
		if (!line->name || !line->consumer)
			return false;
	}
	return found->lines;
}

static bool look_at_chip(struct arena *arena, const char *path, struct probe_chip *found)
{
	auto_gpio_chip struct gpio_chip *chip = gpio_chip_open(path);
	struct error error = {0};
	*found = (struct probe_chip){.path = arena_strdup(arena, path), .name = "", .label = ""};
	if (!chip) {
		device_file_refused(path, &error);
		found->problem = arena_strdup(arena, error.text);
		return found->path && found->problem;
	}
	found->name = arena_strdup(arena, gpio_chip_name(chip));
	found->label = arena_strdup(arena, gpio_chip_label(chip));
	return found->path && found->name && found->label && look_at_lines(arena, chip, found);
}

static int is_chip(const struct dirent *entry)
{
	return strncmp(entry->d_name, "gpiochip", 8) == 0;
}

bool probe_gpio(struct probe *probe)
{
	struct dirent **names = NULL;
	int count = scandir("/dev", &names, is_chip, versionsort);
	probe->chips = arena_alloc(probe->arena, PROBE_MAX, sizeof *probe->chips);
	bool good = probe->chips;
	for (int n = 0; n < count; n++) {
		char path[300];
		snprintf(path, sizeof path, "/dev/%s", names[n]->d_name);
		if (good && probe->chip_count < PROBE_MAX)
			good = look_at_chip(probe->arena, path, &probe->chips[probe->chip_count++]);
		free(names[n]);
	}
	free(names);
	return good;
}
