/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gpio_sim.h"

#include <fcntl.h>
#include <limits.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "gpio_trace.h"

enum { LINES_MAX = 64, VALUE_BYTES = 128 };
/* Only a trigger is short; the other lines are looked at once in so many rounds. */
enum { SLOW_ROUNDS = 10 };
static const double poll_default_s = 20e-6;

struct line {
	bool present;
	bool output;   /* of the rig */
	bool level;    /* last seen or driven */
	bool resistor; /* the level while nobody drives an output */
	bool known;    /* an input of the rig has been driven */
	bool differs;  /* the value was not the level at the last look */
	int fd;        /* of value or pull */
	int offset;
};

/* A line by which the rig drives a relay of an emulated wire. */
struct relay_line {
	enum interlock_signal signal;
	enum signal_state state;
	const char *name;
	bool level, differs; /* as of a line */
	int fd, offset;
};

struct gpio_sim {
	struct plant *plant;
	const char *root;
	char config[PATH_MAX - 128], chip[VALUE_BYTES], device[VALUE_BYTES];
	bool made;
	struct line lines[GPIO_LINE_COUNT];
	struct wires *wires;
	struct relay_line relays[LINES_MAX - GPIO_LINE_COUNT];
	unsigned relay_count;
	double poll_s;
	struct gpio_trace *trace; /* NULL: lines are polled */
	struct error why_polled;
	atomic_bool look; /* compare the values with what the trace said */
	pthread_t thread;
	bool running;
	atomic_bool stopping;
};

static bool put(const char *folder, const char *name, const char *value, struct error *error)
{
	char path[PATH_MAX];
	if (snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path)
		return error_bench(error, "%s: the path is too long", folder);
	auto_fd int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	ssize_t length = (ssize_t)strlen(value);
	return (fd >= 0 && write(fd, value, (size_t)length) == length) ||
	       error_errno(error, ERROR_BENCH, "%s: cannot write '%s'", path, value);
}

static bool get(const char *folder, const char *name, char value[VALUE_BYTES], struct error *error)
{
	char path[PATH_MAX];
	if (snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path)
		return error_bench(error, "%s: the path is too long", folder);
	auto_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t count = fd >= 0 ? read(fd, value, VALUE_BYTES - 1) : -1;
	if (count < 0)
		return error_errno(error, ERROR_BENCH, "%s: cannot be read", path);
	value[count] = '\0';
	value[strcspn(value, "\n")] = '\0';
	return true;
}

static bool folder(const char *path, struct error *error)
{
	return mkdir(path, 0755) == 0 || errno == EEXIST || error_errno(error, ERROR_BENCH, "%s: cannot be made", path);
}

/* The folder of a line in configfs. */
static void line_folder(const struct gpio_sim *gpio, unsigned offset, char path[PATH_MAX])
{
	snprintf(path, PATH_MAX, "%s/bank0/line%u", gpio->config, offset);
}

static bool make_chip(struct gpio_sim *gpio, struct error *error)
{
	const struct bench_setup *setup = gpio->plant->setup;
	char path[PATH_MAX], count[16];
	if (!folder(gpio->config, error))
		return error_prefix(error, "gpio-sim (does the kernel have it, and configfs mounted?)");
	gpio->made = true;
	snprintf(path, sizeof path, "%s/bank0", gpio->config);
	snprintf(count, sizeof count, "%u", GPIO_LINE_COUNT + gpio->relay_count);
	if (!folder(path, error) || !put(path, "num_lines", count, error) || !put(path, "label", setup->serve->gpio_chip, error))
		return false;
	for (unsigned l = 0; l < GPIO_LINE_COUNT; l++) {
		line_folder(gpio, l, path);
		if (setup->gpio[l].present && (!folder(path, error) || !put(path, "name", setup->gpio[l].line, error)))
			return false;
	}
	for (unsigned r = 0; r < gpio->relay_count; r++) {
		line_folder(gpio, GPIO_LINE_COUNT + r, path);
		if (!folder(path, error) || !put(path, "name", gpio->relays[r].name, error))
			return false;
	}
	return put(gpio->config, "live", "1", error);
}

static void remove_chip(struct gpio_sim *gpio)
{
	char path[PATH_MAX];
	struct error ignored;
	if (!gpio->made || !put(gpio->config, "live", "0", &ignored))
		return;
	for (unsigned l = 0; l < GPIO_LINE_COUNT + gpio->relay_count; l++) {
		line_folder(gpio, l, path);
		rmdir(path);
	}
	snprintf(path, sizeof path, "%s/bank0", gpio->config);
	rmdir(path);
	rmdir(gpio->config);
}

/* The line of that name, or of that number; -1: none. */
static int find_line(const struct gpio_sim *gpio, const char *name)
{
	for (unsigned offset = 0; offset < LINES_MAX; offset++) {
		char path[PATH_MAX], value[VALUE_BYTES];
		struct error ignored;
		line_folder(gpio, offset, path);
		if (get(path, "name", value, &ignored) && strcmp(value, name) == 0)
			return (int)offset;
	}
	char *end;
	unsigned long offset = strtoul(name, &end, 10);
	return end != name && *end == '\0' && offset < LINES_MAX ? (int)offset : -1;
}

/*
 * The resistor on a line that the rig drives: it holds the safe level while nobody does, and a coil plugged in. So the device is safe
 * when the rig dies.
 */
static bool pull(const struct gpio_sim *gpio, int offset, bool high, struct error *error)
{
	char path[PATH_MAX];
	snprintf(path, sizeof path, "%s/sys/devices/platform/%s/%s/sim_gpio%d", gpio->root, gpio->device, gpio->chip, offset);
	return put(path, "pull", high ? "pull-up" : "pull-down", error);
}

static bool open_line(struct gpio_sim *gpio, unsigned l, struct error *error)
{
	const struct gpio_line_setup *setup = &gpio->plant->setup->gpio[l];
	struct line *line = &gpio->lines[l];
	char path[PATH_MAX];
	line->present = setup->present;
	line->output = setup->output;
	if (!setup->present)
		return true;
	int offset = find_line(gpio, setup->line);
	line->offset = offset;
	if (offset < 0)
		return error_bench(error, "the chip '%s' has no line '%s'", gpio->plant->setup->serve->gpio_chip, setup->line);
	if (setup->output && !pull(gpio, offset, line->resistor, error))
		return false;
	snprintf(path, sizeof path, "%s/sys/devices/platform/%s/%s/sim_gpio%d/%s", gpio->root, gpio->device, gpio->chip, offset,
		 setup->output ? "value" : "pull");
	line->fd = open(path, (setup->output ? O_RDONLY : O_WRONLY) | O_CLOEXEC);
	if (line->fd < 0)
		return error_errno(error, ERROR_BENCH, "%s: cannot be opened", path);
	return true;
}

/* Its resistor keeps the relay from being driven when the rig dies. */
static bool open_relay(struct gpio_sim *gpio, struct relay_line *relay, struct error *error)
{
	char path[PATH_MAX];
	int offset = find_line(gpio, relay->name);
	relay->offset = offset;
	if (offset < 0)
		return error_bench(error, "the chip '%s' has no line '%s'", gpio->plant->setup->serve->gpio_chip, relay->name);
	if (!pull(gpio, offset, false, error))
		return false;
	snprintf(path, sizeof path, "%s/sys/devices/platform/%s/%s/sim_gpio%d/value", gpio->root, gpio->device, gpio->chip, offset);
	relay->fd = open(path, O_RDONLY | O_CLOEXEC);
	return relay->fd >= 0 || error_errno(error, ERROR_BENCH, "%s: cannot be opened", path);
}

static bool list_relays(struct gpio_sim *gpio, struct error *error)
{
	const struct emulation_signal *signals = gpio->plant->setup->emulation.signals;
	for (unsigned signal = 0; gpio->wires && signal < SIGNAL_COUNT; signal++)
		for (unsigned state = 0; state < STATE_COUNT; state++) {
			if (!signals[signal].lines[state].present)
				continue;
			if (gpio->relay_count == sizeof gpio->relays / sizeof *gpio->relays)
				return error_config(error, "more than %u relays", gpio->relay_count);
			gpio->relays[gpio->relay_count++] = (struct relay_line){.signal = (enum interlock_signal)signal,
										.state = (enum signal_state)state,
										.name = signals[signal].lines[state].line,
										.fd = -1};
		}
	return true;
}

static bool find_chip(struct gpio_sim *gpio, struct error *error)
{
	char bank[PATH_MAX], live[VALUE_BYTES] = "";
	struct error ignored;
	snprintf(gpio->config, sizeof gpio->config, "%s/sys/kernel/config/gpio-sim/%s", gpio->root, gpio->plant->setup->serve->gpio_chip);
	if ((!get(gpio->config, "live", live, &ignored) || strcmp(live, "1") != 0) && !make_chip(gpio, error))
		return false;
	snprintf(bank, sizeof bank, "%s/bank0", gpio->config);
	if (!get(gpio->config, "dev_name", gpio->device, error) || !get(bank, "chip_name", gpio->chip, error))
		return false;
	for (unsigned l = 0; l < GPIO_LINE_COUNT; l++)
		if (!open_line(gpio, l, error))
			return false;
	for (unsigned r = 0; r < gpio->relay_count; r++)
		if (!open_relay(gpio, &gpio->relays[r], error))
			return false;
	return true;
}

/* The level of a line that the rig drives. With the chip pulled out only its resistor holds it; else what cannot be read is unchanged. */
static bool value_of(const struct line *line)
{
	char value;
	if (pread(line->fd, &value, 1, 0) == 1)
		return value == '1';
	return errno == ENODEV ? line->resistor : line->level;
}

/* The clock of the plant has been moved to the time of the change. */
static bool give(struct gpio_sim *gpio, unsigned l, bool level, struct error *error)
{
	const struct gpio_port *port = &gpio->plant->ports->gpio;
	gpio->lines[l].level = level;
	gpio->lines[l].differs = false;
	serve_faults_begin(gpio->plant->faults, SERVE_GPIO_SIM, plant_monotonic_s());
	return port->ops->set(port->self, (enum gpio_line)l, level, error);
}

/* A relay's line was seen to change; what that makes of its signal comes with wires_follow(). */
static void give_relay(struct gpio_sim *gpio, struct relay_line *relay, bool level)
{
	relay->level = level;
	relay->differs = false;
	wires_line(gpio->wires, relay->signal, relay->state, level);
}

/* Those of one signal change together before the device is told. A level that cannot be read counts as unchanged. */
static bool poll_relays(struct gpio_sim *gpio, struct error *error)
{
	bool any = false;
	for (unsigned r = 0; r < gpio->relay_count; r++) {
		struct relay_line *relay = &gpio->relays[r];
		char value = '0';
		if (pread(relay->fd, &value, 1, 0) != 1 || (value == '1') == relay->level)
			continue;
		give_relay(gpio, relay, value == '1');
		any = true;
	}
	if (!any)
		return true;
	plant_advance(gpio->plant);
	return wires_follow(gpio->wires, error);
}

static bool stalled(const struct gpio_sim *gpio)
{
	return serve_faults_active(gpio->plant->faults, SERVE_GPIO_SIM, SERVE_FAULT_STALL, plant_monotonic_s(), NULL);
}

/* A change of the trace. A chip that stands still misses it. */
static bool traced(struct gpio_sim *gpio, const struct gpio_trace_level *change, struct error *error)
{
	for (unsigned l = 0; l < GPIO_LINE_COUNT; l++) {
		struct line *line = &gpio->lines[l];
		if (line->present && line->output && line->offset == (int)change->offset && line->level != change->high && !stalled(gpio))
			return plant_move_to(gpio->plant, change->time_s, error) && give(gpio, l, change->high, error);
	}
	for (unsigned r = 0; r < gpio->relay_count; r++) {
		struct relay_line *relay = &gpio->relays[r];
		if (relay->offset != (int)change->offset || relay->level == change->high || stalled(gpio))
			continue;
		give_relay(gpio, relay, change->high);
		return plant_move_to(gpio->plant, change->time_s, error) && wires_follow(gpio->wires, error);
	}
	return true;
}

/* As look(), of relays. */
static bool look_at_relays(struct gpio_sim *gpio, struct error *error)
{
	for (unsigned r = 0; r < gpio->relay_count; r++) {
		struct relay_line *relay = &gpio->relays[r];
		char value;
		if (pread(relay->fd, &value, 1, 0) != 1)
			continue;
		bool differed = relay->differs;
		relay->differs = (value == '1') != relay->level;
		if (differed && relay->differs)
			give_relay(gpio, relay, !relay->level);
	}
	return !gpio->wires || wires_follow(gpio->wires, error);
}

/*
 * What the trace does not tell: a line that was released is where its resistor pulls it. A value that differs at two looks without a change between
 * them is one; at a single look the change may be on its way.
 */
static bool look(struct gpio_sim *gpio, struct error *error)
{
	for (unsigned l = 0; l < GPIO_LINE_COUNT; l++) {
		struct line *line = &gpio->lines[l];
		if (!line->present || !line->output)
			continue;
		bool differed = line->differs;
		line->differs = value_of(line) != line->level;
		if (differed && line->differs && !give(gpio, l, !line->level, error))
			return false;
	}
	return look_at_relays(gpio, error);
}

static bool drive(struct gpio_sim *gpio, unsigned l, struct error *error)
{
	struct line *line = &gpio->lines[l];
	const struct gpio_port *port = &gpio->plant->ports->gpio;
	bool level;
	if (!port->ops->get(port->self, (enum gpio_line)l, &level, error))
		return false;
	if (line->known && level == line->level)
		return true;
	line->level = level;
	line->known = true;
	const char *pull = level ? "pull-up" : "pull-down";
	ssize_t length = (ssize_t)strlen(pull);
	/* A chip that was pulled out is not the device's affair. */
	return pwrite(line->fd, pull, (size_t)length, 0) == length || errno == ENODEV ||
	       error_errno(error, ERROR_BENCH, "cannot pull a line");
}

static bool drive_all(struct gpio_sim *gpio, struct error *error)
{
	for (unsigned l = 0; l < GPIO_LINE_COUNT; l++)
		if (gpio->lines[l].present && !gpio->lines[l].output && !drive(gpio, l, error))
			return false;
	return true;
}

/* Changes in the order of their times, then now, then the device's own lines. */
static bool follow(void *self, double monotonic_s, struct error *error)
{
	struct gpio_sim *gpio = self;
	struct gpio_trace_level change;
	int there;
	while ((there = gpio_trace_next(gpio->trace, &change, error)) > 0)
		if (!traced(gpio, &change, error))
			return false;
	if (there < 0 || !plant_move_to(gpio->plant, monotonic_s, error))
		return false;
	bool wanted = atomic_exchange(&gpio->look, false);
	return stalled(gpio) || ((!wanted || look(gpio, error)) && drive_all(gpio, error));
}

static bool watch(struct gpio_sim *gpio, unsigned l, struct error *error)
{
	bool value = value_of(&gpio->lines[l]);
	if (value == gpio->lines[l].level)
		return true;
	plant_advance(gpio->plant);
	return give(gpio, l, value, error);
}

/* The next time of the grid. What was overslept is not made up for, but the grid stays, so that regular triggers are seen regularly. */
static int64_t next_round_ns(int64_t last_ns, int64_t step_ns)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	int64_t late_ns = now.tv_sec * INT64_C(1000000000) + now.tv_nsec - last_ns;
	return last_ns + (late_ns > 0 ? late_ns / step_ns + 1 : 1) * step_ns;
}

/* The lines other than the trigger only when `slow` says so. */
static bool poll_lines(struct gpio_sim *gpio, bool slow, struct error *error)
{
	for (unsigned l = 0; l < GPIO_LINE_COUNT; l++)
		if (gpio->lines[l].present && gpio->lines[l].output && (l == GPIO_TRIGGER || slow) && !watch(gpio, l, error))
			return false;
	return !slow || (drive_all(gpio, error) && poll_relays(gpio, error));
}

static void start_trace(struct gpio_sim *gpio)
{
	unsigned l = 0;
	while (l < GPIO_LINE_COUNT && !(gpio->lines[l].present && gpio->lines[l].output))
		l++;
	if (l == GPIO_LINE_COUNT)
		error_bench(&gpio->why_polled, "the rig drives no line");
	else
		gpio->trace = gpio_trace_open(gpio->root, gpio->chip, (unsigned)gpio->lines[l].offset, &gpio->why_polled);
	if (gpio->trace)
		plant_follow(gpio->plant, follow, gpio);
}

static void *gpio_thread(void *self)
{
	struct gpio_sim *gpio = self;
	struct error error = {0};
	struct timespec now;
	bool good = true;
	clock_gettime(CLOCK_MONOTONIC, &now);
	int64_t next_ns = now.tv_sec * INT64_C(1000000000) + now.tv_nsec, step_ns = lround(gpio->poll_s * 1e9);
	if (gpio->trace)
		step_ns *= SLOW_ROUNDS;
	for (unsigned round = 0; good && !atomic_load(&gpio->stopping); round++) {
		if (gpio->trace) {
			atomic_store(&gpio->look, true);
			plant_advance(gpio->plant);
		} else {
			good = stalled(gpio) || poll_lines(gpio, round % SLOW_ROUNDS == 0, &error);
		}
		next_ns = next_round_ns(next_ns, step_ns);
		struct timespec next = {.tv_sec = next_ns / 1000000000, .tv_nsec = next_ns % 1000000000};
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
	}
	if (!good) {
		error_prefix(&error, "gpio_sim");
		plant_fail(gpio->plant, &error);
	}
	return NULL;
}

struct gpio_sim *gpio_sim_start(struct plant *plant, struct wires *wires, struct error *error)
{
	struct gpio_sim *gpio = calloc(1, sizeof *gpio);
	if (!gpio) {
		error_bench(error, "gpio_sim: out of memory");
		return NULL;
	}
	const struct serve_setup *setup = plant->setup->serve;
	gpio->plant = plant;
	gpio->wires = wires;
	gpio->root = setup->gpio_root ? setup->gpio_root : "";
	gpio->poll_s = isnan(setup->gpio_poll_s) ? poll_default_s : setup->gpio_poll_s;
	for (unsigned l = 0; l < GPIO_LINE_COUNT; l++)
		gpio->lines[l].fd = -1;
	/* As the virtual device begins. */
	for (unsigned l = 0; l < GPIO_LINE_COUNT; l++)
		gpio->lines[l].resistor = plant->setup->gpio[l].present && plant->setup->gpio[l].safe_level;
	gpio->lines[GPIO_COIL_PRESENT].resistor = true;
	for (unsigned l = 0; l < GPIO_LINE_COUNT; l++)
		gpio->lines[l].level = gpio->lines[l].resistor;
	bool found = list_relays(gpio, error) && find_chip(gpio, error);
	if (found)
		start_trace(gpio);
	gpio->running = found && pthread_create(&gpio->thread, NULL, gpio_thread, gpio) == 0;
	if (gpio->running)
		return gpio;
	if (found)
		error_bench(error, "cannot start a thread");
	error_prefix(error, "gpio_sim");
	gpio_sim_stop(gpio);
	return NULL;
}

void gpio_sim_stop(struct gpio_sim *gpio)
{
	if (!gpio)
		return;
	atomic_store(&gpio->stopping, true);
	if (gpio->running)
		pthread_join(gpio->thread, NULL);
	plant_follow(gpio->plant, NULL, NULL);
	gpio_trace_close(gpio->trace);
	for (unsigned l = 0; l < GPIO_LINE_COUNT; l++)
		if (gpio->lines[l].fd >= 0)
			close(gpio->lines[l].fd);
	for (unsigned r = 0; r < gpio->relay_count; r++)
		if (gpio->relays[r].fd >= 0)
			close(gpio->relays[r].fd);
	remove_chip(gpio);
	free(gpio);
}

const char *gpio_sim_chip(const struct gpio_sim *gpio)
{
	return gpio->chip;
}

const char *gpio_sim_polled(const struct gpio_sim *gpio)
{
	return gpio->trace ? NULL : gpio->why_polled.text;
}
