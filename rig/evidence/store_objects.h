/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * That a recording.h5 is made of nothing but what store.h says, and holds all of its data itself: an HDF5 file can fetch samples from other files,
 * which no hash of this one covers, and can hide objects that no reader here looks at.
 */
#include <hdf5.h>

#include "error.h"

/*
 * ERROR_CONFIG, naming the object: a link that is not hard, an object or attribute that tmsrig does not write, data that are virtual or in external
 * files, a filter other than shuffle, deflate and Fletcher-32. Opens no other file. path: for the message.
 */
bool store_objects_check(hid_t file, const char *path, struct error *error) must_check;
