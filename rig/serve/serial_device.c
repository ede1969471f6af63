/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "serial_device.h"

#include <string.h>

void serial_reply_add(struct serial_reply *reply, const uint8_t *bytes, size_t count, int crc)
{
	if (count > sizeof reply->bytes - reply->count)
		return;
	memcpy(reply->bytes + reply->count, bytes, count);
	reply->last = reply->count;
	reply->crc = crc >= 0 ? reply->bytes + reply->count + crc : NULL;
	reply->count += count;
}

bool fire_train_running(const struct fire_train *train)
{
	return train->left > 0 || train->trains_left > 0;
}

bool fire_train_tick(struct fire_train *train, const struct stimulator_port *stimulator, double now_s, struct error *error)
{
	while (fire_train_running(train) && now_s >= train->next_s) {
		double time_s;
		if (train->left == 0) {
			train->trains_left--;
			train->left = train->pulses;
		}
		if (!stimulator->ops->fire(stimulator->self, &time_s, error))
			return false;
		train->left--;
		train->next_s += train->left > 0 ? train->period_s : train->between_s;
		if (!fire_train_running(train))
			train->ended_s = now_s;
	}
	return true;
}
