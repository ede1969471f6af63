/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report.h"

#include <dirent.h>
#include <string.h>

#include "folder.h"
#include "view.h"

enum { VIEW_CAP = 16 << 20 };

static const char SUFFIX[] = ".lua";

static int is_view(const struct dirent *entry)
{
	size_t length = strlen(entry->d_name), suffix = strlen(SUFFIX);
	return entry->d_name[0] != '.' && length > suffix && strcmp(entry->d_name + length - suffix, SUFFIX) == 0;
}

bool report_write_file(const char *path, const struct text *content, struct error *error)
{
	auto_free char *temporary = NULL;
	const char *slash = strrchr(path, '/');
	int folder = slash ? (int)(slash - path) + 1 : 0;
	if (asprintf(&temporary, "%.*s.%s.partial", folder, path, path + folder) < 0)
		return error_bench(error, "no memory");
	auto_file FILE *file = fopen(temporary, "we");
	if (!file)
		return error_errno(error, folder_error_kind(errno), "%s", temporary);
	bool written =
		fwrite(text_view(content), 1, content->length, file) == content->length && fflush(file) == 0 && fsync(fileno(file)) == 0;
	if (fclose(steal(&file)) == 0 && written && rename(temporary, path) == 0)
		return folder_sync_above(path, error);
	error_errno(error, ERROR_BENCH, "%s", path);
	unlink(temporary);
	return false;
}

static bool render_view(struct evidence_view *evidence, const char *templates_dir, const char *view, const char *out_dir,
			struct error *error)
{
	auto_text struct text out = text_make(VIEW_CAP);
	const struct view_source source = {.runs = &evidence, .count = 1};
	auto_free char *path = NULL;
	if (asprintf(&path, "%s/%.*s", out_dir, (int)(strlen(view) - strlen(SUFFIX)), view) < 0)
		return error_bench(error, "no memory");
	return view_render(&source, templates_dir, "views", view, &out, error) && report_write_file(path, &out, error);
}

static bool render_all(struct evidence_view *evidence, const char *templates_dir, const char *out_dir, struct error *error)
{
	auto_free char *views = NULL;
	struct dirent **entries = NULL;
	if (asprintf(&views, "%s/views", templates_dir) < 0)
		return error_bench(error, "no memory");
	int count = scandir(views, &entries, is_view, alphasort);
	if (count < 0)
		return error_errno(error, ERROR_CONFIG, "%s", views);
	bool done = count > 0 || error_config(error, "%s: no view (NAME.EXT.lua) is there", views);
	for (int i = 0; i < count; i++) {
		done = done && render_view(evidence, templates_dir, entries[i]->d_name, out_dir, error);
		free(entries[i]);
	}
	free(entries);
	return done;
}

bool report_render(const char *dir, const char *templates_dir, const char *out_dir, struct error *error)
{
	auto_evidence_view struct evidence_view *evidence = evidence_view_open(dir, error);
	return evidence && render_all(evidence, templates_dir, out_dir, error);
}

bool report_render_again(const char *dir, const char *templates_dir, const char *out_dir, struct error *error)
{
	auto_evidence_view struct evidence_view *evidence = evidence_view_open(dir, error);
	if (!evidence)
		return false;
	evidence_view_hide_later(evidence);
	return render_all(evidence, templates_dir, out_dir, error);
}

static bool add_folder(struct digest *digest, const char *path, struct error *error)
{
	auto_folder_list struct folder_list *others = NULL;
	auto_folder_list struct folder_list *files = folder_survey(path, &others, error);
	for (size_t i = 0; files && i < files->count; i++) {
		char hex[DIGEST_HEX_SIZE];
		auto_free char *file = NULL;
		if (asprintf(&file, "%s/%s", path, files->names[i]) < 0)
			return error_bench(error, "no memory");
		if (!digest_file(file, hex, error))
			return false;
		digest_update(digest, hex, strlen(hex));
		digest_update(digest, files->names[i], strlen(files->names[i]) + 1);
	}
	return files;
}

bool report_fingerprint(const char *templates_dir, char hex[DIGEST_HEX_SIZE], struct error *error)
{
	static const char *const FOLDERS[] = {"views", "parts", "lib"};
	auto_digest struct digest *digest = digest_create(error);
	for (size_t i = 0; digest && i < sizeof FOLDERS / sizeof *FOLDERS; i++) {
		auto_free char *path = NULL;
		if (asprintf(&path, "%s/%s", templates_dir, FOLDERS[i]) < 0)
			return error_bench(error, "no memory");
		if (access(path, F_OK) == 0 && !add_folder(digest, path, error))
			return false;
		digest_update(digest, FOLDERS[i], strlen(FOLDERS[i]) + 1);
	}
	if (digest)
		digest_finish(digest, hex);
	return digest;
}
