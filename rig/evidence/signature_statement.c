/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "signature_statement.h"

#include <jansson.h>
#include <string.h>

#include "date.h"
#include "json_emit.h"
#include "plain_text.h"

static const char *const MEANINGS[SIGNATURE_MEANING_COUNT] = {"performed", "reviewed", "approved"};

enum { GROWTH = 8 };

const char *signature_meaning_name(enum signature_meaning meaning)
{
	return MEANINGS[meaning];
}

bool signature_meaning_parse(const char *name, enum signature_meaning *meaning)
{
	for (int i = 0; i < SIGNATURE_MEANING_COUNT; i++)
		if (strcmp(name, MEANINGS[i]) == 0) {
			*meaning = (enum signature_meaning)i;
			return true;
		}
	return false;
}

bool signature_name_is_valid(const char *name)
{
	size_t length = strlen(name);
	return length < SIGNATURE_NAME_SIZE && strspn(name, " ") < length && plain_text_is(name);
}

static bool time_is_valid(const char *text)
{
	char date[] = "YYYY-MM-DD";
	static const char form[] = "0000-00-00T00:00:00Z";
	if (strlen(text) != sizeof form - 1)
		return false;
	for (size_t i = 0; i < sizeof form - 1; i++)
		if (form[i] == '0' ? text[i] < '0' || text[i] > '9' : text[i] != form[i])
			return false;
	memcpy(date, text, sizeof date - 1);
	return date_is_valid(date) && atoi(text + 11) < 24 && atoi(text + 14) < 60 && atoi(text + 17) <= 60;
}

static bool sha256_is_valid(const char *text)
{
	return strlen(text) == DIGEST_HEX_SIZE - 1 && strspn(text, "0123456789abcdef") == DIGEST_HEX_SIZE - 1;
}

bool signature_statement_cover(struct signature_statement *statement, const char *file, const char *sha256)
{
	if (statement->cover_count % GROWTH == 0) {
		struct signature_cover *covers = realloc(statement->covers, (statement->cover_count + GROWTH) * sizeof *covers);
		if (!covers)
			return false;
		statement->covers = covers;
	}
	struct signature_cover *cover = &statement->covers[statement->cover_count];
	cover->file = strdup(file);
	snprintf(cover->sha256, sizeof cover->sha256, "%s", sha256);
	statement->cover_count += cover->file != NULL;
	return cover->file != NULL;
}

const char *signature_statement_covered(const struct signature_statement *statement, const char *file)
{
	for (size_t i = 0; i < statement->cover_count; i++)
		if (strcmp(statement->covers[i].file, file) == 0)
			return statement->covers[i].sha256;
	return NULL;
}

bool signature_comment_format(char out[MINISIGN_COMMENT_SIZE], long long unix_time_s, const char *base_name, const char *tsr_sha256)
{
	int length = snprintf(out, MINISIGN_COMMENT_SIZE, "timestamp:%lld\tfile:%s\thashed%s%s", unix_time_s, base_name,
			      tsr_sha256 ? "\ttsr:" : "", tsr_sha256 ? tsr_sha256 : "");
	return length > 0 && length < MINISIGN_COMMENT_SIZE;
}

/* The value of a field of the comment, if it is shorter than size; else "". */
static void take_field(const char *comment, const char *field, char *value, size_t size)
{
	value[0] = '\0';
	for (const char *part = comment; part; part = strchr(part, '\t')) {
		part += *part == '\t';
		size_t length = strcspn(part, "\t"), skip = strlen(field);
		if (strncmp(part, field, skip) != 0 || length - skip >= size)
			continue;
		memcpy(value, part + skip, length - skip);
		value[length - skip] = '\0';
		return;
	}
}

void signature_comment_parse(const char *comment, char base_name[SIGNATURE_FILE_SIZE], char tsr_sha256[DIGEST_HEX_SIZE])
{
	take_field(comment, "file:", base_name, SIGNATURE_FILE_SIZE);
	take_field(comment, "tsr:", tsr_sha256, DIGEST_HEX_SIZE);
}

void signature_statement_finish(struct signature_statement *statement)
{
	for (size_t i = 0; i < statement->cover_count; i++)
		free(statement->covers[i].file);
	free(statement->covers);
	statement->covers = NULL;
	statement->cover_count = 0;
}

static bool take_covers(const json_t *covers, struct signature_statement *statement, struct error *error)
{
	const char *file;
	json_t *value;
	json_object_foreach((json_t *)covers, file, value)
	{
		if (!json_is_string(value) || !sha256_is_valid(json_string_value(value)))
			return error_config(error, "covers '%s' with what is no SHA-256 (64 hexadecimal digits)", file);
		if (!signature_statement_cover(statement, file, json_string_value(value)))
			return error_bench(error, "out of memory");
	}
	return true;
}

static bool take_key(const char *key_id, const char *public_key, struct signature_statement *statement, struct error *error)
{
	char id[MINISIGN_KEY_ID_TEXT_SIZE];
	if (strlen(public_key) != MINISIGN_PUBLIC_KEY_TEXT_SIZE - 1 ||
	    !minisign_parse_public_key(public_key, strlen(public_key), &statement->key, error))
		return error_config(error, "its public_key is no minisign public key");
	minisign_key_id_text(statement->key.id, id);
	if (strcmp(id, key_id) != 0)
		return error_config(error, "its key_id is '%s', but its public_key is that of %s", key_id, id);
	return true;
}

static bool take_members(json_t *root, struct signature_statement *statement, struct error *error)
{
	const char *meaning, *name, *time, *key_id, *public_key;
	json_t *covers;
	json_error_t cause;
	if (json_unpack_ex(root, &cause, JSON_STRICT, "{s:s, s:s, s:s, s:s, s:s, s:o}", "meaning", &meaning, "name", &name, "time", &time,
			   "key_id", &key_id, "public_key", &public_key, "covers", &covers) != 0)
		return error_config(error, "is no statement of a signature: %s", cause.text);
	if (!signature_meaning_parse(meaning, &statement->meaning))
		return error_config(error, "its meaning is none of performed, reviewed, approved");
	if (!signature_name_is_valid(name))
		return error_config(error, "its name is none: one line of 1 to %d bytes is needed", SIGNATURE_NAME_SIZE - 1);
	if (!time_is_valid(time))
		return error_config(error, "its time is none: UTC as in 2026-11-22T02:30:00Z is needed");
	if (!json_is_object(covers))
		return error_config(error, "its covers must be an object of files and their SHA-256");
	snprintf(statement->name, sizeof statement->name, "%s", name);
	snprintf(statement->time, sizeof statement->time, "%s", time);
	return take_key(key_id, public_key, statement, error) && take_covers(covers, statement, error);
}

bool signature_statement_parse(const char *text, size_t length, struct signature_statement *statement, struct error *error)
{
	json_error_t cause;
	if (length > SIGNATURE_MAX_STATEMENT)
		return error_config(error, "is no statement of a signature: longer than %d bytes", SIGNATURE_MAX_STATEMENT);
	json_auto_t *root = json_loadb(text, length, JSON_REJECT_DUPLICATES, &cause);
	if (!root)
		return error_config(error, "is not JSON: line %d, column %d: %s", cause.line, cause.column, cause.text);
	return take_members(root, statement, error);
}

char *signature_statement_format(const struct signature_statement *statement)
{
	char *text = NULL, id[MINISIGN_KEY_ID_TEXT_SIZE], public_key[MINISIGN_PUBLIC_KEY_TEXT_SIZE];
	size_t size = 0;
	FILE *file = open_memstream(&text, &size);
	if (!file)
		return NULL;
	minisign_key_id_text(statement->key.id, id);
	minisign_public_key_text(&statement->key, public_key);
	struct json_emitter json = {.file = file};
	emit_open_object(&json, NULL);
	emit_string(&json, "meaning", signature_meaning_name(statement->meaning));
	emit_string(&json, "name", statement->name);
	emit_string(&json, "time", statement->time);
	emit_string(&json, "key_id", id);
	emit_string(&json, "public_key", public_key);
	emit_open_object(&json, "covers");
	for (size_t i = 0; i < statement->cover_count; i++)
		emit_string(&json, statement->covers[i].file, statement->covers[i].sha256);
	emit_close_object(&json);
	emit_close_object(&json);
	bool failed = ferror(file) != 0;
	failed |= fclose(file) != 0;
	if (failed) {
		free(text);
		return NULL;
	}
	return text;
}
