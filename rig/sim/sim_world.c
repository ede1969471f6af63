/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim_world.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "sim_noise.h"

static const double ambient_degc = 22;
static const double trigger_out_s = 50e-6;

bool sim_world_make(const struct bench_setup *setup, struct sim_world *world, struct error *error)
{
	*world = (struct sim_world){
		.setup = setup,
		.device = setup->device,
		.second_pct = NAN,
		.firing_until_s = -INFINITY,
		.limiter.last_s = NAN,
		.coil_degc = ambient_degc,
		.law_recorded_s = NAN,
		.disarm_s = NAN,
		.discharged_s = NAN,
	};
	if (!setup->device)
		return error_config(error, "the bench names no device, the virtual stimulator needs one");
	if (!circuit_make(setup->device, &world->circuit, error) || !sim_charger_make(setup->device, &world->charger, error))
		return false;
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
}

/* Room for one more; false when out of memory, which the instruments report. */
static bool room(void *slot, size_t count, size_t *capacity, size_t size)
{
	if (count < *capacity)
		return true;
	size_t larger = *capacity ? 2 * *capacity : 256;
	void *grown = reallocarray(*(void **)slot, larger, size);
	if (!grown)
		return false;
	*(void **)slot = grown;
	*capacity = larger;
	return true;
}

static void append_event(struct sim_world *world, struct sim_event event)
{
	if (!world->record_events)
		return;
	if (room(&world->events.items, world->events.count, &world->events.capacity, sizeof event))
		world->events.items[world->events.count++] = event;
	else
		world->out_of_memory = true;
}

static void set_logic(struct sim_world *world, enum logic_line line, bool level)
{
	if (world->logic_level[line] == level)
		return;
	world->logic_level[line] = level;
	if (!world->record_edges || !world->setup->logic.present[line])
		return;
	struct edge edge = {.line = line, .rising = level, .time_s = world->now_s};
	if (room(&world->edges.items, world->edges.count, &world->edges.capacity, sizeof edge))
		world->edges.items[world->edges.count++] = edge;
	else
		world->out_of_memory = true;
}

static void add_due(struct sim_world *world, struct sim_due due)
{
	if (world->due_count < SIM_DUE_MAX)
		world->due[world->due_count++] = due;
}

static void drop_due(struct sim_world *world, enum sim_due_kind kind)
{
	size_t kept = 0;
	for (size_t i = 0; i < world->due_count; i++)
		if (world->due[i].kind != kind)
			world->due[kept++] = world->due[i];
	world->due_count = kept;
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

/* After any change: laws of the banks, the lines that show the state, and what the ADC has to know. */
static void refresh(struct sim_world *world)
{
	sim_charger_replan(&world->charger);
	if (world->settling && sim_charger_settled(&world->charger))
		world->settling = false;
	set_logic(world, LOGIC_READY, sim_world_ready(world));
	set_logic(world, LOGIC_FAULT, world->faulted);
	const struct sim_bank *bank = &world->charger.bank[0];
	if (world->record_events &&
	    (bank->since_s < world->law_recorded_s || bank->since_s > world->law_recorded_s || isnan(world->law_recorded_s))) {
		append_event(world, (struct sim_event){.kind = SIM_EVENT_LAW, .time_s = bank->since_s, .law = bank->law});
		world->law_recorded_s = bank->since_s;
	}
}

void sim_world_record(struct sim_world *world)
{
	world->record_events = true;
	world->law_recorded_s = NAN;
	refresh(world);
}

/* The next pulse's target: the setting, as well as this device regulates to it. */
static void set_target(struct sim_world *world, unsigned bank)
{
	double pct = bank ? world->second_pct : world->intensity_pct, cv = world->device->amplitude_cv.value;
	double spread = cv > 0 ? cv * sim_gaussian(world->setup->sim.seed, SIM_STREAM_AMPLITUDE, 2 * (uint64_t)world->shots + bank) : 0;
	double factor = sim_fault_amplitude(&world->setup->sim) * fmax(0, 1 + spread);
	world->charger.bank[bank].target_v = isnan(pct) ? 0 : world->device->voltage_v.value * pct / 100 * factor;
}

static void go_safe(struct sim_world *world)
{
	bool had_voltage = world->charger.on;
	world->armed = false;
	world->settling = false;
	world->charger.on = false;
	drop_due(world, SIM_DUE_FIRE);
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

static void fail(struct sim_world *world, const char *why)
{
	world->faulted = true;
	snprintf(world->fault, sizeof world->fault, "%s", why);
	go_safe(world);
}

static double coil_time_s(const struct device *device)
{
	return device->coil_heat_capacity_j_per_k.value * device->coil_thermal_resistance_k_per_w.value;
}

static double coil_degc_at(const struct sim_world *world, double time_s)
{
	double tau_s = coil_time_s(world->device), above = world->coil_degc - ambient_degc;
	return ambient_degc + (tau_s > 0 ? above * exp(-(time_s - world->coil_at_s) / tau_s) : above);
}

/* First-order heating, tms-physics section 6. */
static void heat_coil(struct sim_world *world, double action_a2s)
{
	double heat_j = world->device->coil_resistance_ohm.value * action_a2s;
	double capacity = world->device->coil_heat_capacity_j_per_k.value;
	if (!(heat_j > 0 && capacity > 0))
		return;
	world->coil_degc = coil_degc_at(world, world->now_s) + heat_j / capacity;
	world->coil_at_s = world->now_s;
	if (world->coil_degc >= world->device->coil_trip_degc.value)
		fail(world, "coil too hot");
}

static void note_truth(struct sim_world *world, const struct circuit_shot *shot, const struct sim_due *due, double pct)
{
	if (!room(&world->truth, world->truth_count, &world->truth_capacity, sizeof *world->truth)) {
		world->out_of_memory = true;
		return;
	}
	world->truth[world->truth_count++] = (struct sim_truth_pulse){
		.trigger_s = due->trigger_s,
		.onset_s = world->now_s,
		.peak1_a = due->direction * shot->peak1_a,
		.peak1_s = world->now_s + shot->peak1_s,
		.peak2_a = due->direction * shot->peak2_a,
		.peak2_s = world->now_s + shot->peak2_s,
		.alpha_per_s = world->circuit.alpha_per_s,
		.omega_per_s = world->circuit.omega_per_s,
		.didt0_a_per_s = due->direction * shot->didt0_a_per_s,
		.intensity_pct = pct,
	};
}

static void fire(struct sim_world *world, const struct sim_due *due)
{
	unsigned index = due->bank;
	struct sim_bank *bank = &world->charger.bank[index];
	struct circuit_shot shot = circuit_shot(&world->circuit, bank->voltage_v);
	append_event(world, (struct sim_event){.kind = SIM_EVENT_PULSE,
					       .time_s = world->now_s,
					       .bank = index,
					       .voltage_v = due->direction * bank->voltage_v});
	note_truth(world, &shot, due, index ? world->second_pct : world->intensity_pct);
	bank->voltage_v = shot.end_voltage_v;
	bank->busy_until_s = world->now_s + shot.recharge_s;
	bank->boosted = true;
	world->firing_until_s = world->now_s + shot.duration_s;
	world->shots++;
	set_target(world, index);
	set_logic(world, LOGIC_TRIGGER_OUT, true);
	drop_due(world, SIM_DUE_TRIGGER_OUT_FALL);
	add_due(world, (struct sim_due){.time_s = world->now_s + trigger_out_s, .kind = SIM_DUE_TRIGGER_OUT_FALL});
	heat_coil(world, shot.action_a2s);
}

/* What an accepted trigger leads to, with this pulse's faults. */
static void schedule_shot(struct sim_world *world, double trigger_s)
{
	const struct sim_setup *sim = &world->setup->sim;
	uint32_t pulse = world->accepted++;
	double latency_s = world->device->trigger_latency_s.value, jitter_s = world->device->trigger_jitter_s.value;
	double delay_s = isfinite(latency_s) ? latency_s : 0;
	if (jitter_s > 0)
		delay_s = fmax(0, delay_s + jitter_s * sim_gaussian(sim->seed, SIM_STREAM_JITTER, pulse));
	const struct sim_fault *late = sim_fault_find(sim, SIM_FAULT_LATE_PULSE, pulse);
	if (late)
		delay_s = fmax(0, delay_s + late->value);
	struct sim_due due = {
		.time_s = trigger_s + delay_s,
		.kind = SIM_DUE_FIRE,
		.trigger_s = trigger_s,
		.direction = sim_fault_find(sim, SIM_FAULT_INVERTED, pulse) ? -1 : 1,
		.bank = world->next_bank,
	};
	if (!sim_fault_find(sim, SIM_FAULT_DROP_PULSE, pulse))
		add_due(world, due);
	double onset_s = due.time_s;
	const struct sim_fault *twice = sim_fault_find(sim, SIM_FAULT_DOUBLE_PULSE, pulse);
	if (twice) {
		due.time_s = onset_s + fmax(0, twice->value);
		add_due(world, due);
	}
	const struct sim_fault *spontaneous = sim_fault_find(sim, SIM_FAULT_SPONTANEOUS, pulse);
	if (spontaneous) {
		due.time_s = onset_s + fmax(0, spontaneous->value);
		due.kind = SIM_DUE_SPONTANEOUS;
		due.trigger_s = NAN;
		add_due(world, due);
	}
}

static void refuse(struct sim_world *world, const char *why)
{
	snprintf(world->fault, sizeof world->fault, "trigger ignored: %s", why);
}

void sim_world_trigger(struct sim_world *world, double pulse_s)
{
	bool was_high = world->level[GPIO_TRIGGER];
	drop_due(world, SIM_DUE_TRIGGER_FALL);
	add_due(world, (struct sim_due){.time_s = world->now_s + pulse_s, .kind = SIM_DUE_TRIGGER_FALL});
	if (!was_high)
		sim_world_set_line(world, GPIO_TRIGGER, true);
}

static void trigger_edge(struct sim_world *world)
{
	const char *limit = NULL;
	if (!world->armed)
		refuse(world, "not armed");
	else if (world->settling)
		refuse(world, "not ready");
	else if ((limit = sim_limiter_refuses(world, world->now_s)))
		refuse(world, limit);
	if (!world->armed || world->settling || limit)
		return;
	sim_limiter_book(world, world->now_s);
	schedule_shot(world, world->now_s);
	if (world->charger.banks > 1)
		world->next_bank = 1 - world->next_bank;
	world->charger.first = world->next_bank;
}

void sim_world_set_line(struct sim_world *world, enum gpio_line line, bool level)
{
	if (world->level[line] == level)
		return;
	world->level[line] = level;
	if (line == GPIO_TRIGGER) {
		append_event(world, (struct sim_event){.kind = SIM_EVENT_TRIGGER, .time_s = world->now_s, .level = level});
		set_logic(world, LOGIC_TRIGGER, level);
		if (level)
			trigger_edge(world);
	} else if (line == GPIO_COIL_PRESENT && !level) {
		fail(world, "coil not connected");
	} else if (stopped(world) || !enabled(world)) {
		go_safe(world);
	}
	refresh(world);
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
	set_target(world, 0);
	set_target(world, 1);
	world->settling = world->armed;
	refresh(world);
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
	refresh(world);
}

void sim_world_disarm(struct sim_world *world)
{
	go_safe(world);
	bool cooled = !(coil_degc_at(world, world->now_s) >= world->device->coil_trip_degc.value);
	if (world->faulted && world->level[GPIO_COIL_PRESENT] && cooled) {
		world->faulted = false;
		world->fault[0] = '\0';
	}
	refresh(world);
}

static void happen(struct sim_world *world, const struct sim_due *due)
{
	switch (due->kind) {
	case SIM_DUE_TRIGGER_FALL: sim_world_set_line(world, GPIO_TRIGGER, false); break;
	case SIM_DUE_TRIGGER_OUT_FALL: set_logic(world, LOGIC_TRIGGER_OUT, false); break;
	case SIM_DUE_FIRE:
	case SIM_DUE_SPONTANEOUS: fire(world, due); break;
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
		refresh(world);
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
		.coil_temperature_degc = coil_time_s(world->device) > 0 ? coil_degc_at(world, world->now_s) : NAN,
	};
	snprintf(status.fault, sizeof status.fault, "%s", world->fault);
	return status;
}
