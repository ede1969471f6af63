/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The shipped views over a small evidence folder: well-formed by a parser we did not write, the same bytes every time, hostile texts harmless,
 * errors of a template located, and nothing written that failed.
 */
#include <criterion/criterion.h>
#include <ftw.h>
#include <sys/stat.h>

#include "report.h"
#include "report_evidence.h"

static char folder[256];

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *walk)
{
	(void)status, (void)type, (void)walk;
	return remove(path);
}

static void make_folder(void)
{
	snprintf(folder, sizeof folder, "%s/report-XXXXXX", getenv("TMPDIR") ? getenv("TMPDIR") : P_tmpdir);
	cr_assert_not_null(mkdtemp(folder));
}

static void remove_folder(void)
{
	nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

TestSuite(view, .init = make_folder, .fini = remove_folder);

static const char TEMPLATES[] = SOURCE_ROOT "/reports";

static const char *in_folder(const char *name)
{
	static char path[512];
	snprintf(path, sizeof path, "%s/%s", folder, name);
	return path;
}

static char *content(const char *name)
{
	auto_file FILE *file = fopen(in_folder(name), "r");
	char *bytes = calloc(1, 1 << 22);
	cr_assert(file && bytes, "%s", name);
	cr_assert_gt(fread(bytes, 1, (1 << 22) - 1, file), 0);
	return bytes;
}

static void write_file(const char *name, const char *text)
{
	auto_file FILE *file = fopen(in_folder(name), "w");
	cr_assert(file && fputs(text, file) >= 0, "%s", name);
}

static void render(const char *text)
{
	struct error error = {0};
	struct made_evidence options = {.pulses = 30, .text = text};
	cr_assert(made_evidence(folder, &options, &error), "%s", error.text);
	cr_assert(report_render(folder, TEMPLATES, folder, &error), "%s\n%s", error.text, error.detail);
}

static size_t occurrences(const char *text, const char *what)
{
	size_t count = 0;
	for (const char *at = text; (at = strstr(at, what)); at += strlen(what))
		count++;
	return count;
}

/* 0: well-formed XML, by libxml2. The report is written so that it is XML, too. */
static int xmllint(const char *name)
{
	char command[1024];
	snprintf(command, sizeof command, "xmllint --noout --nonet %s", in_folder(name));
	return system(command);
}

static bool has_xmllint(void)
{
	return system("command -v xmllint >/dev/null 2>&1") == 0;
}

Test(view, report_says_what_matters)
{
	render(NULL);
	auto_free char *html = content("report.html");
	cr_expect_eq(strncmp(html, "<!DOCTYPE html>", 15), 0);
	cr_expect_not_null(strstr(html, "<span>FAIL</span>"));
	cr_expect_not_null(strstr(html, "class=\"watermark\""));
	cr_expect_not_null(strstr(html, "AMP-ACC-01</span>~2") ? html : strstr(html, "AMP-ACC-01~2"));
	cr_expect_not_null(strstr(html, "<b>4.921</b> ± 0.044 kA"));
	cr_expect_not_null(strstr(html, "4.940 … 5.460 kA"));
	cr_expect_not_null(strstr(html, "pulse 7 is 18.6 A below the lower limit"));
	cr_expect_not_null(strstr(html, "The recording has 1 gap."));
	cr_expect_not_null(strstr(html, "NOT TESTED"));
	cr_expect_not_null(strstr(html, "End of report"));
	cr_expect_lt(strstr(html, "<span>FAIL</span>") - html, strstr(html, "<table") - html, "the verdict comes first");
	/* Seven of the session, a representative pulse, and the two that decided requirements. */
	cr_expect_eq(occurrences(html, "<svg viewBox="), 10, "%zu figures", occurrences(html, "<svg viewBox="));
	cr_expect_null(strstr(html, "not drawn"));
}

Test(view, report_loads_nothing_and_runs_nothing)
{
	render(NULL);
	auto_free char *html = content("report.html");
	cr_expect_eq(occurrences(html, "<script") + occurrences(html, "<link") + occurrences(html, "<img"), 0);
	cr_expect_eq(occurrences(html, "url(") - occurrences(html, "url(#"), 0);
	cr_expect_eq(occurrences(html, "http:") + occurrences(html, "https:"), 0);
}

Test(view, junit_has_one_case_for_each_requirement)
{
	render(NULL);
	auto_free char *xml = content("junit.xml");
	cr_expect_eq(strncmp(xml, "<?xml ", 6), 0);
	cr_expect_eq(occurrences(xml, "<testcase "), 6);
	cr_expect_eq(occurrences(xml, "<failure "), 2);
	cr_expect_eq(occurrences(xml, "<error "), 1);
	cr_expect_eq(occurrences(xml, "<skipped "), 1);
	cr_expect_eq(occurrences(xml, "<testsuite "), 7, "the run, and each requirement with its properties");
	cr_expect_eq(occurrences(xml, "tests=\"1\" failures=\"1\" errors=\"0\" skipped=\"0\""), 2);
	cr_expect_not_null(strstr(xml, "tests=\"0\" failures=\"0\" errors=\"0\" skipped=\"0\" time=\"200.000\""));
	cr_expect_not_null(strstr(xml, "classname=\"example.protocols/itbs-600\" name=\"AMP-ACC-01~2 "));
	cr_expect_not_null(strstr(xml, "<property name=\"requirement.citation\" value=\"AMP-ACC-01~2\"/>"));
	cr_expect_not_null(strstr(xml, "<property name=\"hazard\" value=\"HAZ-02\"/>"));
	cr_expect_not_null(strstr(xml, "<property name=\"U\" value=\"43.8\"/>"));
	cr_expect_not_null(strstr(xml, "4.921 ± 0.044 kA (limit 4.940 … 5.460 kA): pulse 7"));
	cr_expect_not_null(strstr(xml, "name=\"simulated\" value=\"true\""));
}

Test(view, a_set_that_is_not_a_pass_never_looks_green_in_junit)
{
	render(NULL);
	struct error error = {0};
	json_t *result = json_load_file(in_folder("result.json"), 0, NULL);
	json_t *requirement;
	size_t index;
	json_array_foreach(json_object_get(result, "requirements"), index, requirement)
		json_object_set_new(requirement, "verdict", json_string("not_tested"));
	json_object_set_new(result, "verdict", json_string("not_tested"));
	cr_assert_eq(json_dump_file(result, in_folder("result.json"), 0), 0);
	json_decref(result);
	cr_assert(report_render(folder, TEMPLATES, folder, &error), "%s", error.text);
	auto_free char *xml = content("junit.xml");
	cr_expect_eq(occurrences(xml, "<skipped "), 6);
	cr_expect_eq(occurrences(xml, "<failure type=\"not_tested\""), 1);
}

Test(view, what_limits_an_analysis_is_said_at_the_top)
{
	render(NULL);
	struct error error = {0};
	json_t *result = json_load_file(in_folder("result.json"), 0, NULL);
	json_object_set_new(result, "scenario", json_null());
	json_object_set_new(result, "device", json_null());
	json_object_set_new(result, "recording", json_null());
	json_object_set_new(result, "verdict", json_string("void"));
	json_object_set_new(json_object_get(result, "run"), "aborted", json_true());
	json_object_set_new(json_object_get(result, "run"), "complete", json_false());
	json_object_set_new(json_object_get(result, "run"), "simulated", json_false());
	json_object_set_new(json_object_get(result, "counts"), "expected", json_null());
	cr_assert_eq(json_dump_file(result, in_folder("result.json"), 0), 0);
	json_decref(result);
	cr_assert(report_render(folder, TEMPLATES, folder, &error), "%s\n%s", error.text, error.detail);
	auto_free char *html = content("report.html");
	auto_free char *xml = content("junit.xml");
	const char *table = strstr(html, "<table");
	static const char *const SENTENCES[] = {"<span>VOID</span>", "No verdict on the device as a whole",
						"The run was aborted before the end", "The recording is not complete",
						"none: a recording without a plan"};
	for (size_t i = 0; i < sizeof SENTENCES / sizeof *SENTENCES; i++) {
		const char *place = strstr(html, SENTENCES[i]);
		cr_assert_not_null(place, "%s", SENTENCES[i]);
		cr_expect_lt(place - html, table - html, "%s", SENTENCES[i]);
	}
	cr_expect_eq(occurrences(html, "inf ") + occurrences(html, "nan "), 0, "every figure has its places");
	cr_expect_eq(occurrences(html, "SIMULATED"), 0, "only a virtual run says so");
	cr_expect_eq(occurrences(xml, "<error "), 3, "the void requirement, the abort and the incomplete recording");
}

Test(view, the_decision_is_stated_beside_the_method)
{
	render(NULL);
	struct error error = {0};
	json_t *result = json_load_file(in_folder("result.json"), 0, NULL);
	json_t *first = json_array_get(json_object_get(result, "requirements"), 0);
	json_object_update_new(first, json_pack("{s:f, s:s, s:f, s:f, s:f, s:i, s:i, s:f}", "u", 0.5, "rule_text", "The rule in words.",
						"capability_index", 5.98, "conformance_probability", 0.9772, "consumer_risk", 0.02275,
						"trials", 600, "outside", 0, "outside_proportion_95", 0.00498));
	cr_assert_eq(json_dump_file(result, in_folder("result.json"), 0), 0);
	json_decref(result);
	cr_assert(report_render(folder, TEMPLATES, folder, &error), "%s\n%s", error.text, error.detail);
	auto_free char *html = content("report.html");
	cr_expect_not_null(strstr(html, "The rule in words."));
	cr_expect_not_null(strstr(html, "5.98"));
	cr_expect_not_null(strstr(html, "97.72 %"));
	cr_expect_not_null(strstr(html, "2.275 %"));
	cr_expect_not_null(strstr(html, "600, none outside: at most 0.498 % are"));
	cr_expect(!has_xmllint() || xmllint("report.html") == 0);
}

Test(view, an_override_of_the_calibration_is_on_every_page)
{
	render(NULL);
	struct error error = {0};
	json_t *result = json_load_file(in_folder("result.json"), 0, NULL);
	json_object_set_new(result, "calibration",
			    json_pack("{s:s, s:[s], s:b}", "date", "2027-03-02", "not_in_force", "coil_current", "overridden", 1));
	cr_assert_eq(json_dump_file(result, in_folder("result.json"), 0), 0);
	json_decref(result);
	cr_assert(report_render(folder, TEMPLATES, folder, &error), "%s\n%s", error.text, error.detail);
	auto_free char *html = content("report.html");
	auto_free char *xml = content("junit.xml");
	cr_expect_not_null(strstr(html, "class=\"watermark words\""), "which print repeats on every page");
	cr_expect_not_null(strstr(html, "CALIBRATION NOT IN FORCE for coil_current on 2027-03-02"));
	cr_expect_not_null(strstr(xml, "name=\"calibration.overridden\" value=\"true\""));
}

Test(view, outputs_are_well_formed)
{
	render(NULL);
	if (!has_xmllint())
		cr_skip_test("xmllint is not installed: nobody checked that report.html and junit.xml are well-formed");
	cr_expect_eq(xmllint("junit.xml"), 0);
	cr_expect_eq(xmllint("report.html"), 0);
}

Test(view, hostile_texts_stay_texts)
{
	render("\"'></title></style><script>alert(1)</script>]]><?lua error() ?>&amp;\x01%s ${x} \\n");
	auto_free char *html = content("report.html");
	auto_free char *xml = content("junit.xml");
	cr_expect_eq(occurrences(html, "<script"), 0);
	cr_expect_eq(occurrences(html, "</title>"), 1 + occurrences(html, "<title id="));
	cr_expect_eq(occurrences(html, "</style>"), 1);
	cr_expect_gt(occurrences(html, "&lt;script&gt;alert(1)&lt;/script&gt;]]&gt;&lt;?lua error() ?&gt;&amp;amp;"), 30);
	cr_expect_eq(occurrences(xml, "<script"), 0);
	cr_expect_gt(occurrences(xml, "&quot;&#39;&gt;&lt;/title&gt;"), 10);
	if (!has_xmllint())
		cr_skip_test("xmllint is not installed: nobody checked that hostile texts leave the markup well-formed");
	cr_expect_eq(xmllint("junit.xml"), 0);
	cr_expect_eq(xmllint("report.html"), 0);
	cr_expect_eq(xmllint("atml.xml"), 0);
	cr_expect_eq(xmllint("requirements.reqif"), 0);
	json_t *needs = json_load_file(in_folder("needs.json"), JSON_REJECT_DUPLICATES, NULL);
	cr_expect_not_null(needs, "hostile texts leave needs.json JSON");
	json_decref(needs);
}

Test(view, same_evidence_same_bytes)
{
	render(NULL);
	auto_free char *first = content("report.html");
	auto_free char *first_xml = content("junit.xml");
	render(NULL);
	auto_free char *second = content("report.html");
	auto_free char *second_xml = content("junit.xml");
	cr_expect_str_eq(first, second);
	cr_expect_str_eq(first_xml, second_xml);
}

Test(view, a_missing_recording_is_said_at_the_top)
{
	render(NULL);
	struct error error = {0};
	cr_assert_eq(remove(in_folder("recording.h5")), 0);
	cr_assert(report_render(folder, TEMPLATES, folder, &error), "%s", error.text);
	auto_free char *html = content("report.html");
	const char *notice = strstr(html, "The raw recording cannot be read");
	cr_assert_not_null(notice);
	cr_expect_lt(notice - html, strstr(html, "<table") - html);
	cr_expect_not_null(strstr(html, "Session timeline: not drawn."));
}

struct broken {
	const char *text, *message, *detail;
};

static const struct broken BROKEN[] = {
	{"<p>\nfine\n<?= result.nothing.at_all ?>\n", "reports/views/bad.txt.lua:3: ", "<?= result.nothing.at_all ?>"},
	{"one\n<?lua if then end ?>\n", "reports/views/bad.txt.lua:2: ", "<?lua if then end ?>"},
	{"one\n\n<?lua never closed", "reports/views/bad.txt.lua:3: <?lua is never closed", ""},
	{"<?= result.run.recording ?>", "reports/views/bad.txt.lua:1: a nil cannot be written", "<?= result.run.recording ?>"},
	{"<?= result ?>", "reports/views/bad.txt.lua:1: a table cannot be written", "<?= result ?>"},
	{"\n<?lua evidence.column(\"pulses\", \"no_such\") ?>",
	 "reports/views/bad.txt.lua:2: ", "<?lua evidence.column(\"pulses\", \"no_such\") ?>"},
	{"<?lua include \"../secret\" ?>", "reports/views/bad.txt.lua:1: include takes the plain name", "<?lua include \"../secret\" ?>"},
	{"<?lua local t = {} while true do t[#t + 1] = {} end ?>",
	 "reports/views/bad.txt.lua:1: ", "<?lua local t = {} while true do t[#t + 1] = {} end ?>"},
};

Test(view, errors_of_a_template_are_located_and_leave_no_file, .timeout = 60)
{
	struct error error = {0};
	struct made_evidence options = {.pulses = 3};
	cr_assert(made_evidence(folder, &options, &error), "%s", error.text);
	cr_assert_eq(mkdir(in_folder("views"), 0700), 0);
	for (size_t i = 0; i < sizeof BROKEN / sizeof *BROKEN; i++) {
		write_file("views/bad.txt.lua", BROKEN[i].text);
		error = (struct error){0};
		cr_expect_not(report_render(folder, folder, folder, &error), "case %zu", i);
		cr_expect_eq(error.kind, ERROR_CONFIG, "case %zu", i);
		cr_expect_eq(strncmp(error.text, BROKEN[i].message, strlen(BROKEN[i].message)), 0, "case %zu: %s", i, error.text);
		cr_expect_str_eq(error.detail, BROKEN[i].detail, "case %zu: %s", i, error.detail);
		cr_expect_neq(access(in_folder("bad.txt"), F_OK), 0, "case %zu", i);
		cr_expect_neq(access(in_folder(".bad.txt.partial"), F_OK), 0, "case %zu", i);
	}
}

Test(view, a_lab_can_add_a_view)
{
	struct error error = {0};
	struct made_evidence options = {.pulses = 6};
	cr_assert(made_evidence(folder, &options, &error), "%s", error.text);
	cr_assert_eq(mkdir(in_folder("views"), 0700), 0);
	write_file("views/own.csv.lua",
		   "<?lua local m = evidence.measurements(\"pulse.interval\") ?>\n"
		   "<?= m.count ?>,<?= m.index[1] ?>,<?= m.planned[1] ?>\n"
		   "<?lua local t = evidence.pulse_trace(2, 10e-6, 20e-6) ?>\n"
		   "<?= t.count ?>,<?= string.format(\"%.0f\", t.t[1] * 1e6) ?>\n"
		   "<?= #evidence.column(\"pulses\", \"match\") ?>,<?= evidence.column(\"pulses\", \"match\")[1] ?>\n");
	cr_assert(report_render(folder, folder, folder, &error), "%s", error.text);
	auto_free char *own = content("own.csv");
	cr_expect_str_eq(own, "5,1.0,0.02\n31,-10\n6,matched\n");
}

Test(view, what_is_not_a_result_is_refused)
{
	struct error error = {0};
	write_file("result.json", "{\"schema\": \"other\"}");
	cr_expect_not(report_render(folder, TEMPLATES, folder, &error));
	cr_expect_eq(error.kind, ERROR_CONFIG);
	cr_expect_not_null(strstr(error.text, "result.json: this is not a result of tmsrig"), "%s", error.text);
	write_file("result.json", "{\"schema\": ");
	cr_expect_not(report_render(folder, TEMPLATES, folder, &error));
	cr_expect_not_null(strstr(error.text, "result.json:1:"), "%s", error.text);
}
