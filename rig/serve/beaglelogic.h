/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * A BeagleLogic over TCP, as libsigrok's driver `beaglelogic` speaks to it: the logic port of the virtual bench as a stream of samples.
 */
#include "connection.h"
#include "logic_track.h"

struct beaglelogic;

/* The bit of each line in a sample, from the bench's channel names: D0 … D7, or a BeagleLogic's own P8_45 … P8_40. */
bool beaglelogic_bits(const struct bench_setup *setup, unsigned bits[LOGIC_LINE_COUNT], struct error *error) must_check;
/* NULL with *error. Plant and track outlive it. */
struct beaglelogic *beaglelogic_start(struct plant *plant, struct logic_track *track, struct error *error) must_check;
/* NULL is accepted. */
void beaglelogic_stop(struct beaglelogic *beaglelogic);
struct listener *beaglelogic_listener(struct beaglelogic *beaglelogic);
