/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The lines on a chip of gpio-sim, on a tree of files that looks like the kernel's; tests/lab has the kernel itself. */
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "gpio_sim.h"
#include "sim_bench.h"

static char root[] = "gpio-sim-XXXXXX";
static const char *const NAMES[GPIO_LINE_COUNT] = {"TRIG_IN", "ENABLE", "ESTOP", "COIL", "READY", "FAULT"};

static void put(const char *path, const char *value)
{
	char whole[PATH_MAX];
	snprintf(whole, sizeof whole, "%s/%s", root, path);
	for (char *slash = strchr(whole + strlen(root) + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(whole, 0755);
		*slash = '/';
	}
	int fd = open(whole, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	cr_assert(fd >= 0 && write(fd, value, strlen(value)) == (ssize_t)strlen(value), "%s", whole);
	close(fd);
}

static void get(const char *path, char value[32])
{
	char whole[PATH_MAX];
	snprintf(whole, sizeof whole, "%s/%s", root, path);
	int fd = open(whole, O_RDONLY);
	cr_assert(fd >= 0, "%s", whole);
	ssize_t count = read(fd, value, 31);
	value[count > 0 ? count : 0] = '\0';
	close(fd);
}

static void line_put(int offset, const char *file, const char *value)
{
	char path[128];
	snprintf(path, sizeof path, "sys/devices/platform/gpio-sim.0/gpiochip7/sim_gpio%d/%s", offset, file);
	put(path, value);
}

/* Waits for a pull, at most two seconds. */
static bool pulled(int offset, const char *pull)
{
	char path[128], value[32] = "";
	snprintf(path, sizeof path, "sys/devices/platform/gpio-sim.0/gpiochip7/sim_gpio%d/pull", offset);
	for (int k = 0; k < 2000 && strncmp(value, pull, strlen(pull)) != 0; k++) {
		struct timespec pause = {.tv_nsec = 1000000};
		nanosleep(&pause, NULL);
		get(path, value);
	}
	return strncmp(value, pull, strlen(pull)) == 0;
}

/* A live chip whose lines stand in another order than the bench's. */
static void make_tree(void)
{
	cr_assert(mkdtemp(root));
	put("sys/kernel/config/gpio-sim/tms/live", "1\n");
	put("sys/kernel/config/gpio-sim/tms/dev_name", "gpio-sim.0\n");
	put("sys/kernel/config/gpio-sim/tms/bank0/chip_name", "gpiochip7\n");
	for (int l = 0; l < GPIO_LINE_COUNT; l++) {
		char path[128];
		snprintf(path, sizeof path, "sys/kernel/config/gpio-sim/tms/bank0/line%d/name", 5 - l);
		put(path, NAMES[l]);
		line_put(l, "value", "0\n");
		line_put(l, "pull", "\n");
	}
	line_put(5 - GPIO_EMERGENCY_STOP, "value", "1\n");
	line_put(5 - GPIO_COIL_PRESENT, "value", "1\n");
}

Test(serve_gpio, lines_go_both_ways)
{
	struct sim_bench bench;
	struct serve_setup serve = {.present[SERVE_GPIO_SIM] = true, .gpio_chip = "tms", .gpio_root = root, .gpio_poll_s = 1e-3};
	struct plant plant;
	struct error error = {0};
	make_tree();
	bench_init(&bench);
	bench.setup.serve = &serve;
	for (int l = 0; l < GPIO_LINE_COUNT; l++)
		bench.setup.gpio[l].line = NAMES[l];
	bench_open_sim(&bench);
	struct serve_faults *faults = serve_faults_create();
	cr_assert(plant_make(&plant, &bench.setup, &bench.ports, faults, &error), "%s", error.text);
	struct gpio_sim *gpio = gpio_sim_start(&plant, NULL, &error);
	cr_assert(gpio, "%s", error.text);
	cr_expect_str_eq(gpio_sim_chip(gpio), "gpiochip7");
	cr_expect(pulled(5 - GPIO_READY, "pull-down"), "ready is driven");
	cr_expect(pulled(5 - GPIO_EMERGENCY_STOP, "pull-up") && pulled(5 - GPIO_ENABLE, "pull-down"), "what nobody drives is safe");
	line_put(5 - GPIO_EMERGENCY_STOP, "value", "0\n");
	line_put(5 - GPIO_ENABLE, "value", "1\n");
	for (int k = 0; k < 2000 && bench_status(&bench).state != STIMULATOR_STANDBY; k++) {
		struct timespec pause = {.tv_nsec = 1000000};
		nanosleep(&pause, NULL);
	}
	bench_intensity(&bench, 20, (double)NAN);
	cr_assert(bench.ports.stimulator.ops->arm(bench.ports.stimulator.self, &error));
	bench_sleep(&bench, 2);
	cr_expect(pulled(5 - GPIO_READY, "pull-up"), "ready is told");
	line_put(5 - GPIO_TRIGGER, "value", "1\n");
	for (int k = 0; k < 2000 && sim_truth(bench.state).count == 0; k++) {
		struct timespec pause = {.tv_nsec = 1000000};
		nanosleep(&pause, NULL);
		plant_advance(&plant);
		bench_sleep(&bench, 1e-3);
	}
	cr_expect_eq(sim_truth(bench.state).count, 1, "the trigger line fires");
	line_put(5 - GPIO_COIL_PRESENT, "value", "0\n");
	cr_expect(pulled(5 - GPIO_FAULT, "pull-up"), "a missing coil is told");
	gpio_sim_stop(gpio);
	cr_expect_not(plant_failed(&plant, &error), "%s", error.text);
	plant_finish(&plant);
	serve_faults_destroy(faults);
	bench_finish(&bench);
	char command[64];
	snprintf(command, sizeof command, "rm -r %s", root);
	cr_expect_eq(system(command), 0);
}

Test(serve_gpio, a_kernel_without_it_is_told)
{
	struct sim_bench bench;
	struct serve_setup serve = {.present[SERVE_GPIO_SIM] = true, .gpio_chip = "tms", .gpio_root = "no-such-root", .gpio_poll_s = NAN};
	struct plant plant;
	struct error error = {0};
	bench_init(&bench);
	bench.setup.serve = &serve;
	bench_open_sim(&bench);
	struct serve_faults *faults = serve_faults_create();
	cr_assert(plant_make(&plant, &bench.setup, &bench.ports, faults, &error));
	cr_expect_null(gpio_sim_start(&plant, NULL, &error));
	cr_expect(strstr(error.text, "gpio-sim (does the kernel have it"), "%s", error.text);
	plant_finish(&plant);
	serve_faults_destroy(faults);
	bench_finish(&bench);
}

static bool device_says(struct sim_bench *bench, enum stimulator_state state, const char *fault)
{
	struct stimulator_status status = bench_status(bench);
	for (int k = 0; k < 2000 && (status.state != state || !strstr(status.fault, fault)); k++) {
		struct timespec pause = {.tv_nsec = 1000000};
		nanosleep(&pause, NULL);
		bench_sleep(bench, 1e-3);
		status = bench_status(bench);
	}
	return status.state == state && strstr(status.fault, fault);
}

/* A door with a relay in series and one to 0 V, an emulated coil sensor. */
Test(serve_gpio, relays_reach_the_interlocks)
{
	struct sim_bench bench;
	struct serve_setup serve = {.present[SERVE_GPIO_SIM] = true, .gpio_chip = "tms", .gpio_root = root, .gpio_poll_s = 1e-3};
	struct plant plant;
	struct error error = {0};
	enum { DOOR = 6, DOOR_0V = 7, TEMPERATURE = 8 };
	make_tree();
	for (int l = DOOR; l <= TEMPERATURE; l++) {
		static const char *const RELAYS[] = {"DOOR", "DOOR_0V", "TEMPERATURE"};
		char path[128];
		snprintf(path, sizeof path, "sys/kernel/config/gpio-sim/tms/bank0/line%d/name", l);
		put(path, RELAYS[l - DOOR]);
		line_put(l, "value", "0\n");
		line_put(l, "pull", "\n");
	}
	bench_init(&bench);
	bench.device.coil_trip_degc.value = 43;
	bench.setup.serve = &serve;
	for (int l = 0; l < GPIO_LINE_COUNT; l++)
		bench.setup.gpio[l].line = NAMES[l];
	struct emulation_signal *door = &bench.setup.emulation.signals[SIGNAL_DOOR];
	struct emulation_signal *coil = &bench.setup.emulation.signals[SIGNAL_COIL_TEMPERATURE];
	door->present = coil->present = true;
	door->lines[STATE_NORMAL] = (struct gpio_line_setup){.present = true, .output = true, .line = "DOOR"};
	door->lines[STATE_SHORT_LOW] = (struct gpio_line_setup){.present = true, .output = true, .line = "DOOR_0V"};
	coil->lines[STATE_NORMAL] = (struct gpio_line_setup){.present = true, .output = true, .line = "TEMPERATURE"};
	coil->output = (struct emulation_output){.present = true, .rest = 25, .count = 2, .value = {0, 100}, .volts = {1, 5}};
	bench_open_sim(&bench);
	struct serve_faults *faults = serve_faults_create();
	cr_assert(plant_make(&plant, &bench.setup, &bench.ports, faults, &error), "%s", error.text);
	struct wires *wires = wires_create(&plant, &error);
	cr_assert(wires, "%s", error.text);
	struct gpio_sim *gpio = gpio_sim_start(&plant, wires, &error);
	cr_assert(gpio, "%s", error.text);
	const struct stimulator_port *stimulator = &bench.ports.stimulator;
	line_put(5 - GPIO_EMERGENCY_STOP, "value", "0\n");
	line_put(5 - GPIO_ENABLE, "value", "1\n");
	cr_expect(device_says(&bench, STIMULATOR_FAULT, ""), "what no relay holds is open");
	line_put(DOOR, "value", "1\n");
	line_put(TEMPERATURE, "value", "1\n");
	for (int k = 0; k < 200 && bench_status(&bench).state != STIMULATOR_STANDBY; k++) {
		struct timespec pause = {.tv_nsec = 10000000};
		nanosleep(&pause, NULL);
		cr_assert(stimulator->ops->disarm(stimulator->self, &error));
	}
	cr_expect(device_says(&bench, STIMULATOR_STANDBY, ""), "all wires are as they should be, and it was reset");
	wires_volts(wires, SIGNAL_COIL_TEMPERATURE, 1 + 4 * 0.42);
	cr_assert(wires_follow(wires, &error));
	bench_sleep(&bench, 1);
	cr_expect(device_says(&bench, STIMULATOR_STANDBY, ""), "42 degC");
	wires_volts(wires, SIGNAL_COIL_TEMPERATURE, 1 + 4 * 0.44);
	cr_assert(wires_follow(wires, &error));
	cr_expect(device_says(&bench, STIMULATOR_FAULT, "coil temperature"), "44 degC");
	wires_volts(wires, SIGNAL_COIL_TEMPERATURE, 2);
	cr_assert(wires_follow(wires, &error) && stimulator->ops->disarm(stimulator->self, &error));
	cr_expect(device_says(&bench, STIMULATOR_STANDBY, ""));
	line_put(DOOR_0V, "value", "1\n");
	cr_expect(device_says(&bench, STIMULATOR_FAULT, "door"), "a short");
	gpio_sim_stop(gpio);
	wires_destroy(wires);
	cr_expect_not(plant_failed(&plant, &error), "%s", error.text);
	plant_finish(&plant);
	serve_faults_destroy(faults);
	bench_finish(&bench);
	char command[64];
	snprintf(command, sizeof command, "rm -r %s", root);
	cr_expect_eq(system(command), 0);
}
