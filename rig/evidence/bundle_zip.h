/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * A bundle as one .zip file, for mailing and filing. Packing gives the same bytes for the same bundle (times fixed, names sorted, text deflated, the
 * rest stored). Unpacking trusts nothing of the archive.
 */
#include <stddef.h>
#include <stdint.h>

#include "error.h"

struct bundle_zip_limits {
	uint64_t total_bytes; /* unpacked */
	uint64_t ratio;       /* unpacked to packed, of entries above 1 MiB */
	size_t files;
};

/* 64 GiB, 250 : 1, 65536 files. */
extern const struct bundle_zip_limits bundle_zip_default_limits;

/* Packs the folder under its own base name; the archive must not be there. ERROR_CONFIG, ERROR_BENCH. */
bool bundle_zip_pack(const char *dir, const char *path, struct error *error) must_check;
/*
 * Unpacks into a new folder, without the archive's one top folder. Refused, with a message that names the entry (ERROR_CONFIG): paths that are absolute,
 * leave the folder or are not plain; links and special files; names that come twice; encryption; entries that overlap; more than the limits allow;
 * contents that are not as long as told or fail their CRC. Nothing stays behind then.
 */
bool bundle_zip_unpack(const char *path, const char *dir, const struct bundle_zip_limits *limits, struct error *error) must_check;
