/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Digital certificates: units, the forms of an uncertainty, and everything that must not get in. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config.h"
#include "dcc.h"
#include "fixture_paths.h"

static const struct dsi_unit ONE = {.factor = 1}, SENSITIVITY = {.ampere = -1, .volt = 1, .factor = 1};

/* BIPM, The International System of Units, and the names of D-SI. */
Test(dcc, units)
{
	static const struct {
		const char *text;
		struct dsi_unit unit;
	} good[] = {
		{"\\one", {0, 0, 0, 1}},
		{"\\percent", {0, 0, 0, 0.01}},
		{"\\ampere", {1, 0, 0, 1}},
		{"\\volt\\per\\ampere", {-1, 1, 0, 1}},
		{"\\milli\\volt\\per\\kilo\\ampere", {-1, 1, 0, 1e-6}},
		{"\\volt\\second\\per\\ampere", {-1, 1, 1, 1}},
		{"\\ohm", {-1, 1, 0, 1}},
		{"\\milli\\second\\tothe{-1}", {0, 0, -1, 1e3}},
		{"\\kilo\\hertz", {0, 0, -1, 1e3}},
		{"\\micro\\weber\\per\\ampere", {-1, 1, 1, 1e-6}},
		{"\\per\\second", {0, 0, -1, 1}},
	};
	struct dsi_unit unit;
	for (size_t g = 0; g < sizeof good / sizeof *good; g++) {
		cr_assert(dsi_unit_parse(good[g].text, &unit), "%s", good[g].text);
		cr_expect(unit.ampere == good[g].unit.ampere && unit.volt == good[g].unit.volt && unit.second == good[g].unit.second, "%s",
			  good[g].text);
		cr_expect_float_eq(unit.factor / good[g].unit.factor, 1, 1e-12, "%s", good[g].text);
	}
	static const char *const bad[] = {"",
					  "A",
					  "\\",
					  "\\metre",
					  "\\milli",
					  "\\per",
					  "\\volt A",
					  "\\volt/\\ampere",
					  "\\per\\per\\volt",
					  "\\volt\\tothe{2",
					  "\\volt\\tothe{99}",
					  "\\kelvin",
					  "\\milli\\micro\\volt"};
	for (size_t b = 0; b < sizeof bad / sizeof *bad; b++)
		cr_expect_not(dsi_unit_parse(bad[b], &unit), "%s", bad[b]);
}

static const char HEAD[] =
	"<?xml version='1.0' encoding='UTF-8'?>\n"
	"<dcc:digitalCalibrationCertificate xmlns:dcc='https://ptb.de/dcc' xmlns:si='https://ptb.de/si' schemaVersion='3.2.1'>\n"
	"<dcc:administrativeData><dcc:coreData><dcc:uniqueIdentifier>N-1</dcc:uniqueIdentifier>"
	"<dcc:endPerformanceDate>2026-03-01</dcc:endPerformanceDate></dcc:coreData>\n"
	"<dcc:calibrationLaboratory><dcc:contact><dcc:name><dcc:content>Lab</dcc:content></dcc:name></dcc:contact>"
	"</dcc:calibrationLaboratory></dcc:administrativeData>\n<dcc:measurementResults>\n";
static const char TAIL[] = "</dcc:measurementResults></dcc:digitalCalibrationCertificate>\n";

static void write_file(char path[], const char *head, const char *body, const char *tail)
{
	int fd = mkstemps(path, 4);
	cr_assert(fd >= 0);
	FILE *file = fdopen(fd, "w");
	cr_assert(file && fputs(head, file) >= 0 && fputs(body, file) >= 0 && fputs(tail, file) >= 0);
	fclose(file);
}

static struct dcc *load(const char *head, const char *body, const char *tail, struct error *error)
{
	char path[] = "/tmp/dcc-XXXXXX.xml";
	write_file(path, head, body, tail);
	struct dcc *dcc = dcc_load(path, error);
	unlink(path);
	return dcc;
}

#define REAL(value, unit, more) "<si:real><si:value>" value "</si:value><si:unit>" unit "</si:unit>" more "</si:real>"
#define U_OLD(u, k) "<si:expandedUnc><si:uncertainty>" u "</si:uncertainty><si:coverageFactor>" k "</si:coverageFactor></si:expandedUnc>"
#define U_NEW(u, k)                                                                                                                        \
	"<si:measurementUncertaintyUnivariate><si:expandedMU><si:valueExpandedMU>" u "</si:valueExpandedMU><si:coverageFactor>" k          \
	"</si:coverageFactor></si:expandedMU></si:measurementUncertaintyUnivariate>"
#define U_STANDARD(u)                                                                                                                      \
	"<si:measurementUncertaintyUnivariate><si:standardMU><si:valueStandardMU>" u "</si:valueStandardMU></si:standardMU>"               \
	"</si:measurementUncertaintyUnivariate>"
#define QUANTITY(attributes, content) "<dcc:quantity " attributes ">" content "</dcc:quantity>\n"

Test(dcc, the_forms_of_an_uncertainty)
{
	static const char *const bodies[] = {
		QUANTITY("id='q'", REAL("0.5", "\\milli\\volt\\per\\ampere", U_OLD("0.002", "2"))),
		QUANTITY("refType='basic_x q'", REAL(" 5.0E-1\n", "\\milli\\volt\\per\\ampere", U_NEW("0.002", "2"))),
		QUANTITY("", "<dcc:name><dcc:content lang='de'>Q</dcc:content><dcc:content lang='en'> q </dcc:content></dcc:name>" REAL(
				     "0.0005", "\\volt\\per\\ampere", U_STANDARD("0.000001"))),
		"<dcc:measurementResult><dcc:results><dcc:result><dcc:data><dcc:list>" QUANTITY(
			"id='q'",
			"<si:hybrid>" REAL("1", "\\metre", U_OLD("1", "2")) REAL(
				"0.5", "\\milli\\volt\\per\\ampere",
				U_OLD("0.002",
				      "2")) "</si:hybrid>") "</dcc:list></dcc:data></dcc:result></dcc:results></dcc:measurementResult>",
	};
	for (size_t b = 0; b < sizeof bodies / sizeof *bodies; b++) {
		struct error error = {0};
		auto_dcc struct dcc *dcc = load(HEAD, bodies[b], TAIL, &error);
		cr_assert(dcc, "%s", error.text);
		struct dcc_value value;
		cr_assert(dcc_find(dcc, "q", &SENSITIVITY, &value, &error), "%s", error.text);
		cr_expect_float_eq(value.value, 0.5e-3, 1e-15);
		cr_expect_float_eq(value.expanded_uncertainty / value.k, 1e-6, 1e-15);
		cr_expect_str_eq(dcc_head(dcc)->number, "N-1");
		cr_expect_str_eq(dcc_head(dcc)->laboratory, "Lab");
		cr_expect_str_eq(dcc_head(dcc)->end, "2026-03-01");
	}
}

Test(dcc, quantities_that_cannot_be_used)
{
	static const struct {
		const char *body, *message;
	} cases[] = {
		{"", "none of its 0 quantities"},
		{QUANTITY("id='other'", REAL("1", "\\one", U_OLD("0.1", "2"))), "none of its 1 quantities"},
		{QUANTITY("id='q'", REAL("1", "\\one", U_OLD("0.1", "2"))) QUANTITY("refType='q'", REAL("2", "\\one", U_OLD("0.1", "2"))),
		 ":7: a second quantity is called 'q', the first is on line 6"},
		{QUANTITY("id='q'", REAL("1", "\\volt", U_OLD("0.1", "2"))), ":6: the unit '\\volt' does not fit"},
		{QUANTITY("id='q'", REAL("1", "V", U_OLD("0.1", "2"))), "the unit 'V' is none of D-SI"},
		{QUANTITY("id='q'", REAL("1", "\\one", "")), "without an expanded or standard uncertainty"},
		{QUANTITY("id='q'", REAL("1,5", "\\one", U_OLD("0.1", "2"))), "'value' is '1,5'; a number was expected"},
		{QUANTITY("id='q'", REAL("nan", "\\one", U_OLD("0.1", "2"))), "'value' is 'nan'"},
		{QUANTITY("id='q'", REAL("0x10", "\\one", U_OLD("0.1", "2"))), "'value' is '0x10'"},
		{QUANTITY("id='q'", REAL("1e999", "\\one", U_OLD("0.1", "2"))), "'value' is '1e999'"},
		{QUANTITY("id='q'", REAL("", "\\one", U_OLD("0.1", "2"))), "'value' is ''"},
		{QUANTITY("id='q'", REAL("1", "\\one", U_OLD("-0.1", "2"))), "the uncertainty is negative"},
		{QUANTITY("id='q'", REAL("1", "\\one", U_OLD("0.1", "0"))), "the coverage factor is 0"},
		{QUANTITY("id='q'", REAL("1", "\\one", U_OLD("0.1", "2") U_NEW("0.2", "2"))), "two uncertainties"},
		{QUANTITY("id='q'", REAL("1", "\\one", "<si:expandedUnc><si:uncertainty>0.1</si:uncertainty></si:expandedUnc>")),
		 "'expandedUnc' has no 'coverageFactor'"},
		{QUANTITY("id='q'", "<si:realListXMLList><si:valueXMLList>1 2 3</si:valueXMLList></si:realListXMLList>"),
		 "no single value (si:real) but a list"},
		{QUANTITY("id='q'", "<dcc:noQuantity><dcc:content>good</dcc:content></dcc:noQuantity>"), "no single value"},
		/* Not below the results, not of the namespace. */
		{"<x:quantity xmlns:x='urn:x' id='q'>" REAL("1", "\\one", U_OLD("0.1", "2")) "</x:quantity>", "none of its 0 quantities"},
	};
	for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
		struct error error = {0};
		auto_dcc struct dcc *dcc = load(HEAD, cases[c].body, TAIL, &error);
		cr_assert(dcc, "case %zu: %s", c, error.text);
		struct dcc_value value;
		cr_expect_not(dcc_find(dcc, "q", &ONE, &value, &error), "case %zu", c);
		cr_expect(strstr(error.text, cases[c].message), "case %zu: %s", c, error.text);
	}
}

Test(dcc, files_that_are_refused)
{
	static const struct {
		const char *head, *message;
	} cases[] = {
		{"", "not well-formed"},
		{"<a>", ":1: not well-formed"},
		{"<a/>", "no digital calibration certificate"},
		{"<digitalCalibrationCertificate schemaVersion='3.1.0'/>", "no digital calibration certificate"},
		{"<d:digitalCalibrationCertificate xmlns:d='https://ptb.de/dcc' schemaVersion='2.4.0'/>",
		 "schema version '2.4.0'; version 3"},
		{"<d:digitalCalibrationCertificate xmlns:d='https://ptb.de/dcc'/>", "schema version ''"},
		{"<?xml version='1.0'?>\n<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>\n<a>&x;</a>",
		 ":2: a document type declaration"},
		{"<!DOCTYPE a [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;&a;'>]><a>&b;</a>", "is refused"},
		{"<a>&x;</a>", "not well-formed"},
		{"<?xml version='1.0' encoding='UTF-7'?><a>+ADw-+ACE-DOCTYPE a+AD4-</a>", "no digital calibration certificate"},
		{"<a>\xff</a>", "not well-formed XML in UTF-8"},
		{"<d:digitalCalibrationCertificate xmlns:d='https://ptb.de/dcc' schemaVersion='3.0.0'><d:administrativeData><d:coreData>\n"
		 "<d:endPerformanceDate>2026-02-30</d:endPerformanceDate></d:coreData></d:administrativeData></"
		 "d:digitalCalibrationCertificate>",
		 ":2: endPerformanceDate is '2026-02-30'"},
	};
	for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
		struct error error = {0};
		cr_expect_null(load(cases[c].head, "", "", &error), "case %zu", c);
		cr_expect(strstr(error.text, cases[c].message), "case %zu: %s", c, error.text);
	}
	struct error error = {0};
	cr_expect_null(dcc_load("/dev/zero", &error));
	cr_expect_null(dcc_load("/", &error));
	cr_expect_null(dcc_load("http://example.org/a.xml", &error));
	char path[] = "/tmp/dcc-XXXXXX.xml";
	int fd = mkstemps(path, 4);
	cr_assert(fd >= 0 && ftruncate(fd, DCC_MAX_BYTES + 1) == 0);
	close(fd);
	cr_expect_null(dcc_load(path, &error));
	cr_expect(strstr(error.text, "at most 16 MiB"), "%s", error.text);
	unlink(path);
}

/* A mebibyte of nesting must end in an error, not in the stack. */
Test(dcc, depth)
{
	enum { DEPTH = 100000 };
	char *body = malloc(DEPTH * 3 + 1);
	cr_assert_not_null(body);
	for (size_t i = 0; i < DEPTH; i++)
		memcpy(body + 3 * i, "<a>", 4);
	struct error error = {0};
	cr_expect_null(load(HEAD, body, TAIL, &error));
	free(body);
}

Test(dcc, a_sensor_takes_its_values_from_the_certificate)
{
	char fixtures[1024];
	snprintf(fixtures, sizeof fixtures, "%s", source_path("fixtures"));
	struct error error = {0};
	auto_sensor struct sensor *sensor = config_load_sensor("rogowski-dcc-example", fixtures, &error);
	cr_assert(sensor, "%s", error.text);
	cr_expect_float_eq(sensor->gain.value, 0.5 / 0.5005, 1e-12);
	/* u(c)/c = u(S)/S: 0.00075 / 0.5005. */
	cr_expect_float_eq(calibrated_u(&sensor->gain) / sensor->gain.value, 0.00075 / 0.5005, 1e-12);
	cr_expect_float_eq(sensor->delay.value, 41e-9, 1e-18);
	cr_expect_float_eq(calibrated_u(&sensor->delay), 5e-9, 1e-18);
	cr_expect_str_eq(sensor->certificate, "EXAMPLE-DCC-0001");
	cr_expect_str_eq(sensor->laboratory, "Example");
	cr_expect_str_eq(sensor->date, "2026-03-01");
	cr_expect_str_eq(sensor->due, "2027-03-01");
	const char *name = strrchr(sensor->dcc_file, '/');
	cr_expect_str_eq(name, "/rogowski-dcc-example.xml");
}
