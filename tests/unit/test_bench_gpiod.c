/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The GPIO driver when the kernel refuses: real libgpiod 1.6 on a chip that umockdev mocks, whose every ioctl can be made to fail.
 */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <linux/gpio.h>
#include <math.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <umockdev.h>

#include "bench.h"

enum { LINES = 6, EVENT_LINE = 3 };
static const char *const NAMES[LINES] = {"TRIGGER", "ENABLE", "ESTOP", "READY", "FAULT", ""};

/* The chip: what was asked of it, and which of the requests fail. It is looked at by umockdev's thread. */
static struct {
	atomic_uint sets[LINES], last[LINES];
	atomic_uint fail_set_line, fail_sets_from, fail_sets; /* of that line: so many sets fail, from the n-th on */
	atomic_int set_errno, handle_errno, event_errno;
	struct {
		int file;
		struct stat node;
	} given[16];
	atomic_uint handles;
	atomic_int event_pipe; /* where to write changes of EVENT_LINE */
} chip;

static UMockdevTestbed *testbed;

static void complete(UMockdevIoctlClient *client, int cause)
{
	umockdev_ioctl_client_complete(client, cause ? -1 : 0, cause);
}

static int line_info(struct gpioline_info *info)
{
	if (info->line_offset >= LINES)
		return EINVAL;
	info->flags = 0;
	snprintf(info->name, sizeof info->name, "%s", NAMES[info->line_offset]);
	info->consumer[0] = '\0';
	return 0;
}

static int take_handle(struct gpiohandle_request *request)
{
	if (chip.handle_errno)
		return chip.handle_errno;
	char path[32];
	snprintf(path, sizeof path, "/dev/gpioline%u", request->lineoffsets[0]);
	chip.last[request->lineoffsets[0]] = request->default_values[0];
	request->fd = open(path, O_RDWR | O_CLOEXEC);
	if (request->fd < 0 || fstat(request->fd, &chip.given[chip.handles].node) != 0)
		return errno;
	chip.given[chip.handles++].file = request->fd;
	return 0;
}

static int take_event(struct gpioevent_request *request)
{
	if (chip.event_errno)
		return chip.event_errno;
	int ends[2];
	if (pipe2(ends, O_CLOEXEC) != 0)
		return errno;
	request->fd = ends[0];
	chip.event_pipe = ends[1];
	return 0;
}

static int set_value(const char *node, const struct gpiohandle_data *data)
{
	unsigned line = (unsigned)(node[strlen("/dev/gpioline")] - '0'), number = chip.sets[line]++;
	if (line == chip.fail_set_line && number >= chip.fail_sets_from && number < chip.fail_sets_from + chip.fail_sets)
		return chip.set_errno;
	chip.last[line] = data->values[0];
	return 0;
}

static gboolean handle_ioctl(UMockdevIoctlBase *base, UMockdevIoctlClient *client)
{
	(void)base;
	unsigned long request = umockdev_ioctl_client_get_request(client);
	size_t size = _IOC_SIZE(request);
	UMockdevIoctlData *data = umockdev_ioctl_data_resolve(umockdev_ioctl_client_get_arg(client), 0, size, NULL);
	if (!data)
		return FALSE;
	/* A copy, since the bytes of the client need not be aligned. */
	union {
		struct gpiochip_info chip;
		struct gpioline_info line;
		struct gpiohandle_request handle;
		struct gpioevent_request event;
		struct gpiohandle_data values;
	} argument;
	int length = 0, cause = ENOTTY;
	guint8 *bytes = NULL;
	umockdev_ioctl_data_retrieve(data, &bytes, &length);
	memcpy(&argument, bytes, size < sizeof argument ? size : sizeof argument);
	g_free(bytes);
	if (request == GPIO_GET_CHIPINFO_IOCTL) {
		argument.chip = (struct gpiochip_info){.name = "gpiochip0", .label = "mock", .lines = LINES};
		cause = 0;
	} else if (request == GPIO_GET_LINEINFO_IOCTL) {
		cause = line_info(&argument.line);
	} else if (request == GPIO_GET_LINEHANDLE_IOCTL) {
		cause = take_handle(&argument.handle);
	} else if (request == GPIO_GET_LINEEVENT_IOCTL) {
		cause = take_event(&argument.event);
	} else if (request == GPIOHANDLE_SET_LINE_VALUES_IOCTL) {
		cause = set_value(umockdev_ioctl_client_get_devnode(client), &argument.values);
	} else if (request == GPIOHANDLE_GET_LINE_VALUES_IOCTL) {
		argument.values.values[0] = 1;
		cause = 0;
	}
	umockdev_ioctl_data_update(data, 0, (guint8 *)&argument, (int)size);
	umockdev_ioctl_data_unref(data);
	complete(client, cause);
	return TRUE;
}

/* Lines given out by the mock that this process still holds: descriptors that still stand for the same file. */
static unsigned lines_held(void)
{
	unsigned held = 0;
	for (unsigned h = 0; h < chip.handles; h++) {
		struct stat now;
		held += fstat(chip.given[h].file, &now) == 0 && now.st_dev == chip.given[h].node.st_dev &&
			now.st_ino == chip.given[h].node.st_ino;
	}
	return held;
}

static void add_node(const char *name, unsigned minor, UMockdevIoctlBase *base)
{
	char description[512], path[32];
	snprintf(description, sizeof description,
		 "P: /devices/platform/mock/%s\nN: %s\nE: SUBSYSTEM=gpio\nE: DEVNAME=/dev/%s\nA: dev=254:%u\\n\n", name, name, name, minor);
	GError *error = NULL;
	cr_assert(umockdev_testbed_add_from_string(testbed, description, &error), "%s", error ? error->message : "");
	snprintf(path, sizeof path, "/dev/%s", name);
	cr_assert(umockdev_testbed_attach_ioctl(testbed, path, base, &error), "%s", error ? error->message : "");
}

static void make_chip(void)
{
	testbed = umockdev_testbed_new();
	UMockdevIoctlBase *base = umockdev_ioctl_base_new();
	UMOCKDEV_IOCTL_BASE_GET_CLASS(base)->handle_ioctl = handle_ioctl;
	add_node("gpiochip0", 0, base);
	for (unsigned line = 0; line < LINES; line++) {
		char name[16];
		snprintf(name, sizeof name, "gpioline%u", line);
		add_node(name, line + 1, base);
	}
	chip.event_pipe = -1;
	chip.fail_set_line = LINES;
	chip.set_errno = EIO;
}

struct rig {
	struct bench_setup setup;
	struct ports ports;
	void *state;
	struct error error;
};

static struct rig *make_rig(void)
{
	static struct rig rig;
	rig.setup = (struct bench_setup){.file = "mock.yaml", .gpio_chip = "mock"};
	rig.setup.gpio[GPIO_TRIGGER] = (struct gpio_line_setup){.present = true, .output = true, .line = "TRIGGER", .pulse_s = 50e-6};
	rig.setup.gpio[GPIO_EMERGENCY_STOP] =
		(struct gpio_line_setup){.present = true, .output = true, .safe_level = true, .line = "ESTOP"};
	rig.setup.gpio[GPIO_READY] = (struct gpio_line_setup){.present = true, .line = "3"};
	return &rig;
}

static bool open_rig(struct rig *rig)
{
	return driver_gpiod.open(&rig->setup, NULL, &rig->ports, &rig->state, &rig->error);
}

static struct rig *opened_rig(void)
{
	struct rig *rig = make_rig();
	cr_assert(open_rig(rig), "%s", rig->error.text);
	return rig;
}

static void expect_error(const struct rig *rig, const char *text)
{
	cr_expect(rig->error.kind == ERROR_BENCH && strcmp(rig->error.text, text) == 0, "%s", rig->error.text);
}

TestSuite(gpiod, .init = make_chip);

Test(gpiod, a_healthy_chip_opens_safe_and_closes_safe)
{
	struct rig *rig = opened_rig();
	cr_expect(chip.last[0] == 0 && chip.last[2] == 1 && lines_held() == 2);
	const struct gpio_port *gpio = &rig->ports.gpio;
	cr_expect(gpio->ops->set(gpio->self, GPIO_EMERGENCY_STOP, false, &rig->error));
	cr_expect(chip.last[2] == 0);
	double time_s;
	cr_expect(gpio->ops->pulse(gpio->self, GPIO_TRIGGER, &time_s, &rig->error));
	cr_expect(chip.sets[0] == 2 && chip.last[0] == 0);
	driver_gpiod.close(rig->state);
	cr_expect(chip.last[2] == 1 && chip.last[0] == 0);
}

Test(gpiod, a_refused_request_is_told_and_nothing_stays_held)
{
	struct rig *rig = make_rig();
	chip.handle_errno = EIO;
	cr_expect(!open_rig(rig));
	expect_error(rig, "mock.yaml: line trigger: gpiochip0 line 0 'TRIGGER' cannot be made an output: Input/output error");
	chip.handle_errno = EBUSY;
	cr_expect(!open_rig(rig));
	expect_error(rig, "mock.yaml: line trigger: gpiochip0 line 0 'TRIGGER' has just been taken by somebody else");
	chip.handle_errno = 0;
	chip.event_errno = EBUSY;
	cr_expect(!open_rig(rig));
	expect_error(rig, "mock.yaml: line ready: gpiochip0 line 3 'READY' has just been taken by somebody else");
	cr_expect(chip.handles == 2 && lines_held() == 0, "%u taken, %u still held", chip.handles, lines_held());
	cr_expect(chip.last[0] == 0 && chip.last[2] == 1);
}

Test(gpiod, a_chip_that_goes_away_in_mid_run_is_named)
{
	struct rig *rig = opened_rig();
	const struct gpio_port *gpio = &rig->ports.gpio;
	chip.fail_set_line = 2;
	chip.fail_sets = 1000;
	chip.set_errno = ENODEV;
	cr_expect(!gpio->ops->set(gpio->self, GPIO_EMERGENCY_STOP, false, &rig->error));
	expect_error(rig, "gpiochip0 line 2 'ESTOP': cannot be set inactive: No such device");
	driver_gpiod.close(rig->state);
}

Test(gpiod, a_lost_handle_is_told)
{
	struct rig *rig = opened_rig();
	const struct gpio_port *gpio = &rig->ports.gpio;
	bool level;
	/* The mock's event line is a pipe: it cannot be asked for its level, as a handle whose chip is gone cannot. */
	cr_expect(!gpio->ops->get(gpio->self, GPIO_READY, &level, &rig->error));
	cr_expect(strstr(rig->error.text, "gpiochip0 line 3 'READY': cannot be read: "), "%s", rig->error.text);
	cr_expect(!gpio->ops->get(gpio->self, GPIO_FAULT, &level, &rig->error));
	expect_error(rig, "the bench has no line 'fault'");
	driver_gpiod.close(rig->state);
}

/* How a pulse ends when so many sets fail, from the n-th on. The trigger must be inactive, or the message must say that it may not be. */
static bool pulse_with_failures(unsigned from, unsigned count, struct rig *rig)
{
	const struct gpio_port *gpio = &rig->ports.gpio;
	double time_s;
	chip.fail_set_line = 0;
	chip.fail_sets_from = from;
	chip.fail_sets = count;
	return gpio->ops->pulse(gpio->self, GPIO_TRIGGER, &time_s, &rig->error);
}

Test(gpiod, a_pulse_that_does_not_begin_leaves_the_trigger_inactive)
{
	struct rig *rig = opened_rig();
	cr_expect(!pulse_with_failures(0, 1, rig));
	expect_error(rig, "gpiochip0 line 0 'TRIGGER': cannot be set active: Input/output error");
	cr_expect(chip.sets[0] == 2 && chip.last[0] == 0);
	driver_gpiod.close(rig->state);
}

Test(gpiod, a_pulse_that_fails_to_end_is_ended_again)
{
	struct rig *rig = opened_rig();
	cr_expect(pulse_with_failures(1, 1, rig), "%s", rig->error.text);
	cr_expect(chip.last[0] == 0);
	driver_gpiod.close(rig->state);
}

Test(gpiod, a_pulse_that_cannot_be_ended_is_told_and_closing_tries_again)
{
	struct rig *rig = opened_rig();
	cr_expect(!pulse_with_failures(1, 3, rig));
	expect_error(rig, "the pulse does not end: gpiochip0 line 0 'TRIGGER': cannot be set inactive: Input/output error");
	cr_expect(chip.last[0] == 1);
	driver_gpiod.close(rig->state);
	cr_expect(chip.last[0] == 0);
}

static void send_change(bool active, double offset_s)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	double time_s = (double)now.tv_sec + 1e-9 * (double)now.tv_nsec + offset_s;
	struct gpioevent_data event = {.timestamp = (uint64_t)(time_s * 1e9),
				       .id = active ? GPIOEVENT_EVENT_RISING_EDGE : GPIOEVENT_EVENT_FALLING_EDGE};
	cr_assert(write(chip.event_pipe, &event, sizeof event) == sizeof event);
}

static size_t events_of(struct rig *rig, uint64_t *lost, bool *good)
{
	static struct gpio_event events[64];
	size_t count = 0;
	*good = rig->ports.gpio.ops->events(rig->ports.gpio.self, events, 64, &count, lost, &rig->error);
	return count;
}

Test(gpiod, changes_that_are_missing_are_counted)
{
	struct rig *rig = opened_rig();
	uint64_t lost;
	bool good;
	cr_expect(events_of(rig, &lost, &good) == 0 && good && lost == 0);
	send_change(true, -1e-3);
	send_change(false, -0.5e-3);
	cr_expect(events_of(rig, &lost, &good) == 2 && good && lost == 0);
	send_change(false, -1e-4);
	cr_expect(events_of(rig, &lost, &good) == 1 && good && lost == 1);
	for (int i = 0; i < 16; i++)
		send_change(i % 2 == 0, -1e-5);
	cr_expect(events_of(rig, &lost, &good) == 16 && good && lost == 1, "%llu", (unsigned long long)lost);
	driver_gpiod.close(rig->state);
}

Test(gpiod, a_change_on_another_clock_is_refused)
{
	struct rig *rig = opened_rig();
	uint64_t lost;
	bool good;
	send_change(true, 1e9);
	events_of(rig, &lost, &good);
	cr_expect(!good && strstr(rig->error.text, "not on CLOCK_MONOTONIC"), "%s", rig->error.text);
	driver_gpiod.close(rig->state);
}

Test(gpiod, an_event_line_that_hangs_up_is_told)
{
	struct rig *rig = opened_rig();
	uint64_t lost;
	bool good;
	close(chip.event_pipe);
	events_of(rig, &lost, &good);
	cr_expect(!good);
	expect_error(rig, "gpiochip0 line 3 'READY': the chip is gone");
	driver_gpiod.close(rig->state);
}

Test(gpiod, a_line_without_interrupt_is_read_by_level)
{
	struct rig *rig = make_rig();
	chip.event_errno = ENXIO;
	cr_assert(open_rig(rig), "%s", rig->error.text);
	bool level = false, good;
	uint64_t lost;
	cr_expect(rig->ports.gpio.ops->get(rig->ports.gpio.self, GPIO_READY, &level, &rig->error) && level);
	cr_expect(events_of(rig, &lost, &good) == 0 && good);
	driver_gpiod.close(rig->state);
}

Test(gpiod, wrong_names_are_answered_with_those_that_there_are)
{
	struct rig *rig = make_rig();
	rig->setup.gpio[GPIO_TRIGGER].line = "TRIGER";
	cr_expect(!open_rig(rig));
	expect_error(rig, "mock.yaml: line trigger: gpiochip0 has no line 'TRIGER', did you mean 'TRIGGER'? Its named lines are: TRIGGER, "
			  "ENABLE, ESTOP, READY, FAULT");
	rig->setup.gpio[GPIO_TRIGGER].line = "6";
	cr_expect(!open_rig(rig));
	expect_error(rig, "mock.yaml: line trigger: gpiochip0 has no line 6; its lines are 0 to 5");
	rig->setup.gpio_chip = "mokc";
	cr_expect(!open_rig(rig));
	expect_error(rig, "mock.yaml: line trigger: there is no GPIO chip 'mokc'; this machine has: gpiochip0 [mock], 6 lines");
}
