/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "signature.h"

#include <string.h>
#include <sys/stat.h>

#include "folder.h"
#include "signature_files.h"
#include "small_file.h"
#include "time_stamp.h"

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

/* Names and texts may come from whoever made the bundle: nothing in them may move a terminal's cursor. */
static void make_printable(char *text)
{
	for (; text && *text; text++)
		if (*text < ' ' || *text > '~')
			*text = '?';
}

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
	make_printable(finding.file);
	make_printable(finding.text);
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

/* The file's type as S_IFMT has it, links not followed; 0 if it is not there. */
static mode_t type_of(const char *dir, const char *name)
{
	struct stat status;
	auto_free char *path = NULL;
	return asprintf(&path, "%s/%s", dir, name) >= 0 && lstat(path, &status) == 0 ? status.st_mode & S_IFMT : 0;
}

/* The hash of SHA256SUMS, which every signature covers. */
static void hash_sums(struct check *check)
{
	struct error error = {0};
	auto_free char *path = NULL;
	if (asprintf(&path, "%s/" SIGNATURE_SUMS, check->dir) < 0)
		check->out_of_memory = true;
	else if (type_of(check->dir, SIGNATURE_SUMS) != S_IFREG || !digest_file(path, check->sums_sha256, &error)) {
		check->sums_sha256[0] = '\0';
		add_finding(check, SIGNATURE_SUMS, "is not there or cannot be read");
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
	bool covered = check_cover(check, slot->statement, statement, SIGNATURE_SUMS, check->sums_sha256);
	for (size_t i = 0; i < check->files.count; i++) {
		const struct signature_file *file = &check->files.items[i];
		if (file->number >= slot->number)
			continue;
		covered &= check_cover(check, slot->statement, statement, file->name, file->sha256);
	}
	for (size_t i = 0; i < statement->cover_count; i++) {
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

/* What check_one() works on. */
struct work {
	const struct signature_slot *slot;
	struct signature *item;
	const char *bytes; /* of the statement */
	size_t length;
	struct signature_statement statement;
};

/* That the time stamp is the one the signed comment names ("": none), and stamps this statement. */
static bool check_stamp(struct check *check, const struct work *work, const char *tsr_sha256)
{
	struct time_stamp stamp = {0};
	struct error error = {0};
	size_t size = 0;
	char name[SIGNATURE_FILE_SIZE];
	signature_beside(name, work->slot->statement, SIGNATURE_TSR);
	const struct signature_file *file = signature_files_find(&check->files, name);
	if (!file && !*tsr_sha256)
		return true;
	work->item->stamp = SIGNATURE_STAMP_WRONG;
	if (!file || strcmp(file->sha256, tsr_sha256) != 0) {
		add_finding(check, name,
			    !file          ? "is missing: the signature was made with a time stamp"
			    : !*tsr_sha256 ? "does not belong here: the signature was made without a time stamp"
					   : "was changed, or is not the time stamp that was signed");
		return false;
	}
	auto_free char *reply = read_file(check, name, TIME_STAMP_MAX_REPLY, &size);
	if (!reply)
		return false;
	if (!time_stamp_check(reply, size, work->bytes, work->length, check->demands->tsa_ca, &stamp, &error)) {
		add_finding(check, name, "%s", error.text);
		return false;
	}
	work->item->stamp = stamp.trusted ? SIGNATURE_STAMP_TRUSTED : SIGNATURE_STAMP_HOLDS;
	strcpy(work->item->stamp_time, stamp.time);
	return true;
}

/* That the bytes of the statement are signed with the key it states. */
static bool check_key(struct check *check, const struct work *work)
{
	struct minisign_signature signature;
	struct error error = {0};
	size_t size = 0;
	char name[SIGNATURE_FILE_SIZE], signed_name[SIGNATURE_FILE_SIZE], tsr_sha256[DIGEST_HEX_SIZE];
	signature_beside(name, work->slot->statement, SIGNATURE_MINISIG);
	auto_free char *text = read_file(check, name, MINISIGN_MAX_FILE, &size);
	if (!text)
		return false;
	if (!minisign_parse_signature(text, size, &signature, &error) ||
	    !minisign_verify(&work->statement.key, work->bytes, work->length, &signature, &error)) {
		add_finding(check, name, "%s (signed: %s)", error.text, work->slot->statement);
		return false;
	}
	if (!minisign_comment_is_usual(signature.untrusted_comment)) {
		add_finding(check, name, "its first line, which is not signed, is neither tmsrig's nor minisign's");
		return false;
	}
	signature_comment_parse(signature.trusted_comment, signed_name, tsr_sha256);
	if (strcmp(signed_name, strrchr(work->slot->statement, '/') + 1) != 0) {
		add_finding(check, name, "was made of a file of another name, '%s'", signed_name);
		return false;
	}
	return check_stamp(check, work, tsr_sha256);
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

/* That the statement can be read; fills the item from it. */
static bool take_statement(struct check *check, struct work *work)
{
	struct error error = {0};
	struct signature *item = work->item;
	if (!signature_statement_parse(work->bytes, work->length, &work->statement, &error)) {
		add_finding(check, item->file, "%s", error.text);
		return false;
	}
	strcpy(item->name, work->statement.name);
	strcpy(item->time, work->statement.time);
	minisign_key_id_text(work->statement.key.id, item->key_id);
	minisign_public_key_text(&work->statement.key, item->public_key);
	if (work->statement.meaning == item->meaning)
		return true;
	add_finding(check, item->file, "states '%s', which is not what its name says", signature_meaning_name(work->statement.meaning));
	return false;
}

static void check_one(struct check *check, const struct signature_slot *slot)
{
	struct signature *item = &check->found->items[check->found->count++];
	struct work work = {.slot = slot, .item = item};
	snprintf(item->file, sizeof item->file, "%s", slot->statement);
	item->meaning = slot->meaning;
	auto_free char *bytes = read_file(check, slot->statement, SIGNATURE_MAX_STATEMENT, &work.length);
	work.bytes = bytes;
	if (bytes && take_statement(check, &work)) {
		bool by_key = check_key(check, &work);
		item->holds = check_covers(check, slot, &work.statement) && by_key;
		check_trust(check, item, &work.statement.key);
		check_order(check, item);
	}
	signature_statement_finish(&work.statement);
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
	const char *tsa_ca = check->demands->tsa_ca;
	if (stat(check->dir, &status) != 0 || !S_ISDIR(status.st_mode))
		return error_config(error, "%s: is no folder of evidence", check->dir);
	if (tsa_ca && !time_stamp_ca_check(tsa_ca, error))
		return false;
	mode_t type = type_of(check->dir, SIGNATURE_FOLDER);
	if (type == S_IFDIR && !check_folder(check, error))
		return false;
	if (type != S_IFDIR && type != 0)
		add_finding(check, SIGNATURE_FOLDER, "is no folder");
	if (type_of(check->dir, SIGNATURE_INCOMPLETE) != 0)
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

static const char *describe_stamp(enum signature_stamp stamp)
{
	switch (stamp) {
	case SIGNATURE_STAMP_NONE: return "";
	case SIGNATURE_STAMP_HOLDS: return ", time stamp by an authority that was not checked, ";
	case SIGNATURE_STAMP_TRUSTED: return ", time stamp by a trusted authority, ";
	case SIGNATURE_STAMP_WRONG: return ", time stamp DOES NOT HOLD";
	}
	return "";
}

void signature_describe(const struct signature *signature, char *text, size_t size)
{
	snprintf(text, size, "%s by %s at %s: %s, by key ID %s, %s%s%s", signature_meaning_name(signature->meaning),
		 *signature->name ? signature->name : "?", *signature->time ? signature->time : "?",
		 signature->holds ? "signature holds" : "signature DOES NOT HOLD", *signature->key_id ? signature->key_id : "?",
		 signature->trusted ? "which is trusted" : "not among trusted keys", describe_stamp(signature->stamp),
		 signature->stamp_time);
}
