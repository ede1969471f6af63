/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * A thread that takes every sample from the ADC port as it comes into being and keeps the last two seconds. A reader that is slower than
 * that finds samples missing, as behind a real ADC.
 */
#include "plant.h"

struct adc_pump;

/* Starts the ADC and the thread. NULL with *error. The plant outlives the pump. */
struct adc_pump *adc_pump_start(struct plant *plant, struct error *error) must_check;
/* Stops both; NULL is accepted. */
void adc_pump_stop(struct adc_pump *pump);
/* The first frame that is sampled from now on. */
uint64_t adc_pump_next_frame(struct adc_pump *pump);
/* Waits until all frames before `end` are there; false after timeout_s, or when the ADC ended. */
bool adc_pump_wait(struct adc_pump *pump, uint64_t end, double timeout_s);
/*
 * Copies `count` frames, every step-th from *first on, all channels, which are known to be there. False, with *first moved to the oldest
 * that is safe to read, when some were overwritten.
 */
bool adc_pump_copy(struct adc_pump *pump, uint64_t *first, unsigned step, size_t count, int16_t *frames);
/* The last sample of a channel; false when there is none yet. */
bool adc_pump_last(struct adc_pump *pump, unsigned channel, int16_t *count);
/* Frames not yet overwritten from `first` on. */
uint64_t adc_pump_available(struct adc_pump *pump, uint64_t first);
