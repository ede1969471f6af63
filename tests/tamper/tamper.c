/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Tampering: a signed bundle is changed in every way below, checked in-process, and put back. Each change must be found, with a message that names the
 * file concerned. The last line of the output is the tally; exit status 1 if anything went unnoticed or unnamed.
 * usage: tamper BUNDLE OTHER_BUNDLE LEDGER CHANGES SEED   (both bundles signed; LEDGER with both runs; all three are written to)
 */
#include <ctype.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "ledger.h"
#include "manifest.h"
#include "signature.h"
#include "tamper_files.h"
#include "text.h"

enum { MAX_TEXT = 1 << 20, REPORTED = 20, ALL_PROOFS = 10000 };

struct trial {
	const char *dir;
	struct kept_files files;
	uint64_t random;
	size_t made, wrong;
};

/* SplitMix64 (Steele, Lea, Flood 2014). */
static uint64_t draw(uint64_t *state)
{
	uint64_t z = (*state += 0x9e3779b97f4a7c15u);
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

/* Every finding on the bundle, a line each; the caller frees. "" when it holds. */
static char *inspect(const char *dir, const struct signature_demands *demands)
{
	auto_text struct text text = text_make(MAX_TEXT);
	auto_manifest_report struct manifest_report report = {0};
	struct event_log_state state;
	struct error error = {0};
	char events[4096];
	if (!manifest_check(dir, &report, &error))
		text_printf(&text, "%s\n", error.text);
	for (size_t i = 0; i < report.finding_count; i++)
		text_printf(&text, "%s\n", report.findings[i].text);
	snprintf(events, sizeof events, "%s/events.jsonl", dir);
	if (access(events, F_OK) == 0 && !event_log_check(events, NULL, NULL, &state, &error))
		text_printf(&text, "%s\n", error.text);
	auto_signatures struct signatures *found = signatures_check(dir, demands, &error);
	if (!found)
		text_printf(&text, "%s\n", error.text);
	for (size_t i = 0; found && i < found->finding_count; i++)
		text_printf(&text, "%s: %s\n", found->findings[i].file, found->findings[i].text);
	text_puts(&text, "");
	char *taken = text_take(&text);
	return taken ? taken : strdup("");
}

/* True if the text has the name as a word of its own: not as a part of a longer name. */
static bool names(const char *text, const char *name)
{
	for (const char *at = text; (at = strstr(at, name)) != NULL; at++) {
		char next = at[strlen(name)], after = next ? at[strlen(name) + 1] : '\0';
		bool longer = isalnum((unsigned char)next) || next == '_' || next == '-' || next == '/' ||
			      (next == '.' && isalnum((unsigned char)after));
		if (!longer && (at == text || !isalnum((unsigned char)at[-1])))
			return true;
	}
	return false;
}

static void count(struct trial *trial, bool good, const char *what, const char *text)
{
	trial->made++;
	trial->wrong += !good;
	if (!good && trial->wrong <= REPORTED)
		printf("not ok: %s: %s\n", what, *text ? text : "unnoticed");
}

/* That the bundle as it is now is found out, and one of two files named. */
static void expect(struct trial *trial, const char *what, const char *name, const char *other)
{
	const struct signature_demands none = {0};
	char described[1024];
	auto_free char *text = inspect(trial->dir, &none);
	snprintf(described, sizeof described, "%s %s", what, name);
	count(trial, names(text, name) || (other && names(text, other)), described, text);
}

static void expect_whole(struct trial *trial, const char *what)
{
	const struct signature_demands none = {0};
	auto_free char *text = inspect(trial->dir, &none);
	count(trial, !*text, what, text);
}

static void change_byte(struct trial *trial, const struct kept_file *file, size_t offset)
{
	char what[64];
	uint8_t mask = (uint8_t)(1 + draw(&trial->random) % 255);
	auto_file FILE *stream = fopen(file->path, "r+be");
	uint8_t changed = file->bytes[offset] ^ mask;
	if (!stream || fseek(stream, (long)offset, SEEK_SET) != 0 || fputc(changed, stream) == EOF || fflush(stream) != 0)
		give_up("%s: cannot be changed", file->path);
	snprintf(what, sizeof what, "byte %zu xor %02x", offset, mask);
	expect(trial, what, file->name, NULL);
	if (fseek(stream, (long)offset, SEEK_SET) != 0 || fputc(file->bytes[offset], stream) == EOF)
		give_up("%s: cannot be restored", file->path);
}

/* Half of them at a random place of all bytes, half in a random file, so that small files have their share. */
static void change_bytes(struct trial *trial, size_t changes)
{
	size_t total = 0, done = 0;
	for (size_t i = 0; i < trial->files.count; i++)
		total += trial->files.items[i].size;
	while (done < changes) {
		size_t index = 0, offset = (size_t)(draw(&trial->random) % total);
		if (done % 2 == 0)
			for (; offset >= trial->files.items[index].size; index++)
				offset -= trial->files.items[index].size;
		else
			index = (size_t)(draw(&trial->random) % trial->files.count);
		const struct kept_file *file = &trial->files.items[index];
		if (file->size == 0)
			continue;
		change_byte(trial, file, offset % file->size);
		done++;
	}
}

static bool is_proof(const char *name)
{
	return strncmp(name, "signatures/", 11) == 0 || strcmp(name, "SHA256SUMS") == 0;
}

/* Every single byte of what proves the rest; one in so many where there is less time. */
static void change_proofs(struct trial *trial, size_t changes)
{
	size_t stride = changes >= ALL_PROOFS ? 1 : ALL_PROOFS / (changes + 1) + 1;
	for (size_t i = 0; i < trial->files.count; i++)
		for (size_t offset = 0; is_proof(trial->files.items[i].name) && offset < trial->files.items[i].size;
		     offset += 1 + (stride > 1 ? draw(&trial->random) % (2 * stride) : 0))
			change_byte(trial, &trial->files.items[i], offset);
}

static void remove_and_cut(struct trial *trial)
{
	for (size_t i = 0; i < trial->files.count; i++) {
		const struct kept_file *file = &trial->files.items[i];
		if (remove(file->path) != 0)
			give_up("%s: cannot be removed", file->path);
		expect(trial, "removed", file->name, NULL);
		const size_t sizes[] = {0, file->size / 2, file->size - 1};
		for (size_t k = 0; k < sizeof sizes / sizeof *sizes && file->size > 0; k++) {
			kept_file_write(file->path, file->bytes, sizes[k]);
			expect(trial, "truncated", file->name, NULL);
		}
		kept_file_restore(file);
		auto_file FILE *stream = fopen(file->path, "abe");
		if (!stream || fputc('\n', stream) == EOF || fflush(stream) != 0)
			give_up("%s: cannot be written", file->path);
		expect(trial, "longer by a newline", file->name, NULL);
		kept_file_restore(file);
	}
}

static void swap_files(struct trial *trial)
{
	for (size_t i = 0; i < trial->files.count; i++)
		for (size_t k = i + 1; k < trial->files.count; k++) {
			const struct kept_file *a = &trial->files.items[i], *b = &trial->files.items[k];
			if (a->size == b->size && memcmp(a->bytes, b->bytes, a->size) == 0)
				continue;
			kept_file_write(a->path, b->bytes, b->size);
			kept_file_write(b->path, a->bytes, a->size);
			expect(trial, "swapped", a->name, b->name);
			kept_file_restore(a);
			kept_file_restore(b);
		}
}

/* As by somebody who hopes that only what is listed is looked at. */
static void add_files(struct trial *trial)
{
	static const char *const NAMES[] = {"extra.csv",
					    "inputs/extra.yaml",
					    "signatures/note.txt",
					    "signatures/03-approved.json",
					    "signatures/03-approved.json.minisig",
					    "signatures/02-approved.json.bak",
					    "signatures/1-performed.json",
					    "signatures/00-performed.json",
					    ".hidden",
					    "SHA256SUMS.asc"};
	const struct kept_file *some = &trial->files.items[trial->files.count - 1];
	for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++) {
		char path[4096];
		snprintf(path, sizeof path, "%s/%s", trial->dir, NAMES[i]);
		kept_file_write(path, some->bytes, some->size);
		expect(trial, "added", NAMES[i], NULL);
		remove(path);
		if (symlink("/etc/hostname", path) != 0)
			give_up("%s: cannot be made", path);
		expect(trial, "added as a link", NAMES[i], NULL);
		remove(path);
		if (mkfifo(path, 0600) != 0)
			give_up("%s: cannot be made", path);
		expect(trial, "added as a pipe", NAMES[i], NULL);
		remove(path);
	}
	for (size_t i = 0; i < trial->files.count; i++) {
		const struct kept_file *file = &trial->files.items[i];
		if (remove(file->path) != 0 || mkfifo(file->path, 0600) != 0)
			give_up("%s: cannot be made a pipe", file->path);
		expect(trial, "a pipe in the place of", file->name, NULL);
		remove(file->path);
		kept_file_restore(file);
	}
}

/* The signatures of another bundle, one by one and all of them. */
static void replay(struct trial *trial, const char *other_dir)
{
	struct kept_files other = kept_files_read(other_dir);
	for (size_t i = 0; i < trial->files.count; i++)
		for (size_t k = 0; k < other.count; k++)
			if (is_proof(other.items[k].name) && strcmp(trial->files.items[i].name, other.items[k].name) == 0) {
				kept_file_write(trial->files.items[i].path, other.items[k].bytes, other.items[k].size);
				expect(trial, "replayed", other.items[k].name, NULL);
				kept_file_restore(&trial->files.items[i]);
			}
	for (int round = 0; round < 2; round++) {
		/* Once all signatures, once all but the first one's. */
		for (size_t i = 0; i < trial->files.count; i++)
			for (size_t k = 0; k < other.count; k++)
				if (strncmp(other.items[k].name, round ? "signatures/02" : "signatures/", round ? 13 : 11) == 0 &&
				    strcmp(trial->files.items[i].name, other.items[k].name) == 0)
					kept_file_write(trial->files.items[i].path, other.items[k].bytes, other.items[k].size);
		expect(trial, "replayed signatures over", "SHA256SUMS", NULL);
		for (size_t i = 0; i < trial->files.count; i++)
			kept_file_restore(&trial->files.items[i]);
	}
	kept_files_finish(&other);
}

static void remove_beginning(struct trial *trial, const char *beginning)
{
	for (size_t i = 0; i < trial->files.count; i++)
		if (strncmp(trial->files.items[i].name, beginning, strlen(beginning)) == 0 && remove(trial->files.items[i].path) != 0)
			give_up("%s: cannot be removed", trial->files.items[i].path);
}

/* A signature taken away: the first is missed by what follows, the last by who requires it, and by nobody else. */
static void remove_signatures(struct trial *trial)
{
	const struct signature_demands approved = {.required[SIGNATURE_APPROVED] = true};
	remove_beginning(trial, "signatures/01");
	expect(trial, "removed wholly", "signatures/01-performed.json", NULL);
	for (size_t i = 0; i < trial->files.count; i++)
		kept_file_restore(&trial->files.items[i]);
	remove_beginning(trial, "signatures/02");
	expect_whole(trial, "the last signature removed, none required");
	auto_free char *text = inspect(trial->dir, &approved);
	count(trial, names(text, "signatures") && strstr(text, "approved") != NULL, "the last signature removed, but required", text);
	for (size_t i = 0; i < trial->files.count; i++)
		kept_file_restore(&trial->files.items[i]);
}

/* Any byte but of the last line, which nothing follows. */
static void edit_ledger(struct trial *trial, const char *path, size_t changes)
{
	struct kept_file ledger = {.path = (char *)path};
	struct error error = {0};
	auto_file FILE *stream = fopen(path, "rbe");
	ledger.bytes = malloc(MAX_TEXT);
	ledger.size = stream && ledger.bytes ? fread(ledger.bytes, 1, MAX_TEXT, stream) : 0;
	size_t last = ledger.size;
	while (last > 1 && ledger.bytes[last - 2] != '\n')
		last--;
	if (last < 3)
		give_up("%s: is no ledger of two runs", path);
	for (size_t i = 0; i < changes; i++) {
		auto_ledger_list struct ledger_list list = {0};
		struct event_log_state state;
		size_t offset = (size_t)(draw(&trial->random) % (last - 1));
		uint8_t before = ledger.bytes[offset];
		ledger.bytes[offset] ^= (uint8_t)(1 + draw(&trial->random) % 255);
		kept_file_restore(&ledger);
		bool read = ledger_read(path, &list, NULL, &state, &error);
		count(trial, !read && names(error.text, path), "ledger edited", read ? "" : error.text);
		ledger.bytes[offset] = before;
	}
	kept_file_restore(&ledger);
	free(ledger.bytes);
}

int main(int argc, char **argv)
{
	if (argc != 6)
		give_up("usage: tamper BUNDLE OTHER_BUNDLE LEDGER CHANGES SEED");
	size_t changes = (size_t)strtoull(argv[4], NULL, 10);
	setvbuf(stdout, NULL, _IOLBF, 0);
	struct trial trial = {.dir = argv[1], .random = strtoull(argv[5], NULL, 10), .files = kept_files_read(argv[1])};
	expect_whole(&trial, "untouched");
	change_bytes(&trial, changes);
	change_proofs(&trial, changes);
	remove_and_cut(&trial);
	swap_files(&trial);
	add_files(&trial);
	replay(&trial, argv[2]);
	remove_signatures(&trial);
	edit_ledger(&trial, argv[3], changes / 10);
	expect_whole(&trial, "untouched again");
	printf("tamper: %zu files, %zu single-byte changes at random; %zu trials, %zu unnoticed or unnamed\n", trial.files.count, changes,
	       trial.made, trial.wrong);
	kept_files_finish(&trial.files);
	return trial.wrong > 0;
}
