/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tamper_files.h"

#include <string.h>
#include <sys/stat.h>

#include "folder.h"

void give_up(const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	fputs("tamper: ", stderr);
	vfprintf(stderr, format, arguments);
	fputc('\n', stderr);
	va_end(arguments);
	exit(2);
}

static void read_one(struct kept_file *file, const char *dir, const char *name)
{
	struct stat status;
	if (asprintf(&file->path, "%s/%s", dir, name) < 0 || !(file->name = strdup(name)))
		give_up("out of memory");
	auto_file FILE *stream = fopen(file->path, "rbe");
	if (!stream || fstat(fileno(stream), &status) != 0)
		give_up("%s: cannot be read", file->path);
	file->size = (size_t)status.st_size;
	file->bytes = malloc(file->size + 1);
	if (!file->bytes || fread(file->bytes, 1, file->size, stream) != file->size)
		give_up("%s: cannot be read", file->path);
}

struct kept_files kept_files_read(const char *dir)
{
	struct error error = {0};
	auto_folder_list struct folder_list *list = folder_list(dir, &error);
	if (!list)
		give_up("%s", error.text);
	struct kept_files files = {calloc(list->count + 1, sizeof *files.items), list->count};
	if (!files.items)
		give_up("out of memory");
	for (size_t i = 0; i < list->count; i++)
		read_one(&files.items[i], dir, list->names[i]);
	return files;
}

void kept_files_finish(struct kept_files *files)
{
	for (size_t i = 0; i < files->count; i++) {
		free(files->items[i].name);
		free(files->items[i].path);
		free(files->items[i].bytes);
	}
	free(files->items);
}

void kept_file_write(const char *path, const void *bytes, size_t size)
{
	auto_file FILE *stream = fopen(path, "wbe");
	if (!stream || fwrite(bytes, 1, size, stream) != size || fflush(stream) != 0)
		give_up("%s: cannot be written", path);
}

void kept_file_restore(const struct kept_file *file)
{
	kept_file_write(file->path, file->bytes, file->size);
}
