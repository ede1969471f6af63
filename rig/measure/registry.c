/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "registry.h"

#include <string.h>

#include "measurands.h"

#define ROW(name, id_, version_, title_, unit_, subject_, definition_, source_)                                                            \
	static const struct measurand name = {.id = id_,                                                                                   \
					      .version = version_,                                                                         \
					      .title = title_,                                                                             \
					      .unit = unit_,                                                                               \
					      .subject = subject_,                                                                         \
					      .definition = definition_,                                                                   \
					      .source = source_};
MEASURANDS(ROW)

#define POINTER(name, ...) &name,
static const struct measurand *const ALL[] = {MEASURANDS(POINTER)};

#define COMPUTE(name, ...) measurand_##name,
static measurand_compute *const COMPUTATIONS[] = {MEASURANDS(COMPUTE)};

enum { COUNT = sizeof ALL / sizeof *ALL };

const struct measurand *const *measurands_all(size_t *count)
{
	*count = COUNT;
	return ALL;
}

const struct measurand *measurand_find(const char *id)
{
	for (size_t i = 0; i < COUNT; i++)
		if (strcmp(ALL[i]->id, id) == 0)
			return ALL[i];
	return NULL;
}

bool registry_compute(const struct population *in, struct measurement_list *out)
{
	for (size_t i = 0; i < COUNT && !out->failed; i++)
		COMPUTATIONS[i](in, ALL[i], out);
	return !out->failed;
}

bool registry_compute_one(const struct population *in, const struct measurand *measurand, struct measurement_list *out)
{
	for (size_t i = 0; i < COUNT; i++)
		if (ALL[i] == measurand)
			COMPUTATIONS[i](in, measurand, out);
	return !out->failed;
}
