/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim_circuit.h"

#include <math.h>
#include <string.h>

static const double step_target_s = 0.1e-6;
static const double reinversion_s = 0.5e-3;
static const double longest_s = 20e-3;
static const double gone_rel = 1e-6;

static bool need(const struct device *device, const char *name, double value, struct error *error)
{
	if (isfinite(value) && value > 0)
		return true;
	return error_config(error, "device %s: %s is not given, the virtual stimulator needs it", device->id ? device->id : "?", name);
}

static double given(double value)
{
	return isfinite(value) ? value : 0;
}

/* Exact solution of the series RLC circuit over one step, for any start (i, v). */
static void make_open(struct circuit *k)
{
	double h = k->step_s, a = k->alpha_per_s, w = k->omega_per_s;
	double decay = exp(-a * h), c = cos(w * h), s = sin(w * h);
	k->open[0][0] = decay * (c - a / w * s);
	k->open[0][1] = decay * s / (w * k->inductance_h);
	k->open[1][0] = -decay * s / (w * k->capacitance_f);
	k->open[1][1] = decay * (c + a / w * s);
}

/* exp(A h) by its series; A h is small, so it converges at once. Rows i, v, j of d/dt (i, v, j, 1). */
static void make_clamped(struct circuit *k)
{
	double h = k->step_s;
	double a[4][4] = {
		{-k->resistance_ohm / k->inductance_h * h, h / k->inductance_h, 0, 0},
		{-h / k->capacitance_f, 0, h / k->capacitance_f, 0},
		{0, -h / k->stray_inductance_h, -k->diode_resistance_ohm / k->stray_inductance_h * h,
		 -k->diode_drop_v / k->stray_inductance_h * h},
	};
	double sum[4][4] = {{1, 0, 0, 0}, {0, 1, 0, 0}, {0, 0, 1, 0}, {0, 0, 0, 1}}, term[4][4];
	memcpy(term, sum, sizeof term);
	for (int n = 1; n <= 24; n++) {
		double next[4][4] = {{0}};
		for (int r = 0; r < 4; r++)
			for (int c = 0; c < 4; c++)
				for (int m = 0; m < 4; m++)
					next[r][c] += term[r][m] * a[m][c] / n;
		memcpy(term, next, sizeof term);
		for (int r = 0; r < 4; r++)
			for (int c = 0; c < 4; c++)
				sum[r][c] += term[r][c];
	}
	memcpy(k->clamped, sum, sizeof k->clamped);
}

static bool make_conduction(const struct device *device, struct circuit *k, struct error *error)
{
	k->conduction_s = INFINITY;
	switch (k->waveform) {
	case WAVEFORM_BIPHASIC: k->conduction_s = 2 * M_PI / k->omega_per_s; break;
	case WAVEFORM_HALF_SINE:
		k->conduction_s = M_PI / k->omega_per_s;
		k->reinversion_s = reinversion_s;
		break;
	case WAVEFORM_MONOPHASIC:
		if (!need(device, "diode_resistance", k->diode_resistance_ohm, error) ||
		    !need(device, "stray_inductance", k->stray_inductance_h, error))
			return false;
		break;
	case WAVEFORM_RECTANGULAR:
		if (!need(device, "pulse_width", device->pulse_width_s.value, error))
			return false;
		k->conduction_s = device->pulse_width_s.value;
		break;
	case WAVEFORM_UNKNOWN: return error_config(error, "device %s: the waveform is not known", device->id ? device->id : "?");
	}
	/* The end of conduction falls on a step. */
	k->step_s = isinf(k->conduction_s) ? step_target_s : k->conduction_s / ceil(k->conduction_s / step_target_s);
	return true;
}

bool circuit_make(const struct device *device, struct circuit *circuit, struct error *error)
{
	struct circuit *k = circuit;
	*k = (struct circuit){
		.waveform = device->waveform,
		.capacitance_f = device->capacitance_f.value,
		.inductance_h = device->inductance_h.value,
		.resistance_ohm = device->resistance_ohm.value,
		.diode_resistance_ohm = given(device->diode_resistance_ohm.value),
		.stray_inductance_h = given(device->stray_inductance_h.value),
		.diode_drop_v = given(device->diode_drop_v.value),
	};
	if (!need(device, "voltage", device->voltage_v.value, error) || !need(device, "capacitance", k->capacitance_f, error) ||
	    !need(device, "inductance", k->inductance_h, error) || !need(device, "resistance", k->resistance_ohm, error))
		return false;
	k->alpha_per_s = k->resistance_ohm / (2 * k->inductance_h);
	double omega2 = 1 / (k->inductance_h * k->capacitance_f) - k->alpha_per_s * k->alpha_per_s;
	if (!(omega2 > 0))
		return error_config(error, "device %s: its circuit does not oscillate; R^2 must be below 4 L/C",
				    device->id ? device->id : "?");
	k->omega_per_s = sqrt(omega2);
	if (!make_conduction(device, k, error))
		return false;
	make_open(k);
	if (k->waveform == WAVEFORM_MONOPHASIC)
		make_clamped(k);
	k->freewheel_decay = exp(-(k->resistance_ohm + k->diode_resistance_ohm) / k->inductance_h * k->step_s);
	return true;
}

struct circuit circuit_half_wave(const struct circuit *circuit)
{
	struct circuit half = *circuit;
	half.waveform = WAVEFORM_HALF_SINE;
	half.conduction_s = M_PI / circuit->omega_per_s;
	half.reinversion_s = reinversion_s;
	return half;
}

struct circuit_state circuit_begin(const struct circuit *circuit, double voltage_v)
{
	return (struct circuit_state){
		.voltage_v = voltage_v,
		.start_v = voltage_v,
		.floor_a = gone_rel * fabs(voltage_v) / (circuit->omega_per_s * circuit->inductance_h),
	};
}

static void step_open(const struct circuit *k, struct circuit_state *s)
{
	double i = s->current_a, v = s->voltage_v;
	s->current_a = k->open[0][0] * i + k->open[0][1] * v;
	s->voltage_v = k->open[1][0] * i + k->open[1][1] * v;
}

static void step_monophasic(const struct circuit *k, struct circuit_state *s)
{
	if (!(s->diode_a > 0 || s->voltage_v < -k->diode_drop_v)) {
		step_open(k, s);
		return;
	}
	double x[4] = {s->current_a, s->voltage_v, s->diode_a, 1}, y[3] = {0};
	for (int r = 0; r < 3; r++)
		for (int c = 0; c < 4; c++)
			y[r] += k->clamped[r][c] * x[c];
	s->current_a = y[0];
	s->voltage_v = y[1];
	s->diode_a = y[2] > 0 ? y[2] : 0;
}

static size_t conduction_steps(const struct circuit *k)
{
	return (size_t)(k->conduction_s / k->step_s + 0.5);
}

/* After the switch has opened: nothing (biphasic), the capacitor swings back (half-sine), or the coil free-wheels (rectangular). */
static void step_cut(const struct circuit *k, struct circuit_state *s)
{
	switch (k->waveform) {
	case WAVEFORM_HALF_SINE: {
		double t = (double)s->step * k->step_s - k->conduction_s;
		s->voltage_v = s->cut_v * cos(M_PI * fmin(t / k->reinversion_s, 1));
		break;
	}
	case WAVEFORM_RECTANGULAR: {
		double forced_a = k->diode_drop_v / (k->resistance_ohm + k->diode_resistance_ohm);
		double i = (s->current_a + forced_a) * k->freewheel_decay - forced_a;
		s->current_a = i > 0 ? i : 0;
		break;
	}
	case WAVEFORM_BIPHASIC:
	case WAVEFORM_MONOPHASIC:
	case WAVEFORM_UNKNOWN: break;
	}
}

void circuit_step(const struct circuit *circuit, struct circuit_state *state)
{
	state->step++;
	if (circuit->waveform == WAVEFORM_MONOPHASIC) {
		step_monophasic(circuit, state);
		return;
	}
	size_t last = conduction_steps(circuit);
	if (state->step > last) {
		step_cut(circuit, state);
		return;
	}
	step_open(circuit, state);
	if (state->step == last) {
		state->cut_v = state->voltage_v;
		if (circuit->waveform != WAVEFORM_RECTANGULAR)
			state->current_a = 0;
	}
}

bool circuit_over(const struct circuit *circuit, const struct circuit_state *state)
{
	double t = (double)state->step * circuit->step_s;
	if (t >= longest_s)
		return true;
	switch (circuit->waveform) {
	case WAVEFORM_MONOPHASIC: return t > 3 / circuit->omega_per_s && fabs(state->current_a) <= state->floor_a;
	case WAVEFORM_RECTANGULAR: return state->step >= conduction_steps(circuit) && state->current_a <= state->floor_a;
	case WAVEFORM_BIPHASIC:
	case WAVEFORM_HALF_SINE:
	case WAVEFORM_UNKNOWN: break;
	}
	return t >= circuit->conduction_s + circuit->reinversion_s;
}

/* Peak by the parabola through the largest sample and its neighbours. */
static void refine_peak(struct circuit_shot *shot, const double y[3], double at_s, double step_s)
{
	double curvature = y[0] - 2 * y[1] + y[2], slope = (y[2] - y[0]) / 2;
	double shift = curvature < 0 ? -slope / curvature : 0;
	shot->peak1_s = at_s + shift * step_s;
	shot->peak1_a = y[1] + slope * shift / 2;
}

static void walk_shot(const struct circuit *k, double voltage_v, struct circuit_shot *shot)
{
	struct circuit_state s = circuit_begin(k, voltage_v);
	double highest[3] = {0}, highest_s = 0;
	bool after_highest = false;
	while (!circuit_over(k, &s)) {
		double i = s.current_a;
		circuit_step(k, &s);
		shot->action_a2s += 0.5 * k->step_s * (i * i + s.current_a * s.current_a);
		if (after_highest)
			highest[2] = s.current_a;
		after_highest = s.current_a > highest[1];
		if (after_highest) {
			highest[0] = i;
			highest[1] = s.current_a;
			highest[2] = i;
			highest_s = (double)s.step * k->step_s;
		}
	}
	shot->duration_s = (double)s.step * k->step_s;
	shot->end_voltage_v = s.voltage_v > 0 ? s.voltage_v : 0;
	if (k->waveform == WAVEFORM_MONOPHASIC) {
		refine_peak(shot, highest, highest_s, k->step_s);
	} else {
		shot->peak1_a = highest[1];
		shot->peak1_s = highest_s;
	}
}

struct circuit_shot circuit_shot(const struct circuit *circuit, double voltage_v)
{
	const struct circuit *k = circuit;
	double a = k->alpha_per_s, w = k->omega_per_s;
	double half_decay = exp(-a * M_PI / w), peak_s = atan2(w, a) / w;
	double peak_a = voltage_v * sqrt(k->capacitance_f / k->inductance_h) * exp(-a * peak_s);
	struct circuit_shot shot = {
		.peak1_a = peak_a,
		.peak1_s = peak_s,
		.peak2_a = NAN,
		.peak2_s = NAN,
		.didt0_a_per_s = voltage_v / k->inductance_h,
		.duration_s = k->conduction_s,
		.recharge_s = k->conduction_s + k->reinversion_s,
	};
	switch (k->waveform) {
	case WAVEFORM_BIPHASIC:
		shot.peak2_a = -half_decay * peak_a;
		shot.peak2_s = peak_s + M_PI / w;
		shot.end_voltage_v = half_decay * half_decay * voltage_v;
		break;
	case WAVEFORM_HALF_SINE: shot.end_voltage_v = half_decay * voltage_v; break;
	case WAVEFORM_MONOPHASIC:
		walk_shot(k, voltage_v, &shot);
		shot.recharge_s = 8 * k->inductance_h / (k->resistance_ohm + k->diode_resistance_ohm);
		return shot;
	case WAVEFORM_RECTANGULAR: walk_shot(k, voltage_v, &shot); return shot;
	case WAVEFORM_UNKNOWN: break;
	}
	/* What the capacitor lost, the resistance took. */
	shot.action_a2s = k->capacitance_f * (voltage_v * voltage_v - shot.end_voltage_v * shot.end_voltage_v) / (2 * k->resistance_ohm);
	return shot;
}
