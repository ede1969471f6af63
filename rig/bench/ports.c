/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ports.h"

const char *stimulator_state_name(enum stimulator_state state)
{
	switch (state) {
	case STIMULATOR_OFF: return "off";
	case STIMULATOR_STANDBY: return "standby";
	case STIMULATOR_CHARGING: return "charging";
	case STIMULATOR_READY: return "ready";
	case STIMULATOR_FIRING: return "firing";
	case STIMULATOR_FAULT: return "fault";
	}
	return "?";
}
