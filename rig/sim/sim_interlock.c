/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim_interlock.h"

#include <math.h>

#include "sim_world.h"

/* Engineering choices of the virtual device, no statements about products. */
static const double over_voltage_pct = 105, hysteresis_k = 2, start_s = 1, train_gap_s = 0.5;
static const double self_fire_first_s = 1e-3, self_fire_s = 50e-3, self_fire_share = 0.95, charged_share = 0.98;
static const double corrupted_pct = 100;

bool sim_interlock_wrong(const struct sim_setup *sim, enum interlock interlock, enum interlock_fault_kind wrong, double *value)
{
	for (size_t i = 0; i < sim->fault_count; i++) {
		const struct sim_fault *fault = &sim->faults[i];
		if (fault->kind != SIM_FAULT_INTERLOCK || fault->interlock != interlock || fault->wrong != wrong)
			continue;
		if (value)
			*value = fault->value;
		return true;
	}
	return false;
}

static bool wrong(const struct sim_world *world, enum interlock interlock, enum interlock_fault_kind how)
{
	return sim_interlock_wrong(&world->setup->sim, interlock, how, NULL);
}

static double reaction_s(const struct sim_world *world, enum interlock interlock)
{
	const struct sim_setup *sim = &world->setup->sim;
	double time_s = sim->reaction_s[interlock], late_s = 0;
	if (!(time_s > 0))
		time_s = interlock_default_reaction_s(interlock);
	return sim_interlock_wrong(sim, interlock, INTERLOCK_LATE, &late_s) ? time_s + late_s : time_s;
}

/* A monitored wire: only one state of it is good. */
static bool wire_bad(const struct sim_world *world, enum interlock interlock, enum interlock_signal signal)
{
	switch (world->interlocks.state[signal]) {
	case STATE_OPEN: return true;
	case STATE_SHORT_LOW:
	case STATE_SHORT_HIGH: return !wrong(world, interlock, INTERLOCK_WIRE);
	case STATE_NORMAL:
	case STATE_VALUE:
	case STATE_PRESSED:
	case STATE_UNKNOWN:
	case STATE_SILENT:
	case STATE_CORRUPTED:
	case STATE_REPLAYED:
	case STATE_SELF_FIRE:
	case STATE_COUNT: break;
	}
	return false;
}

static bool above(const struct sim_world *world, enum interlock_signal signal, double limit)
{
	return world->interlocks.state[signal] == STATE_VALUE && world->interlocks.value[signal] >= limit;
}

static bool too_hot(const struct sim_world *world)
{
	double trip_degc = world->device->coil_trip_degc.value;
	return above(world, SIGNAL_COIL_TEMPERATURE,
		     world->interlocks.tripped[IL03_COIL_TEMPERATURE] ? trip_degc - hysteresis_k : trip_degc);
}

static bool has_cause(const struct sim_world *world, enum interlock interlock)
{
	const struct sim_interlocks *interlocks = &world->interlocks;
	switch (interlock) {
	case IL01_COIL_PRESENT: return wire_bad(world, interlock, SIGNAL_COIL_PRESENT);
	case IL02_COIL_ID: return interlocks->state[SIGNAL_COIL_ID] != STATE_NORMAL;
	case IL03_COIL_TEMPERATURE: return wire_bad(world, interlock, SIGNAL_COIL_TEMPERATURE) || too_hot(world);
	case IL04_EMERGENCY_STOP:
		return wire_bad(world, interlock, SIGNAL_EMERGENCY_STOP) || wire_bad(world, interlock, SIGNAL_EMERGENCY_STOP_1) ||
		       (wire_bad(world, interlock, SIGNAL_EMERGENCY_STOP_2) && !wrong(world, interlock, INTERLOCK_ONE_CHANNEL));
	case IL06_DOOR: return wire_bad(world, interlock, SIGNAL_DOOR);
	case IL07_OVER_VOLTAGE:
		return wire_bad(world, interlock, SIGNAL_CAPACITOR_VOLTAGE) || above(world, SIGNAL_CAPACITOR_VOLTAGE, over_voltage_pct);
	case IL13_WATCHDOG: return interlocks->state[SIGNAL_REMOTE] == STATE_SILENT;
	case IL16_SELF_TEST: return interlocks->self_test_failed;
	case IL17_MAINS: return interlocks->state[SIGNAL_MAINS] == STATE_OPEN || interlocks->unpowered;
	case IL20_COOLING: return wire_bad(world, interlock, SIGNAL_COOLING);
	case IL21_SYNC: return wire_bad(world, interlock, SIGNAL_LINK) && !wrong(world, interlock, INTERLOCK_ONE_CHANNEL);
	case IL05_FOOT_SWITCH:
	case IL08_CHARGER:
	case IL09_DISARM:
	case IL10_NOT_READY:
	case IL11_RATE:
	case IL12_TRAIN:
	case IL14_COMMAND:
	case IL15_POWER_UP:
	case IL18_SELF_FIRE:
	case IL19_MISSED_FIRE:
	case IL22_ZERO:
	case INTERLOCK_COUNT: break;
	}
	return false;
}

/* Those that trip by themselves, in whatever state the device is. */
static const enum interlock WATCHED[] = {IL01_COIL_PRESENT, IL03_COIL_TEMPERATURE, IL04_EMERGENCY_STOP,
					 IL06_DOOR,         IL07_OVER_VOLTAGE,     IL13_WATCHDOG,
					 IL17_MAINS,        IL20_COOLING,          IL21_SYNC};
enum { WATCHED_COUNT = sizeof WATCHED / sizeof *WATCHED };

static const char *why(enum interlock interlock)
{
	switch (interlock) {
	case IL01_COIL_PRESENT: return "coil not connected";
	case IL02_COIL_ID: return "coil not known";
	case IL03_COIL_TEMPERATURE: return "coil temperature";
	case IL04_EMERGENCY_STOP: return "emergency stop";
	case IL06_DOOR: return "door open";
	case IL07_OVER_VOLTAGE: return "capacitor over-voltage";
	case IL13_WATCHDOG: return "remote control silent";
	case IL16_SELF_TEST: return "self-test";
	case IL17_MAINS: return "mains failure";
	case IL18_SELF_FIRE: return "discharge without a trigger";
	case IL19_MISSED_FIRE: return "no discharge on a trigger";
	case IL20_COOLING: return "cooling failed";
	case IL21_SYNC: return "link to the other unit lost";
	case IL05_FOOT_SWITCH:
	case IL08_CHARGER:
	case IL09_DISARM:
	case IL10_NOT_READY:
	case IL11_RATE:
	case IL12_TRAIN:
	case IL14_COMMAND:
	case IL15_POWER_UP:
	case IL22_ZERO:
	case INTERLOCK_COUNT: break;
	}
	return "interlock";
}

void sim_interlock_react(struct sim_world *world, enum interlock interlock)
{
	if (wrong(world, interlock, INTERLOCK_IGNORED))
		return;
	sim_due_add(world, (struct sim_due){.time_s = world->now_s + reaction_s(world, interlock),
					    .kind = SIM_DUE_TRIP,
					    .trigger_s = world->now_s,
					    .interlock = interlock});
}

static void drop_trip(struct sim_world *world, enum interlock interlock)
{
	size_t kept = 0;
	for (size_t i = 0; i < world->due_count; i++)
		if (world->due[i].kind != SIM_DUE_TRIP || world->due[i].interlock != interlock)
			world->due[kept++] = world->due[i];
	world->due_count = kept;
}

/* What a device does that does not latch its faults. */
static void carry_on(struct sim_world *world, enum interlock interlock)
{
	world->interlocks.tripped[interlock] = false;
	world->interlocks.unpowered = false;
	world->faulted = false;
	sim_world_arm(world);
}

static void follow_causes(struct sim_world *world)
{
	struct sim_interlocks *interlocks = &world->interlocks;
	for (size_t i = 0; i < WATCHED_COUNT; i++) {
		enum interlock interlock = WATCHED[i];
		bool was = interlocks->cause[interlock], is = has_cause(world, interlock);
		interlocks->cause[interlock] = is;
		if (is && !was)
			sim_interlock_react(world, interlock);
		if (was && !is)
			drop_trip(world, interlock);
		if (was && !is && interlocks->tripped[interlock] && wrong(world, interlock, INTERLOCK_SELF_RESET))
			carry_on(world, interlock);
	}
}

void sim_interlock_trip(struct sim_world *world, enum interlock interlock, double cause_s)
{
	struct sim_interlocks *interlocks = &world->interlocks;
	interlocks->tripped[interlock] = true;
	if (interlock == IL17_MAINS)
		interlocks->unpowered = true;
	if (wrong(world, interlock, INTERLOCK_NO_DUMP))
		world->charger.dump_broken = true;
	sim_world_fail(world, why(interlock));
	sim_record_trip(world, &(struct sim_truth_trip){interlock, cause_s, world->now_s});
}

static void change_charger(struct sim_world *world)
{
	const struct sim_interlocks *interlocks = &world->interlocks;
	double share = interlocks->state[SIGNAL_CHARGER] == STATE_VALUE ? interlocks->value[SIGNAL_CHARGER] / 100 : 1;
	sim_charger_limit(&world->charger, fmax(0, fmin(1, share)));
}

static void change_foot(struct sim_world *world, enum signal_state state)
{
	bool pressed = state == STATE_PRESSED;
	if (wrong(world, IL05_FOOT_SWITCH, INTERLOCK_IGNORED)) {
		if (pressed)
			sim_world_fire(world);
		return;
	}
	sim_due_drop(world, SIM_DUE_FOOT);
	sim_due_drop(world, SIM_DUE_FOOT_RELEASED);
	sim_due_add(world, (struct sim_due){.time_s = world->now_s + reaction_s(world, IL05_FOOT_SWITCH),
					    .kind = pressed ? SIM_DUE_FOOT : SIM_DUE_FOOT_RELEASED});
}

void sim_interlock_foot(struct sim_world *world, bool released)
{
	struct sim_interlocks *interlocks = &world->interlocks;
	if (released) {
		interlocks->foot_done = interlocks->foot_blocked = false;
		return;
	}
	if (!interlocks->foot_done && !interlocks->foot_blocked)
		sim_world_fire(world);
	interlocks->foot_done = true;
}

/* A message of the remote control that the device must not obey. */
static void hear(struct sim_world *world, enum signal_state state)
{
	struct error ignored;
	if (!wrong(world, IL14_COMMAND, INTERLOCK_IGNORED))
		return;
	if (state == STATE_CORRUPTED && !sim_world_set_intensity(world, corrupted_pct, NAN, &ignored))
		return;
	if (state == STATE_REPLAYED)
		sim_world_arm(world);
}

static void begin_self_fire(struct sim_world *world, enum signal_state state)
{
	sim_due_drop(world, SIM_DUE_SELF_FIRE);
	if (state == STATE_SELF_FIRE)
		sim_due_add(world, (struct sim_due){.time_s = world->now_s + self_fire_first_s, .kind = SIM_DUE_SELF_FIRE});
}

void sim_interlock_self_fire(struct sim_world *world)
{
	const struct sim_bank *bank = &world->charger.bank[0];
	sim_due_add(world, (struct sim_due){.time_s = world->now_s + self_fire_s, .kind = SIM_DUE_SELF_FIRE});
	if (!(bank->target_v > 0) || !(bank->voltage_v >= self_fire_share * bank->target_v) || world->now_s < bank->busy_until_s)
		return;
	sim_shot_fire(world, &(struct sim_due){.time_s = world->now_s, .trigger_s = NAN, .direction = world->reversed ? -1 : 1});
	sim_interlock_react(world, IL18_SELF_FIRE);
}

void sim_interlock_power_up(struct sim_world *world)
{
	struct sim_interlocks *interlocks = &world->interlocks;
	struct error ignored;
	interlocks->unpowered = false;
	interlocks->foot_blocked =
		interlocks->state[SIGNAL_FOOT_SWITCH] == STATE_PRESSED && !wrong(world, IL05_FOOT_SWITCH, INTERLOCK_IGNORED);
	interlocks->self_test_failed =
		interlocks->state[SIGNAL_SENSOR_BOARD] != STATE_NORMAL && !wrong(world, IL16_SELF_TEST, INTERLOCK_IGNORED);
	follow_causes(world);
	if (interlocks->self_test_failed)
		sim_interlock_trip(world, IL16_SELF_TEST, world->now_s);
	if (wrong(world, IL15_POWER_UP, INTERLOCK_IGNORED)) {
		carry_on(world, IL17_MAINS);
		return;
	}
	if (!sim_world_set_intensity(world, 0, NAN, &ignored))
		world->out_of_memory = true;
}

/* The device starts anew when the mains return after they were away for too long. */
static void change_mains(struct sim_world *world, enum signal_state state)
{
	sim_due_drop(world, SIM_DUE_POWER_UP);
	if (!world->interlocks.unpowered || state != STATE_NORMAL)
		return;
	if (wrong(world, IL17_MAINS, INTERLOCK_SELF_RESET))
		world->interlocks.unpowered = false;
	else
		sim_due_add(world, (struct sim_due){.time_s = world->now_s + start_s, .kind = SIM_DUE_POWER_UP});
}

void sim_interlock_set(struct sim_world *world, enum interlock_signal signal, enum signal_state state, double value)
{
	struct sim_interlocks *interlocks = &world->interlocks;
	bool changed = interlocks->state[signal] != state;
	interlocks->state[signal] = state;
	interlocks->value[signal] = value;
	if (signal == SIGNAL_CHARGER)
		change_charger(world);
	if (signal == SIGNAL_FOOT_SWITCH && changed)
		change_foot(world, state);
	if (signal == SIGNAL_REMOTE)
		hear(world, state);
	if (signal == SIGNAL_SWITCH)
		begin_self_fire(world, state);
	if (signal == SIGNAL_MAINS)
		change_mains(world, state);
	bool any = false;
	for (unsigned s = SIGNAL_NONE + 1; s < SIGNAL_COUNT; s++)
		any |= interlocks->state[s] != STATE_NORMAL;
	sim_record_level(world, LOGIC_EVENT, any);
	follow_causes(world);
	sim_world_refresh(world);
}

const char *sim_interlock_refuses_arming(const struct sim_world *world)
{
	static const enum interlock OTHERS[] = {IL02_COIL_ID, IL16_SELF_TEST};
	if (world->interlocks.unpowered)
		return why(IL17_MAINS);
	for (size_t i = 0; i < WATCHED_COUNT; i++)
		if (WATCHED[i] != IL13_WATCHDOG && has_cause(world, WATCHED[i]) && !wrong(world, WATCHED[i], INTERLOCK_IGNORED))
			return why(WATCHED[i]);
	for (size_t i = 0; i < sizeof OTHERS / sizeof *OTHERS; i++)
		if (has_cause(world, OTHERS[i]) && !wrong(world, OTHERS[i], INTERLOCK_IGNORED))
			return why(OTHERS[i]);
	return NULL;
}

static bool in_train(const struct sim_world *world)
{
	return world->now_s - world->interlocks.train_last_s < train_gap_s;
}

const char *sim_interlock_refuses_trigger(const struct sim_world *world)
{
	const struct sim_interlocks *interlocks = &world->interlocks;
	const struct sim_bank *bank = &world->charger.bank[world->next_bank];
	unsigned most = world->setup->sim.train_pulses;
	bool slow = interlocks->state[SIGNAL_CHARGER] == STATE_VALUE &&
		    (world->now_s < bank->busy_until_s || bank->voltage_v < charged_share * bank->target_v);
	if (slow && !wrong(world, IL08_CHARGER, INTERLOCK_IGNORED))
		return "recharge error";
	if (most > 0 && in_train(world) && interlocks->train >= most && !wrong(world, IL12_TRAIN, INTERLOCK_IGNORED))
		return "end of the longest train";
	return NULL;
}

void sim_interlock_book(struct sim_world *world)
{
	struct sim_interlocks *interlocks = &world->interlocks;
	interlocks->train = in_train(world) ? interlocks->train + 1 : 1;
	interlocks->train_last_s = world->now_s;
}

bool sim_interlock_reset(struct sim_world *world)
{
	struct sim_interlocks *interlocks = &world->interlocks;
	bool held = interlocks->unpowered;
	if (interlocks->state[SIGNAL_SENSOR_BOARD] == STATE_NORMAL)
		interlocks->self_test_failed = false;
	for (int i = 0; i < INTERLOCK_COUNT; i++) {
		enum interlock interlock = (enum interlock)i;
		bool holds = interlocks->tripped[interlock] && has_cause(world, interlock);
		interlocks->tripped[interlock] &= holds;
		held |= holds;
	}
	world->charger.dump_broken = sim_fault_no_discharge(&world->setup->sim);
	return !held;
}
