/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * What the ADC delivers: the events of the world rendered into frames. Always whole chunks of SIM_CHUNK frames counted from frame 0, one after
 * the other, so the samples depend on the events and the frame number only.
 */
#include "sim_world.h"

struct sim_signal;

/* For the setup's ADC; the clock error is drawn here. NULL and *error when out of memory or a channel is unusable. */
struct sim_signal *sim_signal_create(const struct bench_setup *setup, const struct circuit *circuit, struct error *error) must_check;
/* NULL is accepted. */
void sim_signal_destroy(struct sim_signal *signal);
/* Frame 0 is taken at start_s. */
void sim_signal_start(struct sim_signal *signal, double start_s);
/* True frames per second, the clock error included. */
double sim_signal_rate_hz(const struct sim_signal *signal);
/* Takes over the events that are new, in order of time; events after until_s are dropped. False when out of memory. */
bool sim_signal_take(struct sim_signal *signal, const struct sim_events *events, double until_s) must_check;
/* Renders the next chunk into frames (room for SIM_CHUNK frames); every event before its last frame must have been taken. */
bool sim_signal_chunk(struct sim_signal *signal, int16_t *frames) must_check;
