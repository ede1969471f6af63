/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * What a recording claims of its own size, held against its bytes: HDF5 lets a file of some kilobytes have datasets of 2^60 elements, chunks of
 * gigabytes and types that point to somewhere. What is not of this file at all is refused before (store_objects.h).
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
 * Opens a dataset by its path from the root. file_bytes: size of the whole file. access: how, or H5P_DEFAULT. ERROR_CONFIG, naming the recording (`path`)
 * and the dataset, where its type, chunks or size are such as no recording of that many bytes has. -1 on failure; the caller closes.
 */
hid_t store_guard_open(hid_t file, const char *path, const char *name, uint64_t file_bytes, hid_t access, struct error *error) must_check;
/* Reads an attribute of one element of the root; false as well for one of a type that a recording does not have. */
bool store_guard_attribute(hid_t file, const char *name, hid_t type, void *value) must_check;
