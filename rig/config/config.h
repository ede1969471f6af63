/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Reading the user's YAML files. Errors are ERROR_CONFIG, "file:line:column: what is wrong; what would be right", with the offending line and
 * a caret as detail. Names without a slash or ".yaml" are looked up below the fixture directories ("virtual" → benches/virtual.yaml).
 */
#include "about.h"
#include "bench_setup.h"
#include "device.h"
#include "dose_table.h"
#include "error.h"
#include "kept.h"
#include "qualification.h"
#include "requirement.h"
#include "sensor.h"

/* All return NULL on failure; the caller owns what they return. fixtures: the directory that holds benches/, devices/, sensors/, specs/, safety/. */
struct bench_setup *config_load_bench(const char *name, const char *fixtures, struct error *error) must_check;
struct device *config_load_device(const char *name, const char *fixtures, struct error *error) must_check;
struct sensor *config_load_sensor(const char *name, const char *fixtures, struct error *error) must_check;
/*
 * measurand_unit tells the SI unit of a measurand ("s", "A", …) or NULL when there is none of that id, so that limits are checked for dimension
 * and unknown measurands are rejected with their position; it is passed context.
 */
struct spec *config_load_spec(const char *name, const char *fixtures, const char *(*measurand_unit)(void *context, const char *id),
			      void *context, struct error *error) must_check;
/* The cases of `tmsrig qualify`; what a case names is looked for when it is run. */
struct qualification *config_load_qualification(const char *name, const char *fixtures, struct error *error) must_check;
struct dose_tables *config_load_dose_tables(const char *name, const char *fixtures, struct error *error) must_check;
/* What a report states of laboratory, customer, item …: a file by its path. */
struct about_file *config_load_about(const char *path, struct error *error) must_check;
/*
 * The same from copies that were kept of a session: `name` is the path that the session used, the files that it names are found among the copies too.
 * fixtures: the directory it was in that session. kept must outlive the call only. What was not kept is ERROR_CONFIG.
 */
struct bench_setup *config_load_bench_kept(const char *name, const char *fixtures, const struct kept_files *kept,
					   struct error *error) must_check;
struct spec *config_load_spec_kept(const char *name, const char *fixtures, const struct kept_files *kept,
				   const char *(*measurand_unit)(void *context, const char *id), void *context,
				   struct error *error) must_check;
struct dose_tables *config_load_dose_tables_kept(const char *name, const char *fixtures, const struct kept_files *kept,
						 struct error *error) must_check;
/* One fault of the command line, "drop_pulse=17", "late_pulse=40:2 ms", "amplitude=0.97", "no_discharge", appended to the setup. */
bool config_add_fault(struct bench_setup *setup, const char *text, struct error *error) must_check;
