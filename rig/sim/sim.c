/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim.h"

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "sim_noise.h"
#include "sim_sensor.h"
#include "sim_signal.h"
#include "sim_stream.h"
#include "sim_world.h"

/* How far virtual time must be past a frame before it is rendered: an edge shows half its rise before its time. */
static const double margin_s = 1e-6;

struct sim {
	const struct bench_setup *setup;
	pthread_mutex_t lock;
	pthread_cond_t moved;   /* virtual time went on, or the ADC was stopped */
	struct sim_world world; /* under the lock */
	atomic_bool woken;
	bool lock_made, world_made;

	/* The ADC; the state is under the lock, the rest belongs to the reading thread. */
	bool adc_started, adc_stopped;
	double adc_start_s, adc_stop_s;
	struct sim_signal *signal;
	struct sim_stream stream;

	bool logic_started, logic_stopped;
	double logic_start_s;
	size_t edges_taken;

	struct sim_truth_pulse *truth; /* on the ADC's time base */
	struct sim_truth_trip *trips;
};

static double lock_now(struct sim *sim)
{
	pthread_mutex_lock(&sim->lock);
	return sim->world.now_s;
}

static bool unlock(struct sim *sim, bool result)
{
	pthread_mutex_unlock(&sim->lock);
	return result;
}

static double clock_now(void *self)
{
	struct sim *sim = self;
	double now_s = lock_now(sim);
	unlock(sim, true);
	return now_s;
}

static bool clock_sleep_until(void *self, double time_s, struct error *error)
{
	struct sim *sim = self;
	if (atomic_exchange(&sim->woken, false))
		return error_set(error, ERROR_ABORTED, "woken");
	if (!isfinite(time_s))
		return error_bench(error, "the virtual clock cannot sleep until %g s", time_s);
	lock_now(sim);
	sim_world_advance(&sim->world, time_s);
	pthread_cond_broadcast(&sim->moved);
	return unlock(sim, true);
}

static void clock_wake(void *self)
{
	struct sim *sim = self;
	atomic_store(&sim->woken, true);
}

static bool wired(const struct sim *sim, enum gpio_line line, struct error *error)
{
	if ((unsigned)line < GPIO_LINE_COUNT && sim->setup->gpio[line].present)
		return true;
	return error_bench(error, "line %s is not wired on this bench", gpio_line_name(line));
}

static bool drivable(const struct sim *sim, enum gpio_line line, struct error *error)
{
	if (!wired(sim, line, error))
		return false;
	if (sim->setup->gpio[line].output && line != GPIO_READY && line != GPIO_FAULT)
		return true;
	return error_bench(error, "line %s is an input", gpio_line_name(line));
}

static bool gpio_set(void *self, enum gpio_line line, bool level, struct error *error)
{
	struct sim *sim = self;
	if (!drivable(sim, line, error))
		return false;
	lock_now(sim);
	sim_world_set_line(&sim->world, line, level);
	return unlock(sim, true);
}

static bool gpio_get(void *self, enum gpio_line line, bool *level, struct error *error)
{
	struct sim *sim = self;
	if (!wired(sim, line, error))
		return false;
	lock_now(sim);
	*level = sim->world.level[line];
	if (line == GPIO_READY)
		*level = sim_world_ready(&sim->world);
	if (line == GPIO_FAULT)
		*level = sim->world.faulted;
	return unlock(sim, true);
}

static bool gpio_pulse(void *self, enum gpio_line line, double *time_s, struct error *error)
{
	struct sim *sim = self;
	if (!drivable(sim, line, error))
		return false;
	double pulse_s = sim->setup->gpio[line].pulse_s;
	if (line != GPIO_TRIGGER || !(pulse_s > 0))
		return error_bench(error, "line %s has no pulse length", gpio_line_name(line));
	*time_s = lock_now(sim);
	sim_world_trigger(&sim->world, pulse_s);
	return unlock(sim, true);
}

static bool adc_start(void *self, struct error *error)
{
	struct sim *sim = self;
	double now_s = lock_now(sim);
	if (sim->adc_started)
		return unlock(sim, error_bench(error, "the simulated adc was started before"));
	sim->adc_started = true;
	sim->adc_start_s = now_s;
	sim_signal_start(sim->signal, now_s);
	sim_world_record(&sim->world);
	return unlock(sim, true);
}

static bool adc_stop(void *self, struct error *error)
{
	struct sim *sim = self;
	double now_s = lock_now(sim);
	if (!sim->adc_started)
		return unlock(sim, error_bench(error, "the simulated adc was not started"));
	if (!sim->adc_stopped) {
		sim->adc_stopped = true;
		sim->adc_stop_s = now_s;
		sim->world.record_events = false;
	}
	pthread_cond_broadcast(&sim->moved);
	return unlock(sim, true);
}

/* Frames taken up to a time. Under the lock. */
static uint64_t frames_until(const struct sim *sim, double time_s)
{
	double frames = floor((time_s - sim->adc_start_s) * sim_signal_rate_hz(sim->signal));
	return frames > 0 ? (uint64_t)frames : 0;
}

/* Waits until a chunk can be rendered or the end is known, and takes the events; *chunks may be rendered, the stream has *total frames. */
static bool await_chunks(struct sim *sim, size_t *chunks, uint64_t *total, struct error *error)
{
	lock_now(sim);
	for (;;) {
		*total = UINT64_MAX;
		uint64_t available = frames_until(sim, sim->world.now_s - margin_s);
		if (sim->adc_stopped) {
			*total = frames_until(sim, sim->adc_stop_s);
			available = (*total + SIM_CHUNK - 1) / SIM_CHUNK * SIM_CHUNK;
		}
		*chunks = available > sim->stream.rendered ? (size_t)((available - sim->stream.rendered) / SIM_CHUNK) : 0;
		if (*chunks > 0 || sim->adc_stopped)
			break;
		pthread_cond_wait(&sim->moved, &sim->lock);
	}
	double until_s = sim->adc_stopped ? sim->adc_stop_s : INFINITY;
	bool taken = sim_signal_take(sim->signal, &sim->world.events, until_s) && !sim->world.out_of_memory;
	sim->world.events.count = 0;
	return unlock(sim, taken) || error_bench(error, "the simulated adc is out of memory");
}

static bool adc_read(void *self, size_t max_frames, struct adc_read *read, struct error *error)
{
	struct sim *sim = self;
	if (!sim->adc_started || max_frames == 0)
		return error_bench(error, "the simulated adc was not started, or is asked for no frames");
	if (sim_stream_empty(&sim->stream)) {
		size_t chunks = 0;
		uint64_t total = 0;
		if (!await_chunks(sim, &chunks, &total, error))
			return false;
		if (!sim_stream_render(&sim->stream, chunks, total))
			return error_bench(error, "the simulated adc cannot render: out of memory, or too many discharges at once");
	}
	*read = (struct adc_read){.state = ADC_END};
	if (sim_stream_empty(&sim->stream))
		return true;
	read->state = ADC_BLOCK;
	read->block = sim_stream_next(&sim->stream, max_frames);
	return true;
}

/* Only what the bench knows: the nominal rate. */
static double adc_frame_of_host_time(void *self, double host_s, double *u_frames)
{
	struct sim *sim = self;
	lock_now(sim);
	double elapsed = (host_s - sim->adc_start_s) * sim->setup->adc.sample_rate_hz;
	unlock(sim, true);
	double accuracy = sim->setup->adc.clock_accuracy_rel;
	*u_frames = isfinite(accuracy) ? fabs(elapsed) * accuracy / sqrt(3) : 0;
	return elapsed;
}

static bool logic_start(void *self, struct error *error)
{
	struct sim *sim = self;
	double now_s = lock_now(sim);
	if (sim->logic_started)
		return unlock(sim, error_bench(error, "the simulated logic analyser was started before"));
	sim->logic_started = true;
	sim->logic_start_s = now_s;
	sim->world.record_edges = true;
	return unlock(sim, true);
}

static bool logic_read(void *self, struct edge *edges, size_t max, size_t *count, bool *end, struct error *error)
{
	struct sim *sim = self;
	lock_now(sim);
	if (sim->world.out_of_memory)
		return unlock(sim, error_bench(error, "the simulated logic analyser is out of memory"));
	struct sim_edges *queue = &sim->world.edges;
	double rate_hz = sim->setup->logic.sample_rate_hz;
	*count = 0;
	while (*count < max && sim->edges_taken < queue->count) {
		struct edge edge = queue->items[sim->edges_taken++];
		edge.time_s = (edge.time_s - sim->logic_start_s) * (1 + sim->setup->logic.clock_error_rel);
		/* The first sample that shows the new level; rounding of the subtraction must not cost a sample. */
		if (rate_hz > 0)
			edge.time_s = ceil(edge.time_s * rate_hz - 1e-4) / rate_hz;
		edges[(*count)++] = edge;
	}
	if (sim->edges_taken == queue->count)
		sim->edges_taken = queue->count = 0;
	*end = *count == 0 && sim->logic_stopped;
	return unlock(sim, true);
}

static double logic_start_time(void *self, double *u_s)
{
	struct sim *sim = self;
	lock_now(sim);
	double start_s = sim->logic_start_s;
	unlock(sim, true);
	double limit_s = sim->setup->logic.start_accuracy_s;
	if (!(limit_s > 0))
		limit_s = 0;
	*u_s = limit_s / sqrt(3);
	return start_s + limit_s * (2 * sim_uniform(sim->setup->sim.seed, SIM_STREAM_HOST, 0) - 1);
}

static bool logic_stop(void *self, struct error *error)
{
	struct sim *sim = self;
	lock_now(sim);
	if (!sim->logic_started)
		return unlock(sim, error_bench(error, "the simulated logic analyser was not started"));
	sim->logic_stopped = true;
	sim->world.record_edges = false;
	return unlock(sim, true);
}

static bool stimulator_set_intensity(void *self, double intensity_pct, double second_pct, struct error *error)
{
	struct sim *sim = self;
	lock_now(sim);
	return unlock(sim, sim_world_set_intensity(&sim->world, intensity_pct, second_pct, error));
}

static bool stimulator_set_direction(void *self, bool reversed, struct error *error)
{
	struct sim *sim = self;
	(void)error;
	lock_now(sim);
	sim_world_set_direction(&sim->world, reversed);
	return unlock(sim, true);
}

static bool stimulator_arm(void *self, struct error *error)
{
	struct sim *sim = self;
	(void)error;
	lock_now(sim);
	sim_world_arm(&sim->world);
	return unlock(sim, true);
}

static bool stimulator_disarm(void *self, struct error *error)
{
	struct sim *sim = self;
	(void)error;
	lock_now(sim);
	sim_world_disarm(&sim->world);
	return unlock(sim, true);
}

static bool stimulator_status(void *self, struct stimulator_status *status, struct error *error)
{
	struct sim *sim = self;
	(void)error;
	lock_now(sim);
	*status = sim_world_status(&sim->world);
	return unlock(sim, true);
}

static bool stimulator_fire(void *self, double *time_s, struct error *error)
{
	struct sim *sim = self;
	(void)error;
	*time_s = lock_now(sim);
	sim_world_fire(&sim->world);
	return unlock(sim, true);
}

static bool emulator_set(void *self, enum interlock_signal signal, enum signal_state state, double value, struct host_time *when,
			 struct error *error)
{
	struct sim *sim = self;
	if (!interlock_signal_has(signal, state))
		return error_config(error, "the signal '%s' has no state '%s'", interlock_signal_name(signal), signal_state_name(state));
	if (signal == SIGNAL_LINK && !(sim->world.setup->sim.dual_s > 0))
		return error_config(error,
				    "the virtual device is one unit, and has no link: 'dual' of 'simulation: interlocks' makes it two");
	if (!when)
		return true;
	*when = (struct host_time){.time_s = lock_now(sim)};
	sim_interlock_set(&sim->world, signal, state, value);
	return unlock(sim, true);
}

static const struct emulator_ops emulator_ops = {.set = emulator_set};
static const struct clock_ops clock_ops = {clock_now, clock_sleep_until, clock_wake};
static const struct gpio_ops gpio_ops = {gpio_set, gpio_get, gpio_pulse};
static const struct adc_ops adc_ops = {adc_start, adc_read, adc_stop, adc_frame_of_host_time};
static const struct logic_ops logic_ops = {logic_start, logic_read, logic_stop, logic_start_time};
static const struct stimulator_ops stimulator_ops = {
	.set_intensity = stimulator_set_intensity,
	.set_direction = stimulator_set_direction,
	.arm = stimulator_arm,
	.disarm = stimulator_disarm,
	.status = stimulator_status,
	.fire = stimulator_fire,
};

static bool named(const char *driver, const char *name)
{
	return driver && strcmp(driver, name) == 0;
}

static void sim_close(void *state)
{
	struct sim *sim = state;
	if (!sim)
		return;
	if (sim->world_made)
		sim_world_finish(&sim->world);
	sim_signal_destroy(sim->signal);
	if (sim->lock_made) {
		pthread_cond_destroy(&sim->moved);
		pthread_mutex_destroy(&sim->lock);
	}
	sim_stream_finish(&sim->stream);
	free(sim->truth);
	free(sim->trips);
	free(sim);
}

define_cleanup(struct sim *, cleanup_sim, sim_close);
#define auto_sim cleanup_with(cleanup_sim)

static bool open_adc(struct sim *sim, struct error *error)
{
	sim->signal = sim_signal_create(sim->setup, &sim->world.circuit, error);
	if (!sim->signal)
		return false;
	return sim_stream_make(&sim->stream, sim->signal, sim->setup->adc.channel_count) || error_bench(error, "out of memory");
}

static bool sim_open(const struct bench_setup *setup, const char *recording, struct ports *ports, void **state, struct error *error)
{
	(void)recording;
	if (!named(setup->clock_driver, "virtual"))
		return error_config(error, "simulated instruments need `clock: virtual`");
	auto_sim struct sim *sim = calloc(1, sizeof *sim);
	if (!sim)
		return error_bench(error, "out of memory");
	sim->setup = setup;
	pthread_mutex_init(&sim->lock, NULL);
	pthread_cond_init(&sim->moved, NULL);
	sim->lock_made = true;
	if (!sim_world_make(setup, &sim->world, error))
		return false;
	sim->world_made = true;
	if (named(setup->adc.driver, "sim") && !open_adc(sim, error))
		return false;
	ports->clock = (struct clock_port){&clock_ops, sim};
	if (named(setup->gpio_driver, "sim"))
		ports->gpio = (struct gpio_port){&gpio_ops, sim};
	if (named(setup->adc.driver, "sim"))
		ports->adc = (struct adc_port){&adc_ops, sim, bench_setup_format(setup)};
	if (named(setup->logic.driver, "sim"))
		ports->logic = (struct logic_port){&logic_ops, sim};
	if (named(setup->stimulator_driver, "sim"))
		ports->stimulator = (struct stimulator_port){&stimulator_ops, sim};
	ports->emulator = (struct emulator_port){&emulator_ops, sim};
	*state = steal(&sim);
	return true;
}

struct sim_truth sim_truth(const void *state)
{
	struct sim *sim = (struct sim *)state;
	lock_now(sim);
	const struct sim_world *world = &sim->world;
	double scale = sim->signal ? sim_signal_rate_hz(sim->signal) / sim->setup->adc.sample_rate_hz : 1, start_s = sim->adc_start_s;
	struct sim_truth truth = {.discharge_60v_s = NAN};
	free(sim->truth);
	sim->truth = calloc(world->truth_count + 1, sizeof *sim->truth);
	if (sim->truth)
		for (size_t i = 0; i < world->truth_count; i++) {
			struct sim_truth_pulse pulse = world->truth[i];
			pulse.trigger_s = (pulse.trigger_s - start_s) * scale;
			pulse.onset_s = (pulse.onset_s - start_s) * scale;
			pulse.peak1_s = (pulse.peak1_s - start_s) * scale;
			pulse.peak2_s = (pulse.peak2_s - start_s) * scale;
			sim->truth[i] = pulse;
			truth.count++;
		}
	truth.pulses = sim->truth;
	free(sim->trips);
	sim->trips = calloc(world->interlocks.trip_count + 1, sizeof *sim->trips);
	if (sim->trips)
		for (size_t i = 0; i < world->interlocks.trip_count; i++) {
			struct sim_truth_trip trip = world->interlocks.trips[i];
			trip.cause_s = (trip.cause_s - start_s) * scale;
			trip.trip_s = (trip.trip_s - start_s) * scale;
			sim->trips[truth.trip_count++] = trip;
		}
	truth.trips = sim->trips;
	if (world->discharged_s <= world->now_s)
		truth.discharge_60v_s = (world->discharged_s - world->disarm_s) * scale;
	unlock(sim, true);
	return truth;
}

const struct driver driver_sim = {"sim", sim_open, sim_close};
