/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * What became of the samples of the last buffer that was opened: how many were sent, and where some were lost. For a witness outside of the client that
 * is tested. Thread-safe.
 */
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { IIOD_ACCOUNT_LOSSES = 64 };

struct iiod_account {
	pthread_mutex_t lock;
	uint64_t sent;
	struct iiod_lost {
		uint64_t after, count; /* samples sent before; samples lost there */
	} losses[IIOD_ACCOUNT_LOSSES];
	unsigned loss_count; /* those beyond IIOD_ACCOUNT_LOSSES are counted, not kept */
};

void iiod_account_make(struct iiod_account *account);
void iiod_account_finish(struct iiod_account *account);
/* A buffer was opened. */
void iiod_account_begin(struct iiod_account *account);
void iiod_account_sent(struct iiod_account *account, uint64_t count);
void iiod_account_lost(struct iiod_account *account, uint64_t count);
/* "SENT LOSSES AFTER+COUNT ...", as many losses as there is room for. */
void iiod_account_print(struct iiod_account *account, char *out, size_t size);
