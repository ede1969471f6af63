/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * The trace matrix for people, and as JSON.
 */
#include <stdio.h>

#include "trace.h"

/* The matrix both ways, then what is missing, then a line with the numbers. */
void trace_print(FILE *out, const struct trace *trace);
/* As JSON, schema "tmsrig-trace-1": requirements, scenarios, bundles, hazards, risk_controls, counts. */
void trace_emit(FILE *out, const struct trace *trace);
