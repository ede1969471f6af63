/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim_world.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* After so long a wrong device fires a trigger that came too soon. */
static const double queued_s = 20e-3;

bool sim_world_make(const struct bench_setup *setup, struct sim_world *world, struct error *error)
{
	*world = (struct sim_world){
		.setup = setup,
		.device = setup->device,
		.second_pct = NAN,
		.firing_until_s = -INFINITY,
		.limiter.last_s = NAN,
		.law_recorded_s = NAN,
		.interlocks.train_last_s = NAN,
		.disarm_s = NAN,
		.discharged_s = NAN,
	};
	if (!setup->device)
		return error_config(error, "the bench names no device, the virtual stimulator needs one");
	if (!circuit_make(setup->device, &world->circuit, error) || !sim_charger_make(setup->device, &world->charger, error))
		return false;
	if (sim_fault_half_wave(&setup->sim) && world->circuit.waveform != WAVEFORM_BIPHASIC)
		return error_config(error, "the fault 'half_wave' is one of a biphasic device, and %s is none",
				    setup->device->id ? setup->device->id : "this");
	world->half_wave = circuit_half_wave(&world->circuit);
	world->charger.dump_broken = sim_fault_no_discharge(&setup->sim);
	for (int line = 0; line < GPIO_LINE_COUNT; line++)
		world->level[line] = setup->gpio[line].present && setup->gpio[line].safe_level;
	world->level[GPIO_COIL_PRESENT] = true;
	return true;
}

void sim_world_finish(struct sim_world *world)
{
	free(world->events.items);
	free(world->edges.items);
	free(world->truth);
	free(world->interlocks.trips);
}

/* A line that is not wired never inhibits. Enable and emergency stop inhibit at their safe level. */
static bool inhibits(const struct sim_world *world, enum gpio_line line)
{
	const struct gpio_line_setup *wired = &world->setup->gpio[line];
	return wired->present && world->level[line] == wired->safe_level;
}

static bool stopped(const struct sim_world *world)
{
	return inhibits(world, GPIO_EMERGENCY_STOP);
}

static bool enabled(const struct sim_world *world)
{
	return !inhibits(world, GPIO_ENABLE);
}

bool sim_world_ready(const struct sim_world *world)
{
	return world->armed && !world->faulted && sim_charger_settled(&world->charger);
}

static bool same(double a, double b)
{
	return a == b || (isnan(a) && isnan(b));
}

/* A law that begins when another does takes its place. */
static bool law_is_recorded(const struct sim_world *world, const struct sim_bank *bank)
{
	const struct sim_law *law = &bank->law, *recorded = &world->law_recorded;
	return bank->since_s == world->law_recorded_s && law->kind == recorded->kind && same(law->start_v, recorded->start_v) &&
	       same(law->parameter, recorded->parameter);
}

static bool wrong(const struct sim_world *world, enum interlock interlock, enum interlock_fault_kind how, double *value)
{
	return sim_interlock_wrong(&world->setup->sim, interlock, how, value);
}

/* Laws of the banks, the lines that show the state, and what the ADC has to know. */
void sim_world_refresh(struct sim_world *world)
{
	sim_charger_replan(&world->charger);
	if (world->settling && sim_charger_settled(&world->charger))
		world->settling = false;
	if (world->interlocks.queued && sim_world_ready(world)) {
		world->interlocks.queued = false;
		sim_due_add(world, (struct sim_due){.time_s = world->now_s, .kind = SIM_DUE_QUEUED});
	}
	sim_record_level(world, LOGIC_READY, sim_world_ready(world));
	sim_record_level(world, LOGIC_FAULT, world->faulted);
	const struct sim_bank *bank = &world->charger.bank[0];
	if (world->record_events && !law_is_recorded(world, bank)) {
		sim_record_event(world, (struct sim_event){.kind = SIM_EVENT_LAW, .time_s = bank->since_s, .law = bank->law});
		world->law_recorded_s = bank->since_s;
		world->law_recorded = bank->law;
	}
}

void sim_world_record(struct sim_world *world)
{
	world->record_events = true;
	world->law_recorded_s = NAN;
	sim_world_refresh(world);
}

static void go_safe(struct sim_world *world)
{
	bool had_voltage = world->charger.on;
	world->armed = false;
	world->settling = false;
	world->charger.on = false;
	sim_due_drop(world, SIM_DUE_FIRE);
	sim_due_drop(world, SIM_DUE_SECOND);
	if (!had_voltage)
		return;
	double longest_s = 0;
	for (unsigned b = 0; b < SIM_BANKS; b++) {
		const struct sim_bank *bank = &world->charger.bank[b];
		double wait_s = fmax(0, bank->busy_until_s - world->now_s);
		double v = fmax(bank->voltage_v, 60);
		longest_s = fmax(longest_s, wait_s + world->charger.dump_s * log(v / 60));
	}
	world->disarm_s = world->now_s;
	world->discharged_s = world->charger.dump_broken ? NAN : world->now_s + longest_s;
}

void sim_world_fail(struct sim_world *world, const char *why)
{
	world->faulted = true;
	snprintf(world->fault, sizeof world->fault, "%s", why);
	go_safe(world);
}

static void refuse(struct sim_world *world, const char *why)
{
	snprintf(world->fault, sizeof world->fault, "trigger ignored: %s", why);
}

void sim_world_trigger(struct sim_world *world, double pulse_s)
{
	bool was_high = world->level[GPIO_TRIGGER];
	sim_due_drop(world, SIM_DUE_TRIGGER_FALL);
	sim_due_add(world, (struct sim_due){.time_s = world->now_s + pulse_s, .kind = SIM_DUE_TRIGGER_FALL});
	if (!was_high)
		sim_world_set_line(world, GPIO_TRIGGER, true);
}

/* Why a trigger is refused; NULL: it is not. */
static const char *refusal(struct sim_world *world)
{
	bool deaf = !wrong(world, IL10_NOT_READY, INTERLOCK_IGNORED, NULL);
	if (!world->armed && deaf)
		return "not armed";
	if (world->settling && deaf)
		return "not ready";
	const char *limit = sim_limiter_refuses(world, world->now_s);
	if (limit && !wrong(world, IL11_RATE, INTERLOCK_IGNORED, NULL))
		return limit;
	return sim_interlock_refuses_trigger(world);
}

/* What a device does that does not forget a trigger which it refused. */
static void remember(struct sim_world *world)
{
	if (!sim_world_ready(world))
		world->interlocks.queued |= wrong(world, IL10_NOT_READY, INTERLOCK_QUEUED, NULL);
	else if (wrong(world, IL11_RATE, INTERLOCK_QUEUED, NULL))
		sim_due_add(world, (struct sim_due){.time_s = world->now_s + queued_s, .kind = SIM_DUE_QUEUED});
}

/* A trigger, by the line or by remote command. */
static void trigger_edge(struct sim_world *world)
{
	const char *why = refusal(world);
	if (why) {
		refuse(world, why);
		remember(world);
		return;
	}
	sim_limiter_book(world, world->now_s);
	sim_interlock_book(world);
	sim_shot_schedule(world, world->now_s);
	if (world->charger.banks > 1 && !sim_pair_on(world))
		world->next_bank = 1 - world->next_bank;
	world->charger.first = world->next_bank;
}

void sim_world_fire(struct sim_world *world)
{
	trigger_edge(world);
}

void sim_world_set_line(struct sim_world *world, enum gpio_line line, bool level)
{
	if (world->level[line] == level)
		return;
	world->level[line] = level;
	if (line == GPIO_TRIGGER) {
		sim_record_event(world, (struct sim_event){.kind = SIM_EVENT_TRIGGER, .time_s = world->now_s, .level = level});
		sim_record_level(world, LOGIC_TRIGGER, level);
		if (level)
			trigger_edge(world);
	} else if (line == GPIO_COIL_PRESENT && !level) {
		sim_world_fail(world, "coil not connected");
	} else if (stopped(world) || !enabled(world)) {
		go_safe(world);
	}
	sim_world_refresh(world);
}

void sim_world_set_direction(struct sim_world *world, bool reversed)
{
	world->reversed = reversed;
}

bool sim_world_set_intensity(struct sim_world *world, double intensity_pct, double second_pct, struct error *error)
{
	double largest = isnan(second_pct) ? intensity_pct : fmax(intensity_pct, second_pct);
	double least = isnan(second_pct) ? intensity_pct : fmin(intensity_pct, second_pct);
	if (!(least >= 0 && largest <= 110))
		return error_bench(error, "the virtual stimulator refuses an intensity of %g %%", largest <= 110 ? least : largest);
	if (!isnan(second_pct) && isnan(world->device->pair_interval_s.value))
		return error_bench(error, "the virtual stimulator %s offers no paired mode", world->device->id ? world->device->id : "");
	double step = world->device->intensity_step_pct.value;
	world->intensity_pct = step > 0 ? round(intensity_pct / step) * step : intensity_pct;
	world->second_pct = step > 0 ? round(second_pct / step) * step : second_pct;
	world->charger.banks = isnan(second_pct) ? 1 : 2;
	world->next_bank = 0;
	world->charger.first = 0;
	sim_shot_target(world, 0);
	sim_shot_target(world, 1);
	world->settling = world->armed;
	sim_world_refresh(world);
	return true;
}

void sim_world_arm(struct sim_world *world)
{
	if (world->armed)
		return;
	const char *why = NULL;
	if (world->faulted)
		return;
	if (!world->level[GPIO_COIL_PRESENT])
		why = "coil not connected";
	else if (stopped(world))
		why = "emergency stop";
	else if (!enabled(world))
		why = "not enabled";
	else
		why = sim_interlock_refuses_arming(world);
	snprintf(world->fault, sizeof world->fault, "%s%s", why ? "arming refused: " : "", why ? why : "");
	if (why)
		return;
	world->armed = true;
	world->settling = true;
	world->charger.on = true;
	world->next_bank = 0;
	world->charger.first = 0;
	world->charger.bank[0].boosted = world->charger.bank[1].boosted = false;
	if (!(world->discharged_s <= world->now_s))
		world->discharged_s = NAN;
	sim_world_refresh(world);
}

/* Discharging is the first duty of disarming; a wrong device begins late with it, or does not. */
static void begin_dump(struct sim_world *world)
{
	double late_s;
	if (wrong(world, IL09_DISARM, INTERLOCK_NO_DUMP, NULL)) {
		world->charger.dump_broken = true;
	} else if (wrong(world, IL09_DISARM, INTERLOCK_LATE, &late_s) && world->charger.on) {
		world->charger.dump_broken = true;
		/* What an earlier disarming left must not begin this one's. */
		sim_due_drop(world, SIM_DUE_DUMP);
		sim_due_add(world, (struct sim_due){.time_s = world->now_s + late_s, .kind = SIM_DUE_DUMP});
	}
}

void sim_world_disarm(struct sim_world *world)
{
	bool reset = sim_interlock_reset(world);
	begin_dump(world);
	go_safe(world);
	world->interlocks.queued = false;
	bool cooled = !(sim_coil_degc(world, world->now_s) >= world->device->coil_trip_degc.value);
	if (world->faulted && world->level[GPIO_COIL_PRESENT] && cooled && reset) {
		world->faulted = false;
		world->fault[0] = '\0';
	}
	sim_world_refresh(world);
}

static void happen(struct sim_world *world, const struct sim_due *due)
{
	switch (due->kind) {
	case SIM_DUE_TRIGGER_FALL: sim_world_set_line(world, GPIO_TRIGGER, false); break;
	case SIM_DUE_TRIGGER_OUT_FALL: sim_record_level(world, LOGIC_TRIGGER_OUT, false); break;
	case SIM_DUE_FIRE:
	case SIM_DUE_SPONTANEOUS: sim_shot_fire(world, due); break;
	case SIM_DUE_SECOND: sim_pair_second(world, due); break;
	case SIM_DUE_TRIP: sim_interlock_trip(world, due->interlock, due->trigger_s); break;
	case SIM_DUE_FOOT: sim_interlock_foot(world, false); break;
	case SIM_DUE_FOOT_RELEASED: sim_interlock_foot(world, true); break;
	case SIM_DUE_POWER_UP: sim_interlock_power_up(world); break;
	case SIM_DUE_SELF_FIRE: sim_interlock_self_fire(world); break;
	case SIM_DUE_QUEUED: trigger_edge(world); break;
	case SIM_DUE_DUMP: world->charger.dump_broken = false; break;
	}
}

static size_t earliest_due(const struct sim_world *world)
{
	size_t best = 0;
	for (size_t i = 1; i < world->due_count; i++)
		if (world->due[i].time_s < world->due[best].time_s)
			best = i;
	return best;
}

void sim_world_advance(struct sim_world *world, double time_s)
{
	while (world->now_s < time_s) {
		double change_s = sim_charger_next(&world->charger);
		size_t next = earliest_due(world);
		bool due = world->due_count > 0 && world->due[next].time_s <= fmin(change_s, time_s);
		double until_s = due ? world->due[next].time_s : fmin(change_s, time_s);
		sim_charger_advance(&world->charger, until_s);
		world->now_s = until_s;
		if (due) {
			struct sim_due happens = world->due[next];
			world->due[next] = world->due[--world->due_count];
			happen(world, &happens);
		}
		sim_world_refresh(world);
	}
}

static enum stimulator_state state(const struct sim_world *world)
{
	if (world->faulted)
		return STIMULATOR_FAULT;
	if (stopped(world))
		return STIMULATOR_OFF;
	if (!world->armed)
		return STIMULATOR_STANDBY;
	if (world->now_s < world->firing_until_s)
		return STIMULATOR_FIRING;
	return sim_world_ready(world) ? STIMULATOR_READY : STIMULATOR_CHARGING;
}

struct stimulator_status sim_world_status(const struct sim_world *world)
{
	struct stimulator_status status = {
		.state = state(world),
		.intensity_pct = world->intensity_pct,
		.coil_temperature_degc = sim_coil_degc(world, world->now_s),
	};
	snprintf(status.fault, sizeof status.fault, "%s", world->fault);
	return status;
}
