/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Expected and observed pulses: what is dropped, doubled, late, inverted, untriggered or lost in a gap must come out as just that. */
#include "align.h"
#include "measurands.h"
#include "synthetic.h"

enum { PULSES = 10, STEPS = 1 };
#define INTERVAL_S 20e-3
#define START_S 5e-3
#define LATENCY_S 30e-6

/* A session that went as planned; tests spoil it. */
struct session {
	struct plan plan;
	struct plan_block block;
	struct expected_pulse expected[PULSES];
	struct step steps[STEPS];
	double section_duration_s;
	struct device device;
	struct syn_pulse fired[PULSES + 2];
	size_t fired_count;
	double triggers[PULSES + 1];
	size_t trigger_count;
	struct run_event events[PULSES + 3];
	size_t event_count;
	struct syn syn;
};

static void session_init(struct session *s)
{
	*s = (struct session){.fired_count = PULSES, .trigger_count = PULSES, .section_duration_s = PULSES * INTERVAL_S};
	s->syn = syn_make(1e6, START_S + PULSES * INTERVAL_S + 0.1, 41);
	s->block = (struct plan_block){.kind = "train", .pulses = PULSES, .pulses_per_burst = 1, .bursts_per_train = PULSES, .trains = 1};
	s->steps[0] = (struct step){
		.kind = STEP_EXPECT_DISCHARGE, .time_s = PULSES * INTERVAL_S, .discharge = {.level_v = 60, .timeout_s = 0.05}};
	s->plan = (struct plan){.steps = s->steps,
				.step_count = STEPS,
				.pulses = s->expected,
				.pulse_count = PULSES,
				.blocks = &s->block,
				.block_count = 1,
				.section_duration_s = &s->section_duration_s,
				.section_count = 1};
	double *const numbers[] = {&s->device.period_s.value, &s->device.rise_time_s.value, &s->device.trigger_latency_s.value,
				   &s->device.trigger_jitter_s.value, &s->device.amplitude_cv.value};
	for (unsigned k = 0; k < sizeof numbers / sizeof *numbers; k++)
		*numbers[k] = NAN;
	s->device.peak1_a.value = 6540;
	s->device.decay_ratio.value = 0.894;
	s->device.didt0_a_per_s.value = 149.77e6;
	for (unsigned k = 0; k < PULSES; k++) {
		s->expected[k] = (struct expected_pulse){.time_s = k * INTERVAL_S, .intensity_pct = 80, .burst = k};
		s->triggers[k] = START_S + k * INTERVAL_S;
		s->fired[k] = syn_magpro(s->triggers[k] + LATENCY_S);
		s->fired[k].didt0 *= 0.8;
		/* The rig knows when it raised the line to 200 us; the recorded edge says it better. */
		s->events[k] = (struct run_event){EVENT_TRIGGER, k, s->triggers[k] - 150e-6, 200e-6};
	}
	s->event_count = PULSES;
}

static void drop(struct session *s, size_t k)
{
	memmove(&s->fired[k], &s->fired[k + 1], (s->fired_count - k - 1) * sizeof *s->fired);
	s->fired_count--;
}

static struct results *session_measure(struct session *s, bool with_events, const struct gap *gap)
{
	syn_draw(&s->syn, s->fired, s->fired_count, s->triggers, s->trigger_count, 5, 0, 0);
	return syn_measure(&s->syn, &s->plan, &s->device, with_events ? s->events : NULL, with_events ? s->event_count : 0, gap);
}

static void expect_counts(const struct results *r, size_t matched, size_t missing, size_t extra, size_t untriggered)
{
	cr_expect_eq(r->matched_count, matched, "matched %zu, not %zu", r->matched_count, matched);
	cr_expect_eq(r->missing_count, missing, "missing %zu, not %zu", r->missing_count, missing);
	cr_expect_eq(r->extra_count, extra, "extra %zu, not %zu", r->extra_count, extra);
	cr_expect_eq(r->untriggered_count, untriggered, "untriggered %zu, not %zu", r->untriggered_count, untriggered);
	cr_expect_eq(syn_value(r, "session.missing"), (double)missing);
	cr_expect_eq(syn_value(r, "session.extra"), (double)extra);
	cr_expect_eq(syn_value(r, "session.untriggered"), (double)untriggered);
	cr_expect_eq(syn_value(r, "session.pulse_count"), (double)r->pulse_count);
}

Test(measure_match, a_healthy_session_matches_with_and_without_the_runs_events)
{
	for (unsigned with_events = 0; with_events < 2; with_events++) {
		struct session s;
		session_init(&s);
		auto_results struct results *r = session_measure(&s, with_events, NULL);
		expect_counts(r, PULSES, 0, 0, 0);
		cr_expect_float_eq(r->section_start_s[0], START_S, 1e-6);
		cr_expect_float_eq(syn_value(r, "train.rate"), 50, 50 * 1e-5);
		cr_expect_float_eq(syn_value(r, "train.duration"), 9 * INTERVAL_S, 1e-6);
		cr_expect_float_eq(syn_value(r, "session.duration"), 9 * INTERVAL_S, 1e-6);
		cr_expect_float_eq(syn_value(r, "train.droop"), 1, 2e-3);
		for (size_t k = 0; k < PULSES; k++) {
			cr_expect_eq(r->pulses[k].expected, (int32_t)k);
			cr_expect_float_eq(syn_find(r, "pulse.latency", k)->value, LATENCY_S, 1e-6);
			cr_expect_eq(syn_find(r, "pulse.polarity", k)->value, 1);
			cr_expect_float_eq(syn_find(r, "pulse.peak1", k)->planned, 0.8 * 6540, 1e-6);
			cr_expect_float_eq(syn_find(r, "pulse.peak1_error", k)->value, 0, 2e-3);
		}
		for (size_t k = 0; k + 1 < PULSES; k++) {
			const struct measurement *interval = syn_find(r, "pulse.interval", k);
			cr_expect_float_eq(interval->value, INTERVAL_S, 1e-6);
			cr_expect_float_eq(interval->planned, INTERVAL_S, 1e-12);
		}
		cr_expect_null(syn_find(r, "pulse.interval", PULSES - 1));
		syn_free(&s.syn);
	}
}

Test(measure_match, a_dropped_pulse_is_missing_and_moves_no_other)
{
	for (unsigned with_events = 0; with_events < 2; with_events++) {
		for (size_t k = 0; k < PULSES; k += 3) {
			struct session s;
			session_init(&s);
			drop(&s, k);
			auto_results struct results *r = session_measure(&s, with_events, NULL);
			expect_counts(r, PULSES - 1, 1, 0, 0);
			cr_assert_eq(r->missing_count, 1);
			cr_expect_eq(r->missing[0], k);
			for (size_t i = 0; i + 1 < PULSES; i++)
				cr_expect_eq(syn_find(r, "pulse.interval", i)->voided, i == k || i + 1 == k, "interval %zu", i);
			syn_free(&s.syn);
		}
	}
}

#define PAIR_S 8e-3

/* The same pulses as pairs, each on the first one's trigger. */
static void pair_up(struct session *s)
{
	s->block =
		(struct plan_block){.kind = "pair", .pulses = PULSES, .pulses_per_burst = 2, .bursts_per_train = PULSES / 2, .trains = 1};
	s->trigger_count = s->event_count = PULSES / 2;
	for (unsigned k = 0; k < PULSES; k++) {
		double time_s = k / 2 * 2 * INTERVAL_S + k % 2 * PAIR_S;
		s->expected[k] = (struct expected_pulse){
			.time_s = time_s, .intensity_pct = 80, .burst = k / 2, .index = k % 2, .follows = k % 2 == 1};
		s->fired[k] = syn_magpro(START_S + time_s + LATENCY_S);
		s->fired[k].didt0 *= 0.8;
	}
	for (unsigned t = 0; t < PULSES / 2; t++) {
		s->triggers[t] = START_S + 2 * t * INTERVAL_S;
		s->events[t] = (struct run_event){EVENT_TRIGGER, 2 * t, s->triggers[t] - 150e-6, 200e-6};
	}
}

Test(measure_match, pairs_on_one_trigger_match_with_and_without_the_runs_events)
{
	for (unsigned with_events = 0; with_events < 2; with_events++) {
		struct session s;
		session_init(&s);
		pair_up(&s);
		auto_results struct results *r = session_measure(&s, with_events, NULL);
		expect_counts(r, PULSES, 0, 0, 0);
		for (size_t k = 0; k < PULSES / 2; k++) {
			cr_expect_eq(r->pulses[2 * k].expected, (int32_t)(2 * k));
			cr_expect_float_eq(syn_find(r, "pair.interval", k)->value, PAIR_S, 1e-6);
			cr_expect_eq(syn_find(r, "pulse.latency", k)->subject, 2 * k);
			cr_expect_float_eq(syn_find(r, "pulse.latency", k)->value, LATENCY_S, 1e-6);
		}
		cr_expect_null(syn_find(r, "pulse.latency", PULSES / 2), "the second of a pair has none");
		cr_expect_not(syn_find(r, "session.latency_jitter", 0)->voided);
		syn_free(&s.syn);
	}
}

Test(measure_match, a_second_pulse_of_a_pair_that_is_late_or_never_comes_is_missing)
{
	for (unsigned late = 0; late < 2; late++) {
		struct session s;
		session_init(&s);
		pair_up(&s);
		if (late)
			s.fired[5].onset_s += 0.5 * PAIR_S;
		else
			drop(&s, 5);
		auto_results struct results *r = session_measure(&s, true, NULL);
		cr_expect_eq(r->missing_count, 1);
		cr_expect_eq(r->missing[0], 5);
		cr_expect_eq(r->extra_count, late);
		cr_expect(syn_find(r, "pair.interval", 2)->voided);
		syn_free(&s.syn);
	}
}

Test(measure_match, a_doubled_pulse_is_extra_and_a_spontaneous_one_untriggered)
{
	struct session s;
	session_init(&s);
	s.fired[s.fired_count++] = syn_magpro(s.triggers[4] + LATENCY_S + 1e-3);
	s.fired[s.fired_count++] = syn_magpro(s.triggers[6] + 10e-3);
	auto_results struct results *r = session_measure(&s, true, NULL);
	expect_counts(r, PULSES, 0, 2, 1);
	cr_expect_eq(r->pulses[5].match, PULSE_EXTRA);
	cr_expect_eq(r->pulses[8].match, PULSE_UNTRIGGERED);
	syn_free(&s.syn);
}

Test(measure_match, a_pulse_before_its_trigger_is_untriggered_though_it_was_planned)
{
	for (unsigned with_events = 0; with_events < 2; with_events++) {
		struct session s;
		session_init(&s);
		s.fired[5].onset_s -= 300e-6;
		auto_results struct results *r = session_measure(&s, with_events, NULL);
		expect_counts(r, PULSES, 0, 0, 1);
		cr_expect_not(syn_find(r, "session.untriggered", 0)->voided);
		cr_expect(syn_find(r, "pulse.latency", 5)->voided);
		cr_expect(syn_find(r, "session.latency_jitter", 0)->voided);
		syn_free(&s.syn);
	}
}

Test(measure_match, a_trigger_line_that_never_switched_proves_nothing)
{
	for (unsigned with_events = 0; with_events < 2; with_events++) {
		struct session s;
		session_init(&s);
		s.trigger_count = 0;
		auto_results struct results *r = session_measure(&s, with_events, NULL);
		expect_counts(r, PULSES, 0, 0, 0);
		cr_expect(syn_find(r, "session.untriggered", 0)->voided);
		for (size_t k = 0; k < PULSES; k++)
			cr_expect(syn_find(r, "pulse.latency", k)->voided);
		syn_free(&s.syn);
	}
}

Test(measure_match, a_late_pulse_is_matched_and_its_interval_is_wrong)
{
	struct session s;
	session_init(&s);
	s.fired[5].onset_s += 2e-3;
	auto_results struct results *r = session_measure(&s, true, NULL);
	expect_counts(r, PULSES, 0, 0, 0);
	cr_expect_float_eq(syn_find(r, "pulse.interval_error", 4)->value, 2e-3, 1e-6);
	cr_expect_float_eq(syn_find(r, "pulse.interval_error", 5)->value, -2e-3, 1e-6);
	syn_free(&s.syn);
}

Test(measure_match, an_inverted_pulse_has_the_wrong_polarity)
{
	struct session s;
	session_init(&s);
	s.fired[2].didt0 *= -1;
	s.fired[3].didt0 *= -1;
	s.expected[3].reversed = true;
	auto_results struct results *r = session_measure(&s, true, NULL);
	expect_counts(r, PULSES, 0, 0, 0);
	cr_expect_eq(syn_find(r, "pulse.polarity", 2)->value, -1);
	cr_expect_eq(syn_find(r, "pulse.polarity", 3)->value, 1);
	cr_expect_float_eq(syn_find(r, "pulse.peak1_error", 2)->value, 0, 2e-3);
	syn_free(&s.syn);
}

Test(measure_match, a_pulse_without_the_shape_of_its_device_voids_what_it_lacks)
{
	for (unsigned with_device = 0; with_device < 2; with_device++) {
		struct session s;
		session_init(&s);
		s.device.waveform = with_device ? WAVEFORM_BIPHASIC : WAVEFORM_UNKNOWN;
		s.fired[4].shape = SYN_HALF_SINE;
		/* A second discharge just behind the first looks like further half waves of it. */
		s.fired[s.fired_count] = s.fired[7];
		s.fired[s.fired_count++].onset_s += 310e-6;
		s.fired[s.fired_count - 1].didt0 *= 0.85;
		auto_results struct results *r = session_measure(&s, true, NULL);
		for (size_t k = 0; k < PULSES; k++) {
			cr_assert_not_null(syn_find(r, "pulse.peak_ratio", k), "pulse %zu", k);
			cr_expect_eq(syn_find(r, "pulse.peak_ratio", k)->voided, k == 4 || k == 7, "pulse %zu", k);
			cr_assert_not_null(syn_find(r, "pulse.period", k), "pulse %zu", k);
			cr_expect_eq(syn_find(r, "pulse.period", k)->voided, k == 7, "pulse %zu", k);
			cr_expect_eq(syn_find(r, "pulse.fit_residual", k)->voided, k == 7, "pulse %zu", k);
		}
		syn_free(&s.syn);
	}
}

Test(measure_match, a_clipped_pulse_voids_what_is_said_of_all_amplitudes)
{
	for (unsigned clipped = 0; clipped < 2; clipped++) {
		struct session s;
		session_init(&s);
		for (size_t k = 0; k < PULSES; k++) {
			s.expected[k].intensity_pct = k % 2 ? 80 : k % 4 ? 40 : 20;
			s.fired[k].didt0 *= s.expected[k].intensity_pct / 80;
		}
		s.fired[3].didt0 *= clipped ? 3 : 1;
		auto_results struct results *r = session_measure(&s, true, NULL);
		expect_counts(r, PULSES, 0, 0, 0);
		cr_expect_eq(r->pulses[3].clipped, clipped);
		const char *const ids[] = {"session.amplitude_cv", "session.linearity_inl", "session.linearity_offset"};
		for (size_t i = 0; i < 3; i++) {
			cr_assert_not_null(syn_find(r, ids[i], 0), "%s", ids[i]);
			cr_expect_eq(syn_find(r, ids[i], 0)->voided, clipped, "%s", ids[i]);
		}
		syn_free(&s.syn);
	}
}

Test(measure_match, a_gap_voids_what_depends_on_it)
{
	struct session s;
	session_init(&s);
	const struct gap gap = {.first_frame = (uint64_t)((s.triggers[4] + 400e-6) * 1e6), .frames = 50, .cause = GAP_LOST};
	auto_results struct results *r = session_measure(&s, true, &gap);
	cr_assert_eq(r->pulse_count, PULSES);
	for (size_t k = 0; k < PULSES; k++)
		cr_expect_eq(r->pulses[k].voided, k == 4, "pulse %zu", k);
	for (size_t k = 0; k + 1 < PULSES; k++)
		cr_expect_eq(syn_find(r, "pulse.interval", k)->voided, k == 3 || k == 4, "interval %zu", k);
	cr_expect(syn_find(r, "session.missing", 0)->voided);
	cr_expect(syn_find(r, "session.pulse_count", 0)->voided);
	cr_expect(syn_find(r, "session.gaps", 0)->voided);
	cr_expect_eq(syn_value(r, "session.gaps"), 1);
	syn_free(&s.syn);
}

Test(measure_match, without_a_plan_pulses_are_unmatched_and_untriggered_ones_still_found)
{
	struct session s;
	session_init(&s);
	s.fired[s.fired_count++] = syn_magpro(s.triggers[6] + 10e-3);
	syn_draw(&s.syn, s.fired, s.fired_count, s.triggers, s.trigger_count, 5, 0, 0);
	auto_results struct results *r = syn_measure(&s.syn, NULL, NULL, NULL, 0, NULL);
	cr_assert_eq(r->pulse_count, PULSES + 1);
	cr_expect_eq(r->untriggered_count, 1);
	cr_expect_eq(r->pulses[7].match, PULSE_UNTRIGGERED);
	cr_expect_eq(r->pulses[0].match, PULSE_UNMATCHED);
	cr_expect_null(syn_find(r, "session.missing", 0), "nothing planned, nothing missing");
	cr_expect_null(syn_find(r, "train.rate", 0));
	syn_free(&s.syn);
}

static void draw_voltage(struct session *s, double tau_s, double from_s)
{
	for (size_t i = 0; i < s->syn.frames; i++) {
		double t = (double)i * 1e-6 - from_s, v = 1600 * (t > 0 ? exp(-t / tau_s) : 1);
		s->syn.samples[SYN_CHANNELS * i + 2] = (int16_t)lrint(v / s->syn.format.channels[2].scale);
	}
}

Test(measure_match, discharge_is_timed_and_its_absence_cannot_pass)
{
	struct session s;
	session_init(&s);
	double start_s = START_S + PULSES * INTERVAL_S, tau_s = 10e-3;
	s.events[s.event_count++] = (struct run_event){EVENT_DISCHARGE, 0, start_s, 1e-6};
	draw_voltage(&s, tau_s, start_s);
	auto_results struct results *healthy = session_measure(&s, true, NULL);
	cr_expect_float_eq(syn_value(healthy, "discharge.time"), tau_s * log(1600.0 / 60), 1e-3);
	cr_expect_eq(syn_value(healthy, "discharge.reached"), 1);
	draw_voltage(&s, 1e9, start_s);
	auto_results struct results *never = session_measure(&s, true, NULL);
	cr_expect_eq(syn_value(never, "discharge.reached"), 0);
	cr_expect_geq(syn_value(never, "discharge.time"), s.steps[0].discharge.timeout_s);
	cr_expect_not(syn_find(never, "discharge.time", 0)->voided);
	s.steps[0].discharge.timeout_s = 10;
	auto_results struct results *unknown = session_measure(&s, true, NULL);
	cr_expect(syn_find(unknown, "discharge.time", 0)->voided, "the recording ended too early to tell");
	cr_expect(syn_find(unknown, "discharge.reached", 0)->voided);
	syn_free(&s.syn);
}

Test(measure_match, idle_peak_sees_what_is_no_pulse)
{
	struct session s;
	session_init(&s);
	auto_results struct results *quiet = session_measure(&s, true, NULL);
	cr_expect_lt(syn_value(quiet, "session.idle_peak"), 40);
	syn_draw(&s.syn, s.fired, s.fired_count, s.triggers, s.trigger_count, 5, 0, 0);
	s.syn.samples[SYN_CHANNELS * (size_t)((START_S + 4.5 * INTERVAL_S) * 1e6)] = 1000;
	auto_results struct results *spike = syn_measure(&s.syn, &s.plan, &s.device, s.events, s.event_count, NULL);
	cr_expect_float_eq(syn_value(spike, "session.idle_peak"), 1000 * SYN_SCALE, 5);
	syn_free(&s.syn);
}

Test(measure_match, a_small_discharge_behind_a_pulse_shows_in_one_of_two_measurands)
{
	for (double after_s = 350e-6; after_s < 2.4e-3; after_s += 50e-6) {
		struct session s;
		session_init(&s);
		struct syn_pulse small = s.fired[5];
		small.onset_s += after_s;
		small.didt0 *= 0.045;
		s.fired[s.fired_count++] = small;
		auto_results struct results *r = session_measure(&s, true, NULL);
		double after_current = syn_find(r, "pulse.after_current", 5)->value, idle_a = syn_value(r, "session.idle_peak");
		cr_expect(r->extra_count == 1 || after_current > 0.03 || idle_a > 180, "%g us: after-current %g, idle peak %g A",
			  after_s * 1e6, after_current, idle_a);
		syn_free(&s.syn);
	}
}

Test(measure_match, a_constant_current_is_not_idle)
{
	for (unsigned calibrated = 0; calibrated < 2; calibrated++) {
		struct session s;
		session_init(&s);
		s.syn.format.channels[0].calibrated = calibrated;
		s.syn.format.channels[0].u_offset = 3;
		for (double offset_a = 0; offset_a < 500; offset_a += 400) {
			syn_draw(&s.syn, s.fired, s.fired_count, s.triggers, s.trigger_count, 5, offset_a, 0);
			auto_results struct results *r = syn_measure(&s.syn, &s.plan, &s.device, s.events, s.event_count, NULL);
			cr_expect_eq(r->matched_count, PULSES);
			cr_expect_eq(syn_find(r, "session.idle_peak", 0)->voided, calibrated && offset_a > 0, "%g A", offset_a);
		}
		syn_free(&s.syn);
	}
}

Test(measure_match, a_current_channel_that_never_moved_counts_nothing)
{
	struct session s;
	session_init(&s);
	syn_draw(&s.syn, NULL, 0, s.triggers, s.trigger_count, 0, 0, 0);
	s.plan.pulse_count = 0;
	auto_results struct results *r = syn_measure(&s.syn, &s.plan, &s.device, NULL, 0, NULL);
	const char *const ids[] = {"session.pulse_count", "session.missing", "session.extra", "session.untriggered", "session.idle_peak"};
	for (size_t i = 0; i < 5; i++)
		cr_expect(syn_find(r, ids[i], 0)->voided, "%s", ids[i]);
	s.syn.samples[SYN_CHANNELS * 1000] = 1;
	auto_results struct results *alive = syn_measure(&s.syn, &s.plan, &s.device, NULL, 0, NULL);
	for (size_t i = 0; i < 5; i++)
		cr_expect_not(syn_find(alive, ids[i], 0)->voided, "%s", ids[i]);
	syn_free(&s.syn);
}

/* As an oscilloscope of 8 bits shows it: nothing moves but pulses. A channel that stands still there is alive; elsewhere it is not. */
Test(measure_match, a_quiet_channel_is_not_a_frozen_one)
{
	struct session s;
	session_init(&s);
	s.plan.pulse_count = 3;
	syn_draw(&s.syn, s.fired, 3, s.triggers, 3, 0, 0, 0);
	for (size_t i = 0; i < s.syn.frames; i++)
		s.syn.samples[SYN_CHANNELS * i] = (int16_t)(256 * lrint(s.syn.samples[SYN_CHANNELS * i] / 256.0));
	auto_results struct results *quiet = syn_measure(&s.syn, &s.plan, &s.device, NULL, 0, NULL);
	cr_expect_eq(syn_value(quiet, "session.pulse_count"), 3);
	cr_expect_not(syn_find(quiet, "session.pulse_count", 0)->voided);
	for (size_t i = (size_t)((s.fired[2].onset_s + 30e-6) * s.syn.rate_hz); i < s.syn.frames; i++)
		s.syn.samples[SYN_CHANNELS * i] = 8192;
	auto_results struct results *frozen = syn_measure(&s.syn, &s.plan, &s.device, NULL, 0, NULL);
	cr_expect(syn_find(frozen, "session.pulse_count", 0)->voided);
	cr_expect_not_null(syn_find(frozen, "session.pulse_count", 0)->why);
	syn_free(&s.syn);
}

/* A contact or an amplifier that settles 30 us before the pulse. */
Test(measure_match, a_step_of_the_baseline_just_before_a_pulse_is_none)
{
	for (int sign = -1; sign <= 1; sign += 2) {
		struct session s;
		session_init(&s);
		syn_draw(&s.syn, s.fired, s.fired_count, s.triggers, s.trigger_count, 5, 0, 0);
		for (size_t i = (size_t)((s.fired[4].onset_s - 30e-6) * s.syn.rate_hz); i < s.syn.frames; i++)
			s.syn.samples[SYN_CHANNELS * i] += (int16_t)(sign * 800);
		auto_results struct results *r = syn_measure(&s.syn, &s.plan, &s.device, s.events, s.event_count, NULL);
		expect_counts(r, PULSES, 0, 0, 0);
		syn_free(&s.syn);
	}
}

/* The onset of a pulse whose top is cut off is still that of its foot: after its trigger edge. */
Test(measure_match, clipped_pulses_keep_their_onset)
{
	for (double top = 0.35; top < 1; top += 0.2) {
		struct session s;
		session_init(&s);
		int16_t most = (int16_t)(top * 0.8 * 6540 / SYN_SCALE);
		s.syn.format.channels[0].count_min = -most;
		s.syn.format.channels[0].count_max = most;
		syn_draw(&s.syn, s.fired, s.fired_count, s.triggers, s.trigger_count, 5, 0, 0);
		for (size_t i = 0; i < s.syn.frames; i++) {
			int16_t *count = &s.syn.samples[SYN_CHANNELS * i];
			*count = *count > most ? most : *count < -most ? (int16_t)-most : *count;
		}
		auto_results struct results *r = syn_measure(&s.syn, &s.plan, &s.device, s.events, s.event_count, NULL);
		expect_counts(r, PULSES, 0, 0, 0);
		for (size_t k = 0; k < r->pulse_count; k++) {
			cr_expect(r->pulses[k].clipped);
			cr_expect_float_eq(r->pulses[k].onset_s, s.fired[k].onset_s, 3e-6, "top %g: %g us off, u %g us", top,
					   1e6 * (r->pulses[k].onset_s - s.fired[k].onset_s), 1e6 * r->pulses[k].u_onset_s);
		}
		syn_free(&s.syn);
	}
}

/* Forty minutes of trains of 50 Hz, 26 s apart, on a clock that is off by 100 ppm, with jitter, a dropped pulse in each train. */
Test(measure_match, a_slow_clock_is_followed)
{
	enum { TRAINS = 90, PER_TRAIN = 20, N = TRAINS * PER_TRAIN };
	static double planned[N], observed[N];
	static int32_t found[N];
	for (int sign = -1; sign <= 1; sign += 2) {
		uint64_t seed = 51;
		size_t n = 0;
		for (unsigned k = 0; k < N; k++) {
			planned[k] = (k / PER_TRAIN) * 26.0 + (k % PER_TRAIN) * 0.02;
			if (k % PER_TRAIN != (k / PER_TRAIN) % PER_TRAIN)
				observed[n++] = 3.21 + planned[k] * (1 + sign * 100e-6) + 20e-6 * syn_normal(&seed);
		}
		struct sequence sequence = {.planned_s = planned, .planned_count = N, .observed_s = observed, .observed_count = n};
		double offset;
		size_t matched;
		cr_assert(align_sequence(&sequence, &offset, &matched));
		cr_expect_eq(match_sequence(&sequence, offset, found, NULL), n);
		for (unsigned k = 0; k < N; k++)
			cr_expect_eq(found[k] < 0, k % PER_TRAIN == (k / PER_TRAIN) % PER_TRAIN, "pulse %u", k);
	}
}

Test(measure_match, the_registry_is_consistent)
{
	size_t count;
	const struct measurand *const *all = measurands_all(&count);
	cr_assert_gt(count, 35);
	for (size_t k = 0; k < count; k++) {
		cr_expect_eq(measurand_find(all[k]->id), all[k], "%s is there twice", all[k]->id);
		cr_expect_gt(strlen(all[k]->definition), 10);
		cr_expect_gt(strlen(all[k]->source), 3);
	}
	cr_expect_null(measurand_find("pulse.nothing"));
}
