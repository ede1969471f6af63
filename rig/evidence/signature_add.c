/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "signature_add.h"

#include <string.h>

#include "digest.h"
#include "event_log.h"
#include "manifest.h"
#include "signature_write.h"
#include "time_stamp.h"

#define EVENTS "events.jsonl"

/* Files and log of the bundle; what was not recorded to its end has no SHA256SUMS. */
static bool check_bundle(const char *dir, struct error *error)
{
	auto_manifest_report struct manifest_report report = {0};
	struct event_log_state state;
	auto_free char *events = NULL;
	if (!manifest_check(dir, &report, error))
		return false;
	if (report.finding_count > 0)
		return error_config(error, "%s: is not signed: %s%s", dir, report.findings[0].text,
				    report.finding_count > 1 ? " (and there is more that is wrong)" : "");
	if (asprintf(&events, "%s/" EVENTS, dir) < 0)
		return error_bench(error, "%s: out of memory", dir);
	if (access(events, F_OK) != 0)
		return true;
	if (!event_log_check(events, NULL, NULL, &state, error))
		return error_prefix(error, "%s: is not signed", dir);
	return state.torn_bytes == 0 || error_config(error, "%s: is not signed: %s does not end with a whole line", dir, events);
}

static bool check_signatures(const char *dir, const struct signatures *found, struct error *error)
{
	if (found->finding_count > 0)
		return error_config(error, "%s: is not signed: %s %s%s", dir, found->findings[0].file, found->findings[0].text,
				    found->finding_count > 1 ? " (and there is more that is wrong)" : "");
	return found->count < SIGNATURE_MAX_COUNT ||
	       error_config(error, "%s: has %d signatures, which is all there can be", dir, SIGNATURE_MAX_COUNT);
}

static bool check_order(const char *dir, const struct signature_request *request, const struct signatures *found, const char *time,
			const char *public_key, struct error *error)
{
	const char *meaning = signature_meaning_name(request->meaning);
	bool performed = false;
	for (size_t i = 0; i < found->count; i++) {
		const struct signature *item = &found->items[i];
		performed |= item->meaning == SIGNATURE_PERFORMED;
		if (item->meaning == request->meaning && strcmp(item->public_key, public_key) == 0 && !request->again)
			return error_config(error, "%s: is already signed for %s with this key (%s); --again signs once more", dir, meaning,
					    item->file);
		if (strcmp(item->public_key, public_key) == 0 && strcmp(item->name, request->name) != 0)
			return error_config(error, "%s: this key has signed as '%s' (%s), not as '%s'; one key is one person", dir,
					    item->name, item->file, request->name);
		if (strcmp(time, item->time) < 0)
			return error_config(error, "%s: cannot be signed at %s: %s is of %s; look at the clock of this machine", dir, time,
					    item->file, item->time);
	}
	if (request->meaning == SIGNATURE_APPROVED && !performed)
		return error_config(error, "%s: cannot be approved before somebody signed that it was performed", dir);
	return true;
}

/* The hashes of SHA256SUMS and of every file below signatures/. */
static bool cover_all(const char *dir, struct signature_statement *statement, struct error *error)
{
	struct signature_files files = {0};
	char sums[DIGEST_HEX_SIZE];
	auto_free char *sums_path = NULL, *folder = NULL;
	if (asprintf(&sums_path, "%s/" SIGNATURE_SUMS, dir) < 0 || asprintf(&folder, "%s/" SIGNATURE_FOLDER, dir) < 0)
		return error_bench(error, "%s: out of memory", dir);
	bool listed = access(folder, F_OK) != 0 || signature_files_list(&files, folder, NULL, NULL, error);
	bool covered = listed && digest_file(sums_path, sums, error) &&
		       (signature_statement_cover(statement, SIGNATURE_SUMS, sums) || error_bench(error, "%s: out of memory", dir));
	for (size_t i = 0; covered && i < files.count; i++)
		covered = signature_statement_cover(statement, files.items[i].name, files.items[i].sha256) ||
			  error_bench(error, "%s: out of memory", dir);
	signature_files_finish(&files);
	return covered;
}

/* Stamps first: the signed comment holds the hash of the stamp, so that no byte of it can change. */
static bool sign(const char *dir, const struct signature_request *request, const char *file, const char *statement, struct error *error)
{
	struct minisign_signature signature;
	char comment[MINISIGN_COMMENT_SIZE], tsr_sha256[DIGEST_HEX_SIZE] = "";
	struct signature_parts parts = {.name = file, .statement = statement};
	auto_free unsigned char *tsr = NULL;
	if (request->tsa_url) {
		tsr = time_stamp_request(request->tsa_url, request->tsa_ca, statement, strlen(statement), &parts.tsr_length, error);
		if (!tsr)
			return error_prefix(error, "%s", request->tsa_url);
		digest_bytes(tsr, parts.tsr_length, tsr_sha256);
	}
	if (!signature_comment_format(comment, (long long)request->time, strrchr(file, '/') + 1, tsr ? tsr_sha256 : NULL))
		return error_bench(error, "%s: the comment is too long", file);
	if (!minisign_sign(request->key, statement, strlen(statement), comment, &signature, error))
		return false;
	auto_free char *minisig = minisign_format_signature(&signature);
	if (!minisig)
		return error_bench(error, "%s: out of memory", dir);
	parts.minisig = minisig;
	parts.tsr = tsr;
	return signature_write(dir, &parts, error);
}

static bool add_locked(const char *dir, const struct signature_request *request, char file[SIGNATURE_FILE_SIZE], struct error *error)
{
	auto_signature_statement struct signature_statement statement = {.meaning = request->meaning};
	const struct signature_demands demands = {0};
	char public_key[MINISIGN_PUBLIC_KEY_TEXT_SIZE];
	struct tm utc;
	if (!signature_roll_back(dir, error) || !check_bundle(dir, error))
		return false;
	auto_signatures struct signatures *found = signatures_check(dir, &demands, error);
	if (!found || !check_signatures(dir, found, error))
		return false;
	snprintf(statement.name, sizeof statement.name, "%s", request->name);
	minisign_public_key_of(request->key, &statement.key);
	minisign_public_key_text(&statement.key, public_key);
	if (!gmtime_r(&request->time, &utc) || strftime(statement.time, sizeof statement.time, "%Y-%m-%dT%H:%M:%SZ", &utc) == 0)
		return error_bench(error, "the time of this machine cannot be told");
	if (!check_order(dir, request, found, statement.time, public_key, error) || !cover_all(dir, &statement, error))
		return false;
	signature_file_name(file, (unsigned)found->count + 1, request->meaning);
	auto_free char *text = signature_statement_format(&statement);
	if (!text)
		return error_bench(error, "%s: out of memory", dir);
	return sign(dir, request, file, text, error);
}

/* What was written is read again as whoever checks it will. */
static bool check_again(const char *dir, const struct signature_request *request, struct error *error)
{
	const struct signature_demands demands = {.tsa_ca = request->tsa_ca};
	auto_signatures struct signatures *found = signatures_check(dir, &demands, error);
	if (!found)
		return false;
	return found->finding_count == 0 || error_bench(error, "%s/%s: was signed, but does not read as it was written: it %s", dir,
							found->findings[0].file, found->findings[0].text);
}

bool signature_add(const char *dir, const struct signature_request *request, char file[SIGNATURE_FILE_SIZE], struct error *error)
{
	if (!signature_name_is_valid(request->name))
		return error_config(error, "'%s' is no name to sign with: one line of 1 to %d bytes of UTF-8 is needed", request->name,
				    SIGNATURE_NAME_SIZE - 1);
	auto_fd int lock = signature_lock(dir, error);
	return lock >= 0 && add_locked(dir, request, file, error) && check_again(dir, request, error);
}
