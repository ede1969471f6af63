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
	X(pulse_peak1, "pulse.peak1", 3, "First peak of the coil current", "A", SUBJECT_PULSE,                                             \
	  "Magnitude of the first peak over the pre-trigger baseline, of the fitted damped sine (of a monophasic pulse fitted to its "     \
	  "rise); of a least-squares parabola around the maximum where none applies. Its sign is "                                         \
	  "pulse.polarity. Planned: the device's peak at 100 % times the commanded intensity.",                                            \
	  RIG_MEASURANDS " 2.1")                                                                                                           \
	X(pulse_peak1_error, "pulse.peak1_error", 2, "First peak error", "1", SUBJECT_PULSE, "(First peak - planned) / planned.",          \
	  RIG_MEASURANDS " 2.1")                                                                                                           \
	X(pulse_polarity, "pulse.polarity", 1, "Polarity", "1", SUBJECT_PULSE,                                                             \
	  "1 where the first peak has the commanded direction (positive, negative when reversed), -1 where not.", RIG_MEASURANDS " 2.1")   \
	X(pulse_peak2, "pulse.peak2", 2, "Second peak of the coil current", "A", SUBJECT_PULSE,                                            \
	  "Magnitude of the peak of the second half wave, as pulse.peak1.", RIG_MEASURANDS " 2.2")                                         \
	X(pulse_peak_ratio, "pulse.peak_ratio", 2, "Peak ratio", "1", SUBJECT_PULSE, "Magnitude of the second peak by that of the first.", \
	  RIG_MEASURANDS " 2.2")                                                                                                           \
	X(pulse_rise_time_10_90, "pulse.rise_time_10_90", 3, "Rise time 10-90 %", "s", SUBJECT_PULSE,                                      \
	  "Between the crossings of 10 and 90 % of the first peak, on the fitted damped sine; by local parabolas where none applies.",     \
	  RIG_MEASURANDS " 2.5")                                                                                                           \
	X(pulse_rise_time, "pulse.rise_time", 3, "Rise time", "s", SUBJECT_PULSE,                                                          \
	  "Onset to first peak, both of the fitted damped sine. Where none applies: where a line through the samples between 5 and 25 % "  \
	  "of the peak meets the baseline, the curvature "                                                                                 \
	  "of the "                                                                                                                        \
	  "wave taken out.",                                                                                                               \
	  RIG_MEASURANDS " 2.4")                                                                                                           \
	X(pulse_half_width, "pulse.half_width", 3, "Half width", "s", SUBJECT_PULSE,                                                       \
	  "Width of the first half wave at 50 % of its peak, on the fitted damped sine where one applies.", RIG_MEASURANDS " 2.8")         \
	X(pulse_period, "pulse.period", 2, "Period", "s", SUBJECT_PULSE,                                                                   \
	  "2 pi / omega of the damped sine fitted to the current outside the switching instants.", RIG_MEASURANDS " 2.7 (d)")              \
	X(pulse_decay_alpha, "pulse.decay_alpha", 2, "Decay rate", "1/s", SUBJECT_PULSE,                                                   \
	  "alpha of the damped sine fitted to the current. Planned: -2 ln(decay ratio) / period of the device.", RIG_MEASURANDS " 2.12")   \
	X(pulse_initial_slope, "pulse.initial_slope", 3, "Initial slope", "A/s", SUBJECT_PULSE,                                            \
	  "Magnitude of di/dt of the fitted damped sine at its onset; of the line through the onset where no damped sine applies.",        \
	  RIG_MEASURANDS " 2.10")                                                                                                          \
	X(pulse_fit_residual, "pulse.fit_residual", 2, "Fit residual", "1", SUBJECT_PULSE,                                                 \
	  "Rms of current minus fitted damped sine over the fitted samples, relative to the first peak.", RIG_MEASURANDS " 1, step 7")     \
	X(pulse_after_current, "pulse.after_current", 3, "After-current", "1", SUBJECT_PULSE,                                              \
	  "Largest magnitude of the current from 5 us to 500 us after the pulse's end, less what the largest of as many samples of noise " \
	  "is expected to be, "                                                                                                            \
	  "relative to the first peak. Biphasic and half-sine pulses only.",                                                               \
	  RIG_MEASURANDS " 2.16")                                                                                                          \
	X(pulse_net_charge, "pulse.net_charge", 1, "Net charge", "A s", SUBJECT_PULSE,                                                     \
	  "Integral of the current from onset to end (1 ms where the pulse has no defined end), signed.", RIG_MEASURANDS " 2.13")          \
	X(session_amplitude_cv, "session.amplitude_cv", 2, "Amplitude repeatability", "1", SUBJECT_SESSION,                                \
	  "Standard deviation of the first peaks relative to their mean, pooled over groups of equal commanded intensity.",                \
	  RIG_MEASURANDS " 4.1")                                                                                                           \
	X(session_linearity_inl, "session.linearity_inl", 2, "Integral nonlinearity", "1", SUBJECT_SESSION,                                \
	  "Largest distance of a level's mean first peak from the least-squares line over all pulses, relative to the line at 100 %. "     \
	  "Needs three "                                                                                                                   \
	  "levels.",                                                                                                                       \
	  RIG_MEASURANDS " 4.3")                                                                                                           \
	X(session_linearity_offset, "session.linearity_offset", 2, "Zero offset of the output", "1", SUBJECT_SESSION,                      \
	  "Value at 0 % of the least-squares line of first peak against intensity, relative to the line at 100 %. Needs three levels.",    \
	  RIG_MEASURANDS " 4.3")                                                                                                           \
	X(train_droop, "train.droop", 2, "Train droop", "1", SUBJECT_TRAIN,                                                                \
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
	  "tmsrig architecture, recording")                                                                                                \
	X(pulse_zero1, "pulse.zero1", 1, "First zero of the current", "s", SUBJECT_PULSE,                                                  \
	  "Onset to the first zero of the current, by a straight line through the samples between it and a quarter of the peak, "          \
	  "switching spikes left out. Planned: half of the device's period.",                                                              \
	  RIG_MEASURANDS " 2.6")                                                                                                           \
	X(pulse_width_zeros, "pulse.width_zeros", 1, "Pulse width, onset to second zero", "s", SUBJECT_PULSE,                              \
	  "Onset to the second zero of the current, as pulse.zero1; a check of pulse.period that needs no model. Biphasic pulses. "        \
	  "Planned: the device's period.",                                                                                                 \
	  RIG_MEASURANDS " 2.7 (b)")                                                                                                       \
	X(pulse_width_peaks, "pulse.width_peaks", 1, "Pulse width, twice peak to peak", "s", SUBJECT_PULSE,                                \
	  "Twice the time from first to second peak of the current; a check of pulse.period. Biphasic pulses. Planned: the device's "      \
	  "period.",                                                                                                                       \
	  RIG_MEASURANDS " 2.7 (a)")                                                                                                       \
	X(pulse_width_fda, "pulse.width_fda", 1, "Pulse width, field peak to field peak", "s", SUBJECT_PULSE,                              \
	  "From the first peak of the induced field (di/dt at the onset) to its next peak of the same sign: (2 pi - 2 atan(alpha / "       \
	  "omega)) / omega of the fitted damped sine. Biphasic pulses; for monophasic ones see pulse.width_10.",                           \
	  RIG_MEASURANDS " 2.7 (c); FDA 2011, guidance on rTMS systems, pulse width")                                                      \
	X(pulse_width_10, "pulse.width_10", 1, "Pulse width at 10 %", "s", SUBJECT_PULSE,                                                  \
	  "Width of the first half wave at 10 % of its peak, each crossing by a parabola through the samples between 0.7 and 1.3 of the "  \
	  "level. Pulses of one half wave: monophasic, half-sine, near-rectangular.",                                                      \
	  RIG_MEASURANDS " 2.8; FDA 2011, guidance on rTMS systems, pulse width")                                                          \
	X(pulse_half_width_linear, "pulse.half_width_linear", 1, "Half width by linear interpolation", "s", SUBJECT_PULSE,                 \
	  "Width of the first half wave at 50 % of its peak, each crossing interpolated between two samples. Given for comparison with "   \
	  "oscilloscopes: the standard does not apply to continuously varying waves. See pulse.half_width.",                               \
	  RIG_MEASURANDS " 2.8; IEEE 181-2011, pulse duration")                                                                            \
	X(pulse_rise_time_field, "pulse.rise_time_field", 2, "Rise time from the field's onset", "s", SUBJECT_PULSE,                       \
	  "From where di/dt, over 2 us (two samples at least, more in noise), passes half of its step at the onset, averaged over the "    \
	  "middle half of its rise and freed of the wave's own bend, to the first peak.",                                                  \
	  RIG_MEASURANDS " 2.3, alternative; 2.4")                                                                                         \
	X(pulse_phase1_width, "pulse.phase1_width", 1, "First phase", "s", SUBJECT_PULSE,                                                  \
	  "Near-rectangular pulses: onset to the corner where the current turns (field zero), where the parabolas through either side of " \
	  "it meet. Planned: the device's pulse width.",                                                                                   \
	  RIG_MEASURANDS " 2.9")                                                                                                           \
	X(pulse_phase2_width, "pulse.phase2_width", 1, "Second phase", "s", SUBJECT_PULSE,                                                 \
	  "Near-rectangular pulses: from the corner of the current to its zero.", RIG_MEASURANDS " 2.9")                                   \
	X(pulse_slope_max, "pulse.slope_max", 1, "Largest slope", "A/s", SUBJECT_PULSE,                                                    \
	  "Largest slope, in the direction of the pulse, of a straight line through the samples of 8 us (Savitzky-Golay, quadratic), all " \
	  "of them more than 3 us after the onset and 5 us away from the first zero. Planned: the device's initial slope at the "          \
	  "commanded intensity.",                                                                                                          \
	  RIG_MEASURANDS " 2.10")                                                                                                          \
	X(pulse_slope_max_raw, "pulse.slope_max_raw", 1, "Largest slope, raw", "A/s", SUBJECT_PULSE,                                       \
	  "Largest step from sample to sample in the direction of the pulse, from onset to end, switching spikes and noise included.",     \
	  RIG_MEASURANDS " 2.10")                                                                                                          \
	X(pulse_field_ratio, "pulse.field_ratio", 1, "Field ratio", "1", SUBJECT_PULSE,                                                    \
	  "Least by largest di/dt of the fitted damped sine, negative: -exp(-k (pi - 2 atan k)), k = alpha / omega.",                      \
	  RIG_MEASURANDS " 2.11")                                                                                                          \
	X(pulse_field_ratio_raw, "pulse.field_ratio_raw", 1, "Field ratio, raw", "1", SUBJECT_PULSE,                                       \
	  "Least by largest step from sample to sample, switching spikes included.", RIG_MEASURANDS " 2.11")                               \
	X(pulse_damping_ratio, "pulse.damping_ratio", 1, "Damping ratio", "1", SUBJECT_PULSE,                                              \
	  "zeta = alpha / sqrt(alpha^2 + omega^2) of the fitted damped sine.", RIG_MEASURANDS " 2.12")                                     \
	X(pulse_lc, "pulse.lc", 1, "Inductance times capacitance", "s2", SUBJECT_PULSE,                                                    \
	  "LC = 1 / (alpha^2 + omega^2) of the fitted damped sine.", RIG_MEASURANDS " 2.12")                                               \
	X(pulse_stored_charge, "pulse.stored_charge", 1, "Stored charge", "A s", SUBJECT_PULSE,                                            \
	  "C V0 = LC times di/dt at the onset: the charge in the capacitor, without a measured voltage. Planned: the same of the "         \
	  "device's data, times the commanded intensity.",                                                                                 \
	  RIG_MEASURANDS " 2.12")                                                                                                          \
	X(pulse_action, "pulse.action", 1, "Action integral", "A2s", SUBJECT_PULSE,                                                        \
	  "Integral of the current's square from onset to end (1 ms where the pulse has no defined end), that of the noise subtracted.",   \
	  RIG_MEASURANDS " 2.14")                                                                                                          \
	X(pulse_flux_balance, "pulse.flux_balance", 1, "Flux balance", "1", SUBJECT_PULSE,                                                 \
	  "Integral of di/dt over the pulse, relative to the first peak: mean current from 5 us to 25 us after the end less that from 25 " \
	  "us to 5 us before the onset. It checks the current channel, not the device.",                                                   \
	  RIG_MEASURANDS " 2.15")                                                                                                          \
	X(pulse_after_current_late, "pulse.after_current_late", 2, "After-current, late", "1", SUBJECT_PULSE,                              \
	  "Largest magnitude of the current from 5 us after the end until the samples of the pulse end, 1.7 ms after its onset or "        \
	  "shortly before the next pulse, relative to the first peak. What comes later is session.idle_peak.",                             \
	  RIG_MEASURANDS " 2.16")                                                                                                          \
	X(pulse_ringing_frequency, "pulse.ringing_frequency", 1, "Ringing frequency", "Hz", SUBJECT_PULSE,                                 \
	  "Of the after-current up to 500 us after the end, by counting its zeros between swings beyond 0.2 % of the peak and 4 sigma of " \
	  "the noise; three zeros at least. Not there where it does not ring.",                                                            \
	  RIG_MEASURANDS " 2.16")                                                                                                          \
	X(pulse_fit_worst, "pulse.fit_worst", 1, "Largest distance from the fit", "1", SUBJECT_PULSE,                                      \
	  "Largest distance of the current from the fitted damped sine from onset to end, 5 us around the switching instants left out, "   \
	  "relative to the first peak.",                                                                                                   \
	  RIG_MEASURANDS " 1, step 7")                                                                                                     \
	X(pulse_waveform_match, "pulse.waveform_match", 1, "Waveform match", "1", SUBJECT_PULSE,                                           \
	  "Rms distance of the pulse from the damped sine of the device's data (period, decay ratio), both of unit peak and laid on one "  \
	  "another at their onsets: that of the fitted wave, and the fit residual, in quadrature.",                                        \
	  RIG_MEASURANDS " 2.19")                                                                                                          \
	X(pulse_waveform_match_worst, "pulse.waveform_match_worst", 1, "Waveform match, worst", "1", SUBJECT_PULSE,                        \
	  "As pulse.waveform_match, the largest distance: that of the fitted wave plus pulse.fit_worst; an upper bound.",                  \
	  RIG_MEASURANDS " 2.19")                                                                                                          \
	X(pulse_waveform, "pulse.waveform", 2, "Waveform as declared", "1", SUBJECT_PULSE,                                                 \
	  "1 where the pulse is of the waveform that the device's data declare (monophasic, biphasic, half-sine, rectangular), 0 where "   \
	  "it is of "                                                                                                                      \
	  "another; void where noise, or clipping, leaves open which it is.",                                                              \
	  RIG_MEASURANDS " 1, step 8")                                                                                                     \
	X(pulse_trigger_out, "pulse.trigger_out", 1, "Trigger output to pulse", "s", SUBJECT_PULSE,                                        \
	  "Onset of the pulse minus the rising edge of the trigger output closest to it, within 5 ms; void where a recorded trigger "      \
	  "output shows none. Negative: the output comes later.",                                                                          \
	  RIG_MEASURANDS " 3.1")                                                                                                           \
	X(pulse_recharge_time, "pulse.recharge_time", 1, "Recharge time", "s", SUBJECT_PULSE,                                              \
	  "From the end of a pulse until the capacitor voltage (envelope means) is within 1 % of its plateau and stays there until the "   \
	  "next pulse at the same setting; the plateau is the upper level of the voltage's histogram. A pulse after which there was less " \
	  "time than others needed is left out; without end where more was not enough; void where it never came back.",                    \
	  RIG_MEASURANDS " 4.6; IEEE 181-2011, 5.2.1 (state levels)")                                                                      \
	X(session_latency_jitter_net, "session.latency_jitter_net", 1, "Latency jitter, the rig's own removed", "s", SUBJECT_SESSION,      \
	  "Standard deviation of the latencies of matched pulses, the rig's own variance (onset and trigger edge) subtracted.",            \
	  RIG_MEASURANDS " 3.2")                                                                                                           \
	X(session_latency_peak_to_peak, "session.latency_peak_to_peak", 1, "Latency jitter, peak to peak", "s", SUBJECT_SESSION,           \
	  "Largest minus least latency of the matched pulses; degrees of freedom are their number less one.", RIG_MEASURANDS " 3.2")       \
	X(train_period_jitter, "train.period_jitter", 1, "Period jitter in the train", "s", SUBJECT_TRAIN,                                 \
	  "Standard deviation of the intervals, less the planned ones, between neighbouring pulses of a train. The rig's own part is not " \
	  "subtracted.",                                                                                                                   \
	  RIG_MEASURANDS " 3.5")                                                                                                           \
	X(train_period_error_max, "train.period_error_max", 1, "Largest period error in the train", "s", SUBJECT_TRAIN,                    \
	  "Largest magnitude of interval minus planned interval in a train.", RIG_MEASURANDS " 3.5")                                       \
	X(train_cycle_jitter, "train.cycle_jitter", 1, "Cycle-to-cycle jitter in the train", "s", SUBJECT_TRAIN,                           \
	  "Standard deviation of the differences of neighbouring intervals, less the planned ones, of a train.", RIG_MEASURANDS " 3.6")    \
	X(train_cycle_error_max, "train.cycle_error_max", 1, "Largest cycle-to-cycle change in the train", "s", SUBJECT_TRAIN,             \
	  "Largest magnitude of the difference of neighbouring intervals, less the planned one, in a train.", RIG_MEASURANDS " 3.6")       \
	X(train_tie_max, "train.tie_max", 1, "Largest time-interval error in the train", "s", SUBJECT_TRAIN,                               \
	  "Largest magnitude of onset minus (first onset plus planned time) in a train.", RIG_MEASURANDS " 3.7")                           \
	X(train_clock_error, "train.clock_error", 1, "Clock error in the train", "1", SUBJECT_TRAIN,                                       \
	  "Slope of the time-interval error against planned time by least squares in a train: positive where the intervals are too long. " \
	  "Planned: 0.",                                                                                                                   \
	  RIG_MEASURANDS " 3.7")                                                                                                           \
	X(train_tie_residual, "train.tie_residual", 1, "Residual time-interval error in the train", "s", SUBJECT_TRAIN,                    \
	  "Standard deviation of the time-interval error about its least-squares line in a train: jitter without clock error.",            \
	  RIG_MEASURANDS " 3.7")                                                                                                           \
	X(session_period_jitter, "session.period_jitter", 1, "Period jitter", "s", SUBJECT_SESSION,                                        \
	  "Standard deviation of the intervals, less the planned ones, between neighbouring pulses of the session, each section of the "   \
	  "plan with an origin of its own. The rig's own part is not subtracted.",                                                         \
	  RIG_MEASURANDS " 3.5")                                                                                                           \
	X(session_period_error_max, "session.period_error_max", 1, "Largest period error", "s", SUBJECT_SESSION,                           \
	  "Largest magnitude of interval minus planned interval in the session, each section of the plan with an origin of its own.",      \
	  RIG_MEASURANDS " 3.5")                                                                                                           \
	X(session_cycle_jitter, "session.cycle_jitter", 1, "Cycle-to-cycle jitter", "s", SUBJECT_SESSION,                                  \
	  "Standard deviation of the differences of neighbouring intervals, less the planned ones, of the session, each section of the "   \
	  "plan with an origin of its own.",                                                                                               \
	  RIG_MEASURANDS " 3.6")                                                                                                           \
	X(session_cycle_error_max, "session.cycle_error_max", 1, "Largest cycle-to-cycle change", "s", SUBJECT_SESSION,                    \
	  "Largest magnitude of the difference of neighbouring intervals, less the planned one, in the session, each section of the plan " \
	  "with an origin of its own.",                                                                                                    \
	  RIG_MEASURANDS " 3.6")                                                                                                           \
	X(session_tie_max, "session.tie_max", 1, "Largest time-interval error", "s", SUBJECT_SESSION,                                      \
	  "Largest magnitude of onset minus (first onset plus planned time) in the session, each section of the plan with an origin of "   \
	  "its own.",                                                                                                                      \
	  RIG_MEASURANDS " 3.7")                                                                                                           \
	X(session_clock_error, "session.clock_error", 1, "Clock error", "1", SUBJECT_SESSION,                                              \
	  "Slope of the time-interval error against planned time by least squares in the session, each section of the plan with an "       \
	  "origin of its own: positive where the intervals are too long. Planned: 0.",                                                     \
	  RIG_MEASURANDS " 3.7")                                                                                                           \
	X(session_tie_residual, "session.tie_residual", 1, "Residual time-interval error", "s", SUBJECT_SESSION,                           \
	  "Standard deviation of the time-interval error about its least-squares line in the session, each section of the plan with an "   \
	  "origin of its own: jitter without clock error.",                                                                                \
	  RIG_MEASURANDS " 3.7")                                                                                                           \
	X(train_allan_deviation, "train.allan_deviation", 1, "Allan deviation", "1", SUBJECT_TRAIN,                                        \
	  "sigma_y(T0) of the onsets of a train of at least 200 equally spaced pulses, T0 being the interval.", RIG_MEASURANDS " 3.8")     \
	X(train_duration_with_interval, "train.duration_with_interval", 1, "Train duration with last interval", "s", SUBJECT_TRAIN,        \
	  "Onset of the first to onset of the last pulse of a train, plus the mean planned interval.", RIG_MEASURANDS " 3.9 (b)")          \
	X(train_peak_least, "train.peak_least", 1, "Least peak in the train", "1", SUBJECT_TRAIN,                                          \
	  "Least first peak of a train by that of its first pulse, all at one intensity.", RIG_MEASURANDS " 4.5")                          \
	X(train_peak_largest, "train.peak_largest", 1, "Largest peak in the train", "1", SUBJECT_TRAIN,                                    \
	  "Largest first peak of a train by that of its first pulse, all at one intensity.", RIG_MEASURANDS " 4.5")                        \
	X(train_rate_share, "train.rate_share", 1, "Rate by rated rate", "1", SUBJECT_TRAIN,                                               \
	  "Rate of a train all of whose pulses came, by the highest rate that the device's table allows at its intensity. Its largest "    \
	  "value in a search over rates and intensities says what was accepted.",                                                          \
	  RIG_MEASURANDS " 4.7")                                                                                                           \
	X(session_amplitude_exactness, "session.amplitude_exactness", 1, "Amplitude exactness", "1", SUBJECT_SESSION,                      \
	  "Largest error, over the intensities, of the ratio of a level's mean first peak to that of the highest level against the ratio " \
	  "of the commanded intensities, relative to the latter. Gain cancels. Two levels at least.",                                      \
	  RIG_MEASURANDS " 4.2; Zacharias 2019, J Neurosci Methods 322:83")                                                                \
	X(session_amplitude_precision, "session.amplitude_precision", 1, "Amplitude precision", "1", SUBJECT_SESSION,                      \
	  "Largest coefficient of variation of the first peaks at one intensity, of levels with three pulses at least.",                   \
	  RIG_MEASURANDS " 4.2; Zacharias 2019, J Neurosci Methods 322:83")                                                                \
	X(session_amplitude_cv_upper, "session.amplitude_cv_upper", 1, "Amplitude repeatability, upper bound", "1", SUBJECT_SESSION,       \
	  "Upper 95 % bound of session.amplitude_cv: s sqrt(dof / chi-square quantile at 0.05).", RIG_MEASURANDS " 4.1")                   \
	X(session_linearity_gain, "session.linearity_gain", 1, "Gain of the output", "A", SUBJECT_SESSION,                                 \
	  "Slope of the least-squares line of first peak against intensity, per 100 %. Needs three levels. Planned: the device's peak at " \
	  "100 %.",                                                                                                                        \
	  RIG_MEASURANDS " 4.3")                                                                                                           \
	X(session_linearity_hysteresis, "session.linearity_hysteresis", 1, "Hysteresis of the output", "1", SUBJECT_SESSION,               \
	  "Largest distance between the mean first peaks of a level come to from below and from above, relative to the line at 100 %.",    \
	  RIG_MEASURANDS " 4.3")                                                                                                           \
	X(session_linearity_monotonicity, "session.linearity_monotonicity", 1, "Monotonicity of the output", "1", SUBJECT_SESSION,         \
	  "Least increase of the mean first peak from one level to the next, by that of the least-squares line; the output is monotonic "  \
	  "where it is above 0.",                                                                                                          \
	  RIG_MEASURANDS " 4.3")                                                                                                           \
	X(session_drift, "session.drift", 1, "Drift of the amplitude", "1/s", SUBJECT_SESSION,                                             \
	  "Theil-Sen slope of first peak against time, relative to the mean, over the pulses at the intensity most often commanded (10 "   \
	  "at least). Up to 128 pulses all pairs; of more, pairs a multiple of a 32nd of their number apart. 1 %/h is 2.78e-6 1/s.",       \
	  RIG_MEASURANDS " 4.4")                                                                                                           \
	X(session_last_to_first, "session.last_to_first", 1, "Last by first amplitudes", "1", SUBJECT_SESSION,                             \
	  "Mean first peak of the last 100 pulses by that of the first 100 at the intensity most often commanded; 200 at least.",          \
	  RIG_MEASURANDS " 4.4")                                                                                                           \
	X(session_leakage_peak, "session.leakage_peak", 1, "Largest current after a trigger without pulse", "A", SUBJECT_SESSION,          \
	  "Largest distance of the current from its baseline in the full-rate samples around trigger edges that no pulse follows: "        \
	  "leakage at 0 % or while not armed.",                                                                                            \
	  RIG_MEASURANDS " 2.17")                                                                                                          \
	X(session_residual_mean, "session.residual_mean", 1, "Mean current between pulses", "A", SUBJECT_SESSION,                          \
	  "Mean of the envelope means over cells without excursions of the current.", RIG_MEASURANDS " 2.18")                              \
	X(session_residual_rms, "session.residual_rms", 1, "Rms current between pulses", "A", SUBJECT_SESSION,                             \
	  "Rms of the envelope means over cells without excursions of the current: offset, leakage and slow ripple.",                      \
	  RIG_MEASURANDS " 2.18")                                                                                                          \
	X(session_trigger_threshold, "session.trigger_threshold", 1, "Place of the trigger threshold", "1", SUBJECT_SESSION,               \
	  "Where the configured threshold of a recorded trigger line lies between its low and high state levels; 0.5 is their middle.",    \
	  RIG_MEASURANDS " 3.1; IEEE 181-2011, 5.2.1 (state levels)")                                                                      \
	X(session_trips, "session.trips", 2, "Trips", "1", SUBJECT_SESSION,                                                                \
	  "Rising edges of the fault line outside the watches of interlock events (last_pulse has their end). Needs an edge of some "      \
	  "logic line beside the "                                                                                                         \
	  "trigger, as a sign that they are looked at.",                                                                                   \
	  RIG_MEASURANDS " 5.5")                                                                                                           \
	X(session_trip_rate_bound, "session.trip_rate_bound", 1, "Rate of trips, upper bound", "Hz", SUBJECT_SESSION,                      \
	  "Upper 95 % bound (Poisson) of the rate of trips over the duration of the recording; 3.00 / duration where there was none.",     \
	  RIG_MEASURANDS " 5.5")                                                                                                           \
	X(storage_voltage, "storage.voltage", 2, "Capacitor voltage", "V", SUBJECT_STEP,                                                   \
	  "Mean of the capacitor voltage's envelope means within 1 % of their upper state level (histogram mode), from 10 cells before "   \
	  "the "                                                                                                                           \
	  "first to the last pulse after an intensity was set, magnitude. Planned: the device's voltage at 100 % times the intensity.",    \
	  RIG_MEASURANDS " 5.1; IEEE 181-2011, 5.2.1 (state levels)")                                                                      \
	X(discharge_time_constant, "discharge.time_constant", 1, "Discharge time constant", "s", SUBJECT_STEP,                             \
	  "Of an exponential through the envelope means of the capacitor voltage from the command down to 2 % of their first, by least "   \
	  "squares of the logarithm.",                                                                                                     \
	  RIG_MEASURANDS " 5.2")                                                                                                           \
	X(discharge_rebound, "discharge.rebound", 1, "Rebound of the capacitor voltage", "V", SUBJECT_STEP,                                \
	  "Largest rise of the capacitor voltage above its least so far, from the command as long as it is watched: charging on, or "      \
	  "dielectric absorption.",                                                                                                        \
	  RIG_MEASURANDS " 5.2")                                                                                                           \
	X(interlock_last_pulse, "interlock.last_pulse", 2, "Last pulse after an interlock", "s", SUBJECT_STEP,                             \
	  "Onset of the last pulse after an interlock was opened minus that event, until the next interlock, section or disarming of the " \
	  "plan; 0 where none came. The event is placed by the trigger edges recorded near it.",                                           \
	  RIG_MEASURANDS " 5.3")                                                                                                           \
	X(interlock_ready_low, "interlock.ready_low", 2, "Interlock to not ready", "s", SUBJECT_STEP,                                      \
	  "Last falling edge of the ready line after an interlock was opened minus that event; 0 where it was low all the time, without "  \
	  "end where it is high when the watch ends: not low for good.",                                                                   \
	  RIG_MEASURANDS " 5.3")                                                                                                           \
	X(interlock_fault, "interlock.fault", 2, "Interlock to fault", "s", SUBJECT_STEP,                                                  \
	  "Last rising edge of the fault line after an interlock was opened minus that event; 0 where it was high all the time, without "  \
	  "end where it is low when the watch ends, or never rose though logic lines were recorded: not latched.",                         \
	  RIG_MEASURANDS " 5.3")                                                                                                           \
	X(interlock_charger_off, "interlock.charger_off", 1, "Interlock to charger off", "s", SUBJECT_STEP,                                \
	  "Last cell of the capacitor voltage's envelope, beside pulses, that is more than 0.1 % of the largest voltage (at least 3 "      \
	  "counts) above the cell before, minus the event; 0 where there is none.",                                                        \
	  RIG_MEASURANDS " 5.3")                                                                                                           \
	X(interlock_rise, "interlock.rise", 1, "Rise of the capacitor voltage after an interlock", "V", SUBJECT_STEP,                      \
	  "Largest rise of the capacitor voltage above its least so far, from an interlock event to the end of its watch.",                \
	  RIG_MEASURANDS " 5.3")                                                                                                           \
	X(interlock_pulses, "interlock.pulses", 1, "Pulses after an interlock", "1", SUBJECT_STEP,                                         \
	  "Number of pulses after an interlock event to the end of its watch, where the scenario says how many there have to be. "         \
	  "Planned: that number.",                                                                                                         \
	  RIG_MEASURANDS " 5.3")                                                                                                           \
	X(interlock_amplitude_error, "interlock.amplitude_error", 1, "Amplitude error after an interlock", "1", SUBJECT_PULSE,             \
	  "First peak of a pulse in the watch of an interlock by the device's nominal peak at the intensity set, less 1.",                 \
	  RIG_MEASURANDS " 5.3")                                                                                                           \
	X(interlock_interval, "interlock.interval", 1, "Interval of provoked pulses", "s", SUBJECT_INTERVAL,                               \
	  "Onset of a pulse on a trigger that the device might have refused minus the onset of the pulse before.", RIG_MEASURANDS " 5.3")  \
	X(interlock_pair_error, "interlock.pair_error", 1, "Interval error of pairs after an interlock", "s", SUBJECT_STEP,                \
	  "Of pairs that the device makes on one trigger: largest distance from its place, an interval after the first pulse of its "      \
	  "pair, of a second pulse after an interlock was opened; 0 where none came, without end where one came without a first pulse.",   \
	  RIG_MEASURANDS " 5.3")                                                                                                           \
	X(session_provoked, "session.provoked", 1, "Pulses on triggers to be refused", "1", SUBJECT_SESSION,                               \
	  "Number of pulses on triggers that a scenario gave for the device to refuse.", RIG_MEASURANDS " 5.3")                            \
	X(interlock_trials, "interlock.trials", 1, "Interlock trials", "1", SUBJECT_SESSION,                                               \
	  "Number of times the rig opened an interlock; 59 at random phases bound the probability of failure at 5 %.",                     \
	  RIG_MEASURANDS " 5.4")                                                                                                           \
	X(interlock_failure_bound, "interlock.failure_bound", 1, "Interlock failure probability, upper bound", "1", SUBJECT_SESSION,       \
	  "1 - 0.05^(1/N) for N interlock trials: the upper 95 % bound of the probability of failure, provided that none failed.",         \
	  RIG_MEASURANDS " 5.4")

#define DECLARE_MEASURAND(name, ...) measurand_compute measurand_##name;
MEASURANDS(DECLARE_MEASURAND)
#undef DECLARE_MEASURAND

/* Computes every measurand in registry order. False when out of memory (the list's error says so). */
bool registry_compute(const struct population *in, struct measurement_list *out) must_check;
/* Computes one of them again. */
bool registry_compute_one(const struct population *in, const struct measurand *measurand, struct measurement_list *out) must_check;
