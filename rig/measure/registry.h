/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * The one place to add a measurand: a line here, and a function measurand_NAME() in one of the measurands_*.c files.
 * X(name, id, version, title, unit, subject, definition, source)
 */
#include "population.h"

#define RIG_MEASURANDS "tmsrig measurands"

#define MEASURANDS(X)                                                                                                                      \
	X(session_pulse_count, "session.pulse_count", 1, "Pulses", "1", SUBJECT_SESSION,                                                   \
	  "Number of pulses detected in the recording: coil current beyond the larger of 8 sigma of its noise and 0.5 % of full scale in " \
	  "either "                                                                                                                        \
	  "direction, with a dead time that follows from the pulse itself. Planned: expected pulses of the plan.",                         \
	  RIG_MEASURANDS " 3.13")                                                                                                          \
	X(session_missing, "session.missing", 1, "Missing pulses", "1", SUBJECT_SESSION,                                                   \
	  "Number of expected pulses without an observed one within min(0.4 of the local interval, 5 ms), matched monotonically.",         \
	  RIG_MEASURANDS " 3.13")                                                                                                          \
	X(session_extra, "session.extra", 1, "Extra pulses", "1", SUBJECT_SESSION,                                                         \
	  "Number of observed pulses that match no expected one and are preceded by a trigger edge within 5 ms, or whose trigger line "    \
	  "was not "                                                                                                                       \
	  "recorded.",                                                                                                                     \
	  RIG_MEASURANDS " 3.13")                                                                                                          \
	X(session_untriggered, "session.untriggered", 2, "Untriggered pulses", "1", SUBJECT_SESSION,                                       \
	  "Number of observed pulses that match no expected one and that no trigger edge precedes within 5 ms, and of those that match "   \
	  "one but have no trigger edge of their own before them. Needs a recorded trigger line; void when that never switched though "    \
	  "pulses came as expected.",                                                                                                      \
	  RIG_MEASURANDS " 3.13")                                                                                                          \
	X(pulse_latency, "pulse.latency", 2, "Latency from trigger to pulse", "s", SUBJECT_PULSE,                                          \
	  "Onset of the pulse minus the rising edge of the trigger line (interpolated at its threshold) that caused it.",                  \
	  RIG_MEASURANDS " 3.1")                                                                                                           \
	X(session_latency_jitter, "session.latency_jitter", 1, "Latency jitter", "s", SUBJECT_SESSION,                                     \
	  "Standard deviation of the latencies of matched pulses; at least three.", RIG_MEASURANDS " 3.2")                                 \
	X(pulse_interval, "pulse.interval", 2, "Pulse interval", "s", SUBJECT_INTERVAL,                                                    \
	  "Onset of a pulse minus onset of the one before. With a plan: between pulses matched to consecutive expected pulses of one "     \
	  "section; "                                                                                                                      \
	  "planned: the plan's interval.",                                                                                                 \
	  RIG_MEASURANDS " 3.3")                                                                                                           \
	X(pulse_interval_error, "pulse.interval_error", 1, "Pulse interval error", "s", SUBJECT_INTERVAL,                                  \
	  "Pulse interval minus the planned one.", RIG_MEASURANDS " 3.5")                                                                  \
	X(train_rate, "train.rate", 1, "Rate in the train", "Hz", SUBJECT_TRAIN,                                                           \
	  "(N - 1) / (last onset - first onset) over the N matched pulses of a train; planned: the same of the expected pulses.",          \
	  RIG_MEASURANDS " 3.4")                                                                                                           \
	X(train_duration, "train.duration", 1, "Train duration", "s", SUBJECT_TRAIN,                                                       \
	  "Onset of the first to onset of the last pulse of a train.", RIG_MEASURANDS " 3.9 (a)")                                          \
	X(train_interval, "train.interval", 1, "Inter-train interval", "s", SUBJECT_TRAIN,                                                 \
	  "From the train before to the first pulse of this one, counted as the scenario declares: from its first pulse (train_onset), "   \
	  "its last "                                                                                                                      \
	  "pulse (last_pulse), or the first pulse of its last burst (last_burst_onset).",                                                  \
	  RIG_MEASURANDS " 3.10")                                                                                                          \
	X(session_duration, "session.duration", 1, "Session duration", "s", SUBJECT_SESSION,                                               \
	  "Onset of the first to onset of the last pulse. Planned where all pulses lie in one section of the plan.",                       \
	  RIG_MEASURANDS " 3.12")                                                                                                          \
	X(pulse_peak1, "pulse.peak1", 2, "First peak of the coil current", "A", SUBJECT_PULSE,                                             \
	  "Magnitude of the first peak over the pre-trigger baseline, by a least-squares parabola around the maximum; of a "               \
	  "monophasic pulse by a damped sine fitted to its rise. Its sign is "                                                             \
	  "pulse.polarity. Planned: the device's peak at 100 % times the commanded intensity.",                                            \
	  RIG_MEASURANDS " 2.1")                                                                                                           \
	X(pulse_peak1_error, "pulse.peak1_error", 1, "First peak error", "1", SUBJECT_PULSE, "(First peak - planned) / planned.",          \
	  RIG_MEASURANDS " 2.1")                                                                                                           \
	X(pulse_polarity, "pulse.polarity", 1, "Polarity", "1", SUBJECT_PULSE,                                                             \
	  "1 where the first peak has the commanded direction (positive, negative when reversed), -1 where not.", RIG_MEASURANDS " 2.1")   \
	X(pulse_peak2, "pulse.peak2", 1, "Second peak of the coil current", "A", SUBJECT_PULSE,                                            \
	  "Magnitude of the peak of the second half wave, as pulse.peak1.", RIG_MEASURANDS " 2.2")                                         \
	X(pulse_peak_ratio, "pulse.peak_ratio", 1, "Peak ratio", "1", SUBJECT_PULSE, "Magnitude of the second peak by that of the first.", \
	  RIG_MEASURANDS " 2.2")                                                                                                           \
	X(pulse_rise_time_10_90, "pulse.rise_time_10_90", 2, "Rise time 10-90 %", "s", SUBJECT_PULSE,                                      \
	  "Between the crossings of 10 and 90 % of the first peak, on the fitted damped sine; by local parabolas where none applies.",     \
	  RIG_MEASURANDS " 2.5")                                                                                                           \
	X(pulse_rise_time, "pulse.rise_time", 2, "Rise time", "s", SUBJECT_PULSE,                                                          \
	  "Onset to first peak, both of the fitted damped sine. Where none applies: where a line through the samples between 5 and 25 % "  \
	  "of the peak meets the baseline, the curvature "                                                                                 \
	  "of the "                                                                                                                        \
	  "wave taken out.",                                                                                                               \
	  RIG_MEASURANDS " 2.4")                                                                                                           \
	X(pulse_half_width, "pulse.half_width", 2, "Half width", "s", SUBJECT_PULSE,                                                       \
	  "Width of the first half wave at 50 % of its peak, on the fitted damped sine where one applies.", RIG_MEASURANDS " 2.8")         \
	X(pulse_period, "pulse.period", 1, "Period", "s", SUBJECT_PULSE,                                                                   \
	  "2 pi / omega of the damped sine fitted to the current outside the switching instants.", RIG_MEASURANDS " 2.7 (d)")              \
	X(pulse_decay_alpha, "pulse.decay_alpha", 1, "Decay rate", "1/s", SUBJECT_PULSE,                                                   \
	  "alpha of the damped sine fitted to the current. Planned: -2 ln(decay ratio) / period of the device.", RIG_MEASURANDS " 2.12")   \
	X(pulse_initial_slope, "pulse.initial_slope", 2, "Initial slope", "A/s", SUBJECT_PULSE,                                            \
	  "Magnitude of di/dt of the fitted damped sine at its onset; of the line through the onset where no damped sine applies.",        \
	  RIG_MEASURANDS " 2.10")                                                                                                          \
	X(pulse_fit_residual, "pulse.fit_residual", 1, "Fit residual", "1", SUBJECT_PULSE,                                                 \
	  "Rms of current minus fitted damped sine over the fitted samples, relative to the first peak.", RIG_MEASURANDS " 1, step 7")     \
	X(pulse_after_current, "pulse.after_current", 1, "After-current", "1", SUBJECT_PULSE,                                              \
	  "Largest magnitude of the current from 5 us to 500 us after the pulse's end, relative to the first peak. Biphasic and "          \
	  "half-sine "                                                                                                                     \
	  "pulses only.",                                                                                                                  \
	  RIG_MEASURANDS " 2.16")                                                                                                          \
	X(pulse_net_charge, "pulse.net_charge", 1, "Net charge", "A s", SUBJECT_PULSE,                                                     \
	  "Integral of the current from onset to end (1 ms where the pulse has no defined end), signed.", RIG_MEASURANDS " 2.13")          \
	X(session_amplitude_cv, "session.amplitude_cv", 1, "Amplitude repeatability", "1", SUBJECT_SESSION,                                \
	  "Standard deviation of the first peaks relative to their mean, pooled over groups of equal commanded intensity.",                \
	  RIG_MEASURANDS " 4.1")                                                                                                           \
	X(session_linearity_inl, "session.linearity_inl", 1, "Integral nonlinearity", "1", SUBJECT_SESSION,                                \
	  "Largest distance of a level's mean first peak from the least-squares line over all pulses, relative to the line at 100 %. "     \
	  "Needs three "                                                                                                                   \
	  "levels.",                                                                                                                       \
	  RIG_MEASURANDS " 4.3")                                                                                                           \
	X(session_linearity_offset, "session.linearity_offset", 1, "Zero offset of the output", "1", SUBJECT_SESSION,                      \
	  "Value at 0 % of the least-squares line of first peak against intensity, relative to the line at 100 %. Needs three levels.",    \
	  RIG_MEASURANDS " 4.3")                                                                                                           \
	X(train_droop, "train.droop", 1, "Train droop", "1", SUBJECT_TRAIN,                                                                \
	  "First peak of the last pulse of a train by that of its first, both at the same intensity.", RIG_MEASURANDS " 4.5")              \
	X(pair_interval, "pair.interval", 1, "Inter-stimulus interval", "s", SUBJECT_INTERVAL,                                             \
	  "Onset of the second minus onset of the first pulse of a pair.", RIG_MEASURANDS " 3.11")                                         \
	X(discharge_time, "discharge.time", 1, "Discharge time", "s", SUBJECT_STEP,                                                        \
	  "From the command until the capacitor voltage is at or below the step's level for good, by log-linear interpolation of its "     \
	  "envelope "                                                                                                                      \
	  "means. Where it never was, the time watched: a lower bound, void when that is shorter than the time the step allows, and "      \
	  "discharge.reached is 0.",                                                                                                       \
	  RIG_MEASURANDS " 5.2")                                                                                                           \
	X(discharge_reached, "discharge.reached", 1, "Discharge reached", "1", SUBJECT_STEP,                                               \
	  "1 where the capacitor voltage was at or below the step's level for good within the time the step allows, else 0.",              \
	  RIG_MEASURANDS " 5.2")                                                                                                           \
	X(session_idle_peak, "session.idle_peak", 2, "Largest current between pulses", "A", SUBJECT_SESSION,                               \
	  "Largest distance of the current from its baseline outside pulses (from 50 us before an onset to 500 us after the end, 1.5 ms "  \
	  "after the onset where the pulse has no defined end), over the whole recording. Void where a calibrated channel idles so far "   \
	  "from zero that its offset does not explain it.",                                                                                \
	  RIG_MEASURANDS " 2.18")                                                                                                          \
	X(session_gaps, "session.gaps", 1, "Gaps in the recording", "1", SUBJECT_SESSION, "Number of stretches of missing samples.",       \
	  "tmsrig architecture, recording")

#define DECLARE_MEASURAND(name, ...) measurand_compute measurand_##name;
MEASURANDS(DECLARE_MEASURAND)
#undef DECLARE_MEASURAND

/* Computes every measurand in registry order. False when out of memory (the list's error says so). */
bool registry_compute(const struct population *in, struct measurement_list *out) must_check;
/* Computes one of them again. */
bool registry_compute_one(const struct population *in, const struct measurand *measurand, struct measurement_list *out) must_check;
