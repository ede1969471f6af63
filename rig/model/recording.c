/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "recording.h"

#include <math.h>

const char *gap_cause_name(enum gap_cause cause)
{
	switch (cause) {
	case GAP_OVERRUN: return "overrun";
	case GAP_LOST: return "lost";
	case GAP_DISCONNECT: return "disconnect";
	case GAP_NOT_RECORDED: return "not_recorded";
	case GAP_CAUSE_COUNT: break;
	}
	return "?";
}

const char *run_event_kind_name(enum run_event_kind kind)
{
	switch (kind) {
	case EVENT_SECTION: return "section";
	case EVENT_TRIGGER: return "trigger";
	case EVENT_DISARM: return "disarm";
	case EVENT_DISCHARGE: return "discharge";
	case EVENT_END: return "end";
	case EVENT_LOGIC_START: return "logic_start";
	case EVENT_ABORTED: return "aborted";
	case EVENT_INTERLOCK: return "interlock";
	case EVENT_MONITOR: return "monitor";
	case EVENT_SAFE_STATE: return "safe_state";
	case EVENT_PROVOKE: return "provoke";
	case EVENT_KIND_COUNT: break;
	}
	return "?";
}

const char *logic_line_name(enum logic_line line)
{
	switch (line) {
	case LOGIC_TRIGGER: return "trigger";
	case LOGIC_TRIGGER_OUT: return "trigger_out";
	case LOGIC_READY: return "ready";
	case LOGIC_FAULT: return "fault";
	case LOGIC_EVENT: return "event";
	case LOGIC_LINE_COUNT: break;
	}
	return "?";
}

int recording_find(const struct recording_format *format, enum channel_role role)
{
	for (unsigned c = 0; c < format->channel_count; c++)
		if (format->channels[c].role == role)
			return (int)c;
	return -1;
}

static double pole_lag_s(const struct channel *channel)
{
	return isfinite(channel->bandwidth_hz) && channel->bandwidth_hz > 0 ? 1 / (2 * M_PI * channel->bandwidth_hz) : 0;
}

double channel_lag_s(const struct channel *channel)
{
	return channel->delay_s + pole_lag_s(channel);
}

double channel_u_lag_s(const struct channel *channel)
{
	return hypot(channel->u_delay_s, channel_u_pole_lag_s(channel));
}

double channel_u_pole_lag_s(const struct channel *channel)
{
	return 0.2 * pole_lag_s(channel) / sqrt(3);
}

double channel_u_gain_rel(const struct channel *channel)
{
	return hypot(hypot(channel->u_sensor_gain_rel, channel->u_position_rel), channel->u_adc_gain_rel);
}
