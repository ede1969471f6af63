/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>

#include "sim_noise.h"
#include "sim_world.h"

static const double ambient_degc = 22;
/* What a device gives that cannot be set to nothing. */
static const double least_pct = 4;
static const double trigger_out_s = 50e-6;

void sim_shot_target(struct sim_world *world, unsigned bank)
{
	double pct = bank ? world->second_pct : world->intensity_pct, cv = world->device->amplitude_cv.value;
	double spread = cv > 0 ? cv * sim_gaussian(world->setup->sim.seed, SIM_STREAM_AMPLITUDE, 2 * (uint64_t)world->shots + bank) : 0;
	if (pct <= 0 && sim_interlock_wrong(&world->setup->sim, IL22_ZERO, INTERLOCK_IGNORED, NULL))
		pct = least_pct;
	double factor = sim_fault_amplitude(&world->setup->sim) * fmax(0, 1 + spread);
	world->charger.bank[bank].target_v = isnan(pct) ? 0 : world->device->voltage_v.value * pct / 100 * factor;
}

static double coil_warm_k(const struct sim_world *world, double time_s)
{
	double tau_s = world->device->coil_heat_capacity_j_per_k.value * world->device->coil_thermal_resistance_k_per_w.value;
	return world->coil_warm_k * (tau_s > 0 ? exp(-(time_s - world->coil_at_s) / tau_s) : 1);
}

double sim_coil_degc(const struct sim_world *world, double time_s)
{
	return world->device->coil_heat_capacity_j_per_k.value > 0 ? ambient_degc + coil_warm_k(world, time_s) : NAN;
}

/* First-order heating, tms-physics section 6. */
static void heat_coil(struct sim_world *world, double action_a2s)
{
	double heat_j = world->device->coil_resistance_ohm.value * action_a2s;
	double capacity = world->device->coil_heat_capacity_j_per_k.value;
	if (!(heat_j > 0 && capacity > 0))
		return;
	world->coil_warm_k = coil_warm_k(world, world->now_s) + heat_j / capacity;
	world->coil_at_s = world->now_s;
	if (sim_coil_degc(world, world->now_s) >= world->device->coil_trip_degc.value)
		sim_world_fail(world, "coil too hot");
}

static void note_truth(struct sim_world *world, const struct circuit_shot *shot, const struct sim_due *due, double pct)
{
	sim_record_truth(world, &(struct sim_truth_pulse){
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
				});
}

void sim_shot_fire(struct sim_world *world, const struct sim_due *due)
{
	unsigned index = due->bank;
	struct sim_bank *bank = &world->charger.bank[index];
	struct circuit_shot shot = circuit_shot(due->half_wave ? &world->half_wave : &world->circuit, bank->voltage_v);
	sim_record_event(world, (struct sim_event){.kind = SIM_EVENT_PULSE,
						   .time_s = world->now_s,
						   .bank = index,
						   .half_wave = due->half_wave,
						   .voltage_v = due->direction * bank->voltage_v});
	note_truth(world, &shot, due, index ? world->second_pct : world->intensity_pct);
	bank->voltage_v = shot.end_voltage_v;
	bank->busy_until_s = world->now_s + shot.recharge_s;
	bank->boosted = true;
	world->firing_until_s = world->now_s + shot.duration_s;
	world->shots++;
	sim_shot_target(world, index);
	sim_record_level(world, LOGIC_TRIGGER_OUT, true);
	sim_due_drop(world, SIM_DUE_TRIGGER_OUT_FALL);
	sim_due_add(world, (struct sim_due){.time_s = world->now_s + trigger_out_s, .kind = SIM_DUE_TRIGGER_OUT_FALL});
	heat_coil(world, shot.action_a2s);
}

/* What an accepted trigger leads to, with this pulse's faults. */
void sim_shot_schedule(struct sim_world *world, double trigger_s)
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
		.direction = (sim_fault_find(sim, SIM_FAULT_INVERTED, pulse) != NULL) != world->reversed ? -1 : 1,
		.half_wave = sim_fault_find(sim, SIM_FAULT_HALF_WAVE, pulse) != NULL,
		.bank = world->next_bank,
	};
	if (world->interlocks.state[SIGNAL_GATE_DRIVER] == STATE_OPEN) {
		sim_interlock_react(world, IL19_MISSED_FIRE);
		return;
	}
	double onset_s = due.time_s;
	if (sim_pair_on(world)) {
		struct sim_due second = due;
		second.time_s = onset_s + sim->dual_s;
		second.kind = SIM_DUE_SECOND;
		second.bank = 1;
		sim_due_add(world, second);
	}
	if (!sim_fault_find(sim, SIM_FAULT_DROP_PULSE, pulse) && !sim_pair_first_inhibits(world))
		sim_due_add(world, due);
	const struct sim_fault *twice = sim_fault_find(sim, SIM_FAULT_DOUBLE_PULSE, pulse);
	if (twice) {
		due.time_s = onset_s + fmax(0, twice->value);
		sim_due_add(world, due);
	}
	const struct sim_fault *spontaneous = sim_fault_find(sim, SIM_FAULT_SPONTANEOUS, pulse);
	if (spontaneous) {
		due.time_s = onset_s + fmax(0, spontaneous->value);
		due.kind = SIM_DUE_SPONTANEOUS;
		due.trigger_s = NAN;
		sim_due_add(world, due);
	}
}
