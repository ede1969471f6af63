/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * What is wired to what: fixtures/benches/NAME.yaml as read, before anything is opened.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "about.h"
#include "arena.h"
#include "device.h"
#include "emulation_setup.h"
#include "line_protocol.h"
#include "recording.h"
#include "sensor.h"
#include "serve_setup.h"

enum gap_detection { GAPS_BY_COUNTER, GAPS_BY_TIMESTAMP, GAPS_BY_OVERFLOW_REGISTER, GAPS_BY_CLOCK };
enum file_format { FILE_S16LE, FILE_CSV, FILE_SR, FILE_SIGROK };

/* Where the integral of a recorded dI/dt takes its zero from: an offset of the column would become a ramp of the current. */
enum integrator_zero {
	ZERO_PRE_ONSET,    /* the mean of the column before the first activity */
	ZERO_FLUX_BALANCE, /* the mean of the whole column: the current at the end is that of the beginning (a complete pulse) */
};

struct adc_channel_setup {
	struct channel channel; /* complete: scale, limits and uncertainties of ADC and sensor together; csv, sr: per unit of the column */
	const char *
		source; /* driver sim, iio, sigrok-frame: channel name on the ADC. driver file: column (csv) or channel name (sr); NULL: index */
	int index;      /* driver file: interleaved position; else -1 */
	bool derivative; /* the column holds dI/dt; the driver integrates it */
	enum integrator_zero zero;
	double adc_range; /* full scale of the ADC in the channel's unit; NAN for files, and with driver iio when not given */
	double per_volt;  /* driver iio, sigrok-frame: unit of the channel per volt at the ADC, before the sensor's correction; else NAN */
	unsigned bits;
	double noise_rms;      /* driver sim: in the channel's unit */
	struct sensor *sensor; /* owned by the setup; NULL: none */
};

/*
 * A reference that the ADC's clock is known by: an external clock input of stated accuracy (a rubidium, a disciplined oscillator), or the true rate
 * as measured against such a one.
 */
struct reference_clock {
	bool present;
	double accuracy_rel;     /* limits, rectangular; NAN: the rate was measured */
	double measured_rate_hz; /* NAN: a stated accuracy */
	double u_rate_rel;       /* standard uncertainty of the measured rate */
	const char *certificate, *due;
	bool in_force; /* on the day of the recording; set by bench_setup_date() */
};

struct adc_setup {
	const char *driver; /* "sim", "file", "iio", "sigrok-frame" */
	double sample_rate_hz;
	double clock_accuracy_rel; /* limits, rectangular; of its own clock */
	struct reference_clock reference;
	enum gap_detection gaps;
	enum file_format format;                         /* driver file */
	const char *input;                               /* driver file, format sigrok: "MODULE:option=value" */
	const char *connection;                          /* driver sigrok-frame: as libsigrok's tools take it */
	const char *uri, *instrument;                    /* driver iio: context and device; NULL: not given */
	const char *trigger;                             /* driver iio: an IIO trigger by name; NULL: as the instrument has it */
	const char *timestamp_channel, *counter_channel; /* driver iio: what gaps are found by; NULL: none */
	unsigned buffer_frames, kernel_buffers;          /* driver iio */
	double timeout_s;                                /* driver iio: how long beyond a buffer's own time no samples may come */
	unsigned channel_count;
	struct adc_channel_setup channels[RECORDING_MAX_CHANNELS];
};

/* An analog output that sets the amplitude of a stimulator. */
struct iio_dac_setup {
	const char *uri, *instrument, *channel;
	double volts_at_full; /* V at 100 % MSO */
};

struct logic_setup {
	const char *driver; /* NULL: no logic analyser */
	const char *connection;
	double sample_rate_hz;
	double clock_accuracy_rel; /* limits, rectangular */
	double clock_error_rel;    /* driver sim: how much faster than true its clock runs */
	double start_accuracy_s;   /* driver sim: the host knows when it began to so much, limits, rectangular */
	bool present[LOGIC_LINE_COUNT];
	const char *channel[LOGIC_LINE_COUNT];
};

/* A virtual device made wrong on purpose, to show that the rig catches it. */
enum sim_fault_kind {
	SIM_FAULT_DROP_PULSE,   /* pulse `pulse` (counted from 0) does not fire */
	SIM_FAULT_DOUBLE_PULSE, /* it fires a second time, `value` s later */
	SIM_FAULT_AMPLITUDE,    /* every pulse has `value` times its amplitude */
	SIM_FAULT_LATE_PULSE,   /* pulse `pulse` comes `value` s late */
	SIM_FAULT_INVERTED,     /* pulse `pulse` has the wrong direction */
	SIM_FAULT_HALF_WAVE,    /* pulse `pulse` of a biphasic device ends with its first half wave */
	SIM_FAULT_NO_DISCHARGE, /* the capacitor is not discharged after disarm */
	SIM_FAULT_SPONTANEOUS,  /* a discharge without a trigger, `value` s after pulse `pulse` */
	SIM_FAULT_PROBE_LOST,   /* from `value` s of the recording on the capacitor's channel shows nothing but its offset and noise */
	SIM_FAULT_INTERLOCK,    /* interlock `interlock` is wrong in the way `wrong`; value: of INTERLOCK_LATE, s */
	SIM_FAULT_KIND_COUNT,
};

struct sim_fault {
	enum sim_fault_kind kind;
	uint32_t pulse;
	double value;
	enum interlock interlock;
	enum interlock_fault_kind wrong;
};

/*
 * What recordings have and the equation has not, on the coil current of a virtual bench; an amplitude of 0 or NAN: not there. Sizes and times as seen
 * on commercial stimulators are in docs/files.md.
 */
struct sim_artefacts {
	/* At the onset the slope is larger by this share of V/L and rings. */
	double ringing_rel, ringing_hz, ringing_s;
	/* The same at every zero of the current (biphasic, half-sine), in the direction in which the current passes it. */
	double spike_rel, spike_hz, spike_s;
	/* After the end of conduction, a share of the first peak (in its direction when positive) that decays (biphasic, half-sine). */
	double after_rel, after_s;
	/* On the baseline: a sine, and a slow wander of at most drift_a either way, the faster of whose two waves has drift_s / 1.6 as its period. */
	double hum_a, hum_hz;
	double drift_a, drift_s;
};

struct sim_setup {
	uint64_t seed;
	struct sim_artefacts artefacts;
	double reaction_s[INTERLOCK_COUNT]; /* of the interlocks; NAN: interlock_default_reaction_s() */
	bool single_pulses;                 /* the device's rate table holds for bursts, too */
	double dual_s; /* it is two units: the second fires so long after a trigger, where two intensities are set; NAN: it is one */
	unsigned train_pulses; /* the virtual device stops a train after so many, IL12; 0: never */
	struct sim_fault *faults;
	size_t fault_count;
};

/* Remote control over a serial line. */
struct stimulator_setup {
	const char *port;   /* path of the line, or tcp:HOST:PORT */
	const char *model;  /* driver magstim: "200-2", "bistim2", "rapid2" */
	unsigned software;  /* driver magstim: major version of a Rapid's software */
	const char *unlock; /* driver magstim: code of a Rapid from software 9 on, XXXX-XXXXXXXX or XXXX-XXXXXXXX-hhhh; else NULL */
	const struct line_protocol *protocol; /* driver generic */
};

/* What a run must see at its end, and what stops it. As written: 0 or NAN is not given. bench_setup_safety() fills in what is not. */
struct safety_setup {
	double discharge_v, discharge_s; /* after the last safe state the capacitor must be at or below so much within so long */
	double capacitor_max_v;          /* above it the run is stopped */
	double coil_max_degc;
};

struct bench_setup {
	struct arena *arena; /* owns everything below but device and sensors, which have arenas of their own */
	const char *id, *title, *file;
	const char *clock_driver; /* "virtual", "monotonic" */
	struct device *device;    /* owned; NULL for a bench that is only a recording without a device */
	const char *gpio_driver;  /* NULL: none */
	double heartbeat_s;       /* driver gpiod: the guardian takes over after so long a silence; 0: there is no guardian */
	const char *gpio_chip;
	struct gpio_line_setup gpio[GPIO_LINE_COUNT];
	struct emulation_setup emulation;
	struct adc_setup adc;
	struct logic_setup logic;
	const char *stimulator_driver; /* "sim", "none", …; NULL: none */
	struct stimulator_setup stimulator;
	struct iio_dac_setup iio_dac; /* stimulator driver iio-dac */
	struct sim_setup sim;
	struct safety_setup safety;
	struct serve_setup *serve; /* NULL: not served */
	struct about about;        /* what the bench's laboratory states for every report */
};

/*
 * Says of which day the recording is (YYYY-MM-DD): a reference clock counts only until it is due, else the ADC is taken to run on its own clock. False
 * when there is a reference that is overdue. On a bench with a simulated ADC the reference is as good as its file says on any day.
 */
bool bench_setup_date(struct bench_setup *setup, const char *date);
/* The recording format the ADC of this bench delivers; a reference clock counts once bench_setup_date() has found it in force. */
struct recording_format bench_setup_format(const struct bench_setup *setup);
/* True when any part of the bench is simulated: every page of its report then says so. */
bool bench_setup_simulated(const struct bench_setup *setup);
/*
 * What must be known of the stimulator's driver wherever its results are shown: a sentence without capital
 * and full stop, or NULL. Static string.
 */
const char *bench_setup_stimulator_note(const struct bench_setup *setup);
/*
 * The limits of safety, complete: 60 V within 5 s unless the file says otherwise; a capacitor at most 10 % above the device's maximum (sourced from
 * its file), a coil at most 3 K above the temperature at which the device must trip; INFINITY where the device's file does not tell either.
 */
struct safety_setup bench_setup_safety(const struct bench_setup *setup);
/* True when a part of it is outside this program: another run at the same time would meet it there. Simulated parts and recordings are not. */
bool bench_setup_has_instruments(const struct bench_setup *setup);
/* "drop_pulse", … Static string. */
const char *sim_fault_name(enum sim_fault_kind kind);
/* Releases the setup, its device and its sensors; NULL is accepted. */
void bench_setup_destroy(struct bench_setup *setup);

define_cleanup(struct bench_setup *, cleanup_bench_setup, bench_setup_destroy);
#define auto_bench_setup cleanup_with(cleanup_bench_setup)
