/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <limits.h>
#include <unistd.h>

#include "result.h"
#include "table.h"

bool result_look_at_recording(const char *path, struct result_facts *result, struct error *error)
{
	if (access(path, F_OK) != 0)
		return true;
	auto_store_reader struct store_reader *reader = store_open(path, error);
	if (!reader)
		return false;
	result->recorded = true;
	result->complete = store_complete(reader);
	result->total_frames = store_total_frames(reader);
	result->recorded_s = result->facts->results->duration_s;
	if (result->complete)
		result->recorded_s = (double)result->total_frames / store_format(reader)->sample_rate_hz;
	return true;
}

bool result_write_tables(const char *dir, struct result_facts *result, struct error *error)
{
	const struct evidence_facts *facts = result->facts;
	char pulses[PATH_MAX], measurements[PATH_MAX], judgements[PATH_MAX];
	auto_digest struct digest *digest = digest_create(error);
	if (!digest)
		return false;
	if (snprintf(pulses, sizeof pulses, "%s/pulses.csv", dir) >= (int)sizeof pulses ||
	    snprintf(measurements, sizeof measurements, "%s/measurements.csv", dir) >= (int)sizeof measurements ||
	    snprintf(judgements, sizeof judgements, "%s/judgements.csv", dir) >= (int)sizeof judgements)
		return error_config(error, "%s: the path is too long", dir);
	if (!table_write_pulses(pulses, facts->results, digest, error) ||
	    !table_write_measurements(measurements, facts->results, digest, error) ||
	    !table_write_judgements(judgements, facts->judgements, facts->spec->count, digest, error))
		return false;
	digest_finish(digest, result->results_sha256);
	return true;
}
