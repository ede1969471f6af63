/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wires.h"

#include <math.h>
#include <pthread.h>

/* So far from its value at rest, as a share of its range, a sensor is taken to be at rest: an output has steps. */
static const double REST_SHARE = 1e-3;

struct wire {
	unsigned active; /* 1 << state of every active line */
	double volts;
	enum signal_state state; /* as the device was told */
	double value;
};

struct wires {
	struct plant *plant;
	pthread_mutex_t lock;
	struct wire wires[SIGNAL_COUNT];
};

static enum signal_state state_of(const struct emulation_signal *signal, const struct wire *wire, double *value)
{
	const struct emulation_output *output = &signal->output;
	enum signal_state state = emulation_state(signal, wire->active);
	*value = NAN;
	if (state != STATE_NORMAL || !output->present)
		return state;
	*value = emulation_value(output, wire->volts);
	double range = output->value[output->count - 1] - output->value[0];
	/* What no sensor gives is a broken one. */
	if (isnan(*value))
		return STATE_OPEN;
	return fabs(*value - output->rest) <= REST_SHARE * range ? STATE_NORMAL : STATE_VALUE;
}

struct wires *wires_create(struct plant *plant, struct error *error)
{
	struct wires *wires = calloc(1, sizeof *wires);
	if (!wires) {
		error_bench(error, "out of memory");
		return NULL;
	}
	wires->plant = plant;
	pthread_mutex_init(&wires->lock, NULL);
	for (unsigned s = 0; s < SIGNAL_COUNT; s++) {
		const struct emulation_output *output = &plant->setup->emulation.signals[s].output;
		wires->wires[s].volts = output->present ? emulation_volts(output, output->rest) : NAN;
		wires->wires[s].value = NAN;
	}
	if (wires_follow(wires, error))
		return wires;
	wires_destroy(wires);
	return NULL;
}

void wires_destroy(struct wires *wires)
{
	if (!wires)
		return;
	pthread_mutex_destroy(&wires->lock);
	free(wires);
}

void wires_line(struct wires *wires, enum interlock_signal signal, enum signal_state state, bool active)
{
	pthread_mutex_lock(&wires->lock);
	struct wire *wire = &wires->wires[signal];
	wire->active = active ? wire->active | 1u << state : wire->active & ~(1u << state);
	pthread_mutex_unlock(&wires->lock);
}

void wires_volts(struct wires *wires, enum interlock_signal signal, double volts)
{
	pthread_mutex_lock(&wires->lock);
	wires->wires[signal].volts = volts;
	pthread_mutex_unlock(&wires->lock);
}

static bool same(double a, double b)
{
	return a == b || (isnan(a) && isnan(b));
}

/* Under the lock. */
static bool tell(const struct wires *wires, enum interlock_signal signal, struct error *error)
{
	const struct wire *wire = &wires->wires[signal];
	const struct emulator_port *emulator = &wires->plant->ports->emulator;
	struct host_time when;
	return emulator->ops->set(emulator->self, signal, wire->state, wire->value, &when, error);
}

bool wires_follow(struct wires *wires, struct error *error)
{
	const struct emulation_signal *signals = wires->plant->setup->emulation.signals;
	bool good = true;
	pthread_mutex_lock(&wires->lock);
	for (unsigned s = 0; good && s < SIGNAL_COUNT; s++) {
		struct wire *wire = &wires->wires[s];
		double value;
		enum signal_state state = signals[s].present ? state_of(&signals[s], wire, &value) : STATE_NORMAL;
		if (!signals[s].present || (state == wire->state && (state != STATE_VALUE || same(value, wire->value))))
			continue;
		wire->state = state;
		wire->value = value;
		good = tell(wires, (enum interlock_signal)s, error);
	}
	pthread_mutex_unlock(&wires->lock);
	return good;
}
