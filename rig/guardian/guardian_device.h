/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* What the guardian can do to the device itself: send the disarm frame, read the capacitor. No allocation, nothing waits longer than 50 ms. */
#include "guardian_wire.h"

/* Opens the serial line; its settings are those that the harness made. -1: none, or *failed. */
int guardian_serial_open(const struct guardian_setup *setup, int *failed);
/* Sends the disarm frame. 0, or errno. */
int guardian_disarm(int serial, const struct guardian_setup *setup);
/* Reads the capacitor's voltage. 0, or errno. */
int guardian_volts(const struct guardian_capacitor *capacitor, double *volts);
