/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The GPIO driver on the kernel's simulated chips. Witnesses that are none of ours: the chip's own files (sim_gpioN/value), the kernel's trace of
 * every level it gave to a pin, and the tools of libgpiod.
 *
 * usage: gpio_lab CHIP SIM_FOLDER BASE: all of it; BASE is the number that the trace gives to line 0
 *        gpio_lab error CHIP LINE: open an output there and print the error
 *        gpio_lab unplug CHIP: take the chip "lab" of gpio-sim away under the driver
 */
#include <fcntl.h>
#include <math.h>
#include <stdarg.h>
#include <string.h>
#include <time.h>

#include "bench.h"
#include "gpio_line.h"

enum { OFFSET_TRIGGER, OFFSET_ENABLE, OFFSET_ESTOP, OFFSET_COIL, OFFSET_READY, OFFSET_FAULT };
enum { MAX_EVENTS = 4096 };
static const double PULSE_S = 50e-6;
/* An interrupt of gpio-sim comes with the next tick of the lab's kernel, 100 Hz: longer than that, and twice. */
static const double TICK_S = 12e-3, TICKS_S = 25e-3;
static const char TRACE[] = "/sys/kernel/tracing/trace";

static const char *sim_folder;
static unsigned base;

static void check(bool good, const char *format, ...) printf_like(2, 3);
static void check(bool good, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	fputs(good ? "ok - " : "not ok - ", stdout);
	vprintf(format, args);
	putchar('\n');
	va_end(args);
	fflush(stdout);
}

static double now_s(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void pause_s(double duration_s)
{
	nanosleep(&(struct timespec){.tv_nsec = (long)(duration_s * 1e9)}, NULL);
}

/* Voltage on the pin as the chip sees it: 0 or 1, -1 when the file is not there. */
static int pin(unsigned offset)
{
	char path[512];
	int value = -1;
	snprintf(path, sizeof path, "%s/sim_gpio%u/value", sim_folder, offset);
	auto_file FILE *file = fopen(path, "re");
	if (!file || fscanf(file, "%d", &value) != 1)
		return -1;
	return value;
}

/* The wire of an input goes high or low. */
static void drive(unsigned offset, bool high)
{
	char path[512];
	snprintf(path, sizeof path, "%s/sim_gpio%u/pull", sim_folder, offset);
	int file = open(path, O_WRONLY | O_CLOEXEC);
	const char *word = high ? "pull-up" : "pull-down";
	if (file < 0 || write(file, word, strlen(word)) < 0)
		check(false, "cannot drive %s", path);
	if (file >= 0)
		close(file);
}

/* Levels that the kernel gave to a pin since the trace was emptied, with their times. */
struct driven {
	unsigned count, high;
	double time_s[64];
	int level[64];
};

static struct driven driven(unsigned offset)
{
	struct driven all = {0};
	char line[512];
	auto_file FILE *file = fopen(TRACE, "re");
	while (file && fgets(line, sizeof line, file)) {
		const char *event = strstr(line, "gpio_value: ");
		unsigned number;
		int value;
		double time_s;
		if (!event || sscanf(event, "gpio_value: %u set %d", &number, &value) != 2 || number != base + offset)
			continue;
		/* "... flags  12.345678: gpio_value: ..." */
		const char *time = event - 2;
		while (time > line && time[-1] != ' ')
			time--;
		if (all.count >= 64 || sscanf(time, "%lf", &time_s) != 1)
			continue;
		all.time_s[all.count] = time_s;
		all.level[all.count++] = value;
		all.high += value != 0;
	}
	return all;
}

static void empty_trace(void)
{
	auto_file FILE *file = fopen(TRACE, "we");
	if (!file)
		check(false, "cannot empty the trace");
}

static struct bench_setup setup_of(const char *chip)
{
	struct bench_setup setup = {.id = "lab", .file = "lab.yaml", .gpio_driver = "gpiod", .gpio_chip = chip};
	setup.gpio[GPIO_TRIGGER] =
		(struct gpio_line_setup){.present = true, .output = true, .active_low = true, .line = "TRIGGER", .pulse_s = PULSE_S};
	setup.gpio[GPIO_ENABLE] = (struct gpio_line_setup){.present = true, .output = true, .line = "1"};
	setup.gpio[GPIO_EMERGENCY_STOP] = (struct gpio_line_setup){.present = true, .output = true, .safe_level = true, .line = "ESTOP"};
	setup.gpio[GPIO_COIL_PRESENT] = (struct gpio_line_setup){.present = true, .output = true, .drive = GPIO_OPEN_DRAIN, .line = "COIL"};
	setup.gpio[GPIO_READY] = (struct gpio_line_setup){.present = true, .line = "READY"};
	setup.gpio[GPIO_FAULT] = (struct gpio_line_setup){.present = true, .active_low = true, .bias = GPIO_BIAS_PULL_UP, .line = "5"};
	return setup;
}

struct opened {
	struct bench_setup setup;
	struct ports ports;
	void *state;
	struct error error;
};

static bool open_lines(struct opened *opened)
{
	return driver_gpiod.open(&opened->setup, NULL, &opened->ports, &opened->state, &opened->error);
}

/* What `command` prints contains the text. */
static bool tool_says(const char *command, const char *text)
{
	char output[8192] = "";
	FILE *pipe = popen(command, "re");
	if (!pipe)
		return false;
	size_t length = fread(output, 1, sizeof output - 1, pipe);
	output[length] = '\0';
	pclose(pipe);
	if (!strstr(output, text))
		printf("# %s:\n# %s\n", command, output);
	return strstr(output, text) != NULL;
}

static void check_safe_from_the_start(const struct opened *opened, const char *chip)
{
	struct driven trigger = driven(OFFSET_TRIGGER), enable = driven(OFFSET_ENABLE), estop = driven(OFFSET_ESTOP);
	check(trigger.count > 0 && trigger.high == trigger.count,
	      "the active-low trigger was never low while it was opened (%u of %u levels high)", trigger.high, trigger.count);
	check(enable.count > 0 && enable.high == 0, "enable was never high while it was opened (%u of %u)", enable.high, enable.count);
	check(estop.count > 0 && estop.high == estop.count, "the emergency stop was never low while it was opened (%u of %u)", estop.high,
	      estop.count);
	check(pin(OFFSET_TRIGGER) == 1 && pin(OFFSET_ENABLE) == 0 && pin(OFFSET_ESTOP) == 1, "the pins are at their safe levels");
	char command[128];
	snprintf(command, sizeof command, "gpioinfo %s%s", gpio_line_queue_length > 16 ? "-c " : "", chip);
	check(tool_says(command, "tmsrig:enable"), "gpioinfo names who holds enable");
	check(tool_says(command, "tmsrig:trigger"), "gpioinfo names who holds the trigger");
	check(opened->ports.gpio.ops && opened->ports.gpio.self, "the driver fills the port");
}

static void check_levels(struct opened *opened)
{
	const struct gpio_port *gpio = &opened->ports.gpio;
	struct error *error = &opened->error;
	check(gpio->ops->set(gpio->self, GPIO_ENABLE, true, error) && pin(OFFSET_ENABLE) == 1, "enable set active is high");
	check(gpio->ops->set(gpio->self, GPIO_TRIGGER, true, error) && pin(OFFSET_TRIGGER) == 0,
	      "the active-low trigger set active is low");
	check(gpio->ops->set(gpio->self, GPIO_TRIGGER, false, error) && pin(OFFSET_TRIGGER) == 1, "and high when it is inactive");
	check(gpio->ops->set(gpio->self, GPIO_ENABLE, false, error) && pin(OFFSET_ENABLE) == 0, "enable set inactive is low");
	bool ready = true, fault = true;
	drive(OFFSET_READY, false);
	check(gpio->ops->get(gpio->self, GPIO_READY, &ready, error) && !ready, "ready is inactive on a low wire");
	drive(OFFSET_READY, true);
	check(gpio->ops->get(gpio->self, GPIO_READY, &ready, error) && ready, "ready is active on a high wire");
	check(gpio->ops->get(gpio->self, GPIO_FAULT, &fault, error) && !fault, "the active-low fault, pulled up by us, is inactive");
	drive(OFFSET_FAULT, false);
	check(gpio->ops->get(gpio->self, GPIO_FAULT, &fault, error) && fault, "and active once its wire is low");
	drive(OFFSET_FAULT, true);
}

static void check_pulses(struct opened *opened, bool virtual)
{
	enum { PULSES = 20 };
	const struct gpio_port *gpio = &opened->ports.gpio;
	double times_s[PULSES], u_s[PULSES], worst_u_s = 0;
	empty_trace();
	for (int i = 0; i < PULSES; i++) {
		pause_s(1e-3);
		if (!gpio->ops->pulse(gpio->self, GPIO_TRIGGER, &times_s[i], &opened->error))
			check(false, "pulse %d: %s", i, opened->error.text);
		u_s[i] = gpio->ops->pulse_u_s(gpio->self);
		worst_u_s = fmax(worst_u_s, u_s[i]);
	}
	struct driven all = driven(OFFSET_TRIGGER);
	check(all.count == 2 * PULSES && all.high == PULSES, "%d pulses are %d levels in the kernel's trace (%u)", PULSES, 2 * PULSES,
	      all.count);
	double worst_time_s = 0, shortest_s = INFINITY, longest_s = 0, outside_s = 0;
	for (unsigned i = 0; i < PULSES && 2 * i + 1 < all.count; i++) {
		double width_s = all.time_s[2 * i + 1] - all.time_s[2 * i], off_s = fabs(times_s[i] - all.time_s[2 * i]);
		shortest_s = fmin(shortest_s, width_s);
		longest_s = fmax(longest_s, width_s);
		worst_time_s = fmax(worst_time_s, off_s);
		outside_s = fmax(outside_s, off_s - sqrt(3) * u_s[i]);
		if (all.level[2 * i] != 0 || all.level[2 * i + 1] != 1)
			check(false, "pulse %u is not low, then high", i);
	}
	printf("# pulses of 50 us: %.1f us to %.1f us long; time against the trace at worst %.1f us, stated u at worst %.2f us\n",
	       shortest_s * 1e6, longest_s * 1e6, worst_time_s * 1e6, worst_u_s * 1e6);
	/* The trace counts whole microseconds. In real time the machine may take the processor away at any moment: only too short is wrong. */
	check(shortest_s > PULSE_S - 3e-6, "no pulse is shorter than 50 us");
	if (virtual)
		check(longest_s < PULSE_S + 10e-6, "none is longer, in virtual time");
	check(outside_s <= 2e-6, "the time of every edge is within what is stated");
	check(pin(OFFSET_TRIGGER) == 1, "the trigger is inactive afterwards");
}

static size_t take_events(struct opened *opened, struct gpio_event *events, size_t max, uint64_t *lost)
{
	const struct gpio_port *gpio = &opened->ports.gpio;
	size_t count = 0;
	if (!gpio->ops->events(gpio->self, events, max, &count, lost, &opened->error))
		check(false, "events: %s", opened->error.text);
	return count;
}

static void check_events(struct opened *opened)
{
	static struct gpio_event events[MAX_EVENTS];
	uint64_t lost;
	take_events(opened, events, MAX_EVENTS, &lost);
	double before_s = now_s();
	drive(OFFSET_READY, false);
	pause_s(TICKS_S);
	double between_s = now_s();
	drive(OFFSET_FAULT, false);
	pause_s(TICKS_S);
	drive(OFFSET_READY, true);
	pause_s(TICKS_S);
	double after_s = now_s();
	size_t count = take_events(opened, events, MAX_EVENTS, &lost);
	check(count == 3 && lost == 0, "three changes give three events (%zu, lost %llu)", count, (unsigned long long)lost);
	check(count == 3 && events[0].line == GPIO_READY && !events[0].active && events[1].line == GPIO_FAULT && events[1].active &&
		      events[2].line == GPIO_READY && events[2].active,
	      "in their order, the active-low line by its meaning");
	check(count == 3 && events[0].time_s > before_s && events[0].time_s < between_s && events[1].time_s > between_s &&
		      events[2].time_s < after_s,
	      "with their times on CLOCK_MONOTONIC");
	check(take_events(opened, events, MAX_EVENTS, &lost) == 0 && lost == 0, "then there is none");
}

/* Only in virtual time is every change seen as one of its own. */
static void check_overflow(struct opened *opened)
{
	static struct gpio_event events[MAX_EVENTS];
	uint64_t lost;
	/* An even number of lost changes leaves the levels in turn: only a sequence number or a full queue tells. */
	size_t extra = 10, toggles = gpio_line_queue_length + extra;
	for (size_t i = 0; i < toggles; i++) {
		drive(OFFSET_READY, i % 2 == 1);
		pause_s(TICK_S);
	}
	size_t count = take_events(opened, events, MAX_EVENTS, &lost);
	printf("# %zu changes unread: %zu kept, %llu said to be lost\n", toggles, count, (unsigned long long)lost);
	check(lost > 0, "a queue that ran over is noticed");
	if (gpio_line_queue_length > 16)
		check(lost == extra, "and the sequence numbers say how many");
	drive(OFFSET_READY, false);
	pause_s(TICKS_S);
	take_events(opened, events, MAX_EVENTS, &lost);
	drive(OFFSET_READY, true);
	pause_s(TICKS_S);
	check(take_events(opened, events, MAX_EVENTS, &lost) == 1 && lost == 0, "after that it counts as before");
}

static void check_close(struct opened *opened)
{
	const struct gpio_port *gpio = &opened->ports.gpio;
	bool set = gpio->ops->set(gpio->self, GPIO_ENABLE, true, &opened->error) &&
		   gpio->ops->set(gpio->self, GPIO_EMERGENCY_STOP, false, &opened->error) &&
		   gpio->ops->set(gpio->self, GPIO_TRIGGER, true, &opened->error);
	check(set, "everything is set unsafe");
	empty_trace();
	driver_gpiod.close(opened->state);
	struct driven trigger = driven(OFFSET_TRIGGER), enable = driven(OFFSET_ENABLE), estop = driven(OFFSET_ESTOP);
	check(trigger.count > 0 && trigger.level[trigger.count - 1] == 1 && enable.count > 0 && enable.level[enable.count - 1] == 0 &&
		      estop.count > 0 && estop.level[estop.count - 1] == 1,
	      "closing left the safe levels");
}

/* One line that cannot be had: the message must contain each of the texts. */
static void check_refusal(const char *chip, const char *line, const char *text, const char *also)
{
	struct opened opened = {.setup = {.file = "lab.yaml", .gpio_chip = chip}};
	opened.setup.gpio[GPIO_ENABLE] = (struct gpio_line_setup){.present = true, .output = true, .line = line};
	bool refused = !open_lines(&opened);
	if (!refused)
		driver_gpiod.close(opened.state);
	check(refused && strstr(opened.error.text, text) && strstr(opened.error.text, also), "refused: %s", opened.error.text);
}

static void check_busy(const struct opened *held, const char *chip)
{
	struct opened second = {.setup = held->setup};
	bool refused = !open_lines(&second);
	check(refused && strstr(second.error.text, "in use by 'tmsrig:trigger'"), "a second rig is refused: %s", second.error.text);
	check(pin(OFFSET_TRIGGER) == 1 && pin(OFFSET_ENABLE) == 0, "and moved no pin");
	check_refusal(chip, "HELD", "in use by '", "gpioset");
}

/* The chip is unplugged while its lines are held. Last of all: it does not come back. */
static void check_unplugged(const char *chip)
{
	struct opened opened = {.setup = setup_of(chip)};
	opened.setup.gpio[GPIO_READY].present = opened.setup.gpio[GPIO_FAULT].present = false;
	if (!open_lines(&opened)) {
		check(false, "%s", opened.error.text);
		return;
	}
	int file = open("/sys/kernel/config/gpio-sim/lab/live", O_WRONLY | O_CLOEXEC);
	check(file >= 0 && write(file, "0", 1) == 1, "the chip is unplugged");
	close(file);
	double time_s;
	const struct gpio_port *gpio = &opened.ports.gpio;
	check(!gpio->ops->set(gpio->self, GPIO_ENABLE, true, &opened.error) && strstr(opened.error.text, "No such device"), "set: %s",
	      opened.error.text);
	check(!gpio->ops->pulse(gpio->self, GPIO_TRIGGER, &time_s, &opened.error) && strstr(opened.error.text, "No such device"),
	      "pulse: %s", opened.error.text);
	driver_gpiod.close(opened.state);
}

static int print_error(const char *chip, const char *line)
{
	struct opened opened = {.setup = {.file = "lab.yaml", .gpio_chip = chip}};
	opened.setup.gpio[GPIO_ENABLE] = (struct gpio_line_setup){.present = true, .output = true, .line = line};
	if (open_lines(&opened)) {
		driver_gpiod.close(opened.state);
		return 1;
	}
	puts(opened.error.text);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 4 && strcmp(argv[1], "error") == 0)
		return print_error(argv[2], argv[3]);
	if (argc == 3 && strcmp(argv[1], "unplug") == 0) {
		check_unplugged(argv[2]);
		return 0;
	}
	if (argc != 4)
		return 2;
	const char *chip = argv[1], *time = getenv("LAB_TIME");
	sim_folder = argv[2];
	base = (unsigned)strtoul(argv[3], NULL, 10);

	struct opened opened = {.setup = setup_of(chip)};
	empty_trace();
	bool open = open_lines(&opened);
	check(open, "the lines open by name and by offset %s", opened.error.text);
	if (!open)
		return 1;
	check_safe_from_the_start(&opened, chip);
	check_busy(&opened, chip);
	check_levels(&opened);
	bool virtual = time && strcmp(time, "virtual") == 0;
	check_pulses(&opened, virtual);
	check_events(&opened);
	if (virtual)
		check_overflow(&opened);
	check_close(&opened);

	struct opened again = {.setup = setup_of("lab-gpio")};
	check(open_lines(&again), "the chip opens again, by its label %s", again.error.text);
	driver_gpiod.close(again.state);
	check_refusal("gpiochip77", "ENABLE", "there is no GPIO chip 'gpiochip77'; this machine has: ", "[lab-gpio], 9 lines");
	check_refusal(chip, "ENABEL", "has no line 'ENABEL', did you mean 'ENABLE'?", "TRIGGER, ENABLE, ESTOP");
	check_refusal(chip, "9", "has no line 9; its lines are 0 to 8", "lab.yaml: line enable");
	check_refusal(chip, "TWICE", "more than one line 'TWICE' (6 and 7)", "give the offset");
	check_refusal("/dev/null", "0", "/dev/null", "");
	return 0;
}
