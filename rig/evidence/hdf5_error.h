/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * HDF5 as this room uses it: silent on stderr, its error stack turned into one line, its identifiers released with their scope.
 */
#include <hdf5.h>

#include "error.h"

/* Stops HDF5 from printing its error stack, in this thread (the setting is per thread). */
void hdf5_quiet(void);
/* Sets the error to the message, followed by the innermost cause on HDF5's error stack, and clears that stack. Always returns false. */
bool hdf5_error(struct error *error, enum error_kind kind, const char *format, ...) printf_like(3, 4);
/* Releases any identifier; negative ones are accepted. */
void hdf5_close(hid_t id);

define_cleanup(hid_t, cleanup_hdf5, hdf5_close);
#define auto_hdf5 cleanup_with(cleanup_hdf5)
