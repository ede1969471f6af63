/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Bringing the signals of interlocks into a state: by the bench's emulator, or, where it has none, by the lines that stand for some of them.
 */
#include "plan.h"
#include "ports.h"

/* Whether the bench can do all that the plan asks of it; ERROR_CONFIG says what it lacks, with the scenario's line. Nothing is changed. */
bool provoke_check(const struct ports *ports, const struct bench_setup *setup, const struct plan *plan, struct error *error) must_check;
/* Does the STEP_EMULATE; *host_s: when. held: which lines are in a state of the plan's, kept up to date. */
bool provoke_signal(const struct ports *ports, const struct bench_setup *setup, const struct step *step, bool held[GPIO_LINE_COUNT],
		    double *host_s, struct error *error) must_check;
