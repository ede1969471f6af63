/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * What this machine's arithmetic comes to. The mathematical library chooses its code by the processor, by what the kernel lets it see of it, and by its
 * tunables; only its answers tell which code that was.
 */
#include "digest.h"

/*
 * SHA-256 of the bits that every function of libm that is used here gives for the same 512 arguments each, which are spread over the range in which it is
 * used. Equal: the same bits are to be expected elsewhere, too. Different: last digits may differ.
 */
void arithmetic_fingerprint(char hex[DIGEST_HEX_SIZE]);
