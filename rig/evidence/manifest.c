/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "manifest.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "digest.h"
#include "folder.h"
#include "printable.h"

enum { HEX = 64, MAX_SIZE = 64 << 20, GROWTH = 16 };

/* A line of SHA256SUMS that reads well. */
struct entry {
	const char *sha256; /* 64 digits, into the text */
	const char *name;
	size_t line;
};

struct check {
	const char *dir;
	struct manifest_report *report;
	struct entry *entries;
	size_t entry_count;
	uint64_t looked_at; /* bytes */
	bool no_memory;
};

/* As much as is unpacked of a .zip; a file of holes can say that it has more than anybody can read. */
static const uint64_t MAX_TOTAL = UINT64_C(64) << 30;

const char *manifest_fault_name(enum manifest_fault fault)
{
	switch (fault) {
	case MANIFEST_MISSING: return "missing";
	case MANIFEST_EXTRA: return "extra";
	case MANIFEST_CHANGED: return "changed";
	case MANIFEST_TWICE: return "listed twice";
	case MANIFEST_LEAVES: return "leaves the folder";
	case MANIFEST_LINE: return "not a line of a manifest";
	case MANIFEST_KIND: return "not a file";
	case MANIFEST_UNREADABLE: return "unreadable";
	case MANIFEST_UNFINISHED: return "unfinished";
	}
	return "?";
}

void manifest_report_finish(struct manifest_report *report)
{
	if (!report)
		return;
	for (size_t i = 0; i < report->finding_count; i++) {
		free(report->findings[i].name);
		free(report->findings[i].text);
	}
	free(report->findings);
	*report = (struct manifest_report){0};
}

static bool has_room(struct manifest_report *report)
{
	if (report->finding_count % GROWTH != 0)
		return true;
	struct manifest_finding *more = realloc(report->findings, (report->finding_count + GROWTH) * sizeof *more);
	if (more)
		report->findings = more;
	return more;
}

static void add(struct check *check, enum manifest_fault fault, const char *name, size_t line, const char *words)
{
	struct manifest_finding finding = {fault, line, strdup(name), NULL};
	auto_free char *shown = printable(name);
	if (!finding.name || !shown || asprintf(&finding.text, "%s: %s", shown, words) < 0 || !has_room(check->report)) {
		free(finding.name);
		check->no_memory = true;
		return;
	}
	check->report->findings[check->report->finding_count++] = finding;
}

/* The whole file, NUL-terminated; *size without the NUL. */
static char *read_sums(int fd, size_t *size)
{
	struct stat status;
	if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode) || status.st_size > MAX_SIZE)
		return NULL;
	auto_free char *text = malloc((size_t)status.st_size + 1);
	*size = 0;
	while (text && *size < (size_t)status.st_size) {
		ssize_t got = read(fd, text + *size, (size_t)status.st_size - *size);
		if (got <= 0)
			return NULL;
		*size += (size_t)got;
	}
	if (text)
		text[*size] = '\0';
	return steal(&text);
}

/* Relative, no empty, "." or ".." part, no backslash. */
static bool stays_inside(const char *name)
{
	for (const char *part = name;; part++) {
		size_t length = strcspn(part, "/");
		if (length == 0 || (length == 1 && part[0] == '.') || (length == 2 && part[0] == '.' && part[1] == '.'))
			return false;
		part += length;
		if (!*part)
			return !strchr(name, '\\');
	}
}

static bool is_signature(const char *name)
{
	return strncmp(name, MANIFEST_SIGNATURES, strlen(MANIFEST_SIGNATURES)) == 0;
}

/* Takes a line without its newline; false when it is none of a manifest. */
static void take_line(struct check *check, char *line, size_t length, size_t number)
{
	if (length < HEX + 3 || strspn(line, "0123456789abcdef") != HEX || line[HEX] != ' ' || line[HEX + 1] != ' ' ||
	    strlen(line) != length) {
		char words[128];
		snprintf(words, sizeof words, "line %zu is not 64 hex digits, two spaces and a name", number);
		add(check, MANIFEST_LINE, MANIFEST_FILE, number, words);
		return;
	}
	const char *name = line + HEX + 2;
	if (!stays_inside(name))
		add(check, MANIFEST_LEAVES, name, number, "listed in " MANIFEST_FILE ", but not a plain path inside the folder");
	else if (strcmp(name, MANIFEST_FILE) == 0 || is_signature(name))
		add(check, MANIFEST_LEAVES, name, number, "listed in " MANIFEST_FILE ", which covers neither itself nor signatures");
	else
		check->entries[check->entry_count++] = (struct entry){line, name, number};
}

static size_t count_lines(const char *text, size_t size)
{
	size_t count = 1;
	for (size_t i = 0; i < size; i++)
		count += text[i] == '\n';
	return count;
}

static int compare_entries(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int order = strcmp(x->name, y->name);
	return order ? order : (x->line > y->line) - (x->line < y->line);
}

/* Duplicates are told and dropped; the first counts. */
static void drop_duplicates(struct check *check)
{
	size_t kept = 0;
	if (check->entry_count > 0)
		qsort(check->entries, check->entry_count, sizeof *check->entries, compare_entries);
	for (size_t i = 0; i < check->entry_count; i++) {
		struct entry *entry = &check->entries[i];
		if (kept > 0 && strcmp(check->entries[kept - 1].name, entry->name) == 0)
			add(check, MANIFEST_TWICE, entry->name, entry->line, "listed more than once in " MANIFEST_FILE);
		else
			check->entries[kept++] = *entry;
	}
	check->entry_count = kept;
}

static bool parse(struct check *check, char *text, size_t size, struct error *error)
{
	check->entries = calloc(count_lines(text, size), sizeof *check->entries);
	if (!check->entries)
		return error_bench(error, "%s: out of memory", check->dir);
	size_t number = 0;
	for (char *line = text, *end = text + size; line < end;) {
		char *newline = memchr(line, '\n', (size_t)(end - line));
		number++;
		if (!newline) {
			add(check, MANIFEST_LINE, MANIFEST_FILE, number, "its last line has no newline: it was cut off");
			break;
		}
		*newline = '\0';
		take_line(check, line, (size_t)(newline - line), number);
		line = newline + 1;
	}
	if (number == 0)
		add(check, MANIFEST_LINE, MANIFEST_FILE, 0, "is empty");
	drop_duplicates(check);
	return true;
}

/* A regular file that is opened without following a link; -1 otherwise. */
static int open_plain(const char *dir, const char *name, off_t *size)
{
	auto_free char *path = NULL;
	struct stat status;
	if (asprintf(&path, "%s/%s", dir, name) < 0)
		return -1;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd >= 0 && (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode))) {
		close(fd);
		return -1;
	}
	*size = fd >= 0 ? status.st_size : 0;
	return fd;
}

static void compare_file(struct check *check, const struct entry *entry)
{
	off_t size = 0;
	char hex[DIGEST_HEX_SIZE], words[256];
	auto_fd int fd = open_plain(check->dir, entry->name, &size);
	if (fd >= 0 && (uint64_t)size > MAX_TOTAL - check->looked_at) {
		add(check, MANIFEST_UNREADABLE, entry->name, entry->line,
		    "takes the folder beyond 64 GiB, which no evidence needs; it was not hashed");
		return;
	}
	check->looked_at += (uint64_t)size;
	if (fd < 0 || !digest_fd(fd, hex)) {
		snprintf(words, sizeof words, "cannot be read: %s", strerror(errno));
		add(check, MANIFEST_UNREADABLE, entry->name, entry->line, words);
	} else if (strncmp(hex, entry->sha256, HEX) != 0) {
		snprintf(words, sizeof words, "changed: its SHA-256 is %s, " MANIFEST_FILE " says %.64s", hex, entry->sha256);
		add(check, MANIFEST_CHANGED, entry->name, entry->line, words);
	} else {
		check->report->file_count++;
		check->report->byte_count += (uint64_t)size;
	}
}

/* Both lists are sorted. */
static void compare_lists(struct check *check, const struct folder_list *files)
{
	size_t f = 0, e = 0;
	while (f < files->count || e < check->entry_count) {
		const char *name = f < files->count ? files->names[f] : NULL;
		const struct entry *entry = e < check->entry_count ? &check->entries[e] : NULL;
		int order = !name ? 1 : !entry ? -1 : strcmp(name, entry->name);
		if (order == 0)
			compare_file(check, entry);
		else if (order > 0 && entry)
			add(check, MANIFEST_MISSING, entry->name, entry->line, "missing: listed in " MANIFEST_FILE ", but not there");
		else if (name && strcmp(name, MANIFEST_FILE) != 0 && !is_signature(name))
			add(check, MANIFEST_EXTRA, name, 0, "extra: there, but not listed in " MANIFEST_FILE);
		f += order <= 0;
		e += order >= 0;
	}
}

static int compare_findings(const void *a, const void *b)
{
	const struct manifest_finding *x = a, *y = b;
	int order = strcmp(x->name, y->name);
	return order ? order : (x->line > y->line) - (x->line < y->line);
}

static bool check_folder(struct check *check, struct error *error)
{
	struct manifest_report *report = check->report;
	auto_folder_list struct folder_list *others = NULL;
	auto_folder_list struct folder_list *files = folder_survey(check->dir, &others, error);
	if (!files)
		return false;
	char folder[NAME_MAX + 1];
	if (folder_unfinished(check->dir, folder))
		add(check, MANIFEST_UNFINISHED, folder, 0,
		    "the name ends in .incomplete or .failed: the run that made this folder did not come to its end");
	for (size_t i = 0; i < others->count; i++)
		add(check, MANIFEST_KIND, others->names[i], 0, "a link, a special file, or a name that no manifest holds");
	off_t size;
	size_t length = 0;
	auto_fd int fd = open_plain(check->dir, MANIFEST_FILE, &size);
	if (fd < 0) {
		add(check, MANIFEST_MISSING, MANIFEST_FILE, 0, "missing, or not a file: this is no whole bundle");
		return true;
	}
	auto_free char *text = read_sums(fd, &length);
	if (!text) {
		add(check, MANIFEST_UNREADABLE, MANIFEST_FILE, 0, "cannot be read, or is larger than 64 MiB");
		return true;
	}
	digest_bytes(text, length, report->sha256);
	if (!parse(check, text, length, error))
		return false;
	compare_lists(check, files);
	return true;
}

bool manifest_check(const char *dir, struct manifest_report *report, struct error *error)
{
	*report = (struct manifest_report){0};
	struct check check = {.dir = dir, .report = report};
	bool checked = check_folder(&check, error);
	free(check.entries);
	if (report->finding_count > 0)
		qsort(report->findings, report->finding_count, sizeof *report->findings, compare_findings);
	if (checked && check.no_memory)
		checked = error_bench(error, "%s: out of memory", dir);
	if (!checked)
		manifest_report_finish(report);
	return checked;
}

bool manifest_write(const char *dir, char *const *names, size_t count, struct error *error)
{
	auto_free char *path = NULL;
	auto_file FILE *sums = asprintf(&path, "%s/" MANIFEST_FILE, dir) >= 0 ? fopen(path, "wxe") : NULL;
	if (!sums)
		return error_errno(error, ERROR_BENCH, "%s/" MANIFEST_FILE ": cannot create", dir);
	for (size_t i = 0; i < count; i++) {
		char hex[DIGEST_HEX_SIZE];
		auto_free char *file = NULL;
		if (is_signature(names[i]))
			continue;
		if (asprintf(&file, "%s/%s", dir, names[i]) < 0)
			return error_bench(error, "%s: out of memory", dir);
		if (!digest_file(file, hex, error))
			return false;
		fprintf(sums, "%s  %s\n", hex, names[i]);
	}
	bool failed = ferror(sums) != 0;
	failed |= fclose(steal(&sums)) != 0;
	return !failed || error_errno(error, ERROR_BENCH, "%s: cannot write", path);
}
