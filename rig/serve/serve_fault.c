/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "serve_fault.h"

#include <math.h>
#include <pthread.h>
#include <string.h>

#include "quantity.h"

enum { FAULTS_MAX = 256, WORDS_MAX = 16, LINE_MAX_BYTES = 256 };

static const char *const KIND_NAMES[SERVE_FAULT_KIND_COUNT] = {
	[SERVE_FAULT_STALL] = "stall",         [SERVE_FAULT_MUTE] = "mute",   [SERVE_FAULT_CLOSE] = "close",
	[SERVE_FAULT_RESET] = "reset",         [SERVE_FAULT_SHORT] = "short", [SERVE_FAULT_LOSE] = "lose",
	[SERVE_FAULT_WRONG_CRC] = "wrong_crc", [SERVE_FAULT_SLOW] = "slow",   [SERVE_FAULT_ERROR] = "error",
};

#define BIT(kind) (1u << SERVE_FAULT_##kind)
static const unsigned OFFERED[SERVE_SERVER_COUNT] = {
	[SERVE_IIOD] = BIT(STALL) | BIT(MUTE) | BIT(CLOSE) | BIT(RESET) | BIT(SHORT) | BIT(LOSE) | BIT(SLOW) | BIT(ERROR),
	[SERVE_BEAGLELOGIC] = BIT(STALL) | BIT(MUTE) | BIT(CLOSE) | BIT(RESET) | BIT(LOSE) | BIT(SLOW),
	[SERVE_MAGSTIM] = BIT(MUTE) | BIT(CLOSE) | BIT(SHORT) | BIT(WRONG_CRC) | BIT(SLOW),
	[SERVE_MAGVENTURE] = BIT(MUTE) | BIT(CLOSE) | BIT(SHORT) | BIT(WRONG_CRC) | BIT(SLOW),
	[SERVE_GPIO_SIM] = BIT(STALL),
	[SERVE_SCOPE] = BIT(STALL) | BIT(MUTE) | BIT(CLOSE) | BIT(RESET) | BIT(SHORT) | BIT(SLOW),
};

static bool lasting(enum serve_fault_kind kind)
{
	return kind == SERVE_FAULT_STALL || kind == SERVE_FAULT_MUTE || kind == SERVE_FAULT_SLOW;
}

struct words {
	char line[LINE_MAX_BYTES];
	const char *word[WORDS_MAX];
	unsigned count, next;
};

static bool split(const char *text, struct words *words)
{
	size_t length = strlen(text);
	words->count = words->next = 0;
	if (length >= sizeof words->line)
		return false;
	memcpy(words->line, text, length + 1);
	char *rest = words->line;
	for (char *word; (word = strsep(&rest, " \t\r\n"));) {
		if (!*word)
			continue;
		if (words->count == WORDS_MAX)
			return false;
		words->word[words->count++] = word;
	}
	return words->count > 0;
}

static const char *next_word(struct words *words)
{
	return words->next < words->count ? words->word[words->next++] : NULL;
}

static bool parse_server(const char *name, enum serve_server *server, struct error *error)
{
	for (unsigned s = 0; s < SERVE_SERVER_COUNT; s++)
		if (strcmp(name, serve_server_name((enum serve_server)s)) == 0) {
			*server = (enum serve_server)s;
			return true;
		}
	return error_config(error, "there is no instrument '%.40s'; known are iiod, beaglelogic, magstim, magventure, gpio_sim, scope",
			    name);
}

static bool parse_kind(const char *name, enum serve_server server, enum serve_fault_kind *kind, struct error *error)
{
	char known[160] = "";
	for (unsigned k = 0; k < SERVE_FAULT_KIND_COUNT; k++) {
		if (!(OFFERED[server] & 1u << k))
			continue;
		if (name && strcmp(name, KIND_NAMES[k]) == 0) {
			*kind = (enum serve_fault_kind)k;
			return true;
		}
		size_t length = strlen(known);
		snprintf(known + length, sizeof known - length, "%s%s", length ? ", " : "", KIND_NAMES[k]);
	}
	return error_config(error, "%s has no fault '%.40s'; its faults are %s", serve_server_name(server), name ? name : "", known);
}

/* "2 s" as one word or two. */
static bool parse_time(struct words *words, const char *what, double *value_s, struct error *error)
{
	const char *number = next_word(words);
	char text[64];
	if (!number)
		return error_config(error, "'%s' needs a time, for example '%s 2 s'", what, what);
	bool bare = number[strspn(number, "0123456789.")] == '\0';
	const char *unit = bare ? next_word(words) : NULL;
	snprintf(text, sizeof text, "%.30s%s%.10s", number, unit ? " " : "", unit ? unit : "");
	if (!quantity_parse(text, DIMENSION_TIME, value_s, error))
		return error_prefix(error, "'%s'", what);
	return (*value_s >= 0 && *value_s <= 86400) || error_config(error, "'%s' must be from 0 s to 1 day, not %s", what, text);
}

static bool parse_count(struct words *words, const char *what, uint64_t *count, struct error *error)
{
	const char *number = next_word(words);
	size_t digits = number ? strspn(number, "0123456789") : 0;
	*count = digits > 0 && digits <= 9 && number[digits] == '\0' ? strtoull(number, NULL, 10) : 0;
	return *count > 0 || error_config(error, "'%s' needs a number from 1 to 999999999, for example '%s 100'", what, what);
}

bool serve_fault_parse(const char *text, struct serve_fault *fault, struct error *error)
{
	struct words words;
	*fault = (struct serve_fault){.for_s = INFINITY, .times = 1, .into_pulse_s = NAN};
	if (!split(text, &words))
		return error_config(error, "a fault is written, for example, 'iiod stall after 2 s'");
	if (!parse_server(next_word(&words), &fault->server, error) || !parse_kind(next_word(&words), fault->server, &fault->kind, error))
		return false;
	if (fault->kind == SERVE_FAULT_LOSE && !parse_count(&words, "lose", &fault->amount, error))
		return false;
	if (fault->kind == SERVE_FAULT_SLOW && !parse_time(&words, "slow", &fault->value_s, error))
		return false;
	for (const char *word; (word = next_word(&words));) {
		uint64_t times = 1;
		bool good;
		if (strcmp(word, "after") == 0)
			good = parse_time(&words, word, &fault->after_s, error);
		else if (strcmp(word, "into_pulse") == 0 && fault->kind == SERVE_FAULT_LOSE && fault->server == SERVE_IIOD)
			good = parse_time(&words, word, &fault->into_pulse_s, error);
		else if (strcmp(word, "for") == 0 && lasting(fault->kind))
			good = parse_time(&words, word, &fault->for_s, error);
		else if (strcmp(word, "times") == 0 && !lasting(fault->kind))
			good = parse_count(&words, word, &times, error), fault->times = (unsigned)times;
		else
			return error_config(error, "'%.40s' has no place in a fault '%s'; right would be 'after TIME' or '%s'", word,
					    KIND_NAMES[fault->kind], lasting(fault->kind) ? "for TIME" : "times N");
		if (!good)
			return false;
	}
	return true;
}

struct armed {
	struct serve_fault fault;
	double begin_s; /* when it is due; NAN: its server is not in use yet */
};

struct serve_faults {
	pthread_mutex_t lock;
	struct armed armed[FAULTS_MAX];
	unsigned count;
	bool in_use[SERVE_SERVER_COUNT];
};

struct serve_faults *serve_faults_create(void)
{
	struct serve_faults *faults = calloc(1, sizeof *faults);
	if (faults)
		pthread_mutex_init(&faults->lock, NULL);
	return faults;
}

void serve_faults_destroy(struct serve_faults *faults)
{
	if (!faults)
		return;
	pthread_mutex_destroy(&faults->lock);
	free(faults);
}

static void drop(struct serve_faults *faults, unsigned index)
{
	memmove(&faults->armed[index], &faults->armed[index + 1], (faults->count - index - 1) * sizeof *faults->armed);
	faults->count--;
}

static void clear(struct serve_faults *faults, bool all, enum serve_server server)
{
	pthread_mutex_lock(&faults->lock);
	for (unsigned i = faults->count; i-- > 0;)
		if (all || faults->armed[i].fault.server == server)
			drop(faults, i);
	pthread_mutex_unlock(&faults->lock);
}

static bool add(struct serve_faults *faults, const struct serve_fault *fault, double now_s)
{
	pthread_mutex_lock(&faults->lock);
	bool room = faults->count < FAULTS_MAX;
	bool counts = !(fault->after_s > 0) || faults->in_use[fault->server];
	if (room)
		faults->armed[faults->count++] = (struct armed){*fault, counts ? now_s + fault->after_s : NAN};
	pthread_mutex_unlock(&faults->lock);
	return room;
}

bool serve_faults_command(struct serve_faults *faults, const char *text, double now_s, struct error *error)
{
	struct words words;
	if (split(text, &words) && words.count <= 2 && strcmp(words.word[words.count - 1], "clear") == 0) {
		enum serve_server server = SERVE_IIOD;
		if (words.count == 2 && !parse_server(words.word[0], &server, error))
			return false;
		clear(faults, words.count == 1, server);
		return true;
	}
	struct serve_fault fault;
	return serve_fault_parse(text, &fault, error) &&
	       (add(faults, &fault, now_s) || error_config(error, "more than %d faults", FAULTS_MAX));
}

void serve_faults_begin(struct serve_faults *faults, enum serve_server server, double now_s)
{
	pthread_mutex_lock(&faults->lock);
	faults->in_use[server] = true;
	for (unsigned i = 0; i < faults->count; i++)
		if (faults->armed[i].fault.server == server && isnan(faults->armed[i].begin_s))
			faults->armed[i].begin_s = now_s + faults->armed[i].fault.after_s;
	pthread_mutex_unlock(&faults->lock);
}

void serve_faults_end(struct serve_faults *faults, enum serve_server server)
{
	pthread_mutex_lock(&faults->lock);
	faults->in_use[server] = false;
	pthread_mutex_unlock(&faults->lock);
}

static struct armed *find_due(struct serve_faults *faults, enum serve_server server, enum serve_fault_kind kind, double now_s)
{
	for (unsigned i = 0; i < faults->count; i++) {
		struct armed *armed = &faults->armed[i];
		if (armed->fault.server == server && armed->fault.kind == kind && now_s >= armed->begin_s &&
		    now_s < armed->begin_s + armed->fault.for_s)
			return armed;
	}
	return NULL;
}

bool serve_faults_active(struct serve_faults *faults, enum serve_server server, enum serve_fault_kind kind, double now_s, double *value_s)
{
	pthread_mutex_lock(&faults->lock);
	const struct armed *armed = find_due(faults, server, kind, now_s);
	if (armed && value_s)
		*value_s = armed->fault.value_s;
	pthread_mutex_unlock(&faults->lock);
	return armed;
}

bool serve_faults_take(struct serve_faults *faults, enum serve_server server, enum serve_fault_kind kind, double now_s,
		       struct serve_fault *taken)
{
	pthread_mutex_lock(&faults->lock);
	struct armed *armed = find_due(faults, server, kind, now_s);
	bool found = armed;
	if (armed && taken)
		*taken = armed->fault;
	if (armed && --armed->fault.times == 0)
		drop(faults, (unsigned)(armed - faults->armed));
	pthread_mutex_unlock(&faults->lock);
	return found;
}
