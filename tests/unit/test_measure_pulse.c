/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Single pulses against closed forms (domain/tms-physics.md, 2.1), at other rates, and when something is wrong with them. */
#include "synthetic.h"

/* Bias and scatter of one feature over repeated pulses, against what is claimed. */
struct tally {
	double n, sum, squares, claimed;
};

static void tally_add(struct tally *tally, double error, double claimed)
{
	tally->n += 1;
	tally->sum += error;
	tally->squares += error * error;
	tally->claimed += claimed * claimed;
}

static void tally_check(const struct tally *tally, const char *what, double floor, double td, double rho, double ts)
{
	double bias = tally->sum / tally->n, rms = sqrt(tally->squares / tally->n), claimed = sqrt(tally->claimed / tally->n);
	/* A third of the claimed uncertainty (domain/measurands.md, 7.1), and three standard deviations of the mean of so many. */
	cr_expect(fabs(bias) <= fmax(claimed / 3 + 3 * claimed / sqrt(tally->n), floor),
		  "%s: bias %g of claimed u %g (Td %g, rho %g, Ts %g)", what, bias, claimed, td, rho, ts);
	cr_expect(rms <= fmax(1.3 * claimed, floor), "%s: rms error %g of claimed u %g (Td %g, rho %g, Ts %g)", what, rms, claimed, td, rho,
		  ts);
}

Test(measure_pulse, grid_of_periods_decays_and_rates_meets_the_claimed_uncertainty)
{
	const double periods[] = {80e-6, 160e-6, 290e-6, 400e-6}, ratios[] = {0.75, 0.85, 0.95}, intervals[] = {0.2e-6, 1e-6, 2e-6, 5e-6};
	enum { REPEATS = 60 };
	uint64_t seed = 1;
	for (unsigned a = 0; a < 4; a++) {
		for (unsigned b = 0; b < 3; b++) {
			for (unsigned c = 0; c < 4; c++) {
				double td = periods[a], omega = 2 * SYN_PI / td, alpha = -2 * log(ratios[b]) / td, ts = intervals[c];
				double peak_s = atan2(omega, alpha) / omega, didt0 = 6500 * omega;
				double top = didt0 / omega * exp(-alpha * peak_s) * sin(omega * peak_s);
				struct syn_pulse pulses[REPEATS];
				struct syn syn = syn_make(1 / ts, REPEATS * 4e-3 + 2e-3, ++seed);
				for (unsigned k = 0; k < REPEATS; k++)
					pulses[k] = (struct syn_pulse){
						SYN_BIPHASIC, 1e-3 + k * 4e-3 + syn_uniform(&syn.random) * ts, didt0, alpha, omega, 0};
				syn_draw(&syn, pulses, REPEATS, NULL, 0, 5, 3, 0);
				auto_results struct results *results = syn_measure(&syn, NULL, NULL, NULL, 0, NULL);
				cr_assert_eq(results->pulse_count, REPEATS, "%zu pulses (Td %g, Ts %g)", results->pulse_count, td, ts);
				struct tally onset = {0}, period = {0}, peak = {0}, decay = {0}, slope = {0};
				for (unsigned k = 0; k < REPEATS; k++) {
					const struct pulse *p = &results->pulses[k];
					cr_expect_eq(p->waveform, WAVEFORM_BIPHASIC, "Td %g Ts %g: %s", td, ts, waveform_name(p->waveform));
					tally_add(&onset, p->onset_s - pulses[k].onset_s, p->u_onset_s);
					tally_add(&peak, p->peak1_a - top, p->u_peak1_a);
					double t = 2 * SYN_PI / p->fit_omega_per_s;
					tally_add(&period, t - td, t * p->u_fit_omega_per_s / p->fit_omega_per_s);
					tally_add(&decay, p->fit_alpha_per_s - alpha, p->u_fit_alpha_per_s);
					tally_add(&slope, p->didt0_a_per_s - didt0, p->u_didt0_a_per_s);
				}
				tally_check(&onset, "onset", 0.02e-6, td, ratios[b], ts);
				tally_check(&peak, "peak", 2e-4 * top, td, ratios[b], ts);
				tally_check(&period, "period", 1e-4 * td, td, ratios[b], ts);
				tally_check(&decay, "alpha", 1e-3 * alpha, td, ratios[b], ts);
				tally_check(&slope, "didt0", 1e-3 * didt0, td, ratios[b], ts);
				syn_free(&syn);
			}
		}
	}
}

Test(measure_pulse, magpro_has_the_features_of_its_closed_form)
{
	struct syn syn = syn_make(1e6, 10e-3, 7);
	struct syn_pulse pulse = syn_magpro(2.0003e-3);
	syn_draw(&syn, &pulse, 1, NULL, 0, 2, 0, 0);
	auto_results struct results *results = syn_measure(&syn, NULL, NULL, NULL, 0, NULL);
	cr_assert_eq(results->pulse_count, 1);
	const struct pulse *p = &results->pulses[0];
	/* domain/device-table.md, the analytic self-check. */
	cr_expect_float_eq(p->peak1_s - p->onset_s, 70.9e-6, 0.2e-6);
	cr_expect_float_eq(p->peak1_a, 6540, 20);
	cr_expect_float_eq(p->zero1_s - p->onset_s, 145.0e-6, 0.2e-6);
	cr_expect_float_eq(p->zero2_s - p->onset_s, 290.0e-6, 0.3e-6);
	cr_expect_float_eq(-p->peak2_a / p->peak1_a, 0.894, 0.001);
	cr_expect_float_eq(p->net_charge_as, 0.064, 0.001);
	cr_expect_float_eq(p->didt0_a_per_s, 149.77e6, 0.3e6);
	/* 10-90 % of the closed form, by bisection of it. */
	double low = 0, high = 70.9e-6, crossings[2];
	for (unsigned k = 0; k < 2; k++) {
		low = 0, high = 70.9e-6;
		for (unsigned i = 0; i < 60; i++) {
			double middle = 0.5 * (low + high);
			double y = 149.77e6 / pulse.omega * exp(-770 * middle) * sin(pulse.omega * middle);
			if (y < (k == 0 ? 0.1 : 0.9) * 6539.5)
				low = middle;
			else
				high = middle;
		}
		crossings[k] = low;
	}
	cr_expect_float_eq(p->rise_10_90_s, crossings[1] - crossings[0], 0.15e-6, "%g", p->rise_10_90_s);
	cr_expect_lt(p->after_current_rel, 0.002);
	cr_expect_lt(p->fit_residual_rel, 0.001);
	syn_free(&syn);
}

Test(measure_pulse, shapes_are_told_apart)
{
	struct syn syn = syn_make(1e6, 50e-3, 8);
	struct syn_pulse pulses[4] = {syn_magpro(5e-3), syn_magpro(15e-3), syn_magpro(25e-3), syn_magpro(35e-3)};
	pulses[1].shape = SYN_HALF_SINE;
	pulses[2].shape = SYN_MONOPHASIC;
	pulses[3].shape = SYN_RAMP;
	pulses[3].didt0 = -60e6;
	syn_draw(&syn, pulses, 4, NULL, 0, 3, 0, 0);
	auto_results struct results *results = syn_measure(&syn, NULL, NULL, NULL, 0, NULL);
	cr_assert_eq(results->pulse_count, 4);
	const enum waveform expected[] = {WAVEFORM_BIPHASIC, WAVEFORM_HALF_SINE, WAVEFORM_MONOPHASIC, WAVEFORM_RECTANGULAR};
	for (unsigned k = 0; k < 4; k++)
		cr_expect_eq(results->pulses[k].waveform, expected[k], "%u: %s", k, waveform_name(results->pulses[k].waveform));
	cr_expect(isnan(results->pulses[2].fit_omega_per_s), "a monophasic pulse has no period");
	cr_expect(isnan(results->pulses[2].peak2_a));
	cr_expect(results->pulses[2].half_width_s > 150e-6 && results->pulses[2].half_width_s < 200e-6);
	cr_expect_float_eq(results->pulses[1].fit_omega_per_s, 2 * SYN_PI * 3448, 2 * SYN_PI * 35);
	cr_expect_lt(results->pulses[3].peak1_a, -3000);
	for (unsigned k = 0; k < 4; k++)
		cr_expect_float_eq(results->pulses[k].onset_s, pulses[k].onset_s, 0.2e-6, "%u: %g", k,
				   results->pulses[k].onset_s - pulses[k].onset_s);
	syn_free(&syn);
}

/* Half-sines and biphasic pulses after which a current flows on, in either direction; `noise_a` of noise. */
static void expect_told_apart(double after_rel, double noise_a)
{
	struct syn syn = syn_make(1e6, 30e-3, 21);
	struct syn_pulse pulses[2] = {syn_magpro(5e-3), syn_magpro(15e-3)};
	pulses[1].shape = SYN_HALF_SINE;
	syn_draw(&syn, pulses, 2, NULL, 0, noise_a, 0, 0);
	for (unsigned k = 0; k < 2; k++) {
		double end_s = pulses[k].onset_s + (k == 0 ? 2 : 1) * SYN_PI / pulses[k].omega;
		for (size_t i = (size_t)ceil(end_s * syn.rate_hz); i < (size_t)((end_s + 1e-3) * syn.rate_hz); i++) {
			double after_a = after_rel * 6540 * exp((end_s - (double)i / syn.rate_hz) / 100e-6);
			syn.samples[SYN_CHANNELS * i] = syn_clip(syn.samples[SYN_CHANNELS * i] + after_a / SYN_SCALE);
		}
	}
	auto_results struct results *results = syn_measure(&syn, NULL, NULL, NULL, 0, NULL);
	cr_assert_eq(results->pulse_count, 2);
	const struct pulse *p = results->pulses;
	cr_expect_eq(p[0].waveform, WAVEFORM_BIPHASIC, "%g, noise %g A: %s", after_rel, noise_a, waveform_name(p[0].waveform));
	cr_expect_eq(p[1].waveform, WAVEFORM_HALF_SINE, "%g, noise %g A: %s", after_rel, noise_a, waveform_name(p[1].waveform));
	cr_expect_float_eq(p[1].zero1_s - p[1].onset_s, 145e-6, 0.3e-6 + 0.01e-6 * noise_a, "%g, noise %g A: %g", after_rel, noise_a,
			   p[1].zero1_s - p[1].onset_s);
	cr_expect_float_eq(p[1].fit_omega_per_s, 2 * SYN_PI * 3448, 2 * SYN_PI * 35);
	syn_free(&syn);
}

Test(measure_pulse, an_after_current_makes_no_pulse_one_of_another_waveform)
{
	for (unsigned k = 0; k < 2; k++) {
		expect_told_apart(0.045, k ? 60 : 3);
		expect_told_apart(-0.045, k ? 60 : 3);
		expect_told_apart(0.01, k ? 60 : 3);
	}
}

/* Two samples on the rise and as much noise: what depends on the waveform must be void, not pass. */
Test(measure_pulse, a_waveform_that_noise_hides_is_unknown_and_voids_what_depends_on_it)
{
	struct syn syn = syn_make(50e3, 40e-3, 22);
	struct syn_pulse pulse = syn_magpro(20e-3);
	struct expected_pulse expected = {.intensity_pct = 100};
	double section_s = 40e-3;
	struct plan_block block = {.kind = "train", .pulses = 1, .pulses_per_burst = 1, .bursts_per_train = 1, .trains = 1};
	struct plan plan = {.pulses = &expected,
			    .pulse_count = 1,
			    .blocks = &block,
			    .block_count = 1,
			    .section_duration_s = &section_s,
			    .section_count = 1};
	struct device device = {.waveform = WAVEFORM_MONOPHASIC};
	pulse.shape = SYN_MONOPHASIC;
	syn_draw(&syn, &pulse, 1, NULL, 0, 300, 0, 0);
	auto_results struct results *results = syn_measure(&syn, &plan, &device, NULL, 0, NULL);
	cr_assert_eq(results->pulse_count, 1);
	cr_assert_eq(results->pulses[0].waveform, WAVEFORM_UNKNOWN, "%s", waveform_name(results->pulses[0].waveform));
	const struct measurement *waveform = syn_find(results, "pulse.waveform", 0), *width = syn_find(results, "pulse.width_10", 0);
	cr_assert(waveform != NULL && width != NULL);
	cr_expect(waveform->voided);
	cr_expect(width->voided);
	syn_free(&syn);
}

static size_t count_pulses(double rate_hz, const struct syn_pulse *pulses, size_t n, double noise_a, double offset_a, double hum_a)
{
	struct syn syn = syn_make(rate_hz, 20e-3, 9);
	syn_draw(&syn, pulses, n, NULL, 0, noise_a, offset_a, hum_a);
	auto_results struct results *results = syn_measure(&syn, NULL, NULL, NULL, 0, NULL);
	syn_free(&syn);
	return results->pulse_count;
}

Test(measure_pulse, a_second_pulse_a_millisecond_later_is_a_pulse_of_its_own)
{
	struct syn_pulse pulses[2] = {syn_magpro(5e-3), syn_magpro(6e-3)};
	cr_expect_eq(count_pulses(1e6, pulses, 2, 5, 0, 0), 2);
	pulses[1].didt0 *= -0.5;
	cr_expect_eq(count_pulses(1e6, pulses, 2, 5, 0, 0), 2, "inverted and half as large");
}

Test(measure_pulse, a_second_pulse_on_the_heels_of_the_first_is_a_pulse_of_its_own)
{
	for (double after_s = 250e-6; after_s < 500e-6; after_s += 10e-6) {
		struct syn_pulse pulses[2] = {syn_magpro(5e-3), syn_magpro(5e-3 + after_s)};
		cr_expect_eq(count_pulses(1e6, pulses, 2, 5, 0, 0), 2, "%g us after the first", after_s * 1e6);
	}
}

Test(measure_pulse, a_second_pulse_on_a_monophasic_tail_is_measured_over_that_tail)
{
	struct syn syn = syn_make(1e6, 20e-3, 10);
	struct syn_pulse pulses[2] = {syn_magpro(5e-3), syn_magpro(5.7e-3)};
	pulses[0].shape = pulses[1].shape = SYN_MONOPHASIC;
	syn_draw(&syn, pulses, 2, NULL, 0, 3, 0, 0);
	auto_results struct results *results = syn_measure(&syn, NULL, NULL, NULL, 0, NULL);
	cr_assert_eq(results->pulse_count, 2);
	cr_expect_float_eq(results->pulses[1].onset_s, 5.7e-3, 0.5e-6, "%g", results->pulses[1].onset_s - 5.7e-3);
	cr_expect_float_eq(results->pulses[1].peak1_a, results->pulses[0].peak1_a, 0.01 * results->pulses[0].peak1_a, "%g of %g",
			   results->pulses[1].peak1_a, results->pulses[0].peak1_a);
	syn_free(&syn);
}

Test(measure_pulse, spikes_hum_offset_and_inversion_neither_add_nor_hide_pulses)
{
	struct syn_pulse pulse = syn_magpro(5e-3);
	pulse.spike_a = 900;
	cr_expect_eq(count_pulses(1e6, &pulse, 1, 5, 0, 0), 1, "spike at the zero crossing");
	pulse = syn_magpro(5e-3);
	cr_expect_eq(count_pulses(1e6, &pulse, 1, 5, 100, 0), 1, "offset");
	cr_expect_eq(count_pulses(1e6, &pulse, 1, 5, 0, 40), 1, "hum");
	pulse.didt0 = -pulse.didt0;
	cr_expect_eq(count_pulses(1e6, &pulse, 1, 5, 0, 0), 1, "inverted");
	cr_expect_eq(count_pulses(1e5, &pulse, 1, 5, 0, 0), 1, "10 us sampling");
	cr_expect_eq(count_pulses(1e7, &pulse, 1, 5, 0, 0), 1, "0.1 us sampling");
	pulse.didt0 = 0;
	cr_expect_eq(count_pulses(1e6, &pulse, 1, 5, 0, 0), 0, "noise alone");
}

/* Noise of which eight standard deviations are far more than 0.5 % of full scale, from the first sample of the recording on. */
Test(measure_pulse, noise_that_is_large_from_the_start_adds_no_pulses)
{
	struct syn_pulse pulse = syn_magpro(5e-3);
	cr_expect_eq(count_pulses(1e6, &pulse, 1, 65, 0, 0), 1, "1 us sampling");
	cr_expect_eq(count_pulses(1e5, &pulse, 1, 65, 0, 0), 1, "10 us sampling");
	cr_expect_eq(count_pulses(1e7, &pulse, 1, 65, 0, 0), 1, "0.1 us sampling");
}

Test(measure_pulse, clipping_voids_the_amplitude_but_not_the_interval)
{
	struct syn syn = syn_make(1e6, 30e-3, 11);
	struct syn_pulse pulses[2] = {syn_magpro(5e-3), syn_magpro(15e-3)};
	pulses[1].didt0 *= 2;
	syn_draw(&syn, pulses, 2, NULL, 0, 5, 0, 0);
	auto_results struct results *results = syn_measure(&syn, NULL, NULL, NULL, 0, NULL);
	cr_assert_eq(results->pulse_count, 2);
	cr_expect_not(results->pulses[0].clipped);
	cr_expect(results->pulses[1].clipped);
	cr_expect_not(syn_find(results, "pulse.peak1", 0)->voided);
	cr_expect(syn_find(results, "pulse.peak1", 1)->voided);
	cr_expect_not(syn_find(results, "pulse.interval", 0)->voided);
	syn_free(&syn);
}

Test(measure_pulse, a_recording_may_begin_at_the_pulse)
{
	struct syn syn = syn_make(1e6, 5e-3, 12);
	struct syn_pulse pulse = syn_magpro(0);
	syn_draw(&syn, &pulse, 1, NULL, 0, 0, 0, 0);
	auto_results struct results *results = syn_measure(&syn, NULL, NULL, NULL, 0, NULL);
	cr_assert_eq(results->pulse_count, 1);
	cr_expect_float_eq(results->pulses[0].peak1_a, 6540, 25, "%g", results->pulses[0].peak1_a);
	cr_expect_float_eq(results->pulses[0].onset_s, 0, 0.3e-6, "%g", results->pulses[0].onset_s);
	cr_expect_eq(results->pulses[0].waveform, WAVEFORM_BIPHASIC);
	syn_free(&syn);
}

Test(measure_pulse, droop_of_the_sensor_is_taken_out)
{
	struct syn syn = syn_make(1e6, 20e-3, 13);
	struct syn_pulse pulse = syn_magpro(5e-3);
	syn_draw(&syn, &pulse, 1, NULL, 0, 1, 0, 0);
	/* A high-pass of 20 ms, exact for samples held: y = x - (1/tau) integral of y. */
	double tau = 20e-3, integral = 0;
	for (size_t i = 0; i < syn.frames; i++) {
		double x = syn.samples[SYN_CHANNELS * i] * SYN_SCALE, y = x - integral / tau;
		integral += y * 1e-6;
		syn.samples[SYN_CHANNELS * i] = (int16_t)lrint(y / SYN_SCALE);
	}
	syn.format.channels[0].droop_time_constant_s = tau;
	auto_results struct results *results = syn_measure(&syn, NULL, NULL, NULL, 0, NULL);
	cr_assert_eq(results->pulse_count, 1);
	cr_expect_float_eq(-results->pulses[0].peak2_a / results->pulses[0].peak1_a, 0.894, 0.0015);
	cr_expect_lt(results->pulses[0].after_current_rel, 0.004);
	syn_free(&syn);
}

/* Closer than the windows are long: they merge and are cut at some place, which may be inside a pulse. */
Test(measure_pulse, none_is_lost_or_doubled_where_long_windows_are_cut)
{
	enum { N = 700 };
	static struct syn_pulse pulses[N];
	struct syn syn = syn_make(1e6, 1.1, 14);
	for (unsigned k = 0; k < N; k++) {
		pulses[k] = syn_magpro(3e-3 + k * 1.5031e-3);
		pulses[k].didt0 *= k % 3 ? 0.7 : -0.4;
	}
	syn_draw(&syn, pulses, N, NULL, 0, 5, 0, 0);
	auto_results struct results *results = syn_measure(&syn, NULL, NULL, NULL, 0, NULL);
	cr_assert_eq(results->pulse_count, N, "%zu", results->pulse_count);
	for (unsigned k = 0; k < N; k++) {
		cr_expect_float_eq(results->pulses[k].onset_s, pulses[k].onset_s, 0.5e-6, "%u: %g", k,
				   results->pulses[k].onset_s - pulses[k].onset_s);
		cr_expect_eq(results->pulses[k].waveform, WAVEFORM_BIPHASIC, "%u", k);
		cr_expect_float_eq(fabs(results->pulses[k].peak1_a), k % 3 ? 0.7 * 6540 : 0.4 * 6540, 25, "%u: %g", k,
				   results->pulses[k].peak1_a);
	}
	syn_free(&syn);
}

/* Noise of a fifth of a count, half a count off: it toggles between two counts. From some sample on the channel keeps its value, or not. */
static const struct measurement *count_of_frozen(size_t frozen_from, double drift, struct results **results)
{
	struct syn syn = syn_make(1e6, 0.6, 15);
	struct syn_pulse pulse = syn_magpro(50e-3);
	for (size_t i = 0; i < syn.frames; i++) {
		double current_a = syn_current(&pulse, (double)i * 1e-6), off = 0.5 + drift * (double)i / (double)syn.frames;
		int16_t count = syn_clip(current_a / SYN_SCALE + off + 0.2 * syn_normal(&syn.random));
		syn.samples[SYN_CHANNELS * i] = i < frozen_from ? count : syn.samples[SYN_CHANNELS * (i - 1)];
	}
	*results = syn_measure(&syn, NULL, NULL, NULL, 0, NULL);
	syn_free(&syn);
	return syn_find(*results, "session.pulse_count", 0);
}

Test(measure_pulse, a_channel_that_stops_toggling_voids_the_count)
{
	auto_results struct results *lively = NULL, *drifting = NULL, *frozen = NULL;
	cr_expect_not(count_of_frozen(SIZE_MAX, 0, &lively)->voided);
	cr_expect_not(count_of_frozen(SIZE_MAX, 0.5, &drifting)->voided, "it drifts to the middle of a count, where it is still");
	cr_expect(count_of_frozen(300000, 0, &frozen)->voided, "frozen after its last pulse");
}

Test(measure_pulse, one_in_which_a_stopped_run_ends_is_void)
{
	/* The recording ends 0.2 ms into the second pulse: its second half wave was never seen. */
	struct syn syn = syn_make(1e6, 12.2e-3, 5);
	struct syn_pulse pulses[2] = {syn_magpro(4e-3), syn_magpro(12e-3)};
	const struct run_event aborted = {EVENT_ABORTED, 0, 12e-3, 0};
	syn_draw(&syn, pulses, 2, NULL, 0, 2, 0, 0);
	auto_results struct results *results = syn_measure(&syn, NULL, NULL, &aborted, 1, NULL);
	cr_assert_eq(results->pulse_count, 2);
	cr_expect(results->aborted && !results->pulses[0].voided && results->pulses[1].voided);
	syn_free(&syn);
}
