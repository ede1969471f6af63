/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "signature_files.h"

#include <string.h>
#include <sys/stat.h>

#include "digest.h"
#include "folder.h"
#include "small_file.h"

enum { MAX_FILE = 1 << 20 };

void signature_file_name(char name[SIGNATURE_FILE_SIZE], unsigned number, enum signature_meaning meaning)
{
	snprintf(name, SIGNATURE_FILE_SIZE, SIGNATURE_FOLDER "/%02u-%s.json", number, signature_meaning_name(meaning));
}

void signature_beside(char name[SIGNATURE_FILE_SIZE], const char *statement, const char *suffix)
{
	if (snprintf(name, SIGNATURE_FILE_SIZE, "%s%s", statement, suffix) >= SIGNATURE_FILE_SIZE)
		name[0] = '\0';
}

/* Takes a name below signatures/ apart: it must be one that signature_file_name() makes, with nothing or one of the suffixes. */
static bool parse_name(const char *name, struct signature_slot *slot, const char **suffix)
{
	if (strlen(name) < 3 || name[0] < '0' || name[0] > '9' || name[1] < '0' || name[1] > '9')
		return false;
	slot->number = (unsigned)(10 * (name[0] - '0') + name[1] - '0');
	for (int meaning = 0; meaning < SIGNATURE_MEANING_COUNT; meaning++) {
		slot->meaning = (enum signature_meaning)meaning;
		signature_file_name(slot->statement, slot->number, slot->meaning);
		const char *base = slot->statement + strlen(SIGNATURE_FOLDER "/");
		*suffix = name + strlen(base);
		if (strncmp(name, base, strlen(base)) == 0)
			return slot->number > 0 &&
			       (!**suffix || strcmp(*suffix, SIGNATURE_MINISIG) == 0 || strcmp(*suffix, SIGNATURE_TSR) == 0);
	}
	return false;
}

static void hash_file(const char *folder, const char *name, char sha256[DIGEST_HEX_SIZE])
{
	struct error error;
	auto_free char *path = NULL;
	size_t length = 0;
	auto_free char *bytes = asprintf(&path, "%s/%s", folder, name) >= 0 ? small_file_read(path, MAX_FILE, &length, &error) : NULL;
	sha256[0] = '\0';
	if (bytes)
		digest_bytes(bytes, length, sha256);
}

const struct signature_file *signature_files_find(const struct signature_files *files, const char *name)
{
	for (size_t i = 0; i < files->count; i++)
		if (strcmp(files->items[i].name, name) == 0)
			return &files->items[i];
	return NULL;
}

static void tell(signature_stray *stray, void *context, const char *name, const char *text)
{
	auto_free char *file = NULL;
	if (!stray)
		return;
	bool named = asprintf(&file, SIGNATURE_FOLDER "/%s", name) >= 0;
	stray(context, named ? file : SIGNATURE_FOLDER, text);
}

static const char *base_of(const char *name)
{
	return name + strlen(SIGNATURE_FOLDER "/");
}

static void check_slots(const struct signature_files *files, signature_stray *stray, void *context)
{
	unsigned expected = 1;
	for (size_t i = 0; i < files->slot_count; i++, expected++) {
		const struct signature_slot *slot = &files->slots[i];
		char gap[SIGNATURE_FILE_SIZE];
		if (slot->number < expected) {
			tell(stray, context, base_of(slot->statement), "its number is taken by another signature");
			expected = slot->number;
		}
		for (; expected < slot->number; expected++) {
			snprintf(gap, sizeof gap, SIGNATURE_FOLDER "/%02u-*.json", expected);
			tell(stray, context, base_of(gap), "is missing: there is a later signature");
		}
	}
	for (size_t i = 0; i < files->count; i++) {
		char statement[SIGNATURE_FILE_SIZE], text[2 * SIGNATURE_FILE_SIZE];
		const char *name = files->items[i].name;
		snprintf(statement, sizeof statement, "%.*s", (int)(strstr(name, ".json") + strlen(".json") - name), name);
		snprintf(text, sizeof text, "belongs to a statement, %s, that is not there", statement);
		if (!signature_files_find(files, statement))
			tell(stray, context, base_of(name), text);
	}
}

bool signature_files_list(struct signature_files *files, const char *folder, signature_stray *stray, void *context, struct error *error)
{
	auto_folder_list struct folder_list *others = NULL;
	auto_folder_list struct folder_list *list = folder_survey(folder, &others, error);
	*files = (struct signature_files){0};
	if (!list)
		return false;
	files->items = calloc(list->count + 1, sizeof *files->items);
	files->slots = calloc(list->count + 1, sizeof *files->slots);
	if (!files->items || !files->slots)
		return error_bench(error, "%s: out of memory", folder);
	for (size_t i = 0; i < others->count; i++)
		tell(stray, context, others->names[i], "does not belong here: no regular file, or a name that no evidence has");
	for (size_t i = 0; i < list->count; i++) {
		struct signature_slot slot;
		const char *suffix;
		if (!parse_name(list->names[i], &slot, &suffix)) {
			tell(stray, context, list->names[i], "does not belong here");
			continue;
		}
		struct signature_file *file = &files->items[files->count++];
		file->number = slot.number;
		snprintf(file->name, sizeof file->name, SIGNATURE_FOLDER "/%s", list->names[i]);
		hash_file(folder, list->names[i], file->sha256);
		if (!*suffix)
			files->slots[files->slot_count++] = slot;
	}
	check_slots(files, stray, context);
	return true;
}

void signature_files_finish(struct signature_files *files)
{
	free(files->items);
	free(files->slots);
	*files = (struct signature_files){0};
}
