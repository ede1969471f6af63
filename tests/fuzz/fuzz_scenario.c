/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any text as a scenario: a plan or an error, within the sandbox's limits. */
#include <math.h>
#include <stdint.h>

#include "plan_builder.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct error error = {0};
	struct plan_parameters parameters = {.motor_threshold_pct = NAN, .library_dir = getenv("TMSRIG_SCENARIO_LIB")};
	auto_plan struct plan *plan = plan_build_text("fuzz.lua", (const char *)data, size, &parameters, &error);
	if (!plan && error.text[0] == '\0')
		abort();
	return 0;
}
