/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * That a .zip is nothing but its entries: an unpacker that goes by the directory at the end and one that goes by the local heads, as they come, must see the
 * same files (APPNOTE.TXT 6.3.10, 4.3).
 */
#include "error.h"

/*
 * ERROR_CONFIG where bytes lie before, between or behind the entries, the directory and its end record: a hidden entry, another archive, a comment, a
 * script; or where flags or names of a local head are not those of the directory. A data descriptor behind an entry may be there. ZIP64 is understood.
 */
bool zip_layout_check(const char *path, struct error *error) must_check;
