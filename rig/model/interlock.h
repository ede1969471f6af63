/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * The interlocks of a TMS stimulator (domain: regulatory.md, section 7), and the signals by which a rig provokes them. A bench brings a signal into
 * a state by relays, by emulated sensors, or (virtual bench) by saying so.
 */
#include <stdbool.h>

enum interlock_signal {
	SIGNAL_NONE, /* nothing is changed: from here on reactions are watched for */
	SIGNAL_COIL_PRESENT,
	SIGNAL_COIL_ID,
	SIGNAL_COIL_TEMPERATURE,
	SIGNAL_EMERGENCY_STOP, /* both channels at once */
	SIGNAL_EMERGENCY_STOP_1,
	SIGNAL_EMERGENCY_STOP_2,
	SIGNAL_FOOT_SWITCH,
	SIGNAL_DOOR,
	SIGNAL_CAPACITOR_VOLTAGE, /* as the device senses it */
	SIGNAL_CHARGER,
	SIGNAL_REMOTE, /* the remote control link */
	SIGNAL_SENSOR_BOARD,
	SIGNAL_MAINS,
	SIGNAL_SWITCH,      /* the switch that discharges into the coil */
	SIGNAL_GATE_DRIVER, /* what fires that switch */
	SIGNAL_COOLING,
	SIGNAL_LINK, /* the cable between two units that fire one after the other into one coil */
	SIGNAL_COUNT,
};

enum signal_state {
	STATE_NORMAL,
	STATE_OPEN,       /* the wire, or the contact that is closed when all is well */
	STATE_SHORT_LOW,  /* the wire to 0 V */
	STATE_SHORT_HIGH, /* the wire to the supply */
	STATE_VALUE,      /* an emulated sensor: degC, % of the maximum voltage, % of the charger's power */
	STATE_PRESSED,    /* a switch that is open when all is well */
	STATE_UNKNOWN,    /* an identity nobody knows */
	STATE_SILENT,     /* a link that says nothing any more */
	STATE_CORRUPTED,  /* a link with a damaged command for the largest output */
	STATE_REPLAYED,   /* a link with the last arming command once more */
	STATE_SELF_FIRE,  /* a switch that closes without a trigger */
	STATE_COUNT,
};

enum interlock {
	IL01_COIL_PRESENT,
	IL02_COIL_ID,
	IL03_COIL_TEMPERATURE,
	IL04_EMERGENCY_STOP,
	IL05_FOOT_SWITCH,
	IL06_DOOR,
	IL07_OVER_VOLTAGE,
	IL08_CHARGER,
	IL09_DISARM,
	IL10_NOT_READY,
	IL11_RATE,
	IL12_TRAIN,
	IL13_WATCHDOG,
	IL14_COMMAND,
	IL15_POWER_UP,
	IL16_SELF_TEST,
	IL17_MAINS,
	IL18_SELF_FIRE,
	IL19_MISSED_FIRE,
	IL20_COOLING,
	IL21_SYNC,
	IL22_ZERO,
	INTERLOCK_COUNT,
};

/* How a virtual device's interlock is wrong; bits, since one interlock may be wrong in more than one way. */
enum interlock_fault_kind {
	INTERLOCK_IGNORED,     /* it does nothing */
	INTERLOCK_LATE,        /* it reacts `value` s later than it should */
	INTERLOCK_SELF_RESET,  /* it is not latched: when the cause goes, the device carries on by itself */
	INTERLOCK_QUEUED,      /* a trigger that was refused is fired later */
	INTERLOCK_ONE_CHANNEL, /* the second channel is not looked at */
	INTERLOCK_WIRE,        /* only an open wire is seen, not a shorted one */
	INTERLOCK_NO_DUMP,     /* it inhibits, and leaves the charge in the capacitor */
	INTERLOCK_FAULT_KIND_COUNT,
};

/* "coil_present", …; "open", …; "IL04", …; "ignored", … Static strings. */
const char *interlock_signal_name(enum interlock_signal signal);
const char *signal_state_name(enum signal_state state);
const char *interlock_name(enum interlock interlock);
const char *interlock_fault_name(enum interlock_fault_kind kind);
/* Whether the signal can be in the state at all. */
bool interlock_signal_has(enum interlock_signal signal, enum signal_state state);
/* What a virtual device takes from the cause to its reaction unless its bench says otherwise, s: engineering proposals, no published limits. */
double interlock_default_reaction_s(enum interlock interlock);
/* Whether an interlock of the virtual device can be wrong in that way. */
bool interlock_can_be(enum interlock interlock, enum interlock_fault_kind kind);
