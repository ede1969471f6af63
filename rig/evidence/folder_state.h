/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Whether a folder stayed as it was while it was read: who can write it could give one content to the reader who hashes and another to the one who judges.
 */
#include "digest.h"

/*
 * One SHA-256 of what the system says of the folder, the folders and the files below it: names, inodes, sizes, times of the last change, which no program
 * but the system sets. Equal before and after: nothing was written, exchanged or put back meanwhile. Contents are not read. ERROR_CONFIG, ERROR_BENCH.
 */
bool folder_state(const char *path, char hex[DIGEST_HEX_SIZE], struct error *error) must_check;
