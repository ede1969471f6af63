/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * What the harness and its guardian say to each other over a SOCK_SEQPACKET pair: whole records of fixed size, same machine, same build.
 * The harness sends a setup, then messages; each message but the heartbeat gets one reply.
 */
#include <stdbool.h>
#include <stdint.h>
#include <termios.h>

enum {
	GUARDIAN_MAGIC = 0x544d5347,
	GUARDIAN_VERSION = 2,
	GUARDIAN_TEXT = 128,
	GUARDIAN_PATH = 108 /* of a socket, at most */,
	GUARDIAN_FRAME = 64,
	GUARDIAN_SOCKET_FD = 3,
	GUARDIAN_LOG_FD = 4
};

/* In the order in which the safe state is driven. */
enum guardian_role {
	GUARDIAN_TRIGGER,        /* the harness's own; taken over when it is dead */
	GUARDIAN_EMERGENCY_STOP, /* the guardian's */
	GUARDIAN_ENABLE,         /* the guardian's */
	GUARDIAN_READY,          /* an input, the harness's own; looked at when it is dead */
	GUARDIAN_ROLE_COUNT,
};

enum guardian_line_kind {
	GUARDIAN_NO_LINE,
	GUARDIAN_CHARDEV, /* path: /dev/gpiochipN; offset, flags of linux/gpio.h */
	GUARDIAN_SOCKET,  /* path: control socket of simulated instruments; name: the line's name there */
};

struct guardian_line {
	uint32_t kind; /* enum guardian_line_kind */
	uint32_t offset;
	uint64_t flags;      /* GPIO_V2_LINE_FLAG_: active low, drive, bias */
	uint32_t safe_level; /* logical */
	char path[GUARDIAN_PATH], name[GUARDIAN_TEXT];
};

/* Where the capacitor's voltage can be read without the harness: a number in a file or in one line of a TCP server's reply. */
enum guardian_source { GUARDIAN_NO_SOURCE, GUARDIAN_FILE, GUARDIAN_TCP };

struct guardian_capacitor {
	uint32_t source;          /* enum guardian_source */
	char path[GUARDIAN_TEXT]; /* file, or IPv4 address */
	uint32_t port;
	char request[GUARDIAN_TEXT]; /* tcp: what to send; "" for files */
	uint32_t reply_lines;        /* tcp: the number stands in this line of the reply, from 1 */
	double offset, scale_v;      /* volts = (number + offset) * scale_v */
	double limit_v, deadline_s;  /* must be at or below the limit within the deadline */
};

/* What can be done to the device itself. Nothing of it is opened before there is need. */
struct guardian_device {
	char serial[GUARDIAN_TEXT]; /* remote control: path of a terminal device, or tcp:A.B.C.D:PORT; "": none */
	struct termios line;        /* its settings, where it is a terminal device */
	uint32_t disarm_length;
	uint8_t disarm[GUARDIAN_FRAME]; /* the frame that disarms it, whatever its state */
	struct guardian_capacitor capacitor;
};

struct guardian_setup {
	uint32_t magic, version;
	uint32_t heartbeat_ms; /* silence longer than this is the harness's death */
	struct guardian_line lines[GUARDIAN_ROLE_COUNT];
	struct guardian_device device;
};

enum guardian_kind {
	GUARDIAN_HEARTBEAT, /* no reply */
	GUARDIAN_SET,       /* drive line `role` to `level` */
	GUARDIAN_LOG,       /* a descriptor comes with it (SCM_RIGHTS): the log goes on there */
	GUARDIAN_DEVICE,    /* a struct guardian_device follows in the same record */
	GUARDIAN_EMERGENCY, /* the harness cannot make the device safe: the guardian shall, at once; no reply */
	GUARDIAN_BYE,       /* the harness ends in good order, its lines at their safe levels */
};

struct guardian_message {
	uint32_t magic;
	uint32_t kind;     /* enum guardian_kind */
	uint32_t sequence; /* one more than that of the message before; the first is 1 */
	uint32_t role, level;
};

struct guardian_device_message {
	struct guardian_message head; /* GUARDIAN_DEVICE */
	struct guardian_device device;
};

struct guardian_reply {
	uint32_t magic;
	uint32_t sequence; /* of the message; of the setup: 0 */
	uint32_t good;
	char text[GUARDIAN_TEXT]; /* what failed */
};
