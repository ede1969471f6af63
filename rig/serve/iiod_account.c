/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "iiod_account.h"

#include <stdio.h>

void iiod_account_make(struct iiod_account *account)
{
	*account = (struct iiod_account){0};
	pthread_mutex_init(&account->lock, NULL);
}

void iiod_account_finish(struct iiod_account *account)
{
	pthread_mutex_destroy(&account->lock);
}

void iiod_account_begin(struct iiod_account *account)
{
	pthread_mutex_lock(&account->lock);
	account->sent = 0;
	account->loss_count = 0;
	pthread_mutex_unlock(&account->lock);
}

void iiod_account_sent(struct iiod_account *account, uint64_t count)
{
	pthread_mutex_lock(&account->lock);
	account->sent += count;
	pthread_mutex_unlock(&account->lock);
}

void iiod_account_lost(struct iiod_account *account, uint64_t count)
{
	pthread_mutex_lock(&account->lock);
	if (account->loss_count < IIOD_ACCOUNT_LOSSES)
		account->losses[account->loss_count] = (struct iiod_lost){account->sent, count};
	account->loss_count++;
	pthread_mutex_unlock(&account->lock);
}

void iiod_account_print(struct iiod_account *account, char *out, size_t size)
{
	pthread_mutex_lock(&account->lock);
	size_t length = (size_t)snprintf(out, size, "%llu %u", (unsigned long long)account->sent, account->loss_count);
	for (unsigned i = 0; i < account->loss_count && i < IIOD_ACCOUNT_LOSSES && length < size; i++) {
		const struct iiod_lost *lost = &account->losses[i];
		length += (size_t)snprintf(out + length, size - length, " %llu+%llu", (unsigned long long)lost->after,
					   (unsigned long long)lost->count);
	}
	pthread_mutex_unlock(&account->lock);
}
