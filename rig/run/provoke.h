/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Bringing the signals of interlocks into a state: by the bench's emulator, where that cannot by the lines that stand for some of them, and the remote
 * control's by the driver of the stimulator.
 */
#include "plan.h"
#include "ports.h"

/* Whether the bench can do all that the plan asks of it; ERROR_CONFIG says what it lacks, with the scenario's line. Nothing is changed. */
bool provoke_check(const struct ports *ports, const struct bench_setup *setup, const struct plan *plan, struct error *error) must_check;
/* Does the STEP_EMULATE; *when: of the change. held: which lines are in a state of the plan's, kept up to date. */
bool provoke_signal(const struct ports *ports, const struct bench_setup *setup, const struct step *step, bool held[GPIO_LINE_COUNT],
		    struct host_time *when, struct error *error) must_check;
