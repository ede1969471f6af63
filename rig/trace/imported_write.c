/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>
#include <strings.h>

#include "imported.h"

static const char *const ELSEWHERE[] = {"inspection", "analysis", "demonstration", "test", "open"};

/* Code point of the UTF-8 sequence at s, whose bytes the readers have checked; its length in *length. */
static unsigned code_point(const unsigned char *s, size_t *length)
{
	*length = s[0] < 0x80 ? 1 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;
	unsigned point = *length == 1 ? s[0] : s[0] & (0x7fu >> *length);
	for (size_t i = 1; i < *length; i++) {
		if ((s[i] & 0xc0) != 0x80) {
			*length = i;
			return 0xfffd;
		}
		point = point << 6 | (s[i] & 0x3fu);
	}
	return point;
}

/* YAML 1.2, 5.1: what is printable and starts no line may stand as it is. */
static bool is_plain(unsigned point)
{
	return (point >= 0x20 && point < 0x7f) || (point >= 0xa0 && point < 0xfeff && point != 0x2028 && point != 0x2029) ||
	       (point > 0xfeff && point < 0xfffe) || point >= 0x10000;
}

static void put_quoted(FILE *out, const char *text)
{
	fputc('"', out);
	for (const unsigned char *s = (const unsigned char *)text; *s;) {
		size_t length;
		unsigned point = code_point(s, &length);
		if (point == '"' || point == '\\')
			fprintf(out, "\\%c", (int)point);
		else if (point == '\n')
			fputs("\\n", out);
		else if (is_plain(point) && point != 0xfffd)
			fwrite(s, 1, length, out);
		else
			fprintf(out, "\\u%04x", point);
		s += length;
	}
	fputc('"', out);
}

static void put(FILE *out, const char *key, const char *value)
{
	if (!value)
		return;
	fprintf(out, "    %s: ", key);
	put_quoted(out, value);
	fputc('\n', out);
}

/* A section in one line, of those members that are there. */
static void put_section(FILE *out, const char *key, const char *const (*members)[2], size_t count)
{
	size_t shown = 0;
	for (size_t i = 0; i < count; i++) {
		if (!members[i][1])
			continue;
		if (shown++ == 0)
			fprintf(out, "    %s: {", key);
		else
			fputs(", ", out);
		fprintf(out, "%s: ", members[i][0]);
		put_quoted(out, members[i][1]);
	}
	if (shown > 0)
		fputs("}\n", out);
}

#define PUT_SECTION(out, key, members) put_section((out), (key), (members), sizeof(members) / sizeof *(members))

static void put_select(FILE *out, const struct imported_requirement *r)
{
	if (!r->scenarios && !r->waveform && !r->position && !r->interval_maximum && !r->intensity_minimum && !r->intensity_maximum)
		return;
	const char *const intensity[][2] = {{"minimum", r->intensity_minimum}, {"maximum", r->intensity_maximum}};
	const char *const interval[][2] = {{"maximum", r->interval_maximum}};
	fputs("    select:\n", out);
	if (r->scenarios)
		fputs("  ", out), put(out, "scenarios", r->scenarios);
	if (r->waveform)
		fputs("  ", out), put(out, "waveform", r->waveform);
	if (r->position)
		fputs("  ", out), put(out, "position", r->position);
	if (r->intensity_minimum || r->intensity_maximum)
		fputs("  ", out), PUT_SECTION(out, "intensity", intensity);
	if (r->interval_maximum)
		fputs("  ", out), PUT_SECTION(out, "interval", interval);
}

static void put_judged(FILE *out, const struct imported_requirement *r)
{
	put(out, "measurand", r->measurand);
	put_select(out, r);
	fputs("    limit:\n", out);
	if (r->nominal) {
		const char *const tolerance[][2] = {
			{"relative", r->tolerance_relative}, {"absolute", r->tolerance_absolute}, {"combine", r->combine}};
		fputs("  ", out), put(out, "nominal", r->nominal);
		if (r->tolerance_relative || r->tolerance_absolute)
			fputs("  ", out), PUT_SECTION(out, "tolerance", tolerance);
	} else {
		if (r->minimum)
			fputs("  ", out), put(out, "minimum", r->minimum);
		if (r->maximum)
			fputs("  ", out), put(out, "maximum", r->maximum);
	}
	const char *const decision[][2] = {{"rule", r->rule}, {"risk", r->risk}, {"capability", r->capability}};
	PUT_SECTION(out, "decision", decision);
	put(out, "judge", r->judge);
}

/* One of ELSEWHERE, whatever the tool called it. */
static const char *elsewhere(struct imported *imported, const struct imported_requirement *r)
{
	for (size_t i = 0; r->verified_by && i < sizeof ELSEWHERE / sizeof *ELSEWHERE; i++)
		if (strcasecmp(r->verified_by, ELSEWHERE[i]) == 0)
			return ELSEWHERE[i];
	if (r->verified_by && strcasecmp(r->verified_by, "rig") != 0)
		imported_note(imported, r->line,
			      "%s: verified by '%.60s', which is none of inspection, analysis, demonstration, test; open is written", r->id,
			      r->verified_by);
	return "open";
}

/* The document that requirements are from, when they do not say. */
static const char *document_of(const struct imported *imported)
{
	const char *slash = strrchr(imported->path, '/');
	return imported->document ? imported->document : slash ? slash + 1 : imported->path;
}

static void put_requirement(struct imported *imported, FILE *out, const struct imported_requirement *r)
{
	const char *const source[][2] = {{"document", r->document          ? r->document
						      : imported->document ? imported->document
									   : imported->path},
					 {"clause", r->clause ? r->clause
						    : r->uid  ? r->uid
							      : r->id}};
	bool limited = r->minimum || r->maximum || (r->nominal && (r->tolerance_relative || r->tolerance_absolute));
	fputs("  - id: ", out);
	put_quoted(out, r->id);
	fputc('\n', out);
	fprintf(out, "    revision: %s\n", r->revision);
	put(out, "text", r->text);
	PUT_SECTION(out, "source", source);
	put(out, "uid", r->uid);
	put(out, "hazard", r->hazard);
	put(out, "risk_control", r->risk_control);
	if (r->measurand && limited) {
		put_judged(out, r);
		return;
	}
	if (r->measurand)
		imported_note(imported, r->line, "%s: names the measurand '%.80s' but no limit; open is written", r->id, r->measurand);
	put(out, "verified_by", elsewhere(imported, r));
}

bool imported_write(struct imported *imported, FILE *out, const char *id, struct error *error)
{
	fputs("# Imported by tmsrig import. What is 'verified_by: open' is not judged: give it a measurand and a limit, or say by what it "
	      "is verified.\n",
	      out);
	fprintf(out, "spec: %s\ntitle: ", id);
	put_quoted(out, document_of(imported));
	fputs("\nrevision: 1\nrequirements:\n", out);
	for (size_t i = 0; i < imported->count; i++)
		put_requirement(imported, out, &imported->requirements[i]);
	return (fflush(out) == 0 && !ferror(out)) || error_errno(error, ERROR_BENCH, "the spec file cannot be written");
}
