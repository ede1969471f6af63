/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "read_ahead.h"

#include <pthread.h>

enum { PIECES = 4, PIECE_BYTES = 256 * 1024 };

struct piece {
	unsigned char *bytes;
	size_t size;
};

struct read_ahead {
	int fd;
	size_t piece_bytes;
	pthread_t thread;
	bool started;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct piece pieces[PIECES];
	size_t filled, released; /* counts since the start */
	bool ended, stopping;
	int cause;    /* errno of a failed read, 0: none */
	size_t taken; /* bytes handed out of the piece in hand; the consumer's own */
};

/* Fills one piece; false at the end of the file or on failure. */
static bool fill(struct read_ahead *ahead, struct piece *piece, int *cause)
{
	piece->size = 0;
	while (piece->size < ahead->piece_bytes) {
		ssize_t count = read(ahead->fd, piece->bytes + piece->size, ahead->piece_bytes - piece->size);
		if (count < 0 && errno == EINTR)
			continue;
		if (count < 0)
			*cause = errno;
		if (count <= 0)
			return false;
		piece->size += (size_t)count;
	}
	return true;
}

static void *read_all(void *argument)
{
	struct read_ahead *ahead = argument;
	bool more = true;
	while (more) {
		pthread_mutex_lock(&ahead->lock);
		while (ahead->filled - ahead->released == PIECES && !ahead->stopping)
			pthread_cond_wait(&ahead->changed, &ahead->lock);
		bool stopping = ahead->stopping;
		struct piece *piece = &ahead->pieces[ahead->filled % PIECES];
		pthread_mutex_unlock(&ahead->lock);
		if (stopping)
			return NULL;
		int cause = 0;
		more = fill(ahead, piece, &cause);
		pthread_mutex_lock(&ahead->lock);
		ahead->filled += piece->size > 0;
		ahead->ended = !more;
		ahead->cause = cause;
		pthread_cond_broadcast(&ahead->changed);
		pthread_mutex_unlock(&ahead->lock);
	}
	return NULL;
}

struct read_ahead *read_ahead_start(int fd, size_t unit, struct error *error)
{
	struct read_ahead *ahead = calloc(1, sizeof *ahead);
	if (!ahead) {
		close(fd);
		error_bench(error, "out of memory");
		return NULL;
	}
	ahead->fd = fd;
	ahead->piece_bytes = unit > PIECE_BYTES ? unit : PIECE_BYTES / unit * unit;
	pthread_mutex_init(&ahead->lock, NULL);
	pthread_cond_init(&ahead->changed, NULL);
	bool good = true;
	for (int i = 0; i < PIECES; i++) {
		ahead->pieces[i].bytes = malloc(ahead->piece_bytes);
		good = good && ahead->pieces[i].bytes;
	}
	ahead->started = good && pthread_create(&ahead->thread, NULL, read_all, ahead) == 0;
	if (!ahead->started) {
		read_ahead_stop(ahead);
		error_bench(error, "no memory or no thread to read with");
		return NULL;
	}
	return ahead;
}

void read_ahead_stop(struct read_ahead *ahead)
{
	if (!ahead)
		return;
	if (ahead->started) {
		pthread_mutex_lock(&ahead->lock);
		ahead->stopping = true;
		pthread_cond_broadcast(&ahead->changed);
		pthread_mutex_unlock(&ahead->lock);
		pthread_join(ahead->thread, NULL);
	}
	for (int i = 0; i < PIECES; i++)
		free(ahead->pieces[i].bytes);
	pthread_cond_destroy(&ahead->changed);
	pthread_mutex_destroy(&ahead->lock);
	close(ahead->fd);
	free(ahead);
}

bool read_ahead_next(struct read_ahead *ahead, size_t most, unsigned char **bytes, size_t *size, struct error *error)
{
	pthread_mutex_lock(&ahead->lock);
	/* The piece in hand was handed out before; once all of it was, it can be filled again. */
	if (ahead->taken > 0 && ahead->taken == ahead->pieces[ahead->released % PIECES].size) {
		ahead->released++;
		ahead->taken = 0;
		pthread_cond_broadcast(&ahead->changed);
	}
	while (ahead->filled == ahead->released && !ahead->ended)
		pthread_cond_wait(&ahead->changed, &ahead->lock);
	bool empty = ahead->filled == ahead->released;
	int cause = empty ? ahead->cause : 0;
	struct piece *piece = &ahead->pieces[ahead->released % PIECES];
	pthread_mutex_unlock(&ahead->lock);
	*size = 0;
	if (cause) {
		errno = cause;
		return error_errno(error, ERROR_BENCH, "cannot read");
	}
	if (empty)
		return true;
	size_t left = piece->size - ahead->taken;
	*size = left < most ? left : most;
	*bytes = piece->bytes + ahead->taken;
	ahead->taken += *size;
	return true;
}
