/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * environment.json: on what a result was made. Host, kernel, processor, clock; the program and those it starts with the SHA-256 of their files, the
 * libraries it had loaded with the build ids of theirs; what the instruments say of themselves; who, and in what air. Environment variables, host names' addresses and user names stay out.
 */
#include "error.h"

enum { AMBIENT_MAX = 8 };

/* One quantity of the air around the device, as the operator read it. */
struct ambient {
	const char *quantity; /* "temperature" */
	const char *unit;     /* "degC" */
	double value;
};

struct environment_instrument {
	const char *part, *key, *value;
};

enum { ENVIRONMENT_PROGRAMS_MAX = 4 };

struct environment_facts {
	const char *run_id, *command, *version, *build;
	const char *companions[ENVIRONMENT_PROGRAMS_MAX]; /* paths of programs that this one starts beside itself; NULL: none */
	const char *templates_sha256; /* of the report's templates (report_fingerprint()); NULL: not known */
	const char *operator_name, *device_serial;
	const struct ambient *ambient;
	size_t ambient_count;
	const struct environment_instrument *instruments;
	size_t instrument_count;
	bool opened; /* the bench was, so that the instruments could be asked */
};

/*
 * Reads "temperature=21.5,humidity=40,pressure=101.3": degrees Celsius, % relative humidity, kPa. ERROR_CONFIG names what is not so. Returns the
 * count, 0 on failure.
 */
size_t ambient_parse(const char *text, struct ambient out[AMBIENT_MAX], struct error *error) must_check;
/* Writes the file, which must not be there. */
bool environment_write(const char *path, const struct environment_facts *facts, struct error *error) must_check;
