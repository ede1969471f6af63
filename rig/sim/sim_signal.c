/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim_signal.h"

#include <math.h>
#include <string.h>

#include "sim_artefact.h"
#include "sim_noise.h"
#include "sim_queue.h"
#include "sim_sensor.h"

static const double trigger_rise_s = 0.2e-6;

/* A discharge while it shows: what each channel sees of it, from the first frame of the chunk in which it began. */
struct active {
	uint64_t first_frame;
	size_t frames; /* a multiple of SIM_CHUNK */
	double onset_s;
	float *samples[RECORDING_MAX_CHANNELS]; /* NULL: the channel does not see it */
	double droop[RECORDING_MAX_CHANNELS];   /* of the high-pass, at its end */
};

enum { ACTIVE_MAX = 32 };

struct sim_signal {
	const struct bench_setup *setup;
	const struct circuit *circuit;
	unsigned channel_count;
	struct sim_sensor sensor[RECORDING_MAX_CHANNELS];
	struct sim_baseline baseline;
	double start_s, frame_s, probe_lost_s;
	uint64_t next_frame;
	struct sim_queue pulses, triggers, laws;
	bool trigger_level;
	struct sim_event law; /* the one that holds */
	struct active active[ACTIVE_MAX];
	size_t active_count;
	double droop[RECORDING_MAX_CHANNELS]; /* state of each high-pass at the start of the next chunk */
	double *current_a, *voltage_v;        /* scratch: one discharge on the circuit's grid */
	size_t grid_capacity;
	float *noise;
	float signal[SIM_CHUNK];
	int16_t planes[RECORDING_MAX_CHANNELS * SIM_CHUNK];
};

struct sim_signal *sim_signal_create(const struct bench_setup *setup, const struct circuit *circuit, struct error *error)
{
	for (unsigned c = 0; c < setup->adc.channel_count; c++) {
		const struct channel *channel = &setup->adc.channels[c].channel;
		if (!(fabs(channel->scale) > 0) || isinf(channel->scale)) {
			error_config(error, "adc channel %s: the scale is not given", channel->name);
			return NULL;
		}
	}
	if (!(setup->adc.sample_rate_hz > 0) || setup->adc.channel_count == 0) {
		error_config(error, "the simulated adc has no channels or no sample rate");
		return NULL;
	}
	struct sim_signal *signal = calloc(1, sizeof *signal);
	float *noise = malloc(SIM_POOL_SIZE * sizeof *noise);
	if (!signal || !noise) {
		free(signal);
		free(noise);
		error_bench(error, "out of memory");
		return NULL;
	}
	uint64_t seed = setup->sim.seed;
	double stated = setup->adc.reference.present ? setup->adc.reference.accuracy_rel : setup->adc.clock_accuracy_rel;
	double accuracy = isfinite(stated) ? stated : 0;
	double clock_error = accuracy * (2 * sim_uniform(seed, SIM_STREAM_CLOCK, 0) - 1);
	signal->setup = setup;
	signal->circuit = circuit;
	signal->channel_count = setup->adc.channel_count;
	signal->frame_s = 1 / (setup->adc.sample_rate_hz * (1 + clock_error));
	signal->probe_lost_s = sim_fault_probe_lost_s(&setup->sim);
	signal->noise = noise;
	sim_noise_fill(noise, seed);
	signal->baseline = sim_baseline_make(&setup->sim.artefacts, signal->frame_s, seed);
	for (unsigned c = 0; c < signal->channel_count; c++)
		signal->sensor[c] = sim_sensor_make(&setup->adc.channels[c], c, seed);
	return signal;
}

static void drop_active(struct active *active)
{
	for (unsigned c = 0; c < RECORDING_MAX_CHANNELS; c++)
		free(active->samples[c]);
}

void sim_signal_destroy(struct sim_signal *signal)
{
	if (!signal)
		return;
	for (size_t i = 0; i < signal->active_count; i++)
		drop_active(&signal->active[i]);
	free(signal->pulses.items);
	free(signal->triggers.items);
	free(signal->laws.items);
	free(signal->current_a);
	free(signal->voltage_v);
	free(signal->noise);
	free(signal);
}

void sim_signal_start(struct sim_signal *signal, double start_s)
{
	signal->start_s = start_s;
	signal->law = (struct sim_event){.kind = SIM_EVENT_LAW, .time_s = start_s, .law = {.kind = SIM_LAW_HOLD}};
}

double sim_signal_rate_hz(const struct sim_signal *signal)
{
	return 1 / signal->frame_s;
}

bool sim_signal_take(struct sim_signal *signal, const struct sim_events *events, double until_s)
{
	for (size_t i = 0; i < events->count; i++) {
		const struct sim_event *event = &events->items[i];
		struct sim_queue *queue = NULL;
		switch (event->kind) {
		case SIM_EVENT_PULSE: queue = &signal->pulses; break;
		case SIM_EVENT_TRIGGER: queue = &signal->triggers; break;
		case SIM_EVENT_LAW: queue = &signal->laws; break;
		}
		if (event->time_s <= until_s && !sim_queue_push(queue, event))
			return false;
	}
	return true;
}

static double chunk_time_s(const struct sim_signal *signal)
{
	return signal->start_s + (double)signal->next_frame * signal->frame_s;
}

/* Room for point n of the scratch grid. */
static bool reserve(struct sim_signal *signal, size_t n)
{
	while (n >= signal->grid_capacity) {
		size_t capacity = signal->grid_capacity ? 2 * signal->grid_capacity : 8192;
		double *current_a = reallocarray(signal->current_a, capacity, sizeof *current_a);
		if (current_a)
			signal->current_a = current_a;
		double *voltages_v = reallocarray(signal->voltage_v, capacity, sizeof *voltages_v);
		if (voltages_v)
			signal->voltage_v = voltages_v;
		if (!current_a || !voltages_v)
			return false;
		signal->grid_capacity = capacity;
	}
	return true;
}

/* What the equation does not have; a discharge becomes longer by it. */
static bool roughen(struct sim_signal *signal, const struct circuit *circuit, double voltage_v, size_t *count)
{
	const struct sim_artefacts *artefacts = &signal->setup->sim.artefacts;
	double span_s = sim_artefact_span_s(artefacts, circuit);
	if (!(span_s > 0))
		return true;
	size_t points = (size_t)(span_s / circuit->step_s) + 2, n = *count;
	if (!reserve(signal, points))
		return false;
	for (; n < points; n++) {
		signal->current_a[n] = 0;
		signal->voltage_v[n] = signal->voltage_v[n - 1];
	}
	*count = n;
	sim_artefact_add(artefacts, circuit, voltage_v, signal->current_a, n);
	return true;
}

/* Walks the circuit through a discharge onto the scratch grid. */
static bool walk(struct sim_signal *signal, const struct circuit *circuit, double voltage_v, size_t *count)
{
	struct circuit_state state = circuit_begin(circuit, voltage_v);
	for (size_t n = 0;; n++) {
		if (!reserve(signal, n))
			return false;
		signal->current_a[n] = state.current_a;
		signal->voltage_v[n] = state.voltage_v;
		*count = n + 1;
		if (n > 0 && circuit_over(circuit, &state))
			return true;
		circuit_step(circuit, &state);
	}
}

static bool sees(const struct sim_sensor *sensor, unsigned bank)
{
	return sensor->role == CHANNEL_COIL_CURRENT || (sensor->role == CHANNEL_CAPACITOR_VOLTAGE && bank == 0);
}

/* Renders a discharge for every channel that sees it, and keeps it until its last chunk. */
static bool activate(struct sim_signal *signal, const struct sim_event *event)
{
	if (signal->active_count == ACTIVE_MAX)
		return false;
	size_t count = 0;
	struct circuit half_wave = circuit_half_wave(signal->circuit);
	const struct circuit *circuit = event->half_wave ? &half_wave : signal->circuit;
	if (!walk(signal, circuit, fabs(event->voltage_v), &count) || !roughen(signal, circuit, fabs(event->voltage_v), &count))
		return false;
	double step_s = signal->circuit->step_s, offset_s = event->time_s - chunk_time_s(signal), longest_s = 0;
	for (unsigned c = 0; c < signal->channel_count; c++)
		longest_s = fmax(longest_s, signal->sensor[c].delay_s + sim_sensor_settling_s(&signal->sensor[c]));
	double span_s = offset_s + (double)count * step_s + fmin(longest_s, 0.1);
	struct active *active = &signal->active[signal->active_count++];
	*active = (struct active){.first_frame = signal->next_frame, .onset_s = event->time_s};
	active->frames = ((size_t)(span_s / signal->frame_s) / SIM_CHUNK + 1) * SIM_CHUNK;
	if (event->voltage_v < 0)
		for (size_t n = 0; n < count; n++)
			signal->current_a[n] = -signal->current_a[n];
	for (unsigned c = 0; c < signal->channel_count; c++) {
		const struct sim_sensor *sensor = &signal->sensor[c];
		if (!sees(sensor, event->bank))
			continue;
		active->samples[c] = malloc(active->frames * sizeof(float));
		if (!active->samples[c])
			return false;
		bool current = sensor->role == CHANNEL_COIL_CURRENT;
		struct sim_grid grid = {current ? signal->current_a : signal->voltage_v, count, step_s};
		active->droop[c] =
			sim_sensor_respond(sensor, &grid, offset_s + sensor->delay_s, signal->frame_s, active->samples[c], active->frames);
	}
	return true;
}

static bool activate_pulses(struct sim_signal *signal)
{
	double end_s = chunk_time_s(signal) + SIM_CHUNK * signal->frame_s;
	const struct sim_event *event;
	while ((event = sim_queue_peek(&signal->pulses, end_s))) {
		if (!activate(signal, event))
			return false;
		signal->pulses.head++;
	}
	return true;
}

/* Discharges that end with this chunk: what is left of them decays in the high-pass. */
static void retire(struct sim_signal *signal)
{
	size_t kept = 0;
	for (size_t i = 0; i < signal->active_count; i++) {
		struct active *active = &signal->active[i];
		if (active->first_frame + active->frames > signal->next_frame) {
			signal->active[kept++] = *active;
			continue;
		}
		for (unsigned c = 0; c < signal->channel_count; c++)
			signal->droop[c] += active->droop[c];
		drop_active(active);
	}
	signal->active_count = kept;
}

struct line {
	double base, slope; /* unit, unit per frame */
};

/* Into signal->signal (unit) when true; a straight line is left in *line when false. */
static bool render_current(struct sim_signal *signal, unsigned c, struct line *line)
{
	double decay = exp(-SIM_CHUNK * signal->frame_s * signal->sensor[c].droop_per_s), lost = signal->droop[c];
	*line = (struct line){-lost, lost * (1 - decay) / SIM_CHUNK};
	signal->droop[c] = lost * decay;
	if (signal->active_count == 0)
		return false;
	for (int k = 0; k < SIM_CHUNK; k++)
		signal->signal[k] = (float)(line->base + line->slope * k);
	for (size_t i = 0; i < signal->active_count; i++) {
		const struct active *active = &signal->active[i];
		const float *samples = active->samples[c] + (signal->next_frame - active->first_frame);
		for (int k = 0; k < SIM_CHUNK; k++)
			signal->signal[k] += samples[k];
	}
	return true;
}

static int frame_at(const struct sim_signal *signal, double time_s)
{
	double k = ceil((time_s - chunk_time_s(signal)) / signal->frame_s);
	return k <= 0 ? 0 : k >= SIM_CHUNK ? SIM_CHUNK : (int)k;
}

static bool render_trigger(struct sim_signal *signal, unsigned c, struct line *line)
{
	const struct sim_sensor *sensor = &signal->sensor[c];
	double early_s = trigger_rise_s / 2 - sensor->delay_s, end_s = chunk_time_s(signal) + SIM_CHUNK * signal->frame_s;
	bool level = signal->trigger_level;
	*line = (struct line){level ? sensor->high_v : 0, 0};
	size_t next = signal->triggers.head;
	if (!sim_queue_peek(&signal->triggers, end_s + early_s))
		return false;
	int from = 0;
	/* An edge whose ramp is over before the next frame is behind us. */
	for (; next < signal->triggers.count && signal->triggers.items[next].time_s < end_s + early_s; next++) {
		const struct sim_event *edge = &signal->triggers.items[next];
		double begin_s = edge->time_s - early_s;
		int at = frame_at(signal, begin_s), over = frame_at(signal, begin_s + trigger_rise_s);
		float before = level ? (float)sensor->high_v : 0, after = edge->level ? (float)sensor->high_v : 0;
		for (; from < at; from++)
			signal->signal[from] = before;
		for (; from < over; from++) {
			double part = (chunk_time_s(signal) + from * signal->frame_s - begin_s) / trigger_rise_s;
			signal->signal[from] = before + (after - before) * (float)part;
		}
		level = edge->level;
	}
	for (; from < SIM_CHUNK; from++)
		signal->signal[from] = level ? (float)sensor->high_v : 0;
	return true;
}

/* Edges whose ramp is over at the end of this chunk, for every channel. */
static void pass_triggers(struct sim_signal *signal)
{
	double slack_s = trigger_rise_s;
	for (unsigned c = 0; c < signal->channel_count; c++)
		if (signal->sensor[c].role == CHANNEL_TRIGGER)
			slack_s = fmax(slack_s, trigger_rise_s + signal->sensor[c].delay_s);
	const struct sim_event *edge;
	while ((edge = sim_queue_peek(&signal->triggers, chunk_time_s(signal) - slack_s))) {
		signal->trigger_level = edge->level;
		signal->triggers.head++;
	}
}

/* During a discharge the circuit's own trace, else the law. */
static void fill_law(struct sim_signal *signal, unsigned c, const struct sim_event *event, int from, int to)
{
	if (event->law.kind == SIM_LAW_PULSE)
		for (size_t i = signal->active_count; i-- > 0;) {
			const struct active *active = &signal->active[i];
			if (!active->samples[c] || active->onset_s > event->time_s)
				continue;
			const float *samples = active->samples[c] + (signal->next_frame - active->first_frame);
			memcpy(signal->signal + from, samples + from, (size_t)(to - from) * sizeof *samples);
			return;
		}
	double t_s = chunk_time_s(signal) + from * signal->frame_s - signal->sensor[c].delay_s - event->time_s;
	sim_law_fill(&event->law, t_s, signal->frame_s, signal->signal + from, (size_t)(to - from));
}

/* The high-pass of a divider that is not DC-coupled, frame by frame. */
static void droop_voltage(struct sim_signal *signal, unsigned c)
{
	double keep = exp(-signal->frame_s * signal->sensor[c].droop_per_s), lost = signal->droop[c];
	for (int k = 0; k < SIM_CHUNK; k++) {
		double x = signal->signal[k];
		signal->signal[k] = (float)(x - lost);
		lost = x + (lost - x) * keep;
	}
	signal->droop[c] = lost;
}

static bool render_voltage(struct sim_signal *signal, unsigned c, struct line *line)
{
	double delay_s = signal->sensor[c].delay_s, end_s = chunk_time_s(signal) + SIM_CHUNK * signal->frame_s - delay_s;
	bool coupled = signal->sensor[c].droop_per_s > 0;
	if (!coupled && signal->law.law.kind == SIM_LAW_HOLD && !sim_queue_peek(&signal->laws, end_s)) {
		*line = (struct line){signal->law.law.start_v, 0};
		return false;
	}
	struct sim_event law = signal->law;
	int from = 0;
	for (size_t next = signal->laws.head; next < signal->laws.count && signal->laws.items[next].time_s < end_s; next++) {
		int to = frame_at(signal, signal->laws.items[next].time_s + delay_s);
		if (to > from)
			fill_law(signal, c, &law, from, to);
		from = to > from ? to : from;
		law = signal->laws.items[next];
	}
	if (from < SIM_CHUNK)
		fill_law(signal, c, &law, from, SIM_CHUNK);
	if (coupled)
		droop_voltage(signal, c);
	return true;
}

/* What the capacitor's channel shows of that once its probe is off: nothing. Returns whether the chunk is still shaped. */
static bool lose_probe(struct sim_signal *signal, struct line *line, bool shaped)
{
	double begun_s = (double)signal->next_frame * signal->frame_s, end_s = begun_s + SIM_CHUNK * signal->frame_s;
	if (end_s <= signal->probe_lost_s)
		return shaped;
	if (begun_s >= signal->probe_lost_s) {
		*line = (struct line){0, 0};
		return false;
	}
	int from = (int)fmin(SIM_CHUNK, ceil((signal->probe_lost_s - begun_s) / signal->frame_s));
	for (int k = 0; k < from && !shaped; k++)
		signal->signal[k] = (float)(line->base + line->slope * k);
	for (int k = from; k < SIM_CHUNK; k++)
		signal->signal[k] = 0;
	return true;
}

/* Laws that are over for every channel before the next chunk begins. */
static void pass_laws(struct sim_signal *signal)
{
	double longest_s = 0;
	for (unsigned c = 0; c < signal->channel_count; c++)
		if (signal->sensor[c].role == CHANNEL_CAPACITOR_VOLTAGE)
			longest_s = fmax(longest_s, signal->sensor[c].delay_s);
	const struct sim_event *law;
	while ((law = sim_queue_peek(&signal->laws, chunk_time_s(signal) - longest_s))) {
		signal->law = *law;
		signal->laws.head++;
	}
}

/* The baseline at every piece's first frame, and at the end of the chunk. */
static void wander(const struct sim_signal *signal, float *counts_at, size_t pieces, double counts_per_unit)
{
	const struct sim_baseline *baseline = &signal->baseline;
	for (size_t p = 0; p <= pieces; p++) {
		double time_s = (double)(signal->next_frame + p * baseline->piece) * signal->frame_s;
		counts_at[p] = (float)(sim_baseline_at(baseline, time_s) * counts_per_unit);
	}
}

/* A channel whose baseline is no straight line, piece by piece. */
static void render_pieces(struct sim_signal *signal, const struct sim_sensor *sensor, const struct line *line, bool shaped,
			  const float *noise, int16_t *counts)
{
	size_t piece = signal->baseline.piece, pieces = SIM_CHUNK / piece;
	float at[SIM_CHUNK / 16 + 1], gain = (float)sensor->counts_per_unit, offset = (float)sensor->count_offset;
	wander(signal, at, pieces, sensor->counts_per_unit);
	for (size_t p = 0; p < pieces; p++) {
		size_t from = p * piece;
		float slope = (at[p + 1] - at[p]) / (float)piece;
		if (!shaped) {
			float base = (float)((line->base + line->slope * (double)from) * sensor->counts_per_unit) + offset + at[p];
			slope += (float)(line->slope * sensor->counts_per_unit);
			sim_quantise_line(sensor, base, slope, noise + from, piece, counts + from);
			continue;
		}
		float *signal_counts = signal->signal + from;
		for (int k = 0; k < (int)piece; k++)
			signal_counts[k] = signal_counts[k] * gain + (offset + at[p] + slope * (float)k);
		sim_quantise_signal(sensor, signal_counts, noise + from, piece, counts + from);
	}
}

static void render(struct sim_signal *signal, unsigned c)
{
	const struct sim_sensor *sensor = &signal->sensor[c];
	struct line line = {0, 0};
	bool shaped = false;
	switch (sensor->role) {
	case CHANNEL_COIL_CURRENT: shaped = render_current(signal, c, &line); break;
	case CHANNEL_TRIGGER: shaped = render_trigger(signal, c, &line); break;
	case CHANNEL_CAPACITOR_VOLTAGE: shaped = lose_probe(signal, &line, render_voltage(signal, c, &line)); break;
	case CHANNEL_OTHER: break;
	}
	uint64_t where = sim_hash(signal->setup->sim.seed, SIM_STREAM_CHANNEL + c, signal->next_frame / SIM_CHUNK);
	const float *noise = signal->noise + where % (SIM_POOL_SIZE - SIM_CHUNK);
	int16_t *counts = signal->planes + (size_t)c * SIM_CHUNK;
	if (sensor->role == CHANNEL_COIL_CURRENT && signal->baseline.piece > 0) {
		render_pieces(signal, sensor, &line, shaped, noise, counts);
		return;
	}
	if (!shaped) {
		float base = (float)(line.base * sensor->counts_per_unit + sensor->count_offset);
		sim_quantise_line(sensor, base, (float)(line.slope * sensor->counts_per_unit), noise, SIM_CHUNK, counts);
		return;
	}
	float gain = (float)sensor->counts_per_unit, offset = (float)sensor->count_offset;
	for (int k = 0; k < SIM_CHUNK; k++)
		signal->signal[k] = signal->signal[k] * gain + offset;
	sim_quantise_signal(sensor, signal->signal, noise, SIM_CHUNK, counts);
}

bool sim_signal_chunk(struct sim_signal *signal, int16_t *frames)
{
	if (!activate_pulses(signal))
		return false;
	for (unsigned c = 0; c < signal->channel_count; c++)
		render(signal, c);
	sim_interleave(signal->planes, signal->channel_count, SIM_CHUNK, frames);
	signal->next_frame += SIM_CHUNK;
	retire(signal);
	pass_triggers(signal);
	pass_laws(signal);
	return true;
}
