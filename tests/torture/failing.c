/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "failing.h"

#include <stdatomic.h>

/* One bench at a time: the driver is opened once a case. */
static struct ports inner;
static void *inner_state;
static const struct bench_setup *setup_now;
static struct failing_plan plan;
static atomic_ulong calls[OPERATION_COUNT];
static atomic_bool struck;
static struct failing_truth truth;

const char *operation_name(enum operation operation)
{
	static const char *const NAMES[OPERATION_COUNT] = {
		[OP_OPEN] = "open",
		[OP_CLOCK_SLEEP] = "clock.sleep_until",
		[OP_GPIO_SET] = "gpio.set",
		[OP_GPIO_GET] = "gpio.get",
		[OP_GPIO_PULSE] = "gpio.pulse",
		[OP_GPIO_EVENTS] = "gpio.events",
		[OP_ADC_START] = "adc.start",
		[OP_ADC_READ] = "adc.read",
		[OP_ADC_STOP] = "adc.stop",
		[OP_LOGIC_START] = "logic.start",
		[OP_LOGIC_READ] = "logic.read",
		[OP_LOGIC_STOP] = "logic.stop",
		[OP_SET_INTENSITY] = "stimulator.set_intensity",
		[OP_SET_DIRECTION] = "stimulator.set_direction",
		[OP_ARM] = "stimulator.arm",
		[OP_DISARM] = "stimulator.disarm",
		[OP_STATUS] = "stimulator.status",
		[OP_FIRE] = "stimulator.fire",
		[OP_EXPECT_SHOT] = "stimulator.expect_shot",
		[OP_WATCH] = "stimulator.watch",
		[OP_EMULATE] = "emulator.set",
		[OP_CONNECT] = "emulator.connect",
	};
	return NAMES[operation];
}

const char *manner_name(enum manner manner)
{
	static const char *const NAMES[MANNER_COUNT] = {"undone", "done all the same", "from then on"};
	return NAMES[manner];
}

void failing_begin(struct failing_plan next)
{
	plan = next;
	for (int i = 0; i < OPERATION_COUNT; i++)
		atomic_store(&calls[i], 0);
	atomic_store(&struck, false);
	truth = (struct failing_truth){.closed = false};
}

unsigned long failing_calls(enum operation operation)
{
	return atomic_load(&calls[operation]);
}

bool failing_struck(void)
{
	return atomic_load(&struck);
}

struct failing_truth failing_truth(void)
{
	return truth;
}

/* Whether this call is to fail. */
static bool strikes(enum operation operation)
{
	unsigned long call = atomic_fetch_add(&calls[operation], 1) + 1;
	bool now = operation == plan.operation && plan.call > 0 && (call == plan.call || (call > plan.call && plan.manner == FAILS_ON));
	if (now)
		atomic_store(&struck, true);
	return now;
}

static bool fails(enum operation operation, struct error *error)
{
	return error_bench(error, "made to fail: %s", operation_name(operation));
}

/* Carries out `call` unless this one is to fail undone; then the result is a failure. */
#define FORWARD(operation, call)                                                                                                           \
	do {                                                                                                                               \
		bool strikes_ = strikes(operation);                                                                                        \
		if (strikes_ && plan.manner != FAILS_DONE)                                                                                 \
			return fails(operation, error);                                                                                    \
		bool done_ = (call);                                                                                                       \
		return strikes_ ? fails(operation, error) : done_;                                                                         \
	} while (0)

static double clock_now(void *self)
{
	return inner.clock.ops->now_s(self);
}

static bool clock_sleep(void *self, double time_s, struct error *error)
{
	FORWARD(OP_CLOCK_SLEEP, inner.clock.ops->sleep_until(self, time_s, error));
}

static void clock_wake(void *self)
{
	inner.clock.ops->wake(self);
}

static bool gpio_set(void *self, enum gpio_line line, bool level, struct error *error)
{
	FORWARD(OP_GPIO_SET, inner.gpio.ops->set(self, line, level, error));
}

static bool gpio_get(void *self, enum gpio_line line, bool *level, struct error *error)
{
	FORWARD(OP_GPIO_GET, inner.gpio.ops->get(self, line, level, error));
}

static bool gpio_pulse(void *self, enum gpio_line line, double *time_s, struct error *error)
{
	FORWARD(OP_GPIO_PULSE, inner.gpio.ops->pulse(self, line, time_s, error));
}

static bool gpio_events(void *self, struct gpio_event *events, size_t max, size_t *count, uint64_t *lost, struct error *error)
{
	(void)self, (void)events, (void)max;
	*count = 0;
	*lost = 0;
	FORWARD(OP_GPIO_EVENTS, true);
}

static bool adc_start(void *self, struct error *error)
{
	FORWARD(OP_ADC_START, inner.adc.ops->start(self, error));
}

static bool adc_read(void *self, size_t max_frames, struct adc_read *read, struct error *error)
{
	FORWARD(OP_ADC_READ, inner.adc.ops->read(self, max_frames, read, error));
}

/* What does not stop would be waited for without end, as its driver says it is: a driver whose stop fails has stopped. */
static bool adc_stop(void *self, struct error *error)
{
	bool now = strikes(OP_ADC_STOP), done = inner.adc.ops->stop(self, error);
	return now ? fails(OP_ADC_STOP, error) : done;
}

static double adc_frame(void *self, double host_s, double *u_frames)
{
	return inner.adc.ops->frame_of_host_time(self, host_s, u_frames);
}

static bool logic_start(void *self, struct error *error)
{
	FORWARD(OP_LOGIC_START, inner.logic.ops->start(self, error));
}

static bool logic_read(void *self, struct edge *edges, size_t max, size_t *count, bool *end, struct error *error)
{
	FORWARD(OP_LOGIC_READ, inner.logic.ops->read(self, edges, max, count, end, error));
}

static bool logic_stop(void *self, struct error *error)
{
	FORWARD(OP_LOGIC_STOP, inner.logic.ops->stop(self, error));
}

static double logic_start_time(void *self, double *u_s)
{
	return inner.logic.ops->start_time(self, u_s);
}

static bool set_intensity(void *self, double intensity_pct, double second_pct, struct error *error)
{
	FORWARD(OP_SET_INTENSITY, inner.stimulator.ops->set_intensity(self, intensity_pct, second_pct, error));
}

static bool set_direction(void *self, bool reversed, struct error *error)
{
	FORWARD(OP_SET_DIRECTION, inner.stimulator.ops->set_direction(self, reversed, error));
}

static bool arm(void *self, struct error *error)
{
	FORWARD(OP_ARM, inner.stimulator.ops->arm(self, error));
}

static bool disarm(void *self, struct error *error)
{
	FORWARD(OP_DISARM, inner.stimulator.ops->disarm(self, error));
}

static bool status(void *self, struct stimulator_status *out, struct error *error)
{
	FORWARD(OP_STATUS, inner.stimulator.ops->status(self, out, error));
}

static bool fire(void *self, double *time_s, struct error *error)
{
	FORWARD(OP_FIRE, inner.stimulator.ops->fire(self, time_s, error));
}

static bool expect_shot(void *self, double host_s, struct error *error)
{
	(void)self, (void)host_s;
	FORWARD(OP_EXPECT_SHOT, true);
}

static bool watch(void *self, double free_until_s, struct error *error)
{
	(void)self, (void)free_until_s;
	FORWARD(OP_WATCH, true);
}

static bool emulate(void *self, enum interlock_signal signal, enum signal_state state, double value, struct host_time *when,
		    struct error *error)
{
	FORWARD(OP_EMULATE, inner.emulator.ops->set(self, signal, state, value, when, error));
}

static bool connect_all(void *self, bool on, struct error *error)
{
	FORWARD(OP_CONNECT, !inner.emulator.ops->connect || inner.emulator.ops->connect(self, on, error));
}

static const struct clock_ops CLOCK_OPS = {.now_s = clock_now, .sleep_until = clock_sleep, .wake = clock_wake};
static const struct gpio_ops GPIO_OPS = {.set = gpio_set, .get = gpio_get, .pulse = gpio_pulse, .events = gpio_events};
static const struct adc_ops ADC_OPS = {.start = adc_start, .read = adc_read, .stop = adc_stop, .frame_of_host_time = adc_frame};
static const struct logic_ops LOGIC_OPS = {.start = logic_start, .read = logic_read, .stop = logic_stop, .start_time = logic_start_time};
static const struct stimulator_ops STIMULATOR_OPS = {.set_intensity = set_intensity,
						     .set_direction = set_direction,
						     .arm = arm,
						     .disarm = disarm,
						     .status = status,
						     .fire = fire,
						     .expect_shot = expect_shot,
						     .watch = watch};
static const struct emulator_ops EMULATOR_OPS = {.set = emulate, .connect = connect_all};

static bool failing_open(const struct bench_setup *setup, const char *recording, struct ports *ports, void **state, struct error *error)
{
	if (strikes(OP_OPEN))
		return fails(OP_OPEN, error);
	inner = *ports;
	setup_now = setup;
	if (!driver_sim.open(setup, recording, &inner, &inner_state, error))
		return false;
	*ports = inner;
	ports->clock.ops = &CLOCK_OPS;
	ports->gpio.ops = &GPIO_OPS;
	ports->adc.ops = &ADC_OPS;
	ports->logic.ops = ports->logic.ops ? &LOGIC_OPS : NULL;
	ports->stimulator.ops = &STIMULATOR_OPS;
	ports->emulator.ops = &EMULATOR_OPS;
	*state = inner_state;
	return true;
}

/* The simulated device is asked past everything that fails. */
static void failing_close(void *state)
{
	struct error error = {0};
	struct stimulator_status now = {0};
	void *gpio = inner.gpio.self;
	/* A bench may be without a trigger line. */
	if (!setup_now->gpio[GPIO_TRIGGER].present)
		truth.trigger = false;
	else if (!inner.gpio.ops->get(gpio, GPIO_TRIGGER, &truth.trigger, &error))
		return driver_sim.close(state);
	truth.closed = inner.gpio.ops->get(gpio, GPIO_ENABLE, &truth.enable, &error) &&
		       inner.gpio.ops->get(gpio, GPIO_EMERGENCY_STOP, &truth.emergency_stop, &error) &&
		       inner.gpio.ops->get(gpio, GPIO_READY, &truth.ready, &error) &&
		       inner.stimulator.ops->status(inner.stimulator.self, &now, &error);
	truth.state = now.state;
	driver_sim.close(state);
}

const struct driver driver_failing = {"sim", failing_open, failing_close};
