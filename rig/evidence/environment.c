/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "environment.h"

#include <dlfcn.h>
#include <elf.h>
#include <hdf5.h>
#include <limits.h>
#include <link.h>
#include <math.h>
#include <openssl/crypto.h>
#include <string.h>
#include <sys/timex.h>
#include <sys/utsname.h>
#include <time.h>
#include <zip.h>

#include "arithmetic.h"
#include "digest.h"
#include "hdf5_error.h"
#include "json_emit.h"

enum { BUILD_ID_MAX = 20 };

/* What is plausible where people stand: anything else is a slip of the pen or the unit. */
static const struct {
	const char *quantity, *unit;
	double least, most;
} AMBIENT[] = {{"temperature", "degC", -20, 60}, {"humidity", "%", 0, 100}, {"pressure", "kPa", 50, 115}};
enum { AMBIENT_KINDS = sizeof AMBIENT / sizeof *AMBIENT };

static bool parse_one(const char *text, size_t length, struct ambient *out, struct error *error)
{
	const char *equals = memchr(text, '=', length);
	size_t name = equals ? (size_t)(equals - text) : length;
	for (size_t k = 0; equals && k < AMBIENT_KINDS; k++) {
		if (strlen(AMBIENT[k].quantity) != name || memcmp(text, AMBIENT[k].quantity, name) != 0)
			continue;
		char *end;
		out->quantity = AMBIENT[k].quantity;
		out->unit = AMBIENT[k].unit;
		out->value = strtod(equals + 1, &end);
		if (end != text + length || end == equals + 1 || !(out->value >= AMBIENT[k].least && out->value <= AMBIENT[k].most))
			return error_config(error, "--ambient %.*s: a number from %g to %g %s is needed", (int)length, text,
					    AMBIENT[k].least, AMBIENT[k].most, AMBIENT[k].unit);
		return true;
	}
	return error_config(error,
			    "--ambient %.*s: temperature=DEGC, humidity=PERCENT or pressure=KPA is needed, e.g. "
			    "temperature=21.5,humidity=40",
			    (int)length, text);
}

size_t ambient_parse(const char *text, struct ambient out[AMBIENT_MAX], struct error *error)
{
	size_t count = 0;
	for (const char *one = text;; one++) {
		size_t length = strcspn(one, ",");
		if (count == AMBIENT_MAX) {
			error_config(error, "--ambient: more than %d values", AMBIENT_MAX);
			return 0;
		}
		if (!parse_one(one, length, &out[count], error))
			return 0;
		for (size_t k = 0; k < count; k++)
			if (out[k].quantity == out[count].quantity) {
				error_config(error, "--ambient: %s is given twice", out[k].quantity);
				return 0;
			}
		count++;
		one += length;
		if (!*one)
			return count;
	}
}

/* The first line of a file that begins with key, behind its colon or equals sign; "" when there is none. */
static void line_of(const char *path, const char *key, char *out, size_t size)
{
	char line[512];
	out[0] = '\0';
	auto_file FILE *file = fopen(path, "re");
	while (file && !out[0] && fgets(line, sizeof line, file)) {
		size_t length = strlen(key);
		if (strncmp(line, key, length) != 0)
			continue;
		const char *value = line + length + strspn(line + length, "\t :=\"");
		snprintf(out, size, "%.*s", (int)strcspn(value, "\"\n"), value);
	}
}

static void emit_known(struct json_emitter *json, const char *key, const char *value)
{
	emit_string(json, key, value[0] ? value : NULL);
}

/* Those of the processor's abilities by which libm chooses its code: with others it comes to other last digits. x86 has "flags", Arm "Features". */
static void emit_arithmetic(struct json_emitter *json)
{
	static const char *const WORDS[] = {"avx", "avx2", "avx512f", "fma", "fma4", "asimd", "sve", "sve2"};
	auto_free char *line = NULL;
	size_t size = 0;
	char found[80] = "", libm[DIGEST_HEX_SIZE];
	bool done = false;
	auto_file FILE *file = fopen("/proc/cpuinfo", "re");
	while (file && !done && getline(&line, &size, file) > 0) {
		char *rest = NULL;
		done = strncmp(line, "flags", strlen("flags")) == 0 || strncmp(line, "Features", strlen("Features")) == 0;
		for (char *word = done ? strtok_r(line, " \t\n", &rest) : NULL; word; word = strtok_r(NULL, " \t\n", &rest))
			for (size_t w = 0; w < sizeof WORDS / sizeof *WORDS; w++)
				if (strcmp(word, WORDS[w]) == 0) {
					size_t used = strlen(found);
					snprintf(found + used, sizeof found - used, "%s%s", used ? " " : "", word);
				}
	}
	arithmetic_fingerprint(libm);
	emit_string(json, "arithmetic", found);
	emit_string(json, "libm_sha256", libm);
}

/* Its name; an Arm processor has numbers only (its MIDR register): "implementer 0x41, part 0xd0b, variant 0x4, revision 1". */
static void cpu_model(char *out, size_t size)
{
	static const char *const NUMBERS[] = {"implementer", "part", "variant", "revision"};
	line_of("/proc/cpuinfo", "model name", out, size);
	bool named = out[0];
	for (size_t i = 0, used = 0; !named && i < sizeof NUMBERS / sizeof *NUMBERS && used < size; i++) {
		char key[32], value[32];
		snprintf(key, sizeof key, "CPU %s", NUMBERS[i]);
		line_of("/proc/cpuinfo", key, value, sizeof value);
		if (value[0])
			used += (size_t)snprintf(out + used, size - used, "%s%s %s", used ? ", " : "", NUMBERS[i], value);
	}
}

static void emit_host(struct json_emitter *json)
{
	struct utsname uts = {0};
	char text[256];
	bool known = uname(&uts) == 0;
	emit_open_object(json, "host");
	emit_string(json, "name", known ? uts.nodename : NULL);
	emit_string(json, "system", known ? uts.sysname : NULL);
	emit_string(json, "kernel", known ? uts.release : NULL);
	emit_string(json, "kernel_version", known ? uts.version : NULL);
	emit_string(json, "architecture", known ? uts.machine : NULL);
	line_of("/etc/os-release", "PRETTY_NAME", text, sizeof text);
	emit_known(json, "distribution", text);
	cpu_model(text, sizeof text);
	emit_known(json, "cpu", text);
	emit_arithmetic(json);
	emit_integer(json, "cpus", sysconf(_SC_NPROCESSORS_ONLN));
	line_of("/proc/meminfo", "MemTotal", text, sizeof text);
	emit_known(json, "memory", text);
	line_of("/sys/devices/system/clocksource/clocksource0/current_clocksource", "", text, sizeof text);
	emit_known(json, "clock_source", text);
	emit_close_object(json);
}

/* Whether the kernel takes its clock to be right, and how far: adjtimex(2), which NTP and PTP daemons feed. */
static void emit_clock(struct json_emitter *json)
{
	struct timex timex = {0};
	int state = adjtimex(&timex);
	bool synchronised = state >= 0 && state != TIME_ERROR && !(timex.status & STA_UNSYNC);
	emit_open_object(json, "clock");
	emit_boolean(json, "synchronised", synchronised);
	emit_number(json, "maximum_error_s", state < 0 ? NAN : (double)timex.maxerror * 1e-6);
	emit_number(json, "estimated_error_s", state < 0 ? NAN : (double)timex.esterror * 1e-6);
	emit_string(json, "time_zone", tzname[0]);
	emit_close_object(json);
}

/* The note NT_GNU_BUILD_ID of a loaded file, as hex; "" when it has none. */
static void build_id_of(const struct dl_phdr_info *info, char hex[2 * BUILD_ID_MAX + 1])
{
	hex[0] = '\0';
	for (int p = 0; p < info->dlpi_phnum && !hex[0]; p++) {
		const ElfW(Phdr) *segment = &info->dlpi_phdr[p];
		if (segment->p_type != PT_NOTE)
			continue;
		/* An address is what the loader gives. NOLINTNEXTLINE(performance-no-int-to-ptr) */
		const char *note = (const char *)(info->dlpi_addr + segment->p_vaddr), *end = note + segment->p_memsz;
		while (end - note >= (ptrdiff_t)sizeof(ElfW(Nhdr))) {
			const ElfW(Nhdr) *head = (const void *)note;
			const char *name = note + sizeof *head;
			const unsigned char *id = (const unsigned char *)name + ((head->n_namesz + 3U) & ~3U);
			if (head->n_type == NT_GNU_BUILD_ID && head->n_namesz == 4 && memcmp(name, "GNU", 4) == 0 &&
			    head->n_descsz <= BUILD_ID_MAX) {
				for (unsigned i = 0; i < head->n_descsz; i++)
					sprintf(hex + 2 * i, "%02x", id[i]);
				break;
			}
			note = (const char *)id + ((head->n_descsz + 3U) & ~3U);
		}
	}
}

static int emit_loaded(struct dl_phdr_info *info, size_t size, void *self)
{
	(void)size;
	struct json_emitter *json = self;
	char hex[2 * BUILD_ID_MAX + 1], resolved[PATH_MAX];
	bool program = !info->dlpi_name[0];
	if (!program && info->dlpi_name[0] != '/')
		return 0;
	build_id_of(info, hex);
	const char *path = realpath(program ? "/proc/self/exe" : info->dlpi_name, resolved);
	const char *shown = path ? path : info->dlpi_name, *slash = strrchr(shown, '/');
	emit_open_object(json, NULL);
	emit_string(json, "file", slash ? slash + 1 : shown);
	emit_known(json, "build_id", hex);
	emit_close_object(json);
	return 0;
}

/*
 * What the libraries that are loaded say of themselves, whichever room uses them: a function that returns a text, a variable that points to one, or
 * the text itself.
 */
static const struct {
	const char *library, *symbol;
	enum { TEXT_FUNCTION, TEXT_POINTER, TEXT_ARRAY } kind;
} SAID[] = {
	{"jansson", "jansson_version_str", TEXT_FUNCTION},   {"libfyaml", "fy_library_version", TEXT_FUNCTION},
	{"libgpiod", "gpiod_version_string", TEXT_FUNCTION}, {"libgpiod", "gpiod_api_version", TEXT_FUNCTION},
	{"libxml2", "xmlParserVersion", TEXT_POINTER},       {"lua", "lua_ident", TEXT_ARRAY},
};

static void emit_said(struct json_emitter *json)
{
	for (size_t i = 0; i < sizeof SAID / sizeof *SAID; i++) {
		void *symbol = dlsym(RTLD_DEFAULT, SAID[i].symbol);
		const char *(*function)(void) = NULL;
		memcpy(&function, &symbol, sizeof function);
		if (!symbol)
			continue;
		switch (SAID[i].kind) {
		case TEXT_FUNCTION: emit_string(json, SAID[i].library, function()); break;
		case TEXT_POINTER: emit_string(json, SAID[i].library, *(const char **)symbol); break;
		case TEXT_ARRAY: emit_string(json, SAID[i].library, symbol); break;
		}
	}
	void (*iio)(unsigned *, unsigned *, char[8]) = NULL;
	void *symbol = dlsym(RTLD_DEFAULT, "iio_library_get_version");
	memcpy(&iio, &symbol, sizeof iio);
	if (!symbol)
		return;
	unsigned major = 0, minor = 0;
	char tag[8] = "", text[64];
	iio(&major, &minor, tag);
	snprintf(text, sizeof text, "%u.%u (%.7s)", major, minor, tag);
	emit_string(json, "libiio", text);
}

static void emit_libraries(struct json_emitter *json)
{
	unsigned major = 0, minor = 0, release = 0;
	char text[64];
	/* Before anything else of HDF5: it must not be left to close, at exit, a file that could not be written. */
	hdf5_quiet();
	H5get_libversion(&major, &minor, &release);
	snprintf(text, sizeof text, "%u.%u.%u", major, minor, release);
	emit_open_object(json, "versions");
	emit_string(json, "hdf5", text);
	emit_string(json, "openssl", OpenSSL_version(OPENSSL_VERSION_STRING));
	emit_string(json, "libzip", zip_libzip_version());
	emit_said(json);
	emit_close_object(json);
	emit_open_array(json, "loaded");
	dl_iterate_phdr(emit_loaded, json);
	emit_close_array(json);
}

static void emit_air(struct json_emitter *json, const struct environment_facts *facts)
{
	emit_open_array(json, "ambient");
	for (size_t i = 0; i < facts->ambient_count; i++) {
		emit_open_object(json, NULL);
		emit_string(json, "quantity", facts->ambient[i].quantity);
		emit_number(json, "value", facts->ambient[i].value);
		emit_string(json, "unit", facts->ambient[i].unit);
		emit_close_object(json);
	}
	emit_close_array(json);
}

static void emit_instruments(struct json_emitter *json, const struct environment_facts *facts)
{
	if (!facts->opened) {
		emit_null(json, "instruments");
		return;
	}
	emit_open_array(json, "instruments");
	for (size_t i = 0; i < facts->instrument_count; i++) {
		emit_open_object(json, NULL);
		emit_string(json, "part", facts->instruments[i].part);
		emit_string(json, "key", facts->instruments[i].key);
		emit_string(json, "value", facts->instruments[i].value);
		emit_close_object(json);
	}
	emit_close_array(json);
}

/* The SHA-256 of this program's file, and of those beside it. What is not installed is not named. */
static bool emit_programs(struct json_emitter *json, const struct environment_facts *facts, struct error *error)
{
	char hex[DIGEST_HEX_SIZE];
	if (!digest_file("/proc/self/exe", hex, error))
		return false;
	emit_string(json, "sha256", hex);
	emit_open_array(json, "companions");
	for (size_t i = 0; i < ENVIRONMENT_PROGRAMS_MAX && facts->companions[i]; i++) {
		const char *path = facts->companions[i], *slash = strrchr(path, '/');
		if (!digest_file(path, hex, error))
			return false;
		emit_open_object(json, NULL);
		emit_string(json, "file", slash ? slash + 1 : path);
		emit_string(json, "sha256", hex);
		emit_close_object(json);
	}
	emit_close_array(json);
	return true;
}

bool environment_write(const char *path, const struct environment_facts *facts, struct error *error)
{
	auto_file FILE *file = fopen(path, "wxe");
	if (!file)
		return error_errno(error, ERROR_BENCH, "%s: cannot create", path);
	struct json_emitter json = {.file = file};
	emit_open_object(&json, NULL);
	emit_string(&json, "schema", "tmsrig-environment-1");
	emit_string(&json, "run", facts->run_id);
	emit_string(&json, "command", facts->command);
	emit_open_object(&json, "program");
	emit_string(&json, "version", facts->version);
	emit_string(&json, "build", facts->build);
	if (!emit_programs(&json, facts, error))
		return false;
	emit_string(&json, "templates_sha256", facts->templates_sha256);
	emit_libraries(&json);
	emit_close_object(&json);
	emit_host(&json);
	emit_clock(&json);
	emit_instruments(&json, facts);
	emit_string(&json, "operator", facts->operator_name);
	emit_string(&json, "device_serial", facts->device_serial);
	emit_air(&json, facts);
	emit_close_object(&json);
	bool failed = ferror(file) != 0;
	failed |= fclose(steal(&file)) != 0;
	return !failed || error_errno(error, ERROR_BENCH, "%s: cannot write", path);
}
