/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * The ports of a bench: what the rig asks of instruments. A port is a table of operations and the driver's own state; a driver is one file
 * that fills the ports which a bench file gives to it. All calls of one port come from one thread at a time; different ports may be used from
 * different threads. An operation that is NULL is not supported by the driver.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bench_setup.h"
#include "error.h"
#include "guardian_wire.h"
#include "recording.h"

/* Time of the host. Absolute times are seconds since an origin of the clock's own. */
struct clock_ops {
	double (*now_s)(void *self);
	/* Sleeps until the clock shows time_s or later; returns early with ERROR_ABORTED after wake(). */
	bool (*sleep_until)(void *self, double time_s, struct error *error) must_check;
	/* Ends a sleep from another thread or a signal handler, now or when it is next entered. */
	void (*wake)(void *self);
	/*
	 * on: gives the calling thread the best timing that the machine allows, real-time priority and memory that is not paged out; false with
	 * *error when it does not, and then everything is as before. Off: ordinary again. NULL: time is not the machine's.
	 */
	bool (*real_time)(void *self, bool on, struct error *error) must_check;
};
struct clock_port {
	const struct clock_ops *ops;
	void *self;
};

/* When something was done, on the host's clock. */
struct host_time {
	double time_s, u_s; /* u: standard uncertainty */
};

/* A change of an input line that the kernel saw. */
struct gpio_event {
	enum gpio_line line;
	bool active;   /* the level after the change */
	double time_s; /* host time of the interrupt, on the clock of CLOCK_MONOTONIC */
};

/* Levels are those of the line's meaning: true is active. events may be called from another thread than the rest. */
struct gpio_ops {
	bool (*set)(void *self, enum gpio_line line, bool level, struct error *error) must_check;
	bool (*get)(void *self, enum gpio_line line, bool *level, struct error *error) must_check;
	/* Active for the line's pulse_s, then inactive; *time_s is the host time of the active edge. */
	bool (*pulse)(void *self, enum gpio_line line, double *time_s, struct error *error) must_check;
	/* Standard uncertainty, s, of the time that the last pulse() gave; NULL: not known to the driver. */
	double (*pulse_u_s)(void *self);
	/*
	 * The changes of the inputs since the last call, at most max of them, in order of time; *lost: at least so many more were not kept.
	 * Does not wait. NULL: the driver sees no changes, only levels.
	 */
	bool (*events)(void *self, struct gpio_event *events, size_t max, size_t *count, uint64_t *lost, struct error *error) must_check;
};
struct gpio_port {
	const struct gpio_ops *ops;
	void *self;
};

enum adc_state { ADC_BLOCK, ADC_GAP, ADC_END };

struct adc_read {
	enum adc_state state;
	struct block block; /* ADC_BLOCK: valid until the next read */
	struct gap gap;     /* ADC_GAP */
};

struct adc_ops {
	/* Begins sampling; sample 0 is the first after this. */
	bool (*start)(void *self, struct error *error) must_check;
	/* Waits for the next block of at most max_frames, a gap, or the end of the recording. Blocks and gaps are contiguous. */
	bool (*read)(void *self, size_t max_frames, struct adc_read *read, struct error *error) must_check;
	/* No more samples after those already taken; a read that waits then ends with the rest and ADC_END. Callable from another thread. */
	bool (*stop)(void *self, struct error *error) must_check;
	/* Host time of a sample and its standard uncertainty; NULL for a recording made elsewhere. */
	double (*frame_of_host_time)(void *self, double host_s, double *u_frames);
	/*
	 * Of an instrument that records a frame a trigger and nothing between; NULL, both: it samples all the time. expect_shot: the trigger is
	 * about to be given, from now on; fails when it would not be recorded. shot: it was, at time_s of the host's clock.
	 */
	bool (*expect_shot)(void *self, struct error *error) must_check;
	void (*shot)(void *self, const struct host_time *when);
	/* What its way to find lost samples can prove, as it was during the recording: a sentence without a full stop. NULL: nothing to tell. */
	void (*gaps_found_by)(void *self, char *out, size_t size);
};
struct adc_port {
	const struct adc_ops *ops;
	void *self;
	struct recording_format format; /* what it delivers; complete once opened */
};

struct logic_ops {
	bool (*start)(void *self, struct error *error) must_check;
	/* The edges since the last call, at most max of them; *count 0 and *end true when stopped and drained. Does not wait. */
	bool (*read)(void *self, struct edge *edges, size_t max, size_t *count, bool *end, struct error *error) must_check;
	bool (*stop)(void *self, struct error *error) must_check;
	/* Host time of the analyser's time 0 and its standard uncertainty, once started. NULL: the capture takes when start() was called. */
	double (*start_time)(void *self, double *u_s);
};
struct logic_port {
	const struct logic_ops *ops;
	void *self;
};

enum stimulator_state {
	STIMULATOR_OFF,
	STIMULATOR_STANDBY,
	STIMULATOR_CHARGING,
	STIMULATOR_READY,
	STIMULATOR_FIRING,
	STIMULATOR_FAULT,
};

struct stimulator_status {
	enum stimulator_state state;
	double intensity_pct;
	double coil_temperature_degc; /* NAN when the device does not tell */
	char fault[64];               /* "" or what the device says is wrong */
};

struct stimulator_ops {
	/* Intensity of the next pulses, % MSO. second_pct: of every second pulse in paired mode, NAN for none. */
	bool (*set_intensity)(void *self, double intensity_pct, double second_pct, struct error *error) must_check;
	/* Direction of the current in the next pulses. NULL: the device has but one. */
	bool (*set_direction)(void *self, bool reversed, struct error *error) must_check;
	/* ERROR_REFUSED: the device itself said that it does not arm; any other kind: it may not even have heard the command. */
	bool (*arm)(void *self, struct error *error) must_check;
	bool (*disarm)(void *self, struct error *error) must_check;
	bool (*status)(void *self, struct stimulator_status *status, struct error *error) must_check;
	/* Discharges once, by remote command; *time_s is the host time at which the command had been sent. NULL: only by the trigger line. */
	bool (*fire)(void *self, double *time_s, struct error *error) must_check;
	/*
	 * The trigger is about to come at host_s: no talk with the device around it, and the device's energy limits are kept. NULL: the driver does
	 * not mind.
	 */
	bool (*expect_shot)(void *self, double host_s, struct error *error) must_check;
	/*
	 * Called often while the run waits, by the thread that calls the rest: fails when the device has gone silent. It may talk with the device,
	 * if that ends before free_until_s, when the run wants to go on. NULL: nothing to watch.
	 */
	bool (*watch)(void *self, double free_until_s, struct error *error) must_check;
	/*
	 * Wrongs the link on purpose, to see what the device makes of it. STATE_SILENT: one last word, and from then on none, not even to ask; only
	 * disarm() speaks all the same, and ends it. STATE_CORRUPTED: a command for the largest output, damaged on the wire, at each call in another
	 * bit. STATE_REPLAYED: the last arming command once more, byte by byte; arm() came before. STATE_NORMAL: the link as after opening. *when: of
	 * the change, of silence the last word's. when NULL: nothing is done, but it fails when the driver or the protocol cannot. What the device
	 * answers to a wrong is passed over: its pulses and lines tell what it did. NULL: the driver cannot.
	 */
	bool (*disturb)(void *self, enum signal_state state, struct host_time *when, struct error *error) must_check;
};
struct stimulator_port {
	const struct stimulator_ops *ops;
	void *self;
};

/* Brings the signals that the device's interlocks look at into a state: relays, emulated sensors. */
struct emulator_ops {
	/*
	 * value: of STATE_VALUE. *when: of the change. Fails when the bench cannot bring the signal there; it says so before anything is
	 * changed when asked with when NULL.
	 */
	bool (*set)(void *self, enum interlock_signal signal, enum signal_state state, double value, struct host_time *when,
		    struct error *error) must_check;
	/*
	 * All signals as they are when all is well, or (false) as they are when nobody drives them, which is how they are after opening and left by
	 * closing. NULL: they are always well until they are set.
	 */
	bool (*connect)(void *self, bool on, struct error *error) must_check;
};
struct emulator_port {
	const struct emulator_ops *ops;
	void *self;
};

/*
 * The process that makes a bench safe when the rig cannot (rig/guardian); only benches whose lines are real have one. All may be called from any
 * thread but the one that the guardian's end is told in.
 */
struct guardian_ops {
	/* From now on it writes its log to this descriptor, which stays the caller's. */
	bool (*log_to)(void *self, int log_fd, struct error *error) must_check;
	/* What it can do to the device itself, from now on. */
	bool (*device)(void *self, const struct guardian_device *device, struct error *error) must_check;
	/* The run is alive; to be called a few times a second. */
	void (*progress)(void *self);
	/* The operator is being waited for, or nothing is fired, as at first: no progress is no sign of death. */
	void (*attend)(void *self, bool waiting);
	/* It has gone, or has taken over. */
	bool (*lost)(void *self);
	/* The rig cannot make the device safe: it shall, at once, by ways of its own, and ends. */
	void (*take_over)(void *self);
};
struct guardian_port {
	const struct guardian_ops *ops;
	void *self;
};

/* What an opened instrument says of itself: its model, serial number, firmware. */
struct instrument_note {
	char part[16], key[48], value[160]; /* "adc", "hw_serial", "10447…" */
};
enum { PORTS_MAX_NOTES = 48 };

/* The ports of one bench; a port without a driver has ops NULL. */
struct ports {
	struct clock_port clock;
	struct gpio_port gpio;
	struct adc_port adc;
	struct logic_port logic;
	struct stimulator_port stimulator;
	struct guardian_port guardian;
	struct emulator_port emulator;
	struct guardian_device device; /* how a guardian disarms the device and reads its capacitor: each driver fills in what it knows */
	bool simulated;                /* an instrument said of itself that it is simulated, whatever its driver is */
	struct instrument_note notes[PORTS_MAX_NOTES];
	size_t note_count;
};

/* Keeps what an instrument says of itself, for the evidence; too many are dropped. Bytes that do not print become "?". */
void ports_note(struct ports *ports, const char *part, const char *key, const char *value);

/* A driver: fills every port that the setup assigns to its name, and nothing else. */
struct driver {
	const char *name; /* as written in bench files */
	/*
	 * Opens the instruments of the setup that carry this name; *state is handed to close. recording: the file of driver "file", else NULL.
	 * The setup outlives the ports.
	 */
	bool (*open)(const struct bench_setup *setup, const char *recording, struct ports *ports, void **state,
		     struct error *error) must_check;
	/* Releases what open acquired; state may be NULL. */
	void (*close)(void *state);
};

/* "standby", "ready", … Static string. */
const char *stimulator_state_name(enum stimulator_state state);
/* What status() says while the link is kept silent: nothing that could prove anything. */
struct stimulator_status stimulator_unheard(void);
