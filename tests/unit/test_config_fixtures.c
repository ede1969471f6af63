/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Every shipped fixture loads, and the circuits reproduce the published table of recorded pulses.
 */
#include <criterion/criterion.h>
#include <dirent.h>
#include <math.h>
#include <string.h>

#include "config.h"
#include "fixture_paths.h"

static char fixtures[1024];

static void find_fixtures(void)
{
	snprintf(fixtures, sizeof fixtures, "%s", source_path("fixtures"));
}

TestSuite(fixtures, .init = find_fixtures);

/* The units of the measurands that specifications may name. */
static const char *unit_of(void *context, const char *id)
{
	static const struct {
		const char *id, *unit;
	} UNITS[] = {
		{"session.pulse_count", "1"},
		{"session.missing", "1"},
		{"session.extra", "1"},
		{"session.untriggered", "1"},
		{"pulse.latency", "s"},
		{"session.latency_jitter", "s"},
		{"session.period_jitter", "s"},
		{"pulse.waveform", "1"},
		{"pulse.width_fda", "s"},
		{"pulse.interval", "s"},
		{"pulse.interval_error", "s"},
		{"train.rate", "Hz"},
		{"train.duration", "s"},
		{"train.interval", "s"},
		{"session.duration", "s"},
		{"pulse.peak1", "A"},
		{"pulse.peak1_error", "1"},
		{"pulse.polarity", "1"},
		{"pulse.peak2", "A"},
		{"pulse.peak_ratio", "1"},
		{"pulse.rise_time_10_90", "s"},
		{"pulse.rise_time", "s"},
		{"pulse.half_width", "s"},
		{"pulse.period", "s"},
		{"pulse.decay_alpha", "1/s"},
		{"pulse.initial_slope", "A/s"},
		{"pulse.fit_residual", "1"},
		{"pulse.after_current", "1"},
		{"pulse.net_charge", "A s"},
		{"session.amplitude_cv", "1"},
		{"session.linearity_inl", "1"},
		{"session.linearity_offset", "1"},
		{"train.droop", "1"},
		{"pair.interval", "s"},
		{"discharge.time", "s"},
		{"discharge.reached", "1"},
		{"discharge.rebound", "V"},
		{"session.trips", "1"},
		{"session.provoked", "1"},
		{"session.leakage_peak", "A"},
		{"interlock.last_pulse", "s"},
		{"interlock.ready_low", "s"},
		{"interlock.fault", "s"},
		{"interlock.charger_off", "s"},
		{"interlock.rise", "V"},
		{"interlock.pulses", "1"},
		{"interlock.amplitude_error", "1"},
		{"interlock.interval", "s"},
		{"interlock.pair_error", "s"},
		{"session.idle_peak", "A"},
		{"session.gaps", "1"},
	};
	(void)context;
	for (size_t i = 0; i < sizeof UNITS / sizeof *UNITS; i++)
		if (strcmp(UNITS[i].id, id) == 0)
			return UNITS[i].unit;
	return NULL;
}

static bool load(const char *folder, const char *name, struct error *error)
{
	if (strcmp(folder, "benches") == 0) {
		auto_bench_setup struct bench_setup *setup = config_load_bench(name, fixtures, error);
		return setup;
	}
	if (strcmp(folder, "devices") == 0) {
		auto_device struct device *device = config_load_device(name, fixtures, error);
		return device;
	}
	if (strcmp(folder, "sensors") == 0) {
		auto_sensor struct sensor *sensor = config_load_sensor(name, fixtures, error);
		return sensor;
	}
	if (strcmp(folder, "specs") == 0) {
		auto_spec struct spec *spec = config_load_spec(name, fixtures, unit_of, NULL, error);
		return spec;
	}
	auto_dose_tables struct dose_tables *tables = config_load_dose_tables(name, fixtures, error);
	return tables;
}

/* Loads all files of a folder and returns their number. */
static unsigned load_all(const char *folder)
{
	char path[1200];
	snprintf(path, sizeof path, "%s/%s", fixtures, folder);
	DIR *directory = opendir(path);
	cr_assert(directory, "%s", path);
	unsigned loaded = 0;
	for (struct dirent *entry; (entry = readdir(directory));) {
		char *dot = strrchr(entry->d_name, '.');
		if (!dot || strcmp(dot, ".yaml") != 0)
			continue;
		*dot = '\0';
		struct error error = {0};
		cr_expect(load(folder, entry->d_name, &error), "%s\n%s", error.text, error.detail);
		loaded++;
	}
	closedir(directory);
	return loaded;
}

Test(fixtures, all_load)
{
	cr_expect(load_all("benches") >= 11);
	cr_expect(load_all("devices") >= 7);
	cr_expect(load_all("sensors") >= 3);
	cr_expect(load_all("specs") >= 3);
	cr_expect(load_all("safety") >= 1);
}

static struct device *load_device(const char *name)
{
	struct error error = {0};
	struct device *device = config_load_device(name, fixtures, &error);
	cr_assert(device, "%s", error.text);
	return device;
}

/*
 * Drakaki et al. 2022, as evaluated in the project's device table: didt0 A/us, T us, t_pk1 us, rho, I_pk1 A, C V0 coulomb. The fit of the
 * PowerMAG has a phase offset at the onset, so of that row only the period is a property of the circuit; peak and its time are looser.
 */
static const struct {
	const char *device;
	double didt0_a_per_us, period_us, peak_us, rho, peak_a, cv0_c, peak_tolerance_us, peak_tolerance_rel;
} MEASURED[] = {
	{"duomag-xt-70bf", 101.06, 328.0, 80.65, 0.922, 5057, 0.275, 1, 0.02},
	{"powermag-pmd70", 241.28, 166.0, 38.73, 0.861, 5550, 0.168, 2, 0.07},
	{"magpro-x100-cool-b65", 149.77, 290.0, 70.86, 0.894, 6527, 0.319, 1, 0.02},
	{"magstim-rapid-d70", 114.73, 344.5, 82.68, 0.821, 5698, 0.344, 1, 0.02},
};

Test(fixtures, circuits_reproduce_the_recorded_pulses)
{
	for (size_t i = 0; i < sizeof MEASURED / sizeof *MEASURED; i++) {
		auto_device struct device *device = load_device(MEASURED[i].device);
		double v0 = device->voltage_v.value, l = device->inductance_h.value, c = device->capacitance_f.value;
		double alpha = device->resistance_ohm.value / (2 * l), omega = sqrt(1 / (l * c) - alpha * alpha);
		double peak_s = atan2(omega, alpha) / omega, peak_a = v0 * sqrt(c / l) * exp(-alpha * peak_s);
		const char *name = MEASURED[i].device;
		cr_expect(fabs(v0 / l * 1e-6 / MEASURED[i].didt0_a_per_us - 1) < 1e-3, "%s: slope", name);
		cr_expect(fabs(2 * M_PI / omega * 1e6 / MEASURED[i].period_us - 1) < 0.01, "%s: period", name);
		cr_expect(fabs(peak_s * 1e6 - MEASURED[i].peak_us) < MEASURED[i].peak_tolerance_us, "%s: peak at %g us", name,
			  peak_s * 1e6);
		cr_expect(fabs(exp(-M_PI * alpha / omega) - MEASURED[i].rho) < 0.01, "%s: decay", name);
		cr_expect(fabs(peak_a / MEASURED[i].peak_a - 1) < MEASURED[i].peak_tolerance_rel, "%s: peak %g A", name, peak_a);
		cr_expect(fabs(c * v0 / MEASURED[i].cv0_c - 1) < 0.01, "%s: C V0 %g", name, c * v0);
		/* What the specification calls planned is what the circuit gives. */
		cr_expect(fabs(device->peak1_a.value / peak_a - 1) < 1e-4, "%s: nominal peak", name);
		cr_expect(fabs(device->didt0_a_per_s.value * l / v0 - 1) < 1e-4, "%s: nominal slope", name);
		cr_expect(fabs(device->period_s.value * omega / (2 * M_PI) - 1) < 1e-4, "%s: nominal period", name);
		cr_expect(fabs(device->rise_time_s.value / peak_s - 1) < 1e-4, "%s: nominal rise", name);
		cr_expect(fabs(device->decay_ratio.value - exp(-M_PI * alpha / omega)) < 1e-4, "%s: nominal decay", name);
	}
}

Test(fixtures, rapid_stores_the_documented_energy)
{
	auto_device struct device *device = load_device("magstim-rapid-d70");
	/* magpy rapid_system_info.yaml: 252.0 J at 100 %, 63.0 J at 50 %, 2.5 J at 10 %. */
	cr_expect(fabs(device_stored_energy_j(device, 100) - 252.0) < 0.1);
	cr_expect(fabs(device_stored_energy_j(device, 50) - 63.0) < 0.05);
	cr_expect(fabs(device_stored_energy_j(device, 10) - 2.5) < 0.05);
	/* Data sheet: 15 Hz at 100 %, 18 Hz at 80 %, 30 Hz at 50 %, 50 Hz at 30 %. */
	cr_expect(device_rate_limit_hz(device, 100) == 15 && device_rate_limit_hz(device, 80) == 18);
	cr_expect(device_rate_limit_hz(device, 50) == 30 && device_rate_limit_hz(device, 30) == 50);
}

/* The charger gives back what each corner of the rate table takes: C V0^2/2 (1 - rho^4) for a full period, all of it otherwise. */
Test(fixtures, chargers_sustain_their_rate_tables)
{
	static const char *const DEVICES[] = {"magpro-x100-cool-b65",  "magstim-rapid-d70",      "duomag-xt-70bf", "powermag-pmd70",
					      "magpro-x100-half-sine", "magpro-x100-monophasic", "ctms1"};
	for (size_t d = 0; d < sizeof DEVICES / sizeof *DEVICES; d++) {
		auto_device struct device *device = load_device(DEVICES[d]);
		double kept = device->waveform == WAVEFORM_BIPHASIC ? pow(device->decay_ratio.value, 4) : 0;
		cr_assert(device->rate_count > 0, "%s", DEVICES[d]);
		for (size_t r = 0; r < device->rate_count; r++) {
			double taken_j = device_stored_energy_j(device, device->rate_table[r].intensity_pct) * (1 - kept);
			cr_expect(taken_j * device->rate_table[r].rate_hz < device->charge_power_w.value, "%s at %g %%", DEVICES[d],
				  device->rate_table[r].intensity_pct);
			cr_expect(device->rate_table[r].rate_hz * device->minimum_interval_s.value <= 1, "%s", DEVICES[d]);
		}
	}
}

/* Four pulses 1.5 ms apart (QPS), at any intensity, come out of the reservoir; 20 Hz at 54 % and iTBS at 80 % out of the charger. */
Test(fixtures, reference_device_delivers_the_shipped_protocols)
{
	auto_device struct device *device = load_device("magpro-x100-cool-b65");
	double used = 1 - pow(device->decay_ratio.value, 4);
	cr_expect(device->burst_energy_j.value > 4 * device_stored_energy_j(device, 100) * used);
	cr_expect(device->burst_pulses.value == 5 && device->burst_interval_s.value == 0.5e-3);
	cr_expect(device->pair_interval_s.value == 1e-3);
	cr_expect(20 * device_stored_energy_j(device, 54) * used < device->charge_power_w.value);
	cr_expect(15 * device_stored_energy_j(device, 80) * used < device->charge_power_w.value);
}

/* The monophasic circuit against the recorded pulse: peak at 74.2 us after the 50 % point of the onset, tail of L/(R + Rd) = 186 us. */
Test(fixtures, monophasic_circuit_reproduces_the_recorded_tail)
{
	auto_device struct device *device = load_device("magpro-x100-monophasic");
	double tail_s = device->inductance_h.value / (device->resistance_ohm.value + device->diode_resistance_ohm.value);
	cr_expect(fabs(tail_s - 186e-6) < 1e-6, "%g", tail_s);
	cr_expect(fabs(device->rise_time_s.value - 74.2e-6) < 1e-6);
	cr_expect(isnan(device->period_s.value) && isnan(device->decay_ratio.value));
}

static bool is_sourced(const struct sourced *sourced)
{
	return isnan(sourced->value) || (sourced->source && sourced->source[0]);
}

Test(fixtures, every_number_of_a_device_has_a_source)
{
	auto_device struct device *device = load_device("magpro-x100-cool-b65");
	const struct sourced *const NUMBERS[] = {&device->voltage_v,      &device->peak1_a,        &device->burst_pulses,
						 &device->charge_power_w, &device->coil_trip_degc, &device->amplitude_tolerance};
	for (size_t i = 0; i < sizeof NUMBERS / sizeof *NUMBERS; i++)
		cr_expect(is_sourced(NUMBERS[i]) && isfinite(NUMBERS[i]->value));
	cr_expect(strstr(device->trigger_latency_s.source, "assumption"));
	cr_expect(isnan(device->average_power_w.value) && !device->average_power_w.source);
}

/* Cells of Rossi 2009, tables 4 and 5, that a reader can check. */
Test(fixtures, dose_tables_hold_the_published_cells)
{
	struct error error = {0};
	auto_dose_tables struct dose_tables *tables = config_load_dose_tables("published", fixtures, &error);
	cr_assert(tables, "%s", error.text);
	cr_expect(tables->single_train_count == 25 && tables->train_in_series_count == 20 && tables->iti_count == 12);
	cr_expect(tables->theta_burst_count == 3);
	unsigned found = 0;
	for (size_t i = 0; i < tables->single_train_count; i++) {
		const struct dose_cell *cell = &tables->single_train[i];
		if (cell->frequency_hz == 10 && cell->intensity_pct_mt == 120)
			found += cell->max_train_s == 4.2 && !cell->longest_tested && isnan(cell->max_train_pulses);
		if (cell->frequency_hz == 1 && cell->intensity_pct_mt == 90)
			found += cell->max_train_s == 1800 && cell->longest_tested;
	}
	for (size_t i = 0; i < tables->train_in_series_count; i++) {
		const struct dose_cell *cell = &tables->train_in_series[i];
		if (cell->frequency_hz == 20 && cell->intensity_pct_mt == 110)
			found += cell->max_train_s == 1.2 && cell->max_train_pulses == 24;
	}
	for (size_t i = 0; i < tables->iti_count; i++)
		if (tables->iti[i].iti_s == 5 && tables->iti[i].intensity_pct_mt == 110)
			found += strcmp(tables->iti[i].verdict, "safe") == 0;
	cr_expect(found == 4, "%u", found);
	cr_expect(strstr(tables->status, "ticked"));
}

static const struct requirement *find(const struct spec *spec, const char *id)
{
	for (size_t i = 0; i < spec->count; i++)
		if (strcmp(spec->requirements[i].id, id) == 0)
			return &spec->requirements[i];
	return NULL;
}

Test(fixtures, example_spec_is_read_as_written)
{
	struct error error = {0};
	auto_spec struct spec *spec = config_load_spec("example", fixtures, unit_of, NULL, &error);
	cr_assert(spec, "%s", error.text);
	cr_expect(spec->count >= 25);
	const struct requirement *ipi = find(spec, "TIM-IPI"), *mean = find(spec, "AMP-MEAN"), *count = find(spec, "PULSE-COUNT");
	cr_assert(ipi && mean && count);
	cr_expect(ipi->limit.nominal_kind == NOMINAL_PLANNED && ipi->limit.tolerance_relative == 0.01);
	cr_expect(ipi->limit.tolerance_absolute == 100e-6 && ipi->limit.combine == TOLERANCE_LARGER);
	cr_expect(ipi->select.interval_max_s == 1 && isnan(ipi->select.intensity_min_pct) && ipi->rule == DECISION_GUARDED);
	cr_expect_str_eq(ipi->hazard, "HAZ-03");
	cr_expect(mean->judge == JUDGE_MEAN && mean->limit.lower == -0.025 && mean->limit.upper == 0.025);
	cr_expect(mean->select.intensity_min_pct == 20 && mean->select.intensity_max_pct == 100);
	cr_expect(count->limit.tolerance_absolute == 0 && isnan(count->limit.tolerance_relative) && count->rule == DECISION_SIMPLE);
}

/* A capability of the whole file holds where there are two limits and nothing else is said. */
Test(fixtures, capability_of_a_spec)
{
	static const char SPEC[] =
		"spec: s\nrevision: 1\ncapability: 4\nrequirements:\n"
		"  - {id: A, revision: 1, text: t, source: {document: d, clause: c}, measurand: pulse.peak1, limit: {minimum: 1 A, "
		"maximum: 2 A}}\n"
		"  - {id: B, revision: 1, text: t, source: {document: d, clause: c}, measurand: pulse.peak1, limit: {maximum: 2 A}}\n"
		"  - {id: C, revision: 1, text: t, source: {document: d, clause: c}, measurand: pulse.peak1, limit: {minimum: 1 A, "
		"maximum: 2 A}, "
		"decision: {capability: 10}}\n";
	char path[] = "/tmp/spec-XXXXXX.yaml";
	int fd = mkstemps(path, 5);
	cr_assert(fd >= 0 && write(fd, SPEC, sizeof SPEC - 1) == (ssize_t)sizeof SPEC - 1);
	close(fd);
	struct error error = {0};
	auto_spec struct spec *spec = config_load_spec(path, fixtures, unit_of, NULL, &error);
	unlink(path);
	cr_assert(spec, "%s", error.text);
	cr_expect_eq(find(spec, "A")->capability, 4);
	cr_expect(isnan(find(spec, "B")->capability));
	cr_expect(find(spec, "C")->capability == 10 && find(spec, "C")->rule == DECISION_GUARDED);
}
