/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "interlock.h"

#define WIRE (1u << STATE_OPEN | 1u << STATE_SHORT_LOW | 1u << STATE_SHORT_HIGH)
#define FAULT(kind) (1u << INTERLOCK_##kind)

static const struct {
	const char *name;
	unsigned states; /* beside normal, a bit each */
} SIGNALS[SIGNAL_COUNT] = {
	[SIGNAL_NONE] = {"none", 0},
	[SIGNAL_COIL_PRESENT] = {"coil_present", WIRE},
	[SIGNAL_COIL_ID] = {"coil_id", WIRE | 1u << STATE_UNKNOWN},
	[SIGNAL_COIL_TEMPERATURE] = {"coil_temperature", WIRE | 1u << STATE_VALUE},
	[SIGNAL_EMERGENCY_STOP] = {"emergency_stop", WIRE},
	[SIGNAL_EMERGENCY_STOP_1] = {"emergency_stop_1", WIRE},
	[SIGNAL_EMERGENCY_STOP_2] = {"emergency_stop_2", WIRE},
	[SIGNAL_FOOT_SWITCH] = {"foot_switch", 1u << STATE_PRESSED},
	[SIGNAL_DOOR] = {"door", WIRE},
	[SIGNAL_CAPACITOR_VOLTAGE] = {"capacitor_voltage", WIRE | 1u << STATE_VALUE},
	[SIGNAL_CHARGER] = {"charger", 1u << STATE_VALUE},
	[SIGNAL_REMOTE] = {"remote", 1u << STATE_SILENT | 1u << STATE_CORRUPTED | 1u << STATE_REPLAYED},
	[SIGNAL_SENSOR_BOARD] = {"sensor_board", WIRE},
	[SIGNAL_MAINS] = {"mains", 1u << STATE_OPEN},
	[SIGNAL_SWITCH] = {"switch", 1u << STATE_SELF_FIRE},
	[SIGNAL_GATE_DRIVER] = {"gate_driver", 1u << STATE_OPEN},
	[SIGNAL_COOLING] = {"cooling", WIRE},
	[SIGNAL_LINK] = {"link", WIRE},
};

static const struct {
	const char *name;
	double reaction_s;
	unsigned faults; /* the ways in which it can be wrong, a bit each */
} INTERLOCKS[INTERLOCK_COUNT] = {
	[IL01_COIL_PRESENT] = {"IL01", 2e-3, FAULT(IGNORED) | FAULT(LATE) | FAULT(SELF_RESET) | FAULT(WIRE) | FAULT(NO_DUMP)},
	[IL02_COIL_ID] = {"IL02", 0, FAULT(IGNORED)},
	[IL03_COIL_TEMPERATURE] = {"IL03", 0.2, FAULT(IGNORED) | FAULT(LATE) | FAULT(SELF_RESET) | FAULT(WIRE) | FAULT(NO_DUMP)},
	[IL04_EMERGENCY_STOP] = {"IL04", 0.2e-3,
				 FAULT(IGNORED) | FAULT(LATE) | FAULT(SELF_RESET) | FAULT(ONE_CHANNEL) | FAULT(WIRE) | FAULT(NO_DUMP)},
	[IL05_FOOT_SWITCH] = {"IL05", 10e-3, FAULT(IGNORED) | FAULT(LATE)},
	[IL06_DOOR] = {"IL06", 2e-3, FAULT(IGNORED) | FAULT(LATE) | FAULT(SELF_RESET) | FAULT(WIRE) | FAULT(NO_DUMP)},
	[IL07_OVER_VOLTAGE] = {"IL07", 1e-3, FAULT(IGNORED) | FAULT(LATE) | FAULT(SELF_RESET) | FAULT(WIRE) | FAULT(NO_DUMP)},
	[IL08_CHARGER] = {"IL08", 0, FAULT(IGNORED)},
	[IL09_DISARM] = {"IL09", 0, FAULT(LATE) | FAULT(NO_DUMP)},
	[IL10_NOT_READY] = {"IL10", 0, FAULT(IGNORED) | FAULT(QUEUED)},
	[IL11_RATE] = {"IL11", 0, FAULT(IGNORED) | FAULT(QUEUED)},
	[IL12_TRAIN] = {"IL12", 0, FAULT(IGNORED)},
	[IL13_WATCHDOG] = {"IL13", 1.2, FAULT(IGNORED) | FAULT(LATE) | FAULT(SELF_RESET) | FAULT(NO_DUMP)},
	[IL14_COMMAND] = {"IL14", 0, FAULT(IGNORED)},
	[IL15_POWER_UP] = {"IL15", 0, FAULT(IGNORED)},
	[IL16_SELF_TEST] = {"IL16", 0, FAULT(IGNORED)},
	[IL17_MAINS] = {"IL17", 15e-3, FAULT(IGNORED) | FAULT(LATE) | FAULT(SELF_RESET) | FAULT(NO_DUMP)},
	[IL18_SELF_FIRE] = {"IL18", 2e-3, FAULT(IGNORED) | FAULT(LATE) | FAULT(NO_DUMP)},
	[IL19_MISSED_FIRE] = {"IL19", 1e-3, FAULT(IGNORED) | FAULT(LATE)},
	[IL20_COOLING] = {"IL20", 0.3, FAULT(IGNORED) | FAULT(LATE) | FAULT(SELF_RESET) | FAULT(WIRE) | FAULT(NO_DUMP)},
	[IL21_SYNC] = {"IL21", 1e-3, FAULT(IGNORED) | FAULT(LATE) | FAULT(SELF_RESET) | FAULT(ONE_CHANNEL) | FAULT(WIRE)},
	[IL22_ZERO] = {"IL22", 0, FAULT(IGNORED)},
};

const char *interlock_signal_name(enum interlock_signal signal)
{
	return (unsigned)signal < SIGNAL_COUNT ? SIGNALS[signal].name : "?";
}

const char *signal_state_name(enum signal_state state)
{
	switch (state) {
	case STATE_NORMAL: return "normal";
	case STATE_OPEN: return "open";
	case STATE_SHORT_LOW: return "short_low";
	case STATE_SHORT_HIGH: return "short_high";
	case STATE_VALUE: return "value";
	case STATE_PRESSED: return "pressed";
	case STATE_UNKNOWN: return "unknown";
	case STATE_SILENT: return "silent";
	case STATE_CORRUPTED: return "corrupted";
	case STATE_REPLAYED: return "replayed";
	case STATE_SELF_FIRE: return "self_fire";
	case STATE_COUNT: break;
	}
	return "?";
}

const char *interlock_name(enum interlock interlock)
{
	return (unsigned)interlock < INTERLOCK_COUNT ? INTERLOCKS[interlock].name : "?";
}

const char *interlock_fault_name(enum interlock_fault_kind kind)
{
	switch (kind) {
	case INTERLOCK_IGNORED: return "ignored";
	case INTERLOCK_LATE: return "late";
	case INTERLOCK_SELF_RESET: return "self_reset";
	case INTERLOCK_QUEUED: return "queued";
	case INTERLOCK_ONE_CHANNEL: return "one_channel";
	case INTERLOCK_WIRE: return "wire";
	case INTERLOCK_NO_DUMP: return "no_dump";
	case INTERLOCK_FAULT_KIND_COUNT: break;
	}
	return "?";
}

bool interlock_signal_has(enum interlock_signal signal, enum signal_state state)
{
	return (unsigned)signal < SIGNAL_COUNT && (state == STATE_NORMAL || (SIGNALS[signal].states >> state & 1));
}

double interlock_default_reaction_s(enum interlock interlock)
{
	return INTERLOCKS[interlock].reaction_s;
}

bool interlock_can_be(enum interlock interlock, enum interlock_fault_kind kind)
{
	return INTERLOCKS[interlock].faults >> kind & 1;
}
