/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "iiod_double.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { CONNECTIONS = 16, CHANNELS = 4, LINE_BYTES = 512 };

struct attribute {
	const char *key; /* device, channel (or "-"), attribute */
	char value[64];
};

struct iiod {
	const struct iiod_setup *setup;
	int listener;
	char uri[64], xml[4096];
	pthread_t acceptor;
	pthread_mutex_t lock;
	bool stopping, stalled;
	struct connection {
		struct iiod *iiod;
		pthread_t thread;
		int fd;
		bool used;
	} connections[CONNECTIONS];
	struct attribute attributes[8];
	char reg[64];
	bool overflow;
};

static const char XML[] =
	"<?xml version=\"1.0\" encoding=\"utf-8\"?><!DOCTYPE context ["
	"<!ELEMENT context (device)*><!ATTLIST context name CDATA #REQUIRED version-major CDATA #REQUIRED version-minor CDATA #REQUIRED "
	"version-git CDATA #REQUIRED description CDATA #REQUIRED>"
	"<!ELEMENT device (channel|attribute|debug-attribute)*><!ATTLIST device id CDATA #REQUIRED name CDATA #REQUIRED>"
	"<!ELEMENT channel (scan-element?, attribute*)><!ATTLIST channel id CDATA #REQUIRED type CDATA #REQUIRED>"
	"<!ELEMENT scan-element EMPTY><!ATTLIST scan-element index CDATA #REQUIRED format CDATA #REQUIRED>"
	"<!ELEMENT attribute EMPTY><!ATTLIST attribute name CDATA #REQUIRED>"
	"<!ELEMENT debug-attribute EMPTY><!ATTLIST debug-attribute name CDATA #REQUIRED>]>"
	"<context name=\"double\" version-major=\"0\" version-minor=\"24\" "
	"version-git=\"double0\" description=\"test\">"
	"<device id=\"iio:device0\" name=\"simadc\">"
	"<channel id=\"voltage0\" type=\"input\"><scan-element index=\"0\" format=\"%s\"/><attribute name=\"scale\"/></channel>"
	"<channel id=\"voltage1\" type=\"input\"><scan-element index=\"1\" format=\"%s\"/><attribute name=\"scale\"/></channel>"
	"<channel id=\"timestamp\" type=\"input\"><scan-element index=\"2\" format=\"le:s64/64&gt;&gt;0\"/></channel>"
	"<channel id=\"count0\" type=\"input\"><scan-element index=\"3\" format=\"le:u32/32&gt;&gt;0\"/></channel>"
	"<channel id=\"voltage7\" type=\"input\"><attribute name=\"raw\"/></channel>"
	"<attribute name=\"sampling_frequency\"/><attribute name=\"sampling_frequency_available\"/>"
	"<debug-attribute name=\"direct_reg_access\"/></device>"
	"<device id=\"iio:device1\" name=\"simdac\"><channel id=\"voltage0\" type=\"output\"><attribute name=\"raw\"/>"
	"<attribute name=\"scale\"/></channel></device>"
	"<device id=\"trigger0\" name=\"timer\"/></context>";

static bool send_all(int fd, const void *bytes, size_t size)
{
	const char *at = bytes;
	while (size > 0) {
		ssize_t sent = send(fd, at, size, MSG_NOSIGNAL);
		if (sent <= 0)
			return false;
		at += sent;
		size -= (size_t)sent;
	}
	return true;
}

static bool reply(int fd, long code)
{
	char line[32];
	int length = snprintf(line, sizeof line, "%ld\n", code);
	return send_all(fd, line, (size_t)length);
}

static bool reply_text(int fd, const char *text)
{
	return reply(fd, (long)strlen(text)) && send_all(fd, text, strlen(text)) && send_all(fd, "\n", 1);
}

static bool read_bytes(int fd, char *out, size_t size)
{
	for (size_t got = 0; got < size;) {
		ssize_t count = recv(fd, out + got, size - got, 0);
		if (count <= 0)
			return false;
		got += (size_t)count;
	}
	return true;
}

static bool read_line(int fd, char *line)
{
	size_t length = 0;
	for (char c; length < LINE_BYTES - 1 && read_bytes(fd, &c, 1);) {
		if (c == '\n') {
			line[length] = '\0';
			return true;
		}
		if (c != '\r')
			line[length++] = c;
	}
	return false;
}

/* Nothing more is sent until the test ends. */
static void stall(struct iiod *iiod)
{
	for (bool over = false; !over;) {
		usleep(5000);
		pthread_mutex_lock(&iiod->lock);
		over = iiod->stopping;
		pthread_mutex_unlock(&iiod->lock);
	}
}

static void drop_all(struct iiod *iiod, bool reset)
{
	pthread_mutex_lock(&iiod->lock);
	const struct linger now = {.l_onoff = 1};
	shutdown(iiod->listener, SHUT_RDWR);
	for (int i = 0; i < CONNECTIONS; i++) {
		if (!iiod->connections[i].used)
			continue;
		if (reset) {
			/* An RST goes out when such a socket loses its last descriptor; the number stays taken. */
			setsockopt(iiod->connections[i].fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
			dup2(iiod->listener, iiod->connections[i].fd);
		} else {
			shutdown(iiod->connections[i].fd, SHUT_RDWR);
		}
	}
	pthread_mutex_unlock(&iiod->lock);
}

/* One client's buffer. */
struct stream {
	unsigned mask;
	size_t frame_bytes, offset[CHANNELS];
	uint64_t sent, taken;
	size_t next_loss;
	struct timespec start;
	unsigned char *bytes;
};

static void lay_out(struct stream *stream)
{
	static const size_t SIZES[CHANNELS] = {2, 2, 8, 4};
	size_t at = 0, largest = 1;
	for (unsigned c = 0; c < CHANNELS; c++) {
		if (!(stream->mask & 1u << c))
			continue;
		at = (at + SIZES[c] - 1) / SIZES[c] * SIZES[c];
		stream->offset[c] = at;
		at += SIZES[c];
		largest = SIZES[c] > largest ? SIZES[c] : largest;
	}
	stream->frame_bytes = (at + largest - 1) / largest * largest;
}

static void make_frame(const struct iiod *iiod, struct stream *stream, unsigned char *frame)
{
	const struct iiod_setup *setup = iiod->setup;
	while (stream->next_loss < setup->loss_count && setup->losses[stream->next_loss].at == stream->sent)
		stream->taken += setup->losses[stream->next_loss++].lost;
	int16_t low = (int16_t)(stream->taken & 0x7fff), high = (int16_t)(stream->taken >> 15 & 0x7fff);
	int64_t stamp = 1700000000000000000 + (int64_t)((double)stream->taken * 1e9 / setup->sample_rate_hz);
	uint32_t count = (uint32_t)stream->taken;
	const void *values[CHANNELS] = {&low, &high, &stamp, &count};
	static const size_t SIZES[CHANNELS] = {2, 2, 8, 4};
	for (unsigned c = 0; c < CHANNELS; c++)
		if (stream->mask & 1u << c)
			memcpy(frame + stream->offset[c], values[c], SIZES[c]);
	stream->sent++;
	stream->taken++;
}

static void pace(const struct iiod *iiod, const struct stream *stream)
{
	if (!iiod->setup->paced)
		return;
	double seconds = (double)stream->taken / iiod->setup->sample_rate_hz;
	struct timespec at = stream->start;
	at.tv_sec += (time_t)seconds;
	at.tv_nsec += (long)((seconds - (double)(time_t)seconds) * 1e9);
	if (at.tv_nsec >= 1000000000) {
		at.tv_nsec -= 1000000000;
		at.tv_sec++;
	}
	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
}

/* Everything goes wrong inside this buffer; false: the connection is over. */
static bool fail_in_buffer(struct iiod *iiod, int fd, struct stream *stream, size_t bytes, const char *head, size_t head_size)
{
	switch (iiod->setup->fault) {
	case IIOD_ERROR: return reply(fd, -5);
	case IIOD_SHORT:
		return reply(fd, (long)bytes / 2) && send_all(fd, head, head_size) && send_all(fd, stream->bytes, bytes / 2) &&
		       reply(fd, 0);
	case IIOD_CLOSE:
	case IIOD_RESET:
	case IIOD_STALL:
	case IIOD_STALL_CONTROL: break;
	case IIOD_GOOD:
	case IIOD_MUTE:
	case IIOD_BAD_XML: return true;
	}
	bool sent = reply(fd, (long)bytes) && send_all(fd, head, head_size) && send_all(fd, stream->bytes, bytes / 2);
	if (iiod->setup->fault == IIOD_CLOSE || iiod->setup->fault == IIOD_RESET) {
		usleep(10000);
		drop_all(iiod, iiod->setup->fault == IIOD_RESET);
		return false;
	}
	pthread_mutex_lock(&iiod->lock);
	iiod->stalled = true;
	pthread_mutex_unlock(&iiod->lock);
	stall(iiod);
	return sent && false;
}

static bool serve_buffer(struct iiod *iiod, int fd, struct stream *stream, size_t bytes)
{
	const struct iiod_setup *setup = iiod->setup;
	char head[32];
	int head_size = snprintf(head, sizeof head, "%08x\n", stream->mask);
	size_t frames = bytes / stream->frame_bytes, losses = stream->next_loss;
	bool failing = setup->fault >= IIOD_CLOSE && stream->sent <= setup->fault_at && setup->fault_at < stream->sent + frames;
	unsigned char *larger = realloc(stream->bytes, bytes);
	if (!larger)
		return false;
	stream->bytes = larger;
	memset(stream->bytes, 0, bytes);
	for (size_t i = 0; i < frames; i++)
		make_frame(iiod, stream, stream->bytes + i * stream->frame_bytes);
	if (stream->next_loss > losses) {
		pthread_mutex_lock(&iiod->lock);
		iiod->overflow = setup->overflows;
		pthread_mutex_unlock(&iiod->lock);
	}
	pace(iiod, stream);
	if (failing)
		return fail_in_buffer(iiod, fd, stream, bytes, head, (size_t)head_size);
	return reply(fd, (long)bytes) && send_all(fd, head, (size_t)head_size) && send_all(fd, stream->bytes, bytes);
}

static struct attribute *find(struct iiod *iiod, const char *key)
{
	for (size_t i = 0; i < sizeof iiod->attributes / sizeof *iiod->attributes; i++)
		if (iiod->attributes[i].key && strcmp(iiod->attributes[i].key, key) == 0)
			return &iiod->attributes[i];
	return NULL;
}

static const char *device_name(const char *id)
{
	return strcmp(id, "iio:device1") == 0 || strcmp(id, "simdac") == 0 ? "simdac" : "simadc";
}

/* "READ dev attr", "READ dev INPUT chan attr", "READ dev DEBUG attr" to a key. */
static void key_of(char *words[], int count, char *key, size_t size)
{
	bool channel = count >= 5 && (strcmp(words[2], "INPUT") == 0 || strcmp(words[2], "OUTPUT") == 0);
	bool debug = strcmp(words[2], "DEBUG") == 0;
	const char *name = words[channel ? 4 : debug ? 3 : 2];
	snprintf(key, size, "%s %s %s", device_name(words[1]), channel ? words[3] : "-", name);
}

static bool serve_read(struct iiod *iiod, int fd, char *words[], int count)
{
	char key[256], value[64] = "";
	key_of(words, count, key, sizeof key);
	pthread_mutex_lock(&iiod->lock);
	const struct attribute *attribute = find(iiod, key);
	bool reg = strstr(key, "direct_reg_access") != NULL;
	if (attribute)
		snprintf(value, sizeof value, "%s", attribute->value);
	if (reg)
		snprintf(value, sizeof value, "%s", strtoul(iiod->reg, NULL, 0) == 0x80000088u && iiod->overflow ? "0x4" : "0x0");
	pthread_mutex_unlock(&iiod->lock);
	return attribute || reg ? reply_text(fd, value) : reply(fd, -2);
}

static bool serve_write(struct iiod *iiod, int fd, char *words[], int count)
{
	char key[256], value[64] = "";
	size_t size = strtoul(words[count - 1], NULL, 10);
	if (size >= sizeof value || !read_bytes(fd, value, size))
		return false;
	key_of(words, count - 1, key, sizeof key);
	pthread_mutex_lock(&iiod->lock);
	struct attribute *attribute = find(iiod, key);
	bool reg = strstr(key, "direct_reg_access") != NULL;
	bool refused = !attribute || (iiod->setup->fixed_rate && strstr(key, "sampling_frequency"));
	if (reg) {
		snprintf(iiod->reg, sizeof iiod->reg, "%s", value);
		if (strchr(value, ' ') && strtoul(strchr(value, ' '), NULL, 0) & 4)
			iiod->overflow = false;
	} else if (!refused) {
		snprintf(attribute->value, sizeof attribute->value, "%s", value);
	}
	pthread_mutex_unlock(&iiod->lock);
	return reply(fd, reg || !refused ? (long)size : -13);
}

static bool is_stalled(struct iiod *iiod)
{
	pthread_mutex_lock(&iiod->lock);
	bool stalled = iiod->stalled && iiod->setup->fault == IIOD_STALL_CONTROL;
	pthread_mutex_unlock(&iiod->lock);
	return stalled;
}

static bool serve_line(struct iiod *iiod, int fd, char *line, struct stream *stream)
{
	char *words[8], *rest;
	int count = 0;
	for (char *word = strtok_r(line, " ", &rest); word && count < 8; word = strtok_r(NULL, " ", &rest))
		words[count++] = word;
	if (count == 0)
		return true;
	if (is_stalled(iiod))
		stall(iiod);
	if (strcmp(words[0], "PRINT") == 0)
		return reply_text(fd, iiod->setup->fault == IIOD_BAD_XML ? "<context><device" : iiod->xml);
	if (strcmp(words[0], "VERSION") == 0)
		return send_all(fd, "0.24.double0\n", 13);
	if (strcmp(words[0], "ZPRINT") == 0)
		return reply(fd, -22);
	if (strcmp(words[0], "READ") == 0 && count >= 3)
		return serve_read(iiod, fd, words, count);
	if (strcmp(words[0], "WRITE") == 0 && count >= 4)
		return serve_write(iiod, fd, words, count);
	if (strcmp(words[0], "OPEN") == 0 && count >= 4) {
		*stream = (struct stream){.mask = (unsigned)strtoul(words[3], NULL, 16), .bytes = stream->bytes};
		clock_gettime(CLOCK_MONOTONIC, &stream->start);
		lay_out(stream);
		return reply(fd, 0);
	}
	if (strcmp(words[0], "READBUF") == 0 && count >= 3)
		return serve_buffer(iiod, fd, stream, strtoul(words[2], NULL, 10));
	if (strcmp(words[0], "EXIT") == 0)
		return false;
	/* TIMEOUT, SET, GETTRIG, SETTRIG, CLOSE */
	return reply(fd, 0);
}

static void *serve(void *argument)
{
	struct connection *connection = argument;
	struct iiod *iiod = connection->iiod;
	struct stream stream = {0};
	char line[LINE_BYTES];
	if (iiod->setup->fault == IIOD_MUTE)
		stall(iiod);
	while (read_line(connection->fd, line) && serve_line(iiod, connection->fd, line, &stream))
		continue;
	shutdown(connection->fd, SHUT_RDWR);
	free(stream.bytes);
	return NULL;
}

static void *accept_all(void *argument)
{
	struct iiod *iiod = argument;
	for (int i = 0; i < CONNECTIONS; i++) {
		int fd = accept4(iiod->listener, NULL, NULL, SOCK_CLOEXEC);
		if (fd < 0)
			return NULL;
		int one = 1;
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
		struct connection *connection = &iiod->connections[i];
		pthread_mutex_lock(&iiod->lock);
		*connection = (struct connection){.iiod = iiod, .fd = fd, .used = true};
		connection->used = pthread_create(&connection->thread, NULL, serve, connection) == 0;
		pthread_mutex_unlock(&iiod->lock);
	}
	return NULL;
}

static void set_attributes(struct iiod *iiod)
{
	const char *scale = iiod->setup->scale ? iiod->setup->scale : "0.1";
	const char *const keys[] = {"simadc voltage0 scale",       "simadc voltage1 scale",
				    "simadc - sampling_frequency", "simadc - sampling_frequency_available",
				    "simdac voltage0 raw",         "simdac voltage0 scale"};
	const char *const values[] = {scale, scale, "250000", "250000 1000000", "0", "0.5"};
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
		iiod->attributes[i].key = keys[i];
		snprintf(iiod->attributes[i].value, sizeof iiod->attributes[i].value, "%s", values[i]);
	}
	const char *format = iiod->setup->format ? iiod->setup->format : "le:s16/16&gt;&gt;0";
	/* Both texts are the test's own. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	snprintf(iiod->xml, sizeof iiod->xml, XML, format, format);
#pragma GCC diagnostic pop
}

struct iiod *iiod_start(const struct iiod_setup *setup)
{
	struct iiod *iiod = calloc(1, sizeof *iiod);
	if (!iiod)
		return NULL;
	iiod->setup = setup;
	pthread_mutex_init(&iiod->lock, NULL);
	set_attributes(iiod);
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof address;
	iiod->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (iiod->listener < 0 || bind(iiod->listener, (struct sockaddr *)&address, size) != 0 || listen(iiod->listener, 8) != 0 ||
	    getsockname(iiod->listener, (struct sockaddr *)&address, &size) != 0 ||
	    pthread_create(&iiod->acceptor, NULL, accept_all, iiod) != 0) {
		free(iiod);
		return NULL;
	}
	snprintf(iiod->uri, sizeof iiod->uri, "ip:127.0.0.1:%u", ntohs(address.sin_port));
	return iiod;
}

const char *iiod_uri(const struct iiod *iiod)
{
	return iiod->uri;
}

void iiod_attribute(struct iiod *iiod, const char *key, char *out, size_t size)
{
	pthread_mutex_lock(&iiod->lock);
	const struct attribute *attribute = find(iiod, key);
	snprintf(out, size, "%s", attribute ? attribute->value : "");
	pthread_mutex_unlock(&iiod->lock);
}

void iiod_stop(struct iiod *iiod)
{
	pthread_mutex_lock(&iiod->lock);
	iiod->stopping = true;
	pthread_mutex_unlock(&iiod->lock);
	shutdown(iiod->listener, SHUT_RDWR);
	pthread_join(iiod->acceptor, NULL);
	for (int i = 0; i < CONNECTIONS; i++) {
		if (!iiod->connections[i].used)
			continue;
		shutdown(iiod->connections[i].fd, SHUT_RDWR);
		pthread_join(iiod->connections[i].thread, NULL);
		close(iiod->connections[i].fd);
	}
	close(iiod->listener);
	pthread_mutex_destroy(&iiod->lock);
	free(iiod);
}
