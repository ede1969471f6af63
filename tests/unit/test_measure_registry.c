/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Every measurand of the registry, by name: two sessions with a known truth from which each of them must come, the same for any division into
 * blocks. The values are held against closed forms (domain/tms-physics.md, 2.1) and against what the sessions were drawn with.
 */
#include "measurands.h"
#include "synthetic.h"

enum { TRAIN = 210, SECOND = 10, LADDER = 7, PAIR = 2, PULSES = TRAIN + SECOND + LADDER + PAIR, MAX_STEPS = 2 * PULSES, EXTRA = 1 };

#define START_S 10e-3
#define INTERVAL_S 16e-3
#define PAUSE_S 60e-3
#define LATENCY_S 40e-6
#define CLOCK_ERROR 40e-6
#define VOLT_PER_PCT 16.0
#define CHARGE_TAU_S 1.5e-3
#define DUMP_TAU_S 40e-3
#define READY_AFTER_S 0.2e-3
#define FAULT_AFTER_S 0.3e-3
#define EXTRA_AFTER_S 1e-3
#define RINGING_HZ 20e3

static const double LADDER_PCT[LADDER] = {40, 60, 80, 90, 80, 60, 40};

struct scene {
	struct plan plan;
	struct plan_block blocks[3];
	struct expected_pulse expected[PULSES];
	struct step steps[MAX_STEPS];
	double section_duration_s;
	struct rate_limit rates[1];
	struct device device;
	struct syn_pulse fired[PULSES + EXTRA];
	double triggers[PULSES + EXTRA + 1];
	struct run_event events[PULSES + 6];
	struct edge edges[2 * PULSES + 8];
	size_t event_count, edge_count, step_count, interlock_step;
	double interlock_s, discharge_s, leak_s, ringing_s;
	struct syn syn;
};

static void add_step(struct scene *s, struct step step)
{
	cr_assert_lt(s->step_count, MAX_STEPS);
	s->steps[s->step_count++] = step;
}

static void plan_pulse(struct scene *s, size_t p, double time_s, double intensity_pct, uint32_t block, uint32_t train, uint32_t index)
{
	s->expected[p] = (struct expected_pulse){.time_s = time_s,
						 .intensity_pct = intensity_pct,
						 .step = (uint32_t)s->step_count,
						 .block = block,
						 .train = train,
						 .index = index,
						 .follows = index > 0};
	add_step(s, (struct step){.kind = STEP_TRIGGER, .time_s = time_s, .trigger = {(uint32_t)p}});
}

static void set_intensity(struct scene *s, double time_s, double intensity_pct)
{
	add_step(s, (struct step){.kind = STEP_SET_INTENSITY, .time_s = time_s, .set = {intensity_pct, NAN}});
}

static void plan_scene(struct scene *s)
{
	double time_s = 0;
	size_t p = 0;
	s->blocks[0] = (struct plan_block){.kind = "train", .trains = 2, .iti_reference = ITI_LAST_PULSE};
	s->blocks[1] = (struct plan_block){.kind = "single", .first_pulse = TRAIN + SECOND};
	s->blocks[2] = (struct plan_block){.kind = "pair", .first_pulse = TRAIN + SECOND + LADDER};
	set_intensity(s, 0, 80);
	for (unsigned k = 0; k < TRAIN + SECOND; k++) {
		if (k == TRAIN)
			time_s += PAUSE_S - INTERVAL_S;
		plan_pulse(s, p++, time_s, 80, 0, k >= TRAIN, 0);
		time_s += INTERVAL_S;
	}
	for (unsigned k = 0; k < LADDER; k++) {
		time_s += PAUSE_S;
		set_intensity(s, time_s - 0.5 * PAUSE_S, LADDER_PCT[k]);
		plan_pulse(s, p++, time_s, LADDER_PCT[k], 1, k, 0);
	}
	for (unsigned k = 0; k < PAIR; k++) {
		time_s += k ? 3e-3 : PAUSE_S;
		plan_pulse(s, p++, time_s, LADDER_PCT[LADDER - 1], 2, 0, k);
	}
	s->interlock_s = START_S + time_s + PAUSE_S;
	s->leak_s = s->interlock_s + PAUSE_S;
	s->discharge_s = s->leak_s + PAUSE_S;
	s->interlock_step = s->step_count;
	add_step(s, (struct step){.kind = STEP_EMULATE,
				  .time_s = s->interlock_s - START_S,
				  .emulate = {.signal = SIGNAL_DOOR, .state = STATE_OPEN, .value = NAN, .watched = true, .pulses = 1}});
	add_step(s, (struct step){.kind = STEP_EXPECT_DISCHARGE,
				  .time_s = s->discharge_s - START_S,
				  .discharge = {.level_v = 60, .timeout_s = 0.3}});
	s->section_duration_s = time_s + 3 * PAUSE_S;
	s->plan = (struct plan){.steps = s->steps,
				.step_count = s->step_count,
				.pulses = s->expected,
				.pulse_count = PULSES,
				.blocks = s->blocks,
				.block_count = 3,
				.section_duration_s = &s->section_duration_s,
				.section_count = 1};
}

static void describe_device(struct scene *s)
{
	double *const unknown[] = {&s->device.trigger_latency_s.value, &s->device.trigger_jitter_s.value, &s->device.amplitude_cv.value,
				   &s->device.pulse_width_s.value};
	for (unsigned k = 0; k < sizeof unknown / sizeof *unknown; k++)
		*unknown[k] = NAN;
	struct syn_pulse pulse = syn_magpro(0);
	s->rates[0] = (struct rate_limit){100, 100};
	s->device.waveform = WAVEFORM_BIPHASIC;
	s->device.period_s.value = 2 * SYN_PI / pulse.omega;
	s->device.decay_ratio.value = exp(-pulse.alpha * SYN_PI / pulse.omega);
	s->device.rise_time_s.value = atan2(pulse.omega, pulse.alpha) / pulse.omega;
	s->device.didt0_a_per_s.value = pulse.didt0;
	s->device.peak1_a.value = 6539.5;
	s->device.voltage_v.value = 100 * VOLT_PER_PCT;
	s->device.discharge_time_constant_s.value = DUMP_TAU_S;
	s->device.rate_table = s->rates;
	s->device.rate_count = 1;
}

static void add_edge(struct scene *s, enum logic_line line, bool rising, double time_s)
{
	s->edges[s->edge_count++] = (struct edge){.line = line, .rising = rising, .time_s = time_s};
}

static void fire_scene(struct scene *s)
{
	add_edge(s, LOGIC_READY, true, 1e-3);
	/* The host knows roughly when the analyser began, which tells the periods of a train apart. */
	s->events[s->event_count++] = (struct run_event){EVENT_LOGIC_START, 0, 0, 0.5e-3};
	for (unsigned k = 0; k < PULSES; k++) {
		const struct expected_pulse *expected = &s->expected[k];
		/* The device's clock is slow: its intervals are too long. */
		s->triggers[k] = START_S + expected->time_s * (1 + CLOCK_ERROR);
		s->fired[k] = syn_magpro(s->triggers[k] + LATENCY_S);
		s->fired[k].didt0 *= expected->intensity_pct / 100;
		/* One in two is larger by 0.2 %, and what is come to from above by 1 %. */
		s->fired[k].didt0 *= 1 + (k < TRAIN + SECOND ? 1e-3 * (k % 2 ? 1 : -1) : 0) +
				     (k > TRAIN + SECOND + 3 && k < TRAIN + SECOND + LADDER ? 0.01 : 0);
		s->events[s->event_count++] = (struct run_event){EVENT_TRIGGER, k, s->triggers[k] - 1e-6, 2e-6};
		/* The trigger line goes to both instruments, which aligns their clocks. */
		add_edge(s, LOGIC_TRIGGER, true, s->triggers[k]);
		add_edge(s, LOGIC_TRIGGER_OUT, true, s->fired[k].onset_s - 5e-6);
	}
	s->ringing_s = s->fired[3].onset_s + 2 * SYN_PI / s->fired[3].omega;
	s->events[s->event_count++] = (struct run_event){EVENT_INTERLOCK, (uint32_t)s->interlock_step, s->interlock_s, 1e-6};
	add_edge(s, LOGIC_READY, false, s->interlock_s + READY_AFTER_S);
	add_edge(s, LOGIC_FAULT, true, s->interlock_s + FAULT_AFTER_S);
	s->fired[PULSES] = syn_magpro(s->interlock_s + EXTRA_AFTER_S);
	s->triggers[PULSES] = s->fired[PULSES].onset_s - 30e-6;
	s->triggers[PULSES + 1] = s->leak_s;
	s->events[s->event_count++] = (struct run_event){EVENT_PROVOKE, 0, s->triggers[PULSES] - 1e-6, 2e-6};
	s->events[s->event_count++] = (struct run_event){EVENT_DISCHARGE, (uint32_t)s->step_count - 1, s->discharge_s, 1e-6};
	s->events[s->event_count++] = (struct run_event){EVENT_END, 0, s->discharge_s + 0.3, 1e-6};
}

/* Voltage: charged for the next pulse from half way to it, a tenth less after each pulse, back exponentially, dumped at the end. */
static void draw_voltage(struct scene *s)
{
	size_t k = 0;
	double volts = 0;
	for (size_t i = 0; i < s->syn.frames; i++) {
		double t = (double)i / s->syn.rate_hz;
		while (k + 1 < PULSES && t > 0.5 * (s->triggers[k] + s->triggers[k + 1]))
			k++;
		double full = VOLT_PER_PCT * s->expected[k].intensity_pct, since = t - s->triggers[k];
		if (since < 0 && k > 0)
			since = t - s->triggers[k - 1];
		volts = full * (since >= 0 ? 1 - 0.1 * exp(-since / CHARGE_TAU_S) : 1);
		if (t > s->discharge_s)
			volts = full * exp(-(t - s->discharge_s) / DUMP_TAU_S);
		s->syn.samples[SYN_CHANNELS * i + 2] = syn_clip(volts / s->syn.format.channels[2].scale);
	}
}

static void draw_scene(struct scene *s)
{
	s->syn = syn_make(1e6, s->discharge_s + 0.31, 71);
	syn_draw(&s->syn, s->fired, PULSES + EXTRA, s->triggers, PULSES + EXTRA + 1, 4, 0, 0);
	for (size_t i = 0; i < 200; i++) {
		double t = 10e-6 + (double)i * 1e-6;
		size_t at = (size_t)((s->ringing_s + t) * 1e6);
		s->syn.samples[SYN_CHANNELS * at] += (int16_t)lrint(300 * exp(-t / 80e-6) * sin(2 * SYN_PI * RINGING_HZ * t) / SYN_SCALE);
	}
	for (size_t i = 0; i < 100; i++)
		s->syn.samples[SYN_CHANNELS * ((size_t)(s->leak_s * 1e6) + 100 + i)] += 100;
	draw_voltage(s);
}

static struct scene *scene_make(void)
{
	struct scene *s = calloc(1, sizeof *s);
	cr_assert(s != NULL);
	plan_scene(s);
	describe_device(s);
	fire_scene(s);
	draw_scene(s);
	return s;
}

static void scene_free(struct scene *s)
{
	syn_free(&s->syn);
	free(s);
}

/* Blocks of 1 to `largest` frames. */
static struct results *measure_divided(const struct syn *syn, const struct scene *s, size_t largest, uint64_t seed)
{
	struct error error = {0};
	auto_measure struct measure *measure = measure_create(s ? &s->plan : NULL, s ? &s->device : NULL, &error);
	cr_assert(measure != NULL);
	struct reduced_sink reduced = measure_sink(measure);
	auto_scan struct scan *scan = scan_create(&reduced, &error);
	cr_assert(scan != NULL);
	struct recording_sink sink = scan_sink(scan);
	cr_assert(sink.format(sink.self, &syn->format, &error), "%s", error.text);
	for (size_t k = 0; s && k < s->event_count; k++)
		cr_assert(sink.event(sink.self, &s->events[k], &error));
	for (size_t k = 0; s && k < s->edge_count; k++)
		cr_assert(sink.edge(sink.self, &s->edges[k], &error));
	for (size_t at = 0; at < syn->frames;) {
		size_t frames = 1 + (size_t)(syn_uniform(&seed) * (double)largest),
		       end = at + frames < syn->frames ? at + frames : syn->frames;
		syn_push(syn, &sink, at, end);
		at = end;
	}
	cr_assert(sink.finish(sink.self, &error), "%s", error.text);
	struct results *results = measure_finish(measure, &error);
	cr_assert(results != NULL, "%s", error.text);
	return results;
}

/* Half-sine, monophasic and near-rectangular pulses, without plan or device. */
static struct syn shapes_make(void)
{
	struct syn syn = syn_make(1e6, 50e-3, 72);
	struct syn_pulse pulses[4] = {syn_magpro(5e-3), syn_magpro(15e-3), syn_magpro(25e-3), syn_magpro(35e-3)};
	pulses[1].shape = SYN_HALF_SINE;
	pulses[2].shape = SYN_MONOPHASIC;
	pulses[3].shape = SYN_RAMP;
	pulses[3].didt0 = 60e6;
	syn_draw(&syn, pulses, 4, NULL, 0, 2, 0, 0);
	return syn;
}

static bool same(double a, double b)
{
	return memcmp(&a, &b, sizeof a) == 0 || (isnan(a) && isnan(b));
}

static void expect_same(const struct results *one, const struct results *other, size_t largest)
{
	cr_assert_eq(one->measurement_count, other->measurement_count, "blocks up to %zu", largest);
	for (size_t i = 0; i < one->measurement_count; i++) {
		const struct measurement *a = &one->measurements[i], *b = &other->measurements[i];
		cr_assert(a->measurand == b->measurand && same(a->value, b->value) && same(a->u_random, b->u_random) &&
				  same(a->u_systematic, b->u_systematic) && same(a->dof, b->dof) && a->voided == b->voided &&
				  a->subject == b->subject && same(a->start_s, b->start_s),
			  "%s, blocks up to %zu: %.17g and %.17g", a->measurand->id, largest, a->value, b->value);
	}
}

Test(measure_registry, every_measurand_is_measured_and_any_division_into_blocks_gives_the_same)
{
	struct scene *s = scene_make();
	struct syn shapes = shapes_make();
	auto_results struct results *session = measure_divided(&s->syn, s, 100 * s->syn.frames, 1);
	auto_results struct results *single = measure_divided(&shapes, NULL, 100 * shapes.frames, 1);
	size_t count;
	const struct measurand *const *all = measurands_all(&count);
	for (size_t k = 0; k < count; k++) {
		const struct measurement *one = syn_find(session, all[k]->id, 0);
		cr_expect(one || syn_find(single, all[k]->id, 0), "%s is never measured", all[k]->id);
	}
	const size_t sizes[] = {777, 40000};
	for (unsigned k = 0; k < sizeof sizes / sizeof *sizes; k++) {
		auto_results struct results *divided = measure_divided(&s->syn, s, sizes[k], 5 + k);
		expect_same(session, divided, sizes[k]);
		auto_results struct results *apart = measure_divided(&shapes, NULL, sizes[k], 5 + k);
		expect_same(single, apart, sizes[k]);
	}
	syn_free(&shapes);
	scene_free(s);
}

/* The value lies within three standard uncertainties of the truth, which is no more than a share of it wide. */
static void expect_true(const struct results *results, const char *id, size_t k, double truth, double most_u)
{
	const struct measurement *m = syn_find(results, id, k);
	cr_assert(m != NULL, "%s", id);
	double u = measurement_u(m);
	cr_expect_not(m->voided, "%s", id);
	cr_expect_leq(fabs(m->value - truth), 3 * u, "%s: %.9g, not %.9g, u %.3g", id, m->value, truth, u);
	cr_expect_leq(u, most_u, "%s: u %.3g", id, u);
}

Test(measure_registry, a_biphasic_pulse_has_the_values_of_its_closed_form)
{
	struct scene *s = scene_make();
	auto_results struct results *r = measure_divided(&s->syn, s, 50000, 3);
	for (size_t k = 0; k < 20; k += 5) {
		const struct syn_pulse *p = &s->fired[k];
		double a = p->alpha, w = p->omega, squares = a * a + w * w, td = 2 * SYN_PI / w, phi = atan(a / w), lc = 1 / squares;
		double peak_s = atan2(w, a) / w, peak = p->didt0 / w * exp(-a * peak_s) * sin(w * peak_s);
		/* Integral of (D / w)^2 exp(-2 a t) sin^2(w t) over a whole period. */
		double action = p->didt0 * p->didt0 / (4 * a * squares) * (1 - exp(-2 * a * td));
		expect_true(r, "pulse.zero1", k, 0.5 * td, 0.2e-6);
		expect_true(r, "pulse.width_zeros", k, td, 0.2e-6);
		expect_true(r, "pulse.width_peaks", k, td, 1e-6);
		expect_true(r, "pulse.width_fda", k, (2 * SYN_PI - 2 * phi) / w, 0.2e-6);
		expect_true(r, "pulse.rise_time_field", k, peak_s, 0.5e-6);
		expect_true(r, "pulse.field_ratio", k, -exp(-a * (SYN_PI - 2 * phi) / w), 1e-3);
		expect_true(r, "pulse.damping_ratio", k, a / sqrt(squares), 0.005 * a / w);
		expect_true(r, "pulse.lc", k, lc, 1e-3 * lc);
		expect_true(r, "pulse.stored_charge", k, lc * p->didt0, 2e-3 * lc * p->didt0);
		expect_true(r, "pulse.action", k, action, 5e-3 * action);
		expect_true(r, "pulse.flux_balance", k, 0, 1e-3);
		expect_true(r, "pulse.slope_max_raw", k, p->didt0, 0.1 * p->didt0);
		/* The first straight line that lies 3 us after the onset has its middle 4 us later. */
		double t = 7.5e-6, slope = p->didt0 * exp(-a * t) * (cos(w * t) - a / w * sin(w * t));
		cr_expect_float_eq(syn_find(r, "pulse.slope_max", k)->value, slope, 0.01 * slope);
		cr_expect_lt(syn_find(r, "pulse.fit_worst", k)->value, 5 * 4 / peak);
		cr_expect_lt(syn_find(r, "pulse.waveform_match", k)->value, 2e-3);
		cr_expect_eq(syn_find(r, "pulse.waveform", k)->value, 1);
		expect_true(r, "pulse.trigger_out", k, 5e-6, 0.5e-6);
	}
	cr_assert(syn_find(r, "pulse.ringing_frequency", 0) != NULL);
	cr_expect_float_eq(syn_find(r, "pulse.ringing_frequency", 0)->value, RINGING_HZ, 0.03 * RINGING_HZ);
	cr_expect_eq(syn_find(r, "pulse.ringing_frequency", 0)->subject, 3, "the others do not ring");
	cr_expect_null(syn_find(r, "pulse.ringing_frequency", 1));
	scene_free(s);
}

Test(measure_registry, widths_of_the_other_waveforms_are_those_they_were_drawn_with)
{
	struct syn shapes = shapes_make();
	auto_results struct results *r = measure_divided(&shapes, NULL, 3000, 3);
	struct syn_pulse p = syn_magpro(0);
	double peak_s = atan2(p.omega, p.alpha) / p.omega, top = exp(-p.alpha * peak_s) * sin(p.omega * peak_s), up = 5e-6;
	for (unsigned i = 0; i < 50; i++)
		up -= (exp(-p.alpha * up) * sin(p.omega * up) - 0.1 * top) / (exp(-p.alpha * up) * p.omega * cos(p.omega * up));
	/* The tail falls with 186 us. */
	for (size_t i = 0; i < r->measurement_count; i++) {
		const struct measurement *m = &r->measurements[i];
		double truth = NAN, allowed = 0.6e-6;
		if (strcmp(m->measurand->id, "pulse.width_10") == 0 && m->subject == 2) {
			truth = peak_s + 186e-6 * log(10) - up;
			allowed = 3e-6;
		} else if (strcmp(m->measurand->id, "pulse.width_10") == 0 && m->subject == 3) {
			truth = 0.9 * 120e-6;
		} else if (strncmp(m->measurand->id, "pulse.phase", 11) == 0 && m->subject == 3) {
			truth = 60e-6;
		} else if (strcmp(m->measurand->id, "pulse.half_width_linear") == 0 && m->subject == 3) {
			truth = 60e-6;
		} else {
			continue;
		}
		cr_expect_float_eq(m->value, truth, allowed, "%s of pulse %u: %g, not %g", m->measurand->id, m->subject, m->value, truth);
		cr_expect_leq(fabs(m->value - truth), 3 * measurement_u(m), "%s of pulse %u: %g of u %g", m->measurand->id, m->subject,
			      m->value - truth, measurement_u(m));
	}
	cr_expect(syn_find(r, "pulse.phase1_width", 0)->value > 0 || syn_find(r, "pulse.phase1_width", 0)->voided);
	syn_free(&shapes);
}

Test(measure_registry, a_session_shows_what_it_was_drawn_with)
{
	struct scene *s = scene_make();
	auto_results struct results *r = measure_divided(&s->syn, s, 50000, 3);
	cr_assert_eq(r->matched_count, PULSES);
	expect_true(r, "train.clock_error", 0, CLOCK_ERROR, 5e-6);
	expect_true(r, "session.clock_error", 0, CLOCK_ERROR, 5e-6);
	double last_s = (TRAIN - 1) * INTERVAL_S;
	expect_true(r, "train.tie_max", 0, last_s * CLOCK_ERROR, 10e-6);
	expect_true(r, "train.duration_with_interval", 0, last_s * (1 + CLOCK_ERROR) + INTERVAL_S, 10e-6);
	expect_true(r, "train.rate_share", 0, 1 / (INTERVAL_S * (1 + CLOCK_ERROR)) / 100, 1e-5);
	/* Onsets as exact as they can be drawn: what is left is the rig's own, which must be no more than it says. */
	expect_true(r, "train.period_jitter", 0, 0, 0.1e-6);
	expect_true(r, "train.tie_residual", 0, 0, 0.1e-6);
	expect_true(r, "train.allan_deviation", 0, 0, 0.1e-6 / INTERVAL_S);
	expect_true(r, "session.latency_jitter_net", 0, 0, 0.5e-6);
	/* Alternating by 0.1 % to either side. */
	cr_expect_float_eq(syn_value(r, "train.peak_largest"), 1.002, 1e-3);
	cr_expect_float_eq(syn_value(r, "train.peak_least"), 1, 6e-4);
	cr_expect_float_eq(syn_value(r, "session.last_to_first"), 1, 2e-4);
	expect_true(r, "session.drift", 0, 0, 1e-3);
	expect_true(r, "session.amplitude_precision", 0, 7.5e-3, 5e-3);
	cr_expect_gt(syn_value(r, "session.amplitude_cv_upper"), syn_value(r, "session.amplitude_cv"));
	/* 1 % between up and down, by the line at 100 %: largest at 80 %, where most of the rising ones are of the trains. */
	cr_expect_float_eq(syn_value(r, "session.linearity_hysteresis"), 0.008, 1.5e-3, "%g", syn_value(r, "session.linearity_hysteresis"));
	cr_expect_float_eq(syn_value(r, "session.linearity_monotonicity"), 1, 0.1);
	cr_expect_float_eq(syn_value(r, "session.linearity_gain"), 6539.5, 0.02 * 6539.5);
	cr_expect_float_eq(syn_value(r, "session.amplitude_exactness"), 0.0067, 0.004, "%g", syn_value(r, "session.amplitude_exactness"));
	cr_expect_float_eq(syn_value(r, "session.leakage_peak"), 100 * SYN_SCALE, 25, "%g", syn_value(r, "session.leakage_peak"));
	expect_true(r, "session.residual_mean", 0, 0, 0.1);
	/* Threshold 1.5 V of 0 to 5 V; bins of 16 counts of 10 V / 32768. */
	expect_true(r, "session.trigger_threshold", 0, 0.3, 0.02);
	scene_free(s);
}

Test(measure_registry, storage_and_interlock_react_as_they_were_drawn)
{
	struct scene *s = scene_make();
	auto_results struct results *r = measure_divided(&s->syn, s, 50000, 3);
	cr_expect_float_eq(syn_find(r, "storage.voltage", 0)->value, 80 * VOLT_PER_PCT, 5, "%g", syn_find(r, "storage.voltage", 0)->value);
	cr_expect_float_eq(syn_find(r, "storage.voltage", 0)->planned, 80 * VOLT_PER_PCT, 1e-9);
	/* 10 % down, back to 1 % after tau ln 10. */
	cr_expect_float_eq(syn_find(r, "pulse.recharge_time", 7)->value, CHARGE_TAU_S * log(10), 4.1e-3);
	cr_expect_float_eq(syn_value(r, "discharge.time_constant"), DUMP_TAU_S, 0.2e-3, "%g", syn_value(r, "discharge.time_constant"));
	cr_expect_lt(syn_value(r, "discharge.rebound"), 1);
	expect_true(r, "interlock.last_pulse", 0, EXTRA_AFTER_S, 2e-6);
	expect_true(r, "interlock.ready_low", 0, READY_AFTER_S, 2e-6);
	expect_true(r, "interlock.fault", 0, FAULT_AFTER_S, 2e-6);
	cr_expect_eq(syn_find(r, "interlock.fault", 0)->subject, s->interlock_step);
	cr_expect_eq(syn_value(r, "interlock.pulses"), 1);
	cr_expect_eq(syn_value(r, "session.provoked"), 1);
	cr_expect_eq(syn_value(r, "session.extra"), 0, "a pulse on a trigger that was to be refused is not extra");
	expect_true(r, "interlock.interval", 0, s->fired[PULSES].onset_s - s->fired[PULSES - 1].onset_s, 1e-6);
	cr_expect_eq(syn_value(r, "interlock.pair_error"), 0, "a first pulse alone is no wrong pair");
	cr_expect_not(syn_find(r, "interlock.pair_error", 0)->voided);
	cr_expect_eq(syn_value(r, "interlock.trials"), 1);
	cr_expect_float_eq(syn_value(r, "interlock.failure_bound"), 0.95, 1e-12);
	cr_expect_eq(syn_value(r, "session.trips"), 0, "the trip was provoked");
	cr_expect_float_eq(syn_value(r, "session.trip_rate_bound"), -log(0.05) / r->duration_s, 1e-9);
	/* Without the event the same edge is a trip; its bound is the 95 % quantile 4.744 of one observed (Poisson tables). */
	for (size_t k = 0; k < s->event_count; k++)
		if (s->events[k].kind == EVENT_INTERLOCK)
			s->events[k].kind = EVENT_END;
	auto_results struct results *tripped = measure_divided(&s->syn, s, 50000, 3);
	cr_expect_eq(syn_value(tripped, "session.trips"), 1);
	cr_expect_float_eq(syn_value(tripped, "session.trip_rate_bound"), 4.7439 / r->duration_s, 1e-4);
	cr_expect_null(syn_find(tripped, "interlock.fault", 0));
	scene_free(s);
}

Test(measure_registry, an_interlock_without_reaction_has_no_end)
{
	struct scene *s = scene_make();
	s->edge_count -= 2;
	auto_results struct results *r = measure_divided(&s->syn, s, 50000, 3);
	cr_expect(isinf(syn_value(r, "interlock.ready_low")));
	cr_expect(isinf(syn_value(r, "interlock.fault")));
	scene_free(s);
}
