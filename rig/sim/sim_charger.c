/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim_charger.h"

#include <math.h>

static const double ready_rel = 0.005;
static const double reservoir_time_s = 0.3e-3;
/* Closer than this is there: the virtual time of a change is only known to some 1e-13 s. */
static const double target_snap_rel = 1e-6, reservoir_snap_j = 1e-5;

bool sim_charger_make(const struct device *device, struct sim_charger *charger, struct error *error)
{
	const char *id = device->id ? device->id : "?";
	if (!(device->charge_power_w.value > 0))
		return error_config(error, "device %s: charge_power is not given, the virtual stimulator needs it", id);
	if (!(device->discharge_time_constant_s.value > 0))
		return error_config(error, "device %s: discharge_time_constant is not given, the virtual stimulator needs it", id);
	double reservoir_j = device->burst_energy_j.value > 0 ? device->burst_energy_j.value : 0;
	*charger = (struct sim_charger){
		.capacitance_f = device->capacitance_f.value,
		.power_w = device->charge_power_w.value,
		.dump_s = device->discharge_time_constant_s.value,
		.reservoir_j = reservoir_j,
		.reservoir_full_j = reservoir_j,
		.reservoir_w = reservoir_j / reservoir_time_s,
		.full_power_w = device->charge_power_w.value,
		.tolerance_v = 1e-3 * device->voltage_v.value,
		.banks = 1,
	};
	return true;
}

void sim_charger_limit(struct sim_charger *charger, double share)
{
	/* A charger without any power would need an eternity, which no law has. */
	charger->power_w = charger->full_power_w * (share > 1e-6 ? share : 1e-6);
	charger->reservoir_full_j = share < 1 ? 0 : charger->reservoir_w * reservoir_time_s;
	charger->reservoir_j = charger->reservoir_full_j;
}

double sim_law_at(const struct sim_law *law, double t_s)
{
	switch (law->kind) {
	case SIM_LAW_HOLD:
	case SIM_LAW_PULSE: return law->start_v;
	case SIM_LAW_CHARGE: return sqrt(law->start_v * law->start_v + law->parameter * t_s);
	case SIM_LAW_DECAY: return law->start_v * exp(-t_s / law->parameter);
	}
	return law->start_v;
}

void sim_law_fill(const struct sim_law *law, double t_s, double step_s, float *volts, size_t count)
{
	enum { PIECE = 32 };
	switch (law->kind) {
	case SIM_LAW_HOLD:
	case SIM_LAW_PULSE:
		for (size_t k = 0; k < count; k++)
			volts[k] = (float)law->start_v;
		break;
	case SIM_LAW_CHARGE: {
		float base = (float)(law->start_v * law->start_v + law->parameter * t_s), slope = (float)(law->parameter * step_s);
		for (size_t k = 0; k < count; k++) {
			float square = base + slope * (float)(int)k;
			volts[k] = sqrtf(square > 0 ? square : 0);
		}
		break;
	}
	case SIM_LAW_DECAY:
		for (size_t k = 0; k < count; k += PIECE) {
			float v = (float)sim_law_at(law, t_s + (double)k * step_s),
			      end = (float)sim_law_at(law, t_s + (double)(k + PIECE) * step_s);
			for (size_t n = 0; n < PIECE && k + n < count; n++)
				volts[k + n] = v + (end - v) * (float)n / PIECE;
		}
		break;
	}
}

static double band_v(const struct sim_charger *c, const struct sim_bank *bank)
{
	return fmax(ready_rel * bank->target_v, c->tolerance_v);
}

/* The bank the charger works on now; NULL: none. */
static const struct sim_bank *served(const struct sim_charger *c)
{
	for (unsigned n = 0; n < SIM_BANKS; n++) {
		const struct sim_bank *bank = &c->bank[(c->first + n) % SIM_BANKS];
		if (bank->law.kind == SIM_LAW_CHARGE)
			return bank;
	}
	return NULL;
}

static bool from_reservoir(const struct sim_charger *c, const struct sim_bank *bank)
{
	return bank->boosted && c->reservoir_j > 0;
}

static double charge_power_w(const struct sim_charger *c, const struct sim_bank *bank)
{
	return c->power_w + (from_reservoir(c, bank) ? c->reservoir_w : 0);
}

static double reservoir_flow_w(const struct sim_charger *c)
{
	const struct sim_bank *bank = served(c);
	if (bank)
		return from_reservoir(c, bank) ? -c->reservoir_w : 0;
	return c->reservoir_j < c->reservoir_full_j ? c->power_w : 0;
}

void sim_charger_advance(struct sim_charger *charger, double time_s)
{
	double flow_w = reservoir_flow_w(charger), dt = time_s - charger->now_s;
	double energy_j = charger->reservoir_j + flow_w * dt;
	bool empty = energy_j<reservoir_snap_j, full = energy_j> charger->reservoir_full_j - reservoir_snap_j;
	charger->reservoir_j = empty ? 0 : full ? charger->reservoir_full_j : energy_j;
	for (unsigned b = 0; b < SIM_BANKS; b++) {
		struct sim_bank *bank = &charger->bank[b];
		double v = sim_law_at(&bank->law, time_s - bank->since_s);
		bool at_target = charger->on && fabs(v - bank->target_v) <= target_snap_rel * bank->target_v;
		bank->voltage_v = at_target ? bank->target_v : v;
	}
	charger->now_s = time_s;
}

static struct sim_law choose_law(const struct sim_charger *c, const struct sim_bank *bank, bool *taken)
{
	struct sim_law law = {.kind = SIM_LAW_HOLD, .start_v = bank->voltage_v};
	if (c->now_s < bank->busy_until_s) {
		law.kind = SIM_LAW_PULSE;
	} else if (!c->on ? !c->dump_broken && bank->voltage_v > 0 : bank->voltage_v > bank->target_v) {
		law.kind = SIM_LAW_DECAY;
		law.parameter = c->dump_s;
	} else if (c->on && bank->voltage_v < bank->target_v && !*taken) {
		law.kind = SIM_LAW_CHARGE;
		law.parameter = 2 * charge_power_w(c, bank) / c->capacitance_f;
		*taken = true;
	}
	return law;
}

void sim_charger_replan(struct sim_charger *charger)
{
	bool taken = false;
	for (unsigned n = 0; n < SIM_BANKS; n++) {
		struct sim_bank *bank = &charger->bank[(charger->first + n) % SIM_BANKS];
		if (bank->voltage_v >= bank->target_v && charger->now_s >= bank->busy_until_s)
			bank->boosted = false;
		struct sim_law law = choose_law(charger, bank, &taken);
		bool same = law.kind == bank->law.kind && !(law.parameter < bank->law.parameter) && !(law.parameter > bank->law.parameter);
		double drift_v = law.start_v - sim_law_at(&bank->law, charger->now_s - bank->since_s);
		if (same && fabs(drift_v) < 1e-9)
			continue;
		bank->law = law;
		bank->since_s = charger->now_s;
	}
}

static double charge_time_s(const struct sim_charger *c, const struct sim_bank *bank, double to_v)
{
	return (to_v * to_v - bank->voltage_v * bank->voltage_v) * c->capacitance_f / (2 * charge_power_w(c, bank));
}

static void sooner(double *wait_s, double candidate_s)
{
	/* Never zero: a crossing missed by rounding must not stop the world. */
	*wait_s = fmin(*wait_s, fmax(candidate_s, 1e-9));
}

double sim_charger_next(const struct sim_charger *charger)
{
	const struct sim_charger *c = charger;
	double wait_s = INFINITY;
	for (unsigned b = 0; b < SIM_BANKS; b++) {
		const struct sim_bank *bank = &c->bank[b];
		double band = band_v(c, bank), v = bank->voltage_v;
		switch (bank->law.kind) {
		case SIM_LAW_HOLD: break;
		case SIM_LAW_PULSE: sooner(&wait_s, bank->busy_until_s - c->now_s); break;
		case SIM_LAW_CHARGE:
			sooner(&wait_s, charge_time_s(c, bank, bank->target_v));
			if (v < bank->target_v - band)
				sooner(&wait_s, charge_time_s(c, bank, bank->target_v - band));
			break;
		case SIM_LAW_DECAY:
			if (c->on && bank->target_v > 0)
				sooner(&wait_s, c->dump_s * log(v / bank->target_v));
			if (c->on && v > bank->target_v + band)
				sooner(&wait_s, c->dump_s * log(v / (bank->target_v + band)));
			break;
		}
	}
	double flow_w = reservoir_flow_w(c);
	if (flow_w < 0)
		sooner(&wait_s, c->reservoir_j / -flow_w);
	if (flow_w > 0)
		sooner(&wait_s, (c->reservoir_full_j - c->reservoir_j) / flow_w);
	return c->now_s + wait_s;
}

bool sim_charger_settled(const struct sim_charger *charger)
{
	for (unsigned b = 0; b < charger->banks; b++) {
		const struct sim_bank *bank = &charger->bank[b];
		if (charger->now_s < bank->busy_until_s ||
		    fabs(bank->voltage_v - bank->target_v) > band_v(charger, bank) * (1 + 1e-6) + 1e-9)
			return false;
	}
	return true;
}
