/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <dirent.h>
#include <limits.h>
#include <string.h>

#include "device_file.h"
#include "probe_parts.h"

/* The kernel makes files for UARTs that are not there; those have the type 0 (PORT_UNKNOWN). */
static bool is_there(const char *name)
{
	char path[300];
	int type = 0;
	snprintf(path, sizeof path, "/sys/class/tty/%s/type", name);
	auto_file FILE *file = fopen(path, "re");
	return file && fscanf(file, "%d", &type) == 1 && type != 0;
}

static int is_port(const struct dirent *entry)
{
	const char *name = entry->d_name;
	if (strncmp(name, "ttyUSB", 6) == 0 || strncmp(name, "ttyACM", 6) == 0)
		return 1;
	return (strncmp(name, "ttyS", 4) == 0 || strncmp(name, "ttyAMA", 6) == 0) && is_there(name);
}

/* The link below serial/by-id that leads to the port, or "". */
static const char *name_by_id(struct arena *arena, const char *dev, const char *port)
{
	char folder[PATH_MAX], target[PATH_MAX], real[PATH_MAX];
	snprintf(folder, sizeof folder, "%s/serial/by-id", dev);
	DIR *links = realpath(port, real) ? opendir(folder) : NULL;
	const char *found = "";
	const struct dirent *entry;
	while (links && !found[0] && (entry = readdir(links))) {
		char path[PATH_MAX + 300];
		snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
		if (entry->d_name[0] != '.' && realpath(path, target) && strcmp(target, real) == 0)
			found = arena_strdup(arena, path);
		if (!found)
			break;
	}
	if (links)
		closedir(links);
	return found;
}

static bool look_at_port(struct arena *arena, const char *dev, const char *name, struct probe_port *found)
{
	char path[PATH_MAX];
	struct error error = {0};
	snprintf(path, sizeof path, "%s/%s", dev, name);
	*found = (struct probe_port){.path = arena_strdup(arena, path), .by_id = name_by_id(arena, dev, path)};
	if (access(path, R_OK | W_OK) == 0)
		return found->path && found->by_id;
	device_file_refused(path, &error);
	found->problem = arena_strdup(arena, error.text);
	return found->path && found->by_id && found->problem;
}

bool probe_serial(struct probe *probe, const struct probe_options *options)
{
	struct dirent **names = NULL;
	int count = scandir(options->dev, &names, is_port, versionsort);
	probe->ports = arena_alloc(probe->arena, PROBE_MAX, sizeof *probe->ports);
	bool good = probe->ports;
	for (int n = 0; n < count; n++) {
		if (good && probe->port_count < PROBE_MAX)
			good = look_at_port(probe->arena, options->dev, names[n]->d_name, &probe->ports[probe->port_count++]);
		free(names[n]);
	}
	free(names);
	return good;
}
