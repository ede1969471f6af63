/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "table.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "json_emit.h"
#include "student.h"

enum { ROW_SIZE = 4096 };

/* One row under construction. */
struct row {
	char bytes[ROW_SIZE];
	size_t length;
};

static void put_bytes(struct row *row, const char *bytes, size_t length)
{
	size_t room = ROW_SIZE - row->length;
	size_t taken = length < room ? length : room;
	memcpy(row->bytes + row->length, bytes, taken);
	row->length += taken;
}

static void begin_cell(struct row *row)
{
	if (row->length > 0)
		put_bytes(row, ",", 1);
}

static void put_number(struct row *row, double value)
{
	char text[NUMBER_TEXT_SIZE] = "";
	int length = 0;
	if (isinf(value))
		length = snprintf(text, sizeof text, "%s", value > 0 ? "inf" : "-inf");
	else if (!isnan(value))
		length = emit_exact_text(text, value);
	begin_cell(row);
	put_bytes(row, text, (size_t)length);
}

static void put_integer(struct row *row, int64_t value)
{
	char text[NUMBER_TEXT_SIZE];
	int length = snprintf(text, sizeof text, "%" PRId64, value);
	begin_cell(row);
	put_bytes(row, text, (size_t)length);
}

/* Quoted where RFC 4180 wants it; a line feed becomes a blank, so that a row is a line. */
static void put_text(struct row *row, const char *text)
{
	bool quoted = text[strcspn(text, ",\"\r\n")] != '\0';
	begin_cell(row);
	if (!quoted) {
		put_bytes(row, text, strlen(text));
		return;
	}
	put_bytes(row, "\"", 1);
	for (const char *c = text; *c; c++) {
		bool line_end = *c == '\n' || *c == '\r';
		put_bytes(row, line_end ? " " : c, 1);
		if (*c == '"')
			put_bytes(row, "\"", 1);
	}
	put_bytes(row, "\"", 1);
}

static void put_index(struct row *row, bool there, int64_t index)
{
	if (there)
		put_integer(row, index);
	else
		put_text(row, "");
}

/* A file whose lines are hashed as they are written. */
struct table {
	FILE *file;
	struct digest *digest;
};

static void put_line(struct table *table, const char *bytes, size_t length)
{
	fwrite(bytes, 1, length, table->file);
	digest_update(table->digest, bytes, length);
}

static void end_row(struct table *table, struct row *row)
{
	if (row->length == ROW_SIZE)
		row->length--;
	row->bytes[row->length++] = '\n';
	put_line(table, row->bytes, row->length);
	row->length = 0;
}

static bool open_table(struct table *table, const char *path, struct digest *digest, const char *header, struct error *error)
{
	*table = (struct table){.file = fopen(path, "wxe"), .digest = digest};
	if (!table->file)
		return error_errno(error, ERROR_BENCH, "%s: cannot create", path);
	put_line(table, header, strlen(header));
	return true;
}

static bool close_table(struct table *table, const char *path, struct error *error)
{
	bool failed = ferror(table->file) != 0;
	failed |= fclose(table->file) != 0;
	return !failed || error_errno(error, ERROR_BENCH, "%s: cannot write", path);
}

static void put_pulse(struct row *row, const struct pulse *pulse)
{
	const double values[] = {
		pulse->onset_s,          pulse->u_onset_s,       pulse->trigger_s,       pulse->peak1_s,           pulse->peak1_a,
		pulse->u_peak1_a,        pulse->peak2_s,         pulse->peak2_a,         pulse->u_peak2_a,         pulse->zero1_s,
		pulse->zero2_s,          pulse->rise_10_90_s,    pulse->u_rise_10_90_s,  pulse->didt0_a_per_s,     pulse->u_didt0_a_per_s,
		pulse->fit_amplitude_a,  pulse->fit_alpha_per_s, pulse->fit_omega_per_s, pulse->u_fit_alpha_per_s, pulse->u_fit_omega_per_s,
		pulse->fit_residual_rel, pulse->half_width_s,    pulse->u_half_width_s,  pulse->after_current_rel, pulse->noise_a,
		pulse->baseline_a,
	};
	for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
		put_number(row, values[i]);
	put_integer(row, (int64_t)pulse->first_frame);
	put_integer(row, pulse->frames);
	put_index(row, pulse->expected != PULSE_NOT_EXPECTED, pulse->expected);
	put_text(row, pulse_match_name(pulse->match));
	put_text(row, waveform_name(pulse->waveform));
	put_integer(row, pulse->clipped);
	put_integer(row, pulse->voided);
}

bool table_write_pulses(const char *path, const struct results *results, struct digest *digest, struct error *error)
{
	struct table table;
	struct row row = {.length = 0};
	if (!open_table(
		    &table, path, digest,
		    "pulse,onset_s,u_onset_s,trigger_s,peak1_s,peak1_a,u_peak1_a,peak2_s,peak2_a,u_peak2_a,zero1_s,zero2_s,rise_10_90_s,"
		    "u_rise_10_90_s,didt0_a_per_s,u_didt0_a_per_s,fit_amplitude_a,fit_alpha_per_s,fit_omega_per_s,u_fit_alpha_per_s,"
		    "u_fit_omega_per_s,fit_residual_rel,half_width_s,u_half_width_s,after_current_rel,noise_a,baseline_a,first_frame,"
		    "frames,expected,match,waveform,clipped,voided\n",
		    error))
		return false;
	for (size_t i = 0; i < results->pulse_count; i++) {
		put_integer(&row, (int64_t)i);
		put_pulse(&row, &results->pulses[i]);
		end_row(&table, &row);
	}
	return close_table(&table, path, error);
}

bool table_write_measurements(const char *path, const struct results *results, struct digest *digest, struct error *error)
{
	struct table table;
	struct row row = {.length = 0};
	if (!open_table(
		    &table, path, digest,
		    "measurand,version,unit,subject,index,expected,value,u,k,U,u_random,u_systematic,dof,planned,start_s,end_s,voided\n",
		    error))
		return false;
	for (size_t i = 0; i < results->measurement_count; i++) {
		const struct measurement *m = &results->measurements[i];
		put_text(&row, m->measurand->id);
		put_integer(&row, m->measurand->version);
		put_text(&row, m->measurand->unit);
		put_text(&row, subject_name(m->measurand->subject));
		put_integer(&row, m->subject);
		put_index(&row, m->expected != PULSE_NOT_EXPECTED, m->expected);
		double u = measurement_u(m), dof = measurement_dof(m), expanded = measurement_expanded(m);
		double k = u > 0 && isfinite(u) ? expanded / u : student_coverage_factor(dof);
		const double values[] = {m->value, u, k, expanded, m->u_random, m->u_systematic, dof, m->planned, m->start_s, m->end_s};
		for (size_t v = 0; v < sizeof values / sizeof values[0]; v++)
			put_number(&row, values[v]);
		put_integer(&row, m->voided);
		end_row(&table, &row);
	}
	return close_table(&table, path, error);
}

bool table_write_judgements(const char *path, const struct judgement *judgements, size_t count, struct digest *digest, struct error *error)
{
	struct table table;
	struct row row = {.length = 0};
	if (!open_table(&table, path, digest,
			"requirement,revision,measurand,verdict,value,u,k,U,dof,lower,upper,guard,margin,planned,population,outside,voided,"
			"worst_"
			"subject,"
			"worst_s,reason\n",
			error))
		return false;
	for (size_t i = 0; i < count; i++) {
		const struct judgement *j = &judgements[i];
		put_text(&row, j->requirement->id);
		put_integer(&row, j->requirement->revision);
		put_text(&row, j->requirement->measurand);
		put_text(&row, verdict_name(j->verdict));
		const double values[] = {j->value, j->u, j->k, j->expanded, j->dof, j->lower, j->upper, j->guard, j->margin, j->planned};
		for (size_t v = 0; v < sizeof values / sizeof values[0]; v++)
			put_number(&row, values[v]);
		put_integer(&row, (int64_t)j->population);
		put_integer(&row, (int64_t)j->outside);
		put_integer(&row, (int64_t)j->voided);
		put_index(&row, j->worst_subject != UINT32_MAX, j->worst_subject);
		put_number(&row, j->worst_s);
		put_text(&row, j->reason);
		end_row(&table, &row);
	}
	return close_table(&table, path, error);
}
