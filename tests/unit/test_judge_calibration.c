/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <criterion/criterion.h>
#include <string.h>

#include "calibration.h"
#include "dependence.h"
#include "measurands.h"

Test(calibration, in_force_from_the_certificate_to_the_due_date_itself)
{
	const struct sensor sensor = {.date = "2026-03-01", .due = "2027-03-01"}, bare = {.date = NULL};
	cr_expect_eq(calibration_of(&sensor, "2026-02-28"), CALIBRATION_LATER);
	cr_expect_eq(calibration_of(&sensor, "2026-03-01"), CALIBRATION_IN_FORCE);
	cr_expect_eq(calibration_of(&sensor, "2027-03-01"), CALIBRATION_IN_FORCE);
	cr_expect_eq(calibration_of(&sensor, "2027-03-02"), CALIBRATION_OVERDUE);
	cr_expect_eq(calibration_of(&bare, "2026-03-01"), CALIBRATION_MISSING);
	cr_expect_eq(calibration_of(NULL, "2026-03-01"), CALIBRATION_MISSING);
}

static struct bench_setup bench_of(const char *driver, struct sensor *sensor)
{
	struct bench_setup setup = {.adc = {.driver = driver, .channel_count = 2}};
	setup.adc.channels[0].channel.role = CHANNEL_COIL_CURRENT;
	setup.adc.channels[0].sensor = sensor;
	setup.adc.channels[1].channel.role = CHANNEL_TRIGGER;
	return setup;
}

Test(calibration, a_simulated_sensor_never_grows_old_and_a_logic_line_needs_none)
{
	struct sensor sensor = {.date = "2026-03-01", .due = "2027-03-01"};
	struct bench_setup virtual = bench_of("sim", &sensor), real = bench_of("iio", &sensor);
	struct calibration_check check = calibration_check(&virtual, "2033-01-01", true);
	cr_expect_eq(calibration_find(&check, CHANNEL_COIL_CURRENT)->state, CALIBRATION_SIMULATED);
	cr_expect_eq(calibration_find(&check, CHANNEL_TRIGGER)->state, CALIBRATION_NOT_NEEDED);
	cr_expect_null(calibration_find(&check, CHANNEL_CAPACITOR_VOLTAGE));
	cr_expect_not(calibration_overrides(&check), "there is nothing to override");
	check = calibration_check(&real, "2033-01-01", true);
	cr_expect_eq(calibration_find(&check, CHANNEL_COIL_CURRENT)->state, CALIBRATION_OVERDUE);
	cr_expect(calibration_overrides(&check));
	check.overridden = false;
	cr_expect_not(calibration_overrides(&check));
}

Test(calibration, every_measurand_says_what_it_rests_on)
{
	size_t count;
	const struct measurand *const *all = measurands_all(&count);
	for (size_t i = 0; i < count; i++) {
		cr_expect(dependence_is_stated(all[i]->id), "%s has no line in rig/judge/dependence.c", all[i]->id);
		bool amount = strpbrk(all[i]->unit, "AV") != NULL;
		cr_expect(!amount || dependence_of(all[i]->id)->values, "%s is in %s, but rests on no sensor", all[i]->id, all[i]->unit);
	}
	cr_expect_not_null(dependence_of("nobody.knows")->values);
}
