/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "document.h"

#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "manifest.h"
#include "paper.h"
#include "report.h"
#include "signature.h"
#include "view.h"

enum { DOCUMENT_CAP = 24 << 20 };

static const char *const ATTACHED[] = {"result.json", "SHA256SUMS"};
enum { ATTACHED_COUNT = sizeof ATTACHED / sizeof *ATTACHED };

struct evidence_list {
	struct evidence_view **views;
	size_t count;
};

static void evidence_list_finish(struct evidence_list *list)
{
	for (size_t i = 0; list->views && i < list->count; i++)
		evidence_view_destroy(list->views[i]);
	free(list->views);
}

static bool open_all(const struct document *document, struct evidence_list *list, struct error *error)
{
	list->views = calloc(document->dir_count + 1, sizeof *list->views);
	if (!list->views)
		return error_bench(error, "no memory");
	for (; list->count < document->dir_count; list->count++) {
		list->views[list->count] = evidence_view_open(document->dirs[list->count], error);
		if (!list->views[list->count])
			return false;
	}
	return true;
}

bool document_sealed(const char *dir, struct error *error)
{
	auto_manifest_report struct manifest_report manifest = {0};
	if (!manifest_check(dir, &manifest, error))
		return false;
	if (manifest.finding_count > 0)
		return error_config(error, "%s: is not as it was sealed, so no report is made of it: %s%s", dir, manifest.findings[0].text,
				    manifest.finding_count > 1 ? "; and more, see tmsrig verify" : "");
	/* The manifest leaves the signatures out, and a report shows them. */
	static const struct signature_demands NOTHING = {0};
	auto_signatures struct signatures *signatures = signatures_check(dir, &NOTHING, error);
	if (!signatures)
		return false;
	if (signatures->finding_count > 0)
		return error_config(error, "%s: its signatures do not hold, so no report is made of it: %s: %s", dir,
				    signatures->findings[0].file, signatures->findings[0].text);
	return true;
}

bool document_outside(const char *path, const char *dir, struct error *error)
{
	auto_free char *folder = realpath(dir, NULL);
	auto_free char *parent = strdup(path);
	auto_free char *place = NULL;
	if (!folder)
		return error_errno(error, ERROR_CONFIG, "%s", dir);
	/* The nearest folder above that exists. */
	while (parent && !(place = realpath(parent, NULL))) {
		char *slash = strrchr(parent, '/');
		if (!slash || slash == parent)
			snprintf(parent, strlen(parent) + 1, "%s", slash ? "/" : ".");
		else
			*slash = '\0';
	}
	size_t length = strlen(folder);
	if (!place)
		return error_bench(error, "no memory");
	if (strncmp(place, folder, length) == 0 && (place[length] == '/' || place[length] == '\0'))
		return error_config(error, "%s: lies inside the evidence %s, which is not added to; choose another place", path, dir);
	return true;
}

/* "views" or "documents", where NAME.lua is. */
static const char *folder_of(const char *templates_dir, const char *view)
{
	static const char *const FOLDERS[] = {"views", "documents"};
	char path[PATH_MAX];
	for (size_t i = 0; !strchr(view, '/') && i < sizeof FOLDERS / sizeof *FOLDERS; i++) {
		snprintf(path, sizeof path, "%s/%s/%s.lua", templates_dir, FOLDERS[i], view);
		if (access(path, R_OK) == 0)
			return FOLDERS[i];
	}
	return NULL;
}

/* Seconds since 1970 of "2026-11-21T20:38:40Z"; 0 for anything else. */
static int64_t epoch_of(const char *text)
{
	struct tm parts = {0};
	const char *end = strptime(text, "%Y-%m-%dT%H:%M:%S", &parts);
	return end ? (int64_t)timegm(&parts) : 0;
}

/* A folder of links whose names are those that the attachments shall have. */
struct attachments {
	char folder[PATH_MAX];
	char **paths;
	size_t count;
};

static void attachments_finish(struct attachments *attachments)
{
	for (size_t i = 0; i < attachments->count; i++) {
		unlink(attachments->paths[i]);
		free(attachments->paths[i]);
	}
	free(attachments->paths);
	if (attachments->folder[0])
		rmdir(attachments->folder);
}

/* Of one run the files keep their names; of several they begin with a number and the name of the folder. */
static char *attached_path(const struct attachments *attachments, const struct document *document, size_t run, const char *dir,
			   const char *name)
{
	const char *slash = strrchr(dir, '/');
	char *path = NULL;
	int length = document->dir_count == 1
			     ? asprintf(&path, "%s/%s", attachments->folder, name)
			     : asprintf(&path, "%s/%02zu-%s-%s", attachments->folder, run + 1, slash ? slash + 1 : dir, name);
	return length < 0 ? NULL : path;
}

static bool attach(struct attachments *attachments, const struct document *document, struct error *error)
{
	const char *base = getenv("TMPDIR");
	int length = snprintf(attachments->folder, sizeof attachments->folder, "%s/tmsrig-XXXXXX", base && *base ? base : P_tmpdir);
	if (length >= (int)sizeof attachments->folder) {
		attachments->folder[0] = '\0';
		return error_config(error, "TMPDIR: is longer than a path can be");
	}
	attachments->paths = calloc(document->dir_count * ATTACHED_COUNT + 1, sizeof *attachments->paths);
	if (!attachments->paths || !mkdtemp(attachments->folder)) {
		attachments->folder[0] = '\0';
		return error_errno(error, ERROR_BENCH, "no folder for temporary files can be made");
	}
	for (size_t run = 0; run < document->dir_count; run++) {
		auto_free char *dir = realpath(document->dirs[run], NULL);
		for (size_t i = 0; dir && i < ATTACHED_COUNT; i++) {
			auto_free char *from = NULL;
			struct stat status;
			if (asprintf(&from, "%s/%s", dir, ATTACHED[i]) < 0)
				return error_bench(error, "no memory");
			if (lstat(from, &status) != 0 || !S_ISREG(status.st_mode))
				return error_config(error, "%s: is not there, so it cannot be attached; a PDF is made of finished evidence",
						    from);
			char *path = attached_path(attachments, document, run, dir, ATTACHED[i]);
			if (!path || symlink(from, path) != 0) {
				free(path);
				return error_errno(error, ERROR_BENCH, "%s", from);
			}
			attachments->paths[attachments->count++] = path;
		}
	}
	return true;
}

static bool write_pdf(const struct document *document, const struct evidence_list *list, const struct text *html, struct error *error)
{
	cleanup_with(attachments_finish) struct attachments attachments = {0};
	struct paper paper = {.html = html};
	for (size_t i = 0; i < list->count; i++) {
		int64_t ended = epoch_of(evidence_view_ended(list->views[i]));
		paper.epoch_s = ended > paper.epoch_s ? ended : paper.epoch_s;
	}
	if (!attach(&attachments, document, error))
		return false;
	paper.attachments = (const char *const *)attachments.paths;
	paper.attachment_count = attachments.count;
	return paper_write(&paper, document->out, error);
}

bool document_write(const struct document *document, struct error *error)
{
	cleanup_with(evidence_list_finish) struct evidence_list list = {0};
	auto_text struct text html = text_make(DOCUMENT_CAP);
	auto_free char *template = NULL;
	const char *folder = folder_of(document->templates_dir, document->view);
	if (!folder)
		return error_config(error, "there is no view '%s' below %s/views or %s/documents", document->view, document->templates_dir,
				    document->templates_dir);
	for (size_t i = 0; i < document->dir_count; i++)
		if (!document_outside(document->out, document->dirs[i], error) || !document_sealed(document->dirs[i], error))
			return false;
	if (!open_all(document, &list, error))
		return false;
	if (asprintf(&template, "%s.lua", document->view) < 0)
		return error_bench(error, "no memory");
	const struct view_source source = {.runs = list.views, .count = list.count, .about = document->about, .pdf = document->pdf};
	if (!view_render(&source, document->templates_dir, folder, template, &html, error))
		return false;
	return document->pdf ? write_pdf(document, &list, &html, error) : report_write_file(document->out, &html, error);
}
