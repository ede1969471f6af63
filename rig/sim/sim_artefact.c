/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim_artefact.h"

#include <math.h>

#include "sim_noise.h"

/* exp(-16) is 1e-7: what is left of an exponential. */
static const double gone_constants = 16;
/* Two slow waves whose periods are in the golden ratio do not repeat within any recording. */
static const double golden = 1.6180339887498949;
/* Of a straight line instead of a wave, by phase: the error is the square of it over 8. */
static const double straight_rad = 0.03;

static bool there(double amplitude)
{
	return isfinite(amplitude) && (amplitude > 0 || amplitude < 0);
}

/* Where the current passes through zero by a change of the conducting device; the number of them. */
static size_t commutations(const struct circuit *circuit, double time_s[2])
{
	double half_s = M_PI / circuit->omega_per_s;
	time_s[0] = half_s;
	time_s[1] = 2 * half_s;
	switch (circuit->waveform) {
	case WAVEFORM_BIPHASIC: return 2;
	case WAVEFORM_HALF_SINE: return 1;
	case WAVEFORM_MONOPHASIC:
	case WAVEFORM_RECTANGULAR:
	case WAVEFORM_UNKNOWN: break;
	}
	return 0;
}

/* Where conduction has ended, so that the after-current begins; NAN: it dies away by itself. */
static double conduction_end_s(const struct circuit *circuit)
{
	switch (circuit->waveform) {
	case WAVEFORM_BIPHASIC:
	case WAVEFORM_HALF_SINE: return circuit->conduction_s;
	case WAVEFORM_MONOPHASIC:
	case WAVEFORM_RECTANGULAR:
	case WAVEFORM_UNKNOWN: break;
	}
	return NAN;
}

double sim_artefact_span_s(const struct sim_artefacts *artefacts, const struct circuit *circuit)
{
	const struct sim_artefacts *a = artefacts;
	double zero_s[2], span_s = 0, end_s = conduction_end_s(circuit);
	size_t zeros = commutations(circuit, zero_s);
	if (there(a->ringing_rel))
		span_s = gone_constants * a->ringing_s;
	if (there(a->spike_rel) && zeros > 0)
		span_s = fmax(span_s, zero_s[zeros - 1] + gone_constants * a->spike_s);
	if (there(a->after_rel) && isfinite(end_s))
		span_s = fmax(span_s, end_s + gone_constants * a->after_s);
	return span_s;
}

/*
 * A damped oscillation of the current that begins at from_s with the slope given: A/w e^(-t/tau) sin wt, so that the slope jumps by A and nothing
 * stays.
 */
static void add_ring(const struct circuit *circuit, double from_s, double slope_a_per_s, double frequency_hz, double decay_s,
		     double *current_a, size_t count)
{
	double h = circuit->step_s, w = 2 * M_PI * frequency_hz, size_a = slope_a_per_s / w;
	for (size_t n = (size_t)ceil(from_s / h); n < count; n++) {
		double t = (double)n * h - from_s;
		if (t > gone_constants * decay_s)
			break;
		current_a[n] += size_a * exp(-t / decay_s) * sin(w * t);
	}
}

static void add_after_current(const struct sim_artefacts *artefacts, const struct circuit *circuit, double *current_a, size_t count)
{
	double h = circuit->step_s, from_s = conduction_end_s(circuit), peak_a = 0;
	if (isnan(from_s))
		return;
	size_t first = (size_t)(from_s / h + 0.5);
	for (size_t n = 0; n < first && n < count; n++)
		peak_a = fmax(peak_a, fabs(current_a[n]));
	for (size_t n = first; n < count; n++)
		current_a[n] += artefacts->after_rel * peak_a * exp(-((double)n * h - from_s) / artefacts->after_s);
}

void sim_artefact_add(const struct sim_artefacts *artefacts, const struct circuit *circuit, double voltage_v, double *current_a,
		      size_t count)
{
	const struct sim_artefacts *a = artefacts;
	double slope_a_per_s = voltage_v / circuit->inductance_h, zero_s[2];
	size_t zeros = commutations(circuit, zero_s);
	if (there(a->after_rel))
		add_after_current(a, circuit, current_a, count);
	if (there(a->ringing_rel))
		add_ring(circuit, 0, a->ringing_rel * slope_a_per_s, a->ringing_hz, a->ringing_s, current_a, count);
	for (size_t z = 0; z < zeros && there(a->spike_rel); z++)
		/* The current goes on the way it went: down at the first zero, up at the second. */
		add_ring(circuit, zero_s[z], (z == 0 ? -1 : 1) * a->spike_rel * slope_a_per_s, a->spike_hz, a->spike_s, current_a, count);
	if (count > 0)
		current_a[count - 1] = 0;
}

struct sim_baseline sim_baseline_make(const struct sim_artefacts *artefacts, double frame_s, uint64_t seed)
{
	const struct sim_artefacts *a = artefacts;
	struct sim_baseline baseline = {0};
	double fastest = 0;
	if (there(a->hum_a)) {
		baseline.hum_a = a->hum_a;
		baseline.hum_rad_per_s = fastest = 2 * M_PI * a->hum_hz;
		baseline.hum_phase = 2 * M_PI * sim_uniform(seed, SIM_STREAM_BASELINE, 0);
	}
	if (there(a->drift_a)) {
		baseline.drift_a = a->drift_a;
		for (unsigned k = 0; k < 2; k++) {
			baseline.drift_rad_per_s[k] = 2 * M_PI / a->drift_s * (k ? golden : 1);
			baseline.drift_phase[k] = 2 * M_PI * sim_uniform(seed, SIM_STREAM_BASELINE, 1 + k);
		}
		fastest = fmax(fastest, baseline.drift_rad_per_s[1]);
	}
	if (fastest > 0)
		for (baseline.piece = 256; baseline.piece > 16 && (double)baseline.piece * frame_s * fastest > straight_rad;)
			baseline.piece /= 2;
	return baseline;
}

double sim_baseline_at(const struct sim_baseline *baseline, double time_s)
{
	const struct sim_baseline *b = baseline;
	double hum_a = b->hum_a * sin(b->hum_rad_per_s * time_s + b->hum_phase);
	double slow = sin(b->drift_rad_per_s[0] * time_s + b->drift_phase[0]) + sin(b->drift_rad_per_s[1] * time_s + b->drift_phase[1]);
	return hum_a + 0.5 * b->drift_a * slow;
}
