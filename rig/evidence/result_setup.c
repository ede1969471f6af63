/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "result_setup.h"

#include <math.h>
#include <string.h>

static void emit_block(struct json_emitter *json, const struct plan_block *block)
{
	emit_open_object(json, NULL);
	emit_string(json, "kind", block->kind);
	emit_unsigned(json, "first_pulse", block->first_pulse);
	emit_unsigned(json, "pulses", block->pulses);
	emit_unsigned(json, "pulses_per_burst", block->pulses_per_burst);
	emit_unsigned(json, "bursts_per_train", block->bursts_per_train);
	emit_unsigned(json, "trains", block->trains);
	emit_number(json, "intra_burst_interval_s", block->intra_burst_interval_s);
	emit_number(json, "burst_period_s", block->burst_period_s);
	emit_number(json, "train_period_s", block->train_period_s);
	emit_number(json, "iti_s", block->iti_s);
	emit_string(json, "iti_reference", iti_reference_name(block->iti_reference));
	emit_number(json, "intensity_pct", block->intensity_pct);
	emit_close_object(json);
}

static void emit_justifications(struct json_emitter *json, const struct plan *plan)
{
	emit_open_array(json, "justifications");
	for (size_t i = 0; i < plan->justification_count; i++) {
		emit_open_object(json, NULL);
		emit_string(json, "rule", plan->justifications[i].rule);
		emit_string(json, "reason", plan->justifications[i].reason);
		emit_integer(json, "line", plan->justifications[i].line);
		emit_close_object(json);
	}
	emit_close_array(json);
}

void result_emit_scenario(struct json_emitter *json, const struct plan *plan, const char *plan_sha256)
{
	if (!plan) {
		emit_null(json, "scenario");
		return;
	}
	emit_open_object(json, "scenario");
	emit_string(json, "id", plan->id);
	emit_string(json, "title", plan->title);
	emit_string(json, "path", plan->path);
	emit_string(json, "file", plan->source);
	emit_string(json, "plan_sha256", plan_sha256);
	emit_unsigned(json, "pulses", plan->pulse_count);
	emit_number(json, "first_to_last_onset_s", plan_first_to_last_onset_s(plan));
	emit_number(json, "duration_s", plan_duration_s(plan));
	emit_number(json, "motor_threshold_pct", plan->motor_threshold_pct);
	emit_open_object(json, "settings");
	for (size_t i = 0; i < plan->setting_count; i++)
		emit_number(json, plan->settings[i].name, plan->settings[i].value);
	emit_close_object(json);
	emit_open_array(json, "verifies");
	for (size_t i = 0; i < plan->verifies_count; i++)
		emit_string(json, NULL, plan->verifies[i]);
	emit_close_array(json);
	emit_open_array(json, "blocks");
	for (size_t i = 0; i < plan->block_count; i++)
		emit_block(json, &plan->blocks[i]);
	emit_close_array(json);
	emit_justifications(json, plan);
	emit_close_object(json);
}

static const char *role_name(enum channel_role role)
{
	switch (role) {
	case CHANNEL_COIL_CURRENT: return "coil_current";
	case CHANNEL_TRIGGER: return "trigger";
	case CHANNEL_CAPACITOR_VOLTAGE: return "capacitor_voltage";
	case CHANNEL_OTHER: return "other";
	}
	return "other";
}

static void emit_channel(struct json_emitter *json, const struct channel *channel, const struct adc_channel_setup *setup,
			 enum calibration_state state)
{
	emit_open_object(json, NULL);
	emit_string(json, "name", channel->name);
	emit_string(json, "role", role_name(channel->role));
	emit_string(json, "unit", channel->unit);
	emit_number(json, "scale", channel->scale);
	emit_number(json, "offset", channel->offset);
	emit_number(json, "threshold", channel->threshold);
	emit_number(json, "u_gain_rel", channel_u_gain_rel(channel));
	emit_number(json, "u_sensor_gain_rel", channel->u_sensor_gain_rel);
	emit_number(json, "u_position_rel", channel->u_position_rel);
	emit_number(json, "u_adc_gain_rel", channel->u_adc_gain_rel);
	emit_number(json, "u_offset", channel->u_offset);
	emit_number(json, "delay_s", channel->delay_s);
	emit_number(json, "u_delay_s", channel->u_delay_s);
	emit_number(json, "bandwidth_hz", channel->bandwidth_hz);
	emit_number(json, "droop_time_constant_s", channel->droop_time_constant_s);
	emit_string(json, "sensor", channel->sensor[0] ? channel->sensor : NULL);
	emit_string(json, "certificate", setup->sensor ? setup->sensor->certificate : NULL);
	emit_string(json, "laboratory", setup->sensor ? setup->sensor->laboratory : NULL);
	emit_string(json, "date", setup->sensor ? setup->sensor->date : NULL);
	emit_string(json, "due", setup->sensor ? setup->sensor->due : NULL);
	emit_boolean(json, "calibrated", channel->calibrated);
	emit_string(json, "calibration", calibration_state_name(state));
	emit_close_object(json);
}

struct named_value {
	const char *name, *unit;
	struct sourced value;
};

static void emit_device_values(struct json_emitter *json, const struct device *d)
{
	const struct named_value values[] = {
		{"voltage", "V", d->voltage_v},
		{"capacitance", "F", d->capacitance_f},
		{"inductance", "H", d->inductance_h},
		{"resistance", "Ohm", d->resistance_ohm},
		{"diode_resistance", "Ohm", d->diode_resistance_ohm},
		{"stray_inductance", "H", d->stray_inductance_h},
		{"diode_drop", "V", d->diode_drop_v},
		{"pulse_width", "s", d->pulse_width_s},
		{"peak1", "A", d->peak1_a},
		{"didt0", "A/s", d->didt0_a_per_s},
		{"period", "s", d->period_s},
		{"rise_time", "s", d->rise_time_s},
		{"decay_ratio", "1", d->decay_ratio},
		{"intensity_step", "%", d->intensity_step_pct},
		{"minimum_interval", "s", d->minimum_interval_s},
		{"average_power", "W", d->average_power_w},
		{"burst_pulses", "1", d->burst_pulses},
		{"burst_interval", "s", d->burst_interval_s},
		{"train_pulses", "1", d->train_pulses},
		{"pair_interval", "s", d->pair_interval_s},
		{"charge_power", "W", d->charge_power_w},
		{"burst_energy", "J", d->burst_energy_j},
		{"discharge_time_constant", "s", d->discharge_time_constant_s},
		{"trigger_latency", "s", d->trigger_latency_s},
		{"trigger_jitter", "s", d->trigger_jitter_s},
		{"amplitude_cv", "1", d->amplitude_cv},
		{"coil_resistance", "Ohm", d->coil_resistance_ohm},
		{"coil_heat_capacity", "J/K", d->coil_heat_capacity_j_per_k},
		{"coil_thermal_resistance", "K/W", d->coil_thermal_resistance_k_per_w},
		{"coil_trip", "degC", d->coil_trip_degc},
		{"amplitude_tolerance", "1", d->amplitude_tolerance},
		{"interval_tolerance", "1", d->interval_tolerance},
	};
	emit_open_array(json, "values");
	for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
		if (!isfinite(values[i].value.value))
			continue;
		emit_open_object(json, NULL);
		emit_string(json, "name", values[i].name);
		emit_number(json, "value", values[i].value.value);
		emit_string(json, "unit", values[i].unit);
		emit_string(json, "source", values[i].value.source);
		emit_close_object(json);
	}
	emit_close_array(json);
}

static void emit_device(struct json_emitter *json, const struct device *device)
{
	if (!device) {
		emit_null(json, "device");
		return;
	}
	emit_open_object(json, "device");
	emit_string(json, "id", device->id);
	emit_string(json, "title", device->title);
	emit_string(json, "manufacturer", device->manufacturer);
	emit_string(json, "model", device->model);
	emit_string(json, "coil", device->coil);
	emit_string(json, "file", device->file);
	emit_string(json, "waveform", waveform_name(device->waveform));
	emit_device_values(json, device);
	emit_close_object(json);
}

static void emit_calibration(struct json_emitter *json, const struct calibration_check *check)
{
	emit_open_object(json, "calibration");
	emit_string(json, "date", check->date);
	emit_open_array(json, "not_in_force");
	for (unsigned c = 0; c < check->channel_count; c++)
		if (!calibration_holds(check->channels[c].state))
			emit_string(json, NULL, check->channels[c].name);
	emit_close_array(json);
	emit_boolean(json, "overridden", calibration_overrides(check));
	emit_close_object(json);
}

void result_emit_setup(struct json_emitter *json, const struct bench_setup *setup, const struct recording_format *format,
		       const char *gaps_found_by, const struct calibration_check *calibration)
{
	emit_open_object(json, "bench");
	emit_string(json, "id", setup->id);
	emit_string(json, "title", setup->title);
	emit_string(json, "file", setup->file);
	emit_string(json, "clock", setup->clock_driver);
	emit_open_object(json, "adc");
	emit_string(json, "driver", setup->adc.driver);
	emit_number(json, "sample_rate_hz", setup->adc.sample_rate_hz);
	emit_number(json, "clock_accuracy_rel", setup->adc.clock_accuracy_rel);
	const struct reference_clock *reference = &setup->adc.reference;
	emit_number(json, "u_clock_rel", format ? format->u_clock_rel : bench_setup_format(setup).u_clock_rel);
	emit_number(json, "measured_rate_hz", reference->present ? reference->measured_rate_hz : NAN);
	emit_string(json, "reference_certificate", reference->present ? reference->certificate : NULL);
	emit_string(json, "reference_due", reference->present ? reference->due : NULL);
	emit_boolean(json, "reference_in_force", reference->in_force);
	emit_string(json, "gaps_found_by", gaps_found_by);
	emit_close_object(json);
	emit_open_object(json, "stimulator");
	emit_string(json, "driver", setup->stimulator_driver);
	emit_string(json, "port", setup->stimulator.port);
	emit_string(json, "protocol", setup->stimulator.protocol ? setup->stimulator.protocol->file : NULL);
	emit_string(json, "note", bench_setup_stimulator_note(setup));
	emit_close_object(json);
	emit_open_array(json, "channels");
	for (unsigned c = 0; c < setup->adc.channel_count; c++)
		emit_channel(json, format ? &format->channels[c] : &setup->adc.channels[c].channel, &setup->adc.channels[c],
			     calibration->channels[c].state);
	emit_close_array(json);
	emit_close_object(json);
	emit_device(json, setup->device);
	emit_calibration(json, calibration);
}

void result_emit_spec(struct json_emitter *json, const struct spec *spec)
{
	emit_open_object(json, "spec");
	emit_string(json, "id", spec->id);
	emit_string(json, "title", spec->title);
	emit_unsigned(json, "revision", spec->revision);
	emit_string(json, "file", spec->file);
	emit_close_object(json);
}

void result_emit_about(struct json_emitter *json, const struct about *about)
{
	const char *section = NULL;
	emit_open_object(json, "about");
	for (int i = 0; about && i < ABOUT_COUNT; i++) {
		if (!about->value[i])
			continue;
		if (!section || strcmp(section, ABOUT_KEYS[i].section) != 0) {
			if (section)
				emit_close_object(json);
			section = ABOUT_KEYS[i].section;
			emit_open_object(json, section);
		}
		emit_string(json, ABOUT_KEYS[i].name, about->value[i]);
	}
	if (section)
		emit_close_object(json);
	emit_close_object(json);
}
