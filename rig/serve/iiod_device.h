/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * The ADC as an IIO device: its context as XML and its attributes. One scan element a channel of the bench, in its order, and a timestamp
 * (ns, of the ADC's own clock) behind them. Thread-safe.
 */
#include "adc_pump.h"
#include "iiod_account.h"
#include "iiod_command.h"
#include "text.h"

enum { IIOD_RATES_MAX = 16 };

struct iiod_device {
	struct plant *plant;
	struct adc_pump *pump;
	const char *name;
	unsigned channel_count;         /* without the timestamp, whose index this is */
	unsigned steps[IIOD_RATES_MAX]; /* the rates offered: the ADC's own, divided */
	unsigned step_count;
	struct iiod_account account;
	struct iiod_state *state;
};

bool iiod_device_make(struct iiod_device *device, const char *name, struct plant *plant, struct adc_pump *pump,
		      struct error *error) must_check;
void iiod_device_finish(struct iiod_device *device);
/* The context, as PRINT answers it, but for its end: other devices may follow. */
void iiod_device_xml(const struct iiod_device *device, struct text *xml);
/* True for the id or the name of the device. */
bool iiod_device_is(const struct iiod_device *device, const char *name);
/* True for the id or the name of the trigger, a device with nothing to set: samples come at their rate with it or without. */
bool iiod_device_is_trigger(const char *name);
/* As READ: the value into text, 0; else a negative errno. */
int iiod_device_read(struct iiod_device *device, const struct iiod_command *command, struct text *text);
/* As WRITE: 0 or a negative errno. */
int iiod_device_write(struct iiod_device *device, const struct iiod_command *command, const char *value);
/* As GETTRIG ("" for none) and SETTRIG. */
const char *iiod_device_trigger(struct iiod_device *device);
int iiod_device_set_trigger(struct iiod_device *device, const char *trigger);
/* The one buffer of the device is taken or given back; every step-th frame of the ADC is a sample. False: taken already. */
bool iiod_device_take_buffer(struct iiod_device *device, unsigned *step);
void iiod_device_give_buffer(struct iiod_device *device);
/* Samples were lost: the overflow bit is set until a client clears it. */
void iiod_device_overflow(struct iiod_device *device);
