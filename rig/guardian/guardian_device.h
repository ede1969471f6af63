/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* What the guardian can do to the device itself: send the disarm frame, read the capacitor. No allocation, nothing waits longer than 50 ms. */
#include "guardian_wire.h"

/* Opens the serial line or the connection and sends the disarm frame; it stays open. 0, or errno. */
int guardian_disarm(const struct guardian_device *device);
/* Reads the capacitor's voltage. 0, or errno. */
int guardian_volts(const struct guardian_capacitor *capacitor, double *volts);
