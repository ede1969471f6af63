/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * The device files of instruments, and who may use them.
 */
#include "error.h"

/* Why the device cannot be used, from errno; where permission is missing, which group has it. Always returns false. */
bool device_file_refused(const char *path, struct error *error);
