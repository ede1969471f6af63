/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * What of an HDF5 file is read as a recording. The format can lead out of the file (external links and storage, virtual datasets), load code (filters as
 * plugins), and claim sizes that its bytes do not have; a recording does none of that, so that a file that does is refused before its data are read.
 */
#include <hdf5.h>
#include <stdint.h>

#include "error.h"

/*
 * Says in plain words what HDF5 would say in thirty lines, and whether the file's writer has not closed it. *bytes: its size, and of one that is still
 * written, what it may grow to meanwhile.
 */
bool store_guard_inspect(const char *path, bool *open_for_writing, uint64_t *bytes, struct error *error) must_check;
/*
 * Opens a dataset by its path from the root, every part of which has to be a hard link. file_bytes: size of the whole file. access: how, or H5P_DEFAULT.
 * ERROR_CONFIG, naming the recording (`path`) and the dataset. -1 on failure; the caller closes.
 */
hid_t store_guard_open(hid_t file, const char *path, const char *name, uint64_t file_bytes, hid_t access, struct error *error) must_check;
/* Reads an attribute of one element of the root; false as well for one of a type that a recording does not have. */
bool store_guard_attribute(hid_t file, const char *name, hid_t type, void *value) must_check;
