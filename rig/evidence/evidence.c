/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "evidence.h"

#include <string.h>
#include <sys/stat.h>

#include "folder.h"
#include "manifest.h"
#include "result.h"

#define INCOMPLETE ".incomplete"
#define FAILED ".failed"

enum { COPY_SIZE = 1 << 16 };

struct evidence {
	char *final_path;
	char *work_path; /* with the suffix, until committed */
	char *file_path; /* what evidence_path() returned last */
};

static bool make_paths(struct evidence *evidence, const char *dir)
{
	size_t length = strlen(dir);
	while (length > 1 && dir[length - 1] == '/')
		length--;
	evidence->final_path = strndup(dir, length);
	return evidence->final_path && asprintf(&evidence->work_path, "%s" INCOMPLETE, evidence->final_path) >= 0;
}

static bool make_folder(const struct evidence *evidence, struct error *error)
{
	struct stat status;
	const char *final = evidence->final_path, *work = evidence->work_path;
	if (!*final)
		return error_config(error, "the evidence folder has no name");
	const char *slash = strrchr(final, '/');
	if (folder_unfinished_name(slash ? slash + 1 : final))
		return error_config(error, "%s: such a name is given to runs that did not come to their end, choose another", final);
	if (lstat(final, &status) == 0)
		return error_config(error, "%s: already exists; evidence is never overwritten, choose another folder", final);
	if (lstat(work, &status) == 0)
		return error_config(
			error, "%s: already exists, left by a run that did not end (or still goes on); remove it or choose another folder",
			work);
	return folder_make(work, error);
}

struct evidence *evidence_begin(const char *dir, struct error *error)
{
	auto_evidence struct evidence *evidence = calloc(1, sizeof *evidence);
	if (!evidence || !make_paths(evidence, dir)) {
		error_bench(error, "%s: out of memory", dir);
		return NULL;
	}
	return make_folder(evidence, error) ? steal(&evidence) : NULL;
}

void evidence_destroy(struct evidence *evidence)
{
	if (!evidence)
		return;
	free(evidence->final_path);
	free(evidence->work_path);
	free(evidence->file_path);
	free(evidence);
}

const char *evidence_path(struct evidence *evidence, const char *name)
{
	free(evidence->file_path);
	if (asprintf(&evidence->file_path, "%s/%s", evidence->work_path, name) < 0)
		evidence->file_path = NULL;
	return evidence->file_path ? evidence->file_path : "";
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

static bool name_taken(const struct result_input *inputs, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(inputs[i].name, name) == 0)
			return true;
	return false;
}

/* "inputs/NAME.EXT", "inputs/NAME-2.EXT", …; NULL when out of memory. What SHA256SUMS would have to escape becomes "_". */
static char *input_name(const struct result_input *inputs, size_t count, const char *path)
{
	auto_free char *base = strdup(base_name(path));
	for (char *c = base; c && *c; c++)
		if ((unsigned char)*c < ' ' || *c == '\\' || *c == 0x7f)
			*c = '_';
	if (!base)
		return NULL;
	const char *dot = strrchr(base, '.');
	int stem = dot && dot != base ? (int)(dot - base) : (int)strlen(base);
	char *name = NULL;
	if (asprintf(&name, "inputs/%s", base) < 0)
		return NULL;
	for (unsigned number = 2; name_taken(inputs, count, name); number++) {
		free(name);
		if (asprintf(&name, "inputs/%.*s-%u%s", stem, base, number, base + stem) < 0)
			return NULL;
	}
	return name;
}

/* Copies and hashes in one go: the hash is that of the bytes that were copied. */
static bool copy_file(const char *from, const char *to, char hex[DIGEST_HEX_SIZE], struct error *error)
{
	auto_digest struct digest *digest = digest_create(error);
	auto_free char *buffer = malloc(COPY_SIZE);
	auto_file FILE *in = fopen(from, "rbe");
	if (!digest || !buffer)
		return digest ? error_bench(error, "%s: out of memory", from) : false;
	if (!in)
		return error_errno(error, ERROR_CONFIG, "%s: cannot read for the evidence", from);
	auto_file FILE *out = fopen(to, "wbxe");
	if (!out)
		return error_errno(error, ERROR_BENCH, "%s: cannot create", to);
	for (size_t got; (got = fread(buffer, 1, COPY_SIZE, in)) > 0;) {
		digest_update(digest, buffer, got);
		if (fwrite(buffer, 1, got, out) != got)
			return error_errno(error, ERROR_BENCH, "%s: cannot write", to);
	}
	if (ferror(in))
		return error_errno(error, ERROR_CONFIG, "%s: cannot read for the evidence", from);
	if (fclose(steal(&out)) != 0)
		return error_errno(error, ERROR_BENCH, "%s: cannot write", to);
	digest_finish(digest, hex);
	return true;
}

/* Those of the files that are not given twice. */
static bool copy_inputs(struct evidence *evidence, const struct evidence_facts *facts, struct result_facts *result,
			struct result_input *inputs, struct error *error)
{
	result->inputs = inputs;
	if (facts->input_count > 0 && !folder_make(evidence_path(evidence, "inputs"), error))
		return false;
	for (size_t i = 0; i < facts->input_count; i++) {
		bool again = false;
		for (size_t k = 0; k < i; k++)
			again |= strcmp(facts->input_files[k], facts->input_files[i]) == 0;
		if (again)
			continue;
		struct result_input *input = &inputs[result->input_count];
		input->path = facts->input_files[i];
		input->name = input_name(inputs, result->input_count, input->path);
		if (!input->name)
			return error_bench(error, "%s: out of memory", input->path);
		result->input_count++;
		if (!copy_file(input->path, evidence_path(evidence, input->name), input->sha256, error))
			return false;
	}
	return true;
}

/* A recording made elsewhere stays where it is; its hash ties the result to it. */
static bool hash_source(const struct evidence_facts *facts, struct result_facts *result, struct error *error)
{
	return !facts->recording || digest_file(facts->recording, result->source_sha256, error);
}

bool evidence_write_result(struct evidence *evidence, const struct evidence_facts *facts, struct error *error)
{
	struct result_facts result = {.facts = facts};
	struct result_input *inputs = calloc(facts->input_count + 1, sizeof *inputs);
	if (!inputs)
		return error_bench(error, "%s: out of memory", evidence->work_path);
	bool written = result_look_at_recording(evidence_path(evidence, "recording.h5"), &result, error) &&
		       hash_source(facts, &result, error) && copy_inputs(evidence, facts, &result, inputs, error) &&
		       result_write_tables(evidence->work_path, &result, error) &&
		       result_write(evidence_path(evidence, "result.json"), &result, error);
	for (size_t i = 0; i < facts->input_count; i++)
		free(inputs[i].name);
	free(inputs);
	return written;
}

bool evidence_seal(struct evidence *evidence, struct error *error)
{
	auto_folder_list struct folder_list *files = folder_list(evidence->work_path, error);
	return files && manifest_write(evidence->work_path, files->names, files->count, error) &&
	       folder_sync(evidence->work_path, files, MANIFEST_FILE, error);
}

bool evidence_commit(struct evidence *evidence, struct error *error)
{
	if (!folder_rename(evidence->work_path, evidence->final_path, error))
		return false;
	free(evidence->work_path);
	evidence->work_path = steal(&evidence->final_path);
	return true;
}

bool evidence_fail(struct evidence *evidence, struct error *error)
{
	enum { MAX_TRIES = 1000 };
	for (int n = 1; n <= MAX_TRIES; n++) {
		auto_free char *name = NULL;
		char suffix[16] = "";
		if (n > 1)
			snprintf(suffix, sizeof suffix, ".%d", n);
		if (asprintf(&name, "%s" FAILED "%s", evidence->final_path, suffix) < 0)
			return error_bench(error, "%s: out of memory", evidence->final_path);
		if (access(name, F_OK) == 0)
			continue;
		if (!folder_rename(evidence->work_path, name, error))
			return false;
		free(evidence->work_path);
		evidence->work_path = steal(&name);
		return true;
	}
	return error_config(error, "%s" FAILED ": too many folders of that name", evidence->final_path);
}
