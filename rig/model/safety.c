/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "safety.h"

const char *safe_proof_name(enum safe_proof proof)
{
	switch (proof) {
	case SAFE_NOT_PROVABLE: return "not_provable";
	case SAFE_PROVEN: return "proven";
	case SAFE_NOT_PROVEN: return "not_proven";
	}
	return "?";
}

const char *monitor_name(enum monitor monitor)
{
	switch (monitor) {
	case MONITOR_CURRENT_DISARMED: return "current_disarmed";
	case MONITOR_UNTRIGGERED: return "untriggered";
	case MONITOR_CURRENT_DEAD: return "current_dead";
	case MONITOR_OVERVOLTAGE: return "overvoltage";
	case MONITOR_COIL_HOT: return "coil_hot";
	case MONITOR_STREAM_LOST: return "stream_lost";
	case MONITOR_CAPACITOR_LOST: return "capacitor_lost";
	case MONITOR_COUNT: break;
	}
	return "?";
}

bool monitor_blames_device(enum monitor monitor)
{
	switch (monitor) {
	case MONITOR_CURRENT_DISARMED:
	case MONITOR_UNTRIGGERED:
	case MONITOR_OVERVOLTAGE:
	case MONITOR_COIL_HOT: return true;
	case MONITOR_CURRENT_DEAD:
	case MONITOR_STREAM_LOST:
	case MONITOR_CAPACITOR_LOST:
	case MONITOR_COUNT: break;
	}
	return false;
}

enum verdict safety_verdict(enum verdict overall, const struct safety *safety)
{
	if (!safety)
		return overall;
	if (safety->tripped)
		return monitor_blames_device(safety->monitor) ? VERDICT_FAIL : VERDICT_VOID;
	bool passing = overall == VERDICT_PASS || overall == VERDICT_CONDITIONAL_PASS;
	return passing && safety->proof == SAFE_NOT_PROVEN ? VERDICT_VOID : overall;
}
