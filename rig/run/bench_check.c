/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench_check.h"

#include <math.h>
#include <string.h>

#include "calibration.h"
#include "emergency.h"
#include "quantity.h"
#include "quiet_sample.h"
#include "safe_state.h"

const double bench_check_sampling_s = 1;
const double bench_check_offset_rel = 0.02, bench_check_noise_rel = 0.01, bench_check_excursion_rel = 0.05;

struct checking {
	const struct bench_setup *setup;
	const struct bench_check_options *options;
	struct bench_check_count *count;
	struct bench *bench;
	struct ports *ports;
};

const char *check_status_name(enum check_status status)
{
	switch (status) {
	case CHECK_OK: return "OK";
	case CHECK_FAILED: return "FAILED";
	case CHECK_NOT_TESTED: return "NOT TESTED";
	}
	return "?";
}

printf_like(5, 6) static void tell(struct checking *checking, const char *part, const char *what, enum check_status status,
				   const char *format, ...)
{
	char name[80], text[sizeof((struct error *)0)->text];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	snprintf(name, sizeof name, "%s.%s", part, what);
	switch (status) {
	case CHECK_OK: checking->count->ok++; break;
	case CHECK_FAILED: checking->count->failed++; break;
	case CHECK_NOT_TESTED: checking->count->not_tested++; break;
	}
	checking->options->line(checking->options->self, &(struct check_line){name, status, text});
}

static enum check_status good_if(bool good)
{
	return good ? CHECK_OK : CHECK_FAILED;
}

/* A value with its unit, in one of a few buffers that take turns. */
static const char *quantity(double value, const char *unit)
{
	static _Thread_local char buffers[4][32];
	static _Thread_local unsigned turn;
	char *out = buffers[turn++ % 4];
	quantity_format(out, sizeof buffers[0], value, unit, 4);
	return out;
}

static void check_device(struct checking *checking)
{
	const struct device *device = checking->setup->device;
	tell(checking, "bench", "file", CHECK_OK, "%s", checking->setup->file);
	if (device)
		tell(checking, "bench", "device", CHECK_OK, "%s", device->id);
	else
		tell(checking, "bench", "device", CHECK_NOT_TESTED,
		     "the bench file names no device: no rating is known, so nothing can be linted");
}

static void check_calibration(struct checking *checking, const struct calibration_channel *channel)
{
	const char *made = channel->made ? channel->made : "?", *due = channel->due ? channel->due : "?";
	const char *date = checking->options->date;
	switch (channel->state) {
	case CALIBRATION_IN_FORCE: tell(checking, channel->name, "calibration", CHECK_OK, "in force until %s", due); return;
	case CALIBRATION_SIMULATED: tell(checking, channel->name, "calibration", CHECK_OK, "simulated: as its file says"); return;
	case CALIBRATION_OVERDUE:
		tell(checking, channel->name, "calibration", CHECK_FAILED, "overdue: it was due on %s, today is %s", due, date);
		return;
	case CALIBRATION_LATER:
		tell(checking, channel->name, "calibration", CHECK_FAILED, "the certificate is of %s, later than today, %s", made, date);
		return;
	case CALIBRATION_MISSING:
		tell(checking, channel->name, "calibration", CHECK_NOT_TESTED, "no certificate: no amount of this channel can be stated");
		return;
	case CALIBRATION_NOT_NEEDED: return;
	}
}

static void check_calibrations(struct checking *checking)
{
	const struct reference_clock *reference = &checking->setup->adc.reference;
	struct calibration_check all = calibration_check(checking->setup, checking->options->date, false);
	for (unsigned c = 0; c < all.channel_count; c++)
		check_calibration(checking, &all.channels[c]);
	if (reference->present)
		tell(checking, "adc", "reference_clock", good_if(reference->in_force), "certificate %s, due on %s", reference->certificate,
		     reference->due);
}

static void on_opened(void *self, enum bench_part part, const char *driver, const struct error *why_not)
{
	struct checking *checking = self;
	const char *name = bench_part_name(part);
	bool there = bench_has_driver(checking->options->drivers, driver);
	tell(checking, name, "driver", good_if(there), "%s%s%s", driver, there ? "" : ": ", there || !why_not ? "" : why_not->text);
	if (!there)
		tell(checking, name, "opens", CHECK_NOT_TESTED, "its driver is not in this build");
	else
		tell(checking, name, "opens", good_if(!why_not), "%s", why_not ? why_not->text : driver);
}

static void check_clock(struct checking *checking)
{
	const struct clock_port *clock = &checking->ports->clock;
	struct error why = {0}, ignored;
	if (!clock->ops || !clock->ops->real_time)
		return;
	bool on = clock->ops->real_time(clock->self, true, &why);
	if (on && clock->ops->real_time(clock->self, false, &ignored))
		tell(checking, "clock", "real_time", CHECK_OK, "triggers are timed at real-time priority");
	else
		tell(checking, "clock", "real_time", CHECK_NOT_TESTED, "triggers would be timed at ordinary priority: %s", why.text);
}

static void check_guardian(struct checking *checking)
{
	const struct guardian_port *guardian = &checking->ports->guardian;
	if (guardian->ops)
		tell(checking, "bench", "guardian", good_if(!guardian->ops->lost(guardian->self)), "%s",
		     guardian->ops->lost(guardian->self) ? "it has gone, or has taken over" : "it lives");
	else if (checking->ports->device.serial[0])
		tell(checking, "bench", "guardian", CHECK_FAILED, "there is none, though the device could be disarmed by it");
}

static void check_safe_state(struct checking *checking, const char *when)
{
	struct error error = {0};
	bool safe = safe_state_enter(checking->ports, checking->setup, &error);
	bool anything = checking->ports->gpio.ops || checking->ports->stimulator.ops;
	if (!anything)
		tell(checking, "safe_state", when, CHECK_NOT_TESTED, "no gpio and no stimulator is open: there is nothing to set");
	else
		tell(checking, "safe_state", when, good_if(safe), "%s", safe ? "lines at their safe levels, disarm sent" : error.text);
}

/* coil_present has no safe level: it says which coil is plugged, and is only read back. */
static void check_output(struct checking *checking, enum gpio_line line, const char *what)
{
	const struct gpio_port *gpio = &checking->ports->gpio;
	const struct gpio_line_setup *setup = &checking->setup->gpio[line];
	struct error error = {0};
	bool level = false;
	if (checking->ports->guardian.ops && (line == GPIO_ENABLE || line == GPIO_EMERGENCY_STOP)) {
		tell(checking, gpio_line_name(line), what, CHECK_NOT_TESTED,
		     "the guardian holds this line, so that the rig cannot read it back: use a meter");
		return;
	}
	if (!gpio->ops->get(gpio->self, line, &level, &error)) {
		tell(checking, gpio_line_name(line), what, CHECK_FAILED, "it cannot be read back: %s", error.text);
		return;
	}
	const char *read = level ? "active" : "inactive";
	if (line == GPIO_COIL_PRESENT)
		tell(checking, gpio_line_name(line), what, CHECK_OK, "reads back %s", read);
	else
		tell(checking, gpio_line_name(line), what, good_if(level == setup->safe_level), "reads back %s, safe is %s", read,
		     setup->safe_level ? "active" : "inactive");
}

static void check_input(struct checking *checking, enum gpio_line line, const char *what)
{
	const struct gpio_port *gpio = &checking->ports->gpio;
	struct error error = {0};
	bool level = false;
	if (!gpio->ops->get(gpio->self, line, &level, &error)) {
		tell(checking, gpio_line_name(line), what, CHECK_FAILED, "it cannot be read: %s", error.text);
		return;
	}
	const char *read = level ? "active" : "inactive";
	if (line == GPIO_FAULT)
		tell(checking, "fault", what, good_if(!level), "%s%s", read, level ? ": the device reports a fault" : "");
	else if (line == GPIO_READY)
		tell(checking, "ready", what, good_if(!level), "%s%s", read,
		     level ? ": the device is ready to fire though the bench is in its safe state" : "");
	else
		tell(checking, gpio_line_name(line), what, CHECK_OK, "%s", read);
}

static void check_lines(struct checking *checking, const char *what)
{
	for (unsigned l = 0; l < GPIO_LINE_COUNT; l++) {
		enum gpio_line line = (enum gpio_line)l;
		if (!checking->setup->gpio[l].present)
			continue;
		if (!checking->ports->gpio.ops)
			tell(checking, gpio_line_name(line), what, CHECK_NOT_TESTED, "gpio did not open");
		else if (checking->setup->gpio[l].output)
			check_output(checking, line, what);
		else
			check_input(checking, line, what);
	}
}

static void check_stimulator(struct checking *checking, const char *what)
{
	const struct stimulator_port *stimulator = &checking->ports->stimulator;
	struct stimulator_status status = {0};
	struct error error = {0};
	char temperature[48] = "";
	if (!stimulator->ops || !stimulator->ops->status) {
		if (bench_part_driver(checking->setup, BENCH_STIMULATOR))
			tell(checking, "stimulator", what, CHECK_NOT_TESTED,
			     stimulator->ops ? "this driver has no status" : "it did not open");
		return;
	}
	if (!stimulator->ops->status(stimulator->self, &status, &error)) {
		tell(checking, "stimulator", what, CHECK_FAILED, "it does not tell its status: %s", error.text);
		return;
	}
	if (isfinite(status.coil_temperature_degc))
		snprintf(temperature, sizeof temperature, ", coil at %.1f degC", status.coil_temperature_degc);
	bool disarmed = status.state == STIMULATOR_STANDBY || status.state == STIMULATOR_OFF;
	tell(checking, "stimulator", what, good_if(disarmed), "%s%s%s%s%s", stimulator_state_name(status.state), temperature,
	     status.fault[0] ? ", it says: " : "", status.fault, disarmed ? "" : "; it should be disarmed (standby)");
}

static void check_samples(struct checking *checking, const struct quiet_sample *sample)
{
	const struct adc_setup *adc = &checking->setup->adc;
	const struct adc_port *port = &checking->ports->adc;
	tell(checking, "adc", "samples", good_if(sample->adc_ended && sample->frames > 0), "%llu samples of each of %u channels%s%s",
	     (unsigned long long)sample->frames, adc->channel_count, sample->adc_ended ? "" : "; ",
	     sample->adc_ended ? "" : sample->adc_error.text);
	if (isnan(sample->rate_hz)) {
		tell(checking, "adc", "rate", CHECK_NOT_TESTED,
		     "too few blocks came, or too irregularly, to hold it against the host's clock");
	} else {
		double off = sample->rate_hz / adc->sample_rate_hz - 1, limit = sample->rate_limit_rel + adc->clock_accuracy_rel;
		tell(checking, "adc", "rate", good_if(fabs(off) <= limit),
		     "%s by the host's clock over %.2f s, %s in the bench file: %+.2g %% (limit %.2g %%)", quantity(sample->rate_hz, "Hz"),
		     sample->rate_over_s, quantity(adc->sample_rate_hz, "Hz"), 100 * off, 100 * limit);
	}
	char how[256] = "";
	if (port->ops->gaps_found_by)
		port->ops->gaps_found_by(port->self, how, sizeof how);
	tell(checking, "adc", "gaps", good_if(sample->gaps == 0 && sample->frames > 0), "%llu gaps, %llu samples missing%s%s",
	     (unsigned long long)sample->gaps, (unsigned long long)sample->lost, how[0] ? "; " : "", how);
}

static void check_coil_current(struct checking *checking, const struct channel *channel, const struct quiet_channel *seen)
{
	double full = 0.5 * fabs(channel->scale) * ((double)channel->count_max - channel->count_min);
	double excursion = fmax(seen->most - seen->mean, seen->mean - seen->least);
	const char *unit = channel->unit;
	tell(checking, channel->name, "offset", good_if(fabs(seen->mean) <= bench_check_offset_rel * full),
	     "%s at rest (limit %s, %.0f %% of full scale)", quantity(seen->mean, unit), quantity(bench_check_offset_rel * full, unit),
	     100 * bench_check_offset_rel);
	tell(checking, channel->name, "noise", good_if(seen->rms <= bench_check_noise_rel * full),
	     "%s rms (limit %s, %.0f %% of full scale)", quantity(seen->rms, unit), quantity(bench_check_noise_rel * full, unit),
	     100 * bench_check_noise_rel);
	tell(checking, channel->name, "at_rest", good_if(excursion <= bench_check_excursion_rel * full),
	     "at most %s from the mean (limit %s, %.0f %% of full scale): %s", quantity(excursion, unit),
	     quantity(bench_check_excursion_rel * full, unit), 100 * bench_check_excursion_rel,
	     excursion <= bench_check_excursion_rel * full ? "no discharge" : "a discharge, or interference, while nothing was triggered");
}

static void check_channel(struct checking *checking, const struct channel *channel, const struct quiet_channel *seen)
{
	const char *unit = channel->unit;
	bool amount = channel->role == CHANNEL_COIL_CURRENT || channel->role == CHANNEL_CAPACITOR_VOLTAGE;
	if (seen->alive)
		tell(checking, channel->name, "alive", CHECK_OK, "%s to %s, mean %s", quantity(seen->least, unit),
		     quantity(seen->most, unit), quantity(seen->mean, unit));
	else
		tell(checking, channel->name, "alive", amount ? CHECK_FAILED : CHECK_NOT_TESTED,
		     "every sample is the same (%s): this cannot be told from an input that is not converted", quantity(seen->mean, unit));
	if (channel->role == CHANNEL_COIL_CURRENT)
		check_coil_current(checking, channel, seen);
	if (channel->role == CHANNEL_TRIGGER)
		tell(checking, channel->name, "low", good_if(seen->most < channel->threshold), "at most %s, switching at %s",
		     quantity(seen->most, unit), quantity(channel->threshold, unit));
}

static void check_adc(struct checking *checking, const struct quiet_sample *sample)
{
	const struct recording_format *format = &checking->ports->adc.format;
	if (!checking->ports->adc.ops) {
		tell(checking, "adc", "samples", CHECK_NOT_TESTED, "it did not open");
		return;
	}
	if (checking->ports->adc.ops->expect_shot)
		tell(checking, "adc", "armed", good_if(sample->adc_ended), "%s",
		     sample->adc_ended ? "it waited for its trigger; nothing was fired, so that it recorded nothing"
				       : sample->adc_error.text);
	else
		check_samples(checking, sample);
	for (unsigned c = 0; c < format->channel_count; c++) {
		if (sample->frames > 0)
			check_channel(checking, &format->channels[c], &sample->channels[c]);
		else
			tell(checking, format->channels[c].name, "alive", CHECK_NOT_TESTED, "no samples came");
	}
}

static void check_logic(struct checking *checking, const struct quiet_sample *sample)
{
	if (!checking->ports->logic.ops) {
		if (bench_part_driver(checking->setup, BENCH_LOGIC))
			tell(checking, "logic", "samples", CHECK_NOT_TESTED, "it did not open");
		return;
	}
	bool good = sample->logic_started && sample->logic_ended;
	tell(checking, "logic", "samples", good_if(good), "%s", good ? "it delivered until it was stopped" : sample->logic_error.text);
	for (unsigned l = 0; good && l < LOGIC_LINE_COUNT; l++) {
		if (!checking->setup->logic.present[l])
			continue;
		char name[48];
		snprintf(name, sizeof name, "quiet_%s", logic_line_name((enum logic_line)l));
		bool quiet = sample->edges[l] == 0;
		tell(checking, "logic", name, good_if(quiet), "%llu edges%s", (unsigned long long)sample->edges[l],
		     quiet ? "" : " while nothing was done: a loose input, interference, or a device that acts by itself");
	}
}

static double sampling_s(const struct adc_setup *adc)
{
	return fmax(bench_check_sampling_s, 4.0 * adc->buffer_frames / adc->sample_rate_hz);
}

/* What the bench says is safe, the instruments must say too, at the end as at the beginning. */
static bool check_opened(struct checking *checking, struct error *error)
{
	struct quiet_sample sample = {.rate_hz = NAN};
	bool taken = true;
	check_safe_state(checking, "first");
	check_lines(checking, "level");
	check_stimulator(checking, "disarmed");
	if (checking->ports->clock.ops) {
		taken = quiet_sample_take(checking->bench, sampling_s(&checking->setup->adc), checking->options->abort, &sample, error);
	} else {
		error_bench(&sample.adc_error, "the clock did not open");
		sample.logic_error = sample.adc_error;
	}
	if (taken) {
		check_adc(checking, &sample);
		check_logic(checking, &sample);
		check_clock(checking);
	}
	check_guardian(checking);
	check_safe_state(checking, "last");
	check_lines(checking, "level_last");
	check_stimulator(checking, "disarmed_last");
	return taken;
}

bool bench_check(const struct bench_setup *setup, const struct bench_check_options *options, struct bench_check_count *count,
		 struct error *error)
{
	*count = (struct bench_check_count){0};
	struct checking checking = {.setup = setup, .options = options, .count = count};
	if (setup->adc.driver && strcmp(setup->adc.driver, "file") == 0)
		return error_config(
			error, "%s: the adc of this bench is a recorded file: there is no instrument to test; `tmsrig analyze` reads it",
			setup->file);
	check_device(&checking);
	check_calibrations(&checking);
	auto_bench struct bench *bench = bench_open_each(setup, options->drivers, on_opened, &checking, error);
	if (!bench)
		return false;
	checking.bench = bench;
	checking.ports = bench_ports(bench);
	if (!emergency_begin(checking.ports, setup, error))
		return false;
	bool done = check_opened(&checking, error);
	emergency_end();
	return done;
}
