/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "signature.h"

#include <string.h>
#include <sys/stat.h>

#include "folder.h"
#include "signature_files.h"
#include "small_file.h"

struct check {
	const char *dir;
	const struct signature_demands *demands;
	struct signatures *found;
	struct signature_files files;
	char sums_sha256[DIGEST_HEX_SIZE]; /* "" where there is no such file */
	bool performed;                    /* by a signature that holds, so far */
	bool out_of_memory;
};

static void add_finding(struct check *check, const char *file, const char *format, ...) printf_like(3, 4);

static void add_finding(struct check *check, const char *file, const char *format, ...)
{
	struct signatures *found = check->found;
	struct signature_finding *findings = realloc(found->findings, (found->finding_count + 1) * sizeof *findings);
	struct signature_finding finding = {.file = strdup(file)};
	va_list arguments;
	va_start(arguments, format);
	if (vasprintf(&finding.text, format, arguments) < 0)
		finding.text = NULL;
	va_end(arguments);
	if (findings)
		found->findings = findings;
	if (!findings || !finding.file || !finding.text) {
		free(finding.file);
		free(finding.text);
		check->out_of_memory = true;
		return;
	}
	found->findings[found->finding_count++] = finding;
}

/* NULL, and a finding, if it cannot be read. */
static char *read_file(struct check *check, const char *name, size_t max, size_t *length)
{
	struct error error = {0};
	auto_free char *path = NULL;
	char *bytes = NULL;
	if (asprintf(&path, "%s/%s", check->dir, name) < 0)
		check->out_of_memory = true;
	else
		bytes = small_file_read(path, max, length, &error);
	if (!bytes)
		add_finding(check, name, "%s", error.text);
	return bytes;
}

static bool is_folder(const char *dir, const char *name)
{
	struct stat status;
	auto_free char *path = NULL;
	return asprintf(&path, "%s/%s", dir, name) >= 0 && lstat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

static bool is_there(const char *dir, const char *name, bool *regular)
{
	struct stat status;
	auto_free char *path = NULL;
	if (asprintf(&path, "%s/%s", dir, name) < 0 || lstat(path, &status) != 0)
		return false;
	*regular = S_ISREG(status.st_mode);
	return true;
}

/* The hash of SHA256SUMS, which every signature covers. */
static void hash_sums(struct check *check)
{
	struct error error = {0};
	bool regular = false;
	auto_free char *path = NULL;
	if (!is_there(check->dir, SIGNATURE_SUMS, &regular) || !regular)
		add_finding(check, SIGNATURE_SUMS, regular ? "cannot be read" : "is not there, or no regular file");
	else if (asprintf(&path, "%s/" SIGNATURE_SUMS, check->dir) < 0)
		check->out_of_memory = true;
	else if (!digest_file(path, check->sums_sha256, &error)) {
		check->sums_sha256[0] = '\0';
		add_finding(check, SIGNATURE_SUMS, "cannot be read");
	}
}

/* That what the statement covers is all it must cover, and unchanged. */
static bool check_cover(struct check *check, const char *statement_file, const struct signature_statement *statement, const char *file,
			const char *sha256)
{
	const char *stated = signature_statement_covered(statement, file);
	if (!stated)
		add_finding(check, statement_file, "does not cover %s", file);
	else if (strcmp(stated, sha256) != 0)
		add_finding(check, file, "was changed after %s was made, or that signature is of another bundle", statement_file);
	return stated && strcmp(stated, sha256) == 0;
}

static bool check_covers(struct check *check, const struct signature_slot *slot, const struct signature_statement *statement)
{
	size_t expected = 1;
	bool covered = check_cover(check, slot->statement, statement, SIGNATURE_SUMS, check->sums_sha256);
	for (size_t i = 0; i < check->files.count; i++) {
		const struct signature_file *file = &check->files.items[i];
		if (file->number >= slot->number)
			continue;
		expected++;
		covered &= check_cover(check, slot->statement, statement, file->name, file->sha256);
	}
	for (size_t i = 0; i < statement->cover_count && statement->cover_count != expected; i++) {
		const char *file = statement->covers[i].file;
		const struct signature_file *there = signature_files_find(&check->files, file);
		if (strcmp(file, SIGNATURE_SUMS) != 0 && (!there || there->number >= slot->number)) {
			add_finding(check, file, there ? "is covered by %s, which is older" : "is covered by %s, but it is not there",
				    slot->statement);
			covered = false;
		}
	}
	return covered;
}

/* The comment as tmsrig and minisign write it: "timestamp:N\tfile:NAME\thashed". */
static bool comment_names(const char *comment, const char *file)
{
	auto_free char *part = NULL;
	return asprintf(&part, "\tfile:%s\t", file) >= 0 && strstr(comment, part) != NULL;
}

/* That bytes of the statement are signed with the key it states. */
static bool check_key(struct check *check, const struct signature_slot *slot, const char *bytes, size_t length,
		      const struct signature_statement *statement)
{
	struct minisign_signature signature;
	struct error error = {0};
	size_t size = 0;
	char name[SIGNATURE_FILE_SIZE + 16];
	snprintf(name, sizeof name, "%s" SIGNATURE_MINISIG, slot->statement);
	auto_free char *text = read_file(check, name, MINISIGN_MAX_FILE, &size);
	if (!text)
		return false;
	if (!minisign_parse_signature(text, size, &signature, &error) ||
	    !minisign_verify(&statement->key, bytes, length, &signature, &error)) {
		add_finding(check, name, "%s", error.text);
		return false;
	}
	if (!minisign_comment_is_usual(signature.untrusted_comment)) {
		add_finding(check, name, "its first line, which is not signed, is neither tmsrig's nor minisign's");
		return false;
	}
	if (!comment_names(signature.trusted_comment, strrchr(slot->statement, '/') + 1)) {
		add_finding(check, name, "was made of a file of another name");
		return false;
	}
	return true;
}

static void check_trust(struct check *check, struct signature *item, const struct minisign_public_key *key)
{
	const struct trust *trust = check->demands->trust;
	item->trusted = trust && trust_has(trust, key);
	if (trust && !item->trusted)
		add_finding(check, item->file, "is signed with key %s, which is not among the trusted keys", item->key_id);
}

static void check_order(struct check *check, const struct signature *item)
{
	const struct signatures *found = check->found;
	const char *before = found->count > 1 ? found->items[found->count - 2].time : "";
	if (item->meaning == SIGNATURE_APPROVED && !check->performed)
		add_finding(check, item->file, "approves what nobody performed: there is no earlier signature for performed that holds");
	if (strcmp(item->time, before) < 0)
		add_finding(check, item->file, "its time, %s, is before that of the signature it follows, %s", item->time, before);
	check->performed |= item->meaning == SIGNATURE_PERFORMED && item->holds;
}

static void check_one(struct check *check, const struct signature_slot *slot)
{
	auto_signature_statement struct signature_statement statement = {0};
	struct signature *item = &check->found->items[check->found->count++];
	struct error error = {0};
	size_t length = 0;
	snprintf(item->file, sizeof item->file, "%s", slot->statement);
	item->meaning = slot->meaning;
	auto_free char *bytes = read_file(check, slot->statement, SIGNATURE_MAX_STATEMENT, &length);
	if (!bytes)
		return;
	if (!signature_statement_parse(bytes, length, &statement, &error)) {
		add_finding(check, slot->statement, "%s", error.text);
		return;
	}
	strcpy(item->name, statement.name);
	strcpy(item->time, statement.time);
	minisign_key_id_text(statement.key.id, item->key_id);
	minisign_public_key_text(&statement.key, item->public_key);
	bool same_meaning = statement.meaning == slot->meaning;
	if (!same_meaning)
		add_finding(check, slot->statement, "states '%s', which is not what its name says",
			    signature_meaning_name(statement.meaning));
	bool by_key = check_key(check, slot, bytes, length, &statement);
	bool covers = check_covers(check, slot, &statement);
	item->holds = same_meaning && by_key && covers;
	check_trust(check, item, &statement.key);
	check_order(check, item);
}

static void check_required(struct check *check)
{
	for (int meaning = 0; meaning < SIGNATURE_MEANING_COUNT; meaning++) {
		bool there = !check->demands->required[meaning];
		for (size_t i = 0; i < check->found->count; i++) {
			const struct signature *item = &check->found->items[i];
			there |= item->meaning == (enum signature_meaning)meaning && item->holds &&
				 (item->trusted || !check->demands->trust);
		}
		if (!there)
			add_finding(check, SIGNATURE_FOLDER, "there is no signature for %s that holds, and one is required",
				    signature_meaning_name((enum signature_meaning)meaning));
	}
}

static void on_stray_file(void *context, const char *file, const char *text)
{
	add_finding(context, file, "%s", text);
}

static bool check_folder(struct check *check, struct error *error)
{
	auto_free char *path = NULL;
	struct signatures *found = check->found;
	if (asprintf(&path, "%s/" SIGNATURE_FOLDER, check->dir) < 0)
		return error_bench(error, "%s: out of memory", check->dir);
	if (!signature_files_list(&check->files, path, on_stray_file, check, error)) {
		add_finding(check, SIGNATURE_FOLDER, "%s", error->text);
		return true;
	}
	found->items = calloc(check->files.slot_count + 1, sizeof *found->items);
	if (!found->items)
		return error_bench(error, "%s: out of memory", check->dir);
	if (check->files.slot_count > 0)
		hash_sums(check);
	for (size_t i = 0; i < check->files.slot_count; i++)
		check_one(check, &check->files.slots[i]);
	return true;
}

static bool check_bundle(struct check *check, struct error *error)
{
	struct stat status;
	bool regular = false;
	if (stat(check->dir, &status) != 0 || !S_ISDIR(status.st_mode))
		return error_config(error, "%s: is no folder of evidence", check->dir);
	if (is_there(check->dir, SIGNATURE_FOLDER, &regular)) {
		if (!is_folder(check->dir, SIGNATURE_FOLDER))
			add_finding(check, SIGNATURE_FOLDER, "is no folder");
		else if (!check_folder(check, error))
			return false;
	}
	if (is_there(check->dir, SIGNATURE_INCOMPLETE, &regular))
		add_finding(check, SIGNATURE_INCOMPLETE, "was left by a signing that did not end; the next `tmsrig sign` removes it");
	check_required(check);
	return !check->out_of_memory || error_bench(error, "%s: out of memory", check->dir);
}

struct signatures *signatures_check(const char *dir, const struct signature_demands *demands, struct error *error)
{
	auto_signatures struct signatures *found = calloc(1, sizeof *found);
	struct check check = {.dir = dir, .demands = demands, .found = found};
	if (!found) {
		error_bench(error, "%s: out of memory", dir);
		return NULL;
	}
	bool checked = check_bundle(&check, error);
	signature_files_finish(&check.files);
	return checked ? steal(&found) : NULL;
}

void signatures_destroy(struct signatures *signatures)
{
	if (!signatures)
		return;
	for (size_t i = 0; i < signatures->finding_count; i++) {
		free(signatures->findings[i].file);
		free(signatures->findings[i].text);
	}
	free(signatures->findings);
	free(signatures->items);
	free(signatures);
}

void signature_describe(const struct signature *signature, char *text, size_t size)
{
	snprintf(text, size, "%s: %s by %s at %s, key %s, %s%s", signature->file, signature_meaning_name(signature->meaning),
		 *signature->name ? signature->name : "?", *signature->time ? signature->time : "?",
		 *signature->key_id ? signature->key_id : "?", signature->holds ? "holds" : "DOES NOT HOLD",
		 signature->trusted ? "" : ", not among trusted keys");
}
