/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * A claim on the instruments of a bench themselves, whatever the bench is called and wherever its state folder lies: one name a device (serial line,
 * IIO device, logic analyser) in the kernel's abstract namespace of sockets, which every user of the machine shares and which the kernel gives back when
 * the holder dies. GPIO lines need none: the kernel gives a line to one program. Processes in another network namespace (a container) are not seen.
 */
#include "bench_setup.h"
#include "error.h"

struct hardware_claim;

/*
 * Claims what the bench file names. NULL with *error when another process holds any of it (ERROR_BENCH; the text says which, who, since when it runs).
 * A bench without such instruments gets a claim of nothing.
 */
struct hardware_claim *hardware_claim_take(const struct bench_setup *setup, struct error *error) must_check;
/* NULL is accepted. */
void hardware_claim_release(struct hardware_claim *claim);

define_cleanup(struct hardware_claim *, cleanup_hardware_claim, hardware_claim_release);
#define auto_hardware_claim cleanup_with(cleanup_hardware_claim)
