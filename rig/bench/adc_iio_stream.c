/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The thread that refills, the ring behind it, and the watchdog beside it. libiio's time-outs are not relied on: a refill that takes too long is
 * cancelled from the watchdog, and one that does not end then is left alone.
 */
#include <math.h>
#include <pthread.h>
#include <string.h>
#include <time.h>

#include "adc_iio.h"
#include "host_line.h"
#include "iio_frames.h"

/* ADI's cores: status of the capture; bit 2 says that samples were lost, and is cleared by writing it. */
static const uint32_t STATUS_REGISTER = 0x80000088, STATUS_OVERFLOW = 4;
/* Beside what the finder of losses holds back, so much is kept for a consumer that is slow. */
static const double RING_S = 1, RING_MOST_BYTES = 256e6;
/* How long a cancelled refill may take to end, and how long after stop() the last samples may take to be beyond doubt, beside what the finder holds. */
static const double CANCEL_S = 0.3, SETTLE_S = 1;
/* Below the thread that fires and the guardian. Buffers are timed as they arrive, and by these times losses are found. */
enum { READER_PRIORITY = 50 };

struct piece {
	uint64_t first; /* number received */
	size_t frames;
	int16_t *samples;
};

struct adc_iio_stream {
	struct adc_iio *adc;
	struct iio_buffer *buffer;
	unsigned channel_count;
	double sample_rate_hz;
	struct loss_finder *finder; /* the reader thread's, but for its losses, which the lock guards */
	uint64_t *stamps;           /* of one buffer */
	uint64_t skip;              /* frames still to throw away */

	pthread_t reader, watchdog;
	bool reader_started, watchdog_started;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct piece *pieces;
	size_t piece_count, filled, taken; /* counts since the start */
	uint64_t received, released;
	struct host_line line;
	uint64_t lost;       /* told until now */
	double busy_since_s; /* a refill began; NAN: none under way */
	bool stopping, cancelled, ended, failed, hung, closing;
	uint64_t stop_at;
	double stopped_s;
	struct error error;

	/* The consumer's own. */
	uint64_t out, out_frame; /* samples received and frames of the recording handed out */
	struct loss next;
	bool has_next;
};

static double now_s(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static double patience_s(const struct adc_iio_stream *stream)
{
	return adc_iio_buffer_s(stream->adc) + stream->adc->setup->adc.timeout_s;
}

/* With the lock held; the first error stays. */
static void end_with(struct adc_iio_stream *stream, const struct error *error)
{
	if (error && !stream->failed && !stream->hung) {
		stream->failed = true;
		stream->error = *error;
	}
	stream->ended = true;
	pthread_cond_broadcast(&stream->changed);
}

static void tell_stall(const struct adc_iio_stream *stream, struct error *error)
{
	iio_connection_error(&stream->adc->connection, error, 0, "no samples for %.2f s, after %llu; it stalled, or the way to it is cut",
			     now_s() - stream->busy_since_s, (unsigned long long)stream->received);
}

/* What a refill that failed means. */
static void tell_refill(struct adc_iio_stream *stream, long code, double began_s, struct error *error)
{
	unsigned long long received = stream->received;
	const struct iio_connection *connection = &stream->adc->connection;
	if (stream->cancelled || now_s() - began_s >= stream->adc->setup->adc.timeout_s || code == -ETIMEDOUT)
		iio_connection_error(connection, error, 0, "no samples for %.2f s, after %llu; it stalled, or the way to it is cut",
				     now_s() - began_s, received);
	else if (code == -EPIPE || code == -ECONNRESET)
		iio_connection_error(connection, error, 0, "the connection was closed after %llu samples", received);
	else
		iio_connection_error(connection, error, code, "the samples ended after %llu", received);
}

static bool poll_overflow(struct adc_iio_stream *stream, struct error *error)
{
	if (stream->adc->setup->adc.gaps != GAPS_BY_OVERFLOW_REGISTER || stream->received == 0)
		return true;
	uint32_t status = 0;
	int got = iio_device_reg_read(stream->adc->device, STATUS_REGISTER, &status);
	bool overflow = got == 0 && status & STATUS_OVERFLOW;
	if (overflow)
		got = iio_device_reg_write(stream->adc->device, STATUS_REGISTER, status);
	if (got < 0)
		return iio_connection_error(&stream->adc->connection, error, got, "its overflow register cannot be read and cleared");
	pthread_mutex_lock(&stream->lock);
	bool good = loss_finder_overflow(stream->finder, stream->received, overflow, error);
	pthread_mutex_unlock(&stream->lock);
	return good;
}

static struct iio_element element_of(const struct adc_iio_stream *stream, const struct iio_channel *channel)
{
	const struct iio_data_format *format = iio_channel_get_data_format(channel);
	const unsigned char *start = iio_buffer_start(stream->buffer), *first = iio_buffer_first(stream->buffer, channel);
	return (struct iio_element){(size_t)(first - start), format->length / 8, format->bits,
				    format->shift,           format->is_signed,  format->is_be};
}

/* A free piece, or NULL when the consumer holds them all. */
static struct piece *free_piece(struct adc_iio_stream *stream)
{
	pthread_mutex_lock(&stream->lock);
	bool full = stream->filled - stream->taken == stream->piece_count;
	struct piece *piece = full ? NULL : &stream->pieces[stream->filled % stream->piece_count];
	pthread_mutex_unlock(&stream->lock);
	return piece;
}

/* Looks for losses and publishes the piece; without one its samples are a gap. */
static bool publish(struct adc_iio_stream *stream, size_t frames, double arrival_s, bool kept, struct error *error)
{
	struct loss_finder *finder = stream->finder;
	pthread_mutex_lock(&stream->lock);
	uint64_t received = stream->received + frames;
	bool good = !stream->adc->stamps || loss_finder_stamps(finder, stream->stamps, frames, error);
	good = good && loss_finder_arrival(finder, received, arrival_s, error);
	good = good && (kept || loss_finder_overrun(finder, stream->received, received, error));
	if (good) {
		host_line_add(&stream->line, (double)(received + stream->lost), arrival_s);
		stream->filled += kept;
		stream->received = received;
		stream->released = loss_finder_released(finder);
		pthread_cond_broadcast(&stream->changed);
	}
	pthread_mutex_unlock(&stream->lock);
	return good || iio_connection_error(&stream->adc->connection, error, 0, "%s", error->text);
}

/* The frames of a buffer that has come. */
static bool take_buffer(struct adc_iio_stream *stream, size_t bytes, double arrival_s, struct error *error)
{
	const struct adc_iio *adc = stream->adc;
	size_t step = (size_t)iio_buffer_step(stream->buffer), expected = adc->setup->adc.buffer_frames;
	if (step == 0 || bytes != step * expected)
		return iio_connection_error(
			&adc->connection, error, 0,
			"a buffer of %zu bytes came instead of %zu, after %llu samples; what became of the rest is not known", bytes,
			step * expected, (unsigned long long)stream->received);
	if (stream->skip > 0) {
		stream->skip -= stream->skip < expected ? stream->skip : expected;
		return loss_finder_skipped(stream->finder, arrival_s, error);
	}
	const unsigned char *start = iio_buffer_start(stream->buffer);
	struct piece *piece = free_piece(stream);
	if (piece) {
		struct iio_element elements[RECORDING_MAX_CHANNELS];
		for (unsigned c = 0; c < stream->channel_count; c++)
			elements[c] = element_of(stream, adc->channels[c]);
		iio_frames_convert(elements, stream->channel_count, start, step, expected, piece->samples);
		piece->first = stream->received;
		piece->frames = expected;
	}
	if (adc->stamps) {
		struct iio_element stamp = element_of(stream, adc->stamps);
		iio_stamps_load(&stamp, start, step, expected, stream->stamps);
	}
	return publish(stream, expected, arrival_s, piece != NULL, error) && poll_overflow(stream, error);
}

/* After stop() the samples of before become sure, if they still can. */
static bool is_over(struct adc_iio_stream *stream)
{
	pthread_mutex_lock(&stream->lock);
	bool over = stream->closing || stream->hung ||
		    (stream->stopping &&
		     (stream->released >= stream->stop_at || now_s() - stream->stopped_s > SETTLE_S + loss_finder_held_s(stream->finder)));
	pthread_mutex_unlock(&stream->lock);
	return over;
}

static void *read_buffers(void *argument)
{
	struct adc_iio_stream *stream = argument;
	struct error error = {0};
	bool good = true;
	while (good && !is_over(stream)) {
		double began_s = now_s();
		pthread_mutex_lock(&stream->lock);
		stream->busy_since_s = began_s;
		pthread_mutex_unlock(&stream->lock);
		ssize_t got = iio_buffer_refill(stream->buffer);
		double arrival_s = now_s();
		pthread_mutex_lock(&stream->lock);
		stream->busy_since_s = NAN;
		bool hung = stream->hung;
		if (got < 0)
			tell_refill(stream, (long)got, began_s, &error);
		pthread_mutex_unlock(&stream->lock);
		/* Nobody waits for a thread that was given up; what it would touch may be gone. */
		if (hung)
			return NULL;
		good = got >= 0 && take_buffer(stream, (size_t)got, arrival_s, &error);
	}
	pthread_mutex_lock(&stream->lock);
	end_with(stream, good ? NULL : &error);
	pthread_mutex_unlock(&stream->lock);
	return NULL;
}

static void *watch_refills(void *argument)
{
	struct adc_iio_stream *stream = argument;
	double patience = patience_s(stream), cancelled_s = NAN;
	pthread_mutex_lock(&stream->lock);
	while (!stream->ended) {
		struct timespec until;
		clock_gettime(CLOCK_MONOTONIC, &until);
		until.tv_nsec += 50000000;
		if (until.tv_nsec >= 1000000000) {
			until.tv_nsec -= 1000000000;
			until.tv_sec++;
		}
		pthread_cond_timedwait(&stream->changed, &stream->lock, &until);
		double busy_s = now_s() - stream->busy_since_s;
		if (!stream->cancelled && (busy_s > patience || (stream->closing && busy_s >= 0))) {
			stream->cancelled = true;
			cancelled_s = now_s();
			iio_buffer_cancel(stream->buffer);
		} else if (stream->cancelled && busy_s >= 0 && now_s() - cancelled_s > CANCEL_S) {
			struct error error = {0};
			tell_stall(stream, &error);
			end_with(stream, &error);
			stream->hung = true;
		}
	}
	pthread_mutex_unlock(&stream->lock);
	return NULL;
}

static bool allocate(struct adc_iio_stream *stream)
{
	const struct adc_setup *setup = &stream->adc->setup->adc;
	size_t piece_bytes = (size_t)setup->buffer_frames * stream->channel_count * sizeof(int16_t);
	double held_s = loss_finder_held_s(stream->finder);
	stream->piece_count = (size_t)ceil((held_s + RING_S) / adc_iio_buffer_s(stream->adc)) + 2;
	if ((double)stream->piece_count * (double)piece_bytes > RING_MOST_BYTES)
		stream->piece_count = (size_t)(RING_MOST_BYTES / (double)piece_bytes) + 2;
	stream->pieces = calloc(stream->piece_count, sizeof *stream->pieces);
	stream->stamps = stream->adc->stamps ? calloc(setup->buffer_frames, sizeof *stream->stamps) : NULL;
	bool good = stream->pieces && (stream->stamps || !stream->adc->stamps);
	for (size_t i = 0; good && i < stream->piece_count; i++)
		good = (stream->pieces[i].samples = malloc(piece_bytes)) != NULL;
	return good;
}

static void release(struct adc_iio_stream *stream)
{
	for (size_t i = 0; stream->pieces && i < stream->piece_count; i++)
		free(stream->pieces[i].samples);
	free(stream->pieces);
	free(stream->stamps);
	loss_finder_destroy(stream->finder);
	pthread_cond_destroy(&stream->changed);
	pthread_mutex_destroy(&stream->lock);
	free(stream);
}

static struct adc_iio_stream *create(struct adc_iio *adc)
{
	struct adc_iio_stream *stream = calloc(1, sizeof *stream);
	if (!stream)
		return NULL;
	const struct adc_setup *setup = &adc->setup->adc;
	stream->adc = adc;
	stream->channel_count = setup->channel_count;
	stream->sample_rate_hz = setup->sample_rate_hz;
	stream->busy_since_s = NAN;
	pthread_condattr_t clock;
	pthread_condattr_init(&clock);
	pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
	pthread_mutex_init(&stream->lock, NULL);
	pthread_cond_init(&stream->changed, &clock);
	pthread_condattr_destroy(&clock);
	stream->line = (struct host_line){
		.period_s = 1 / setup->sample_rate_hz, .rate_tolerance = setup->clock_accuracy_rel + 1e-4, .latency_s = adc->latency_s};
	stream->finder = loss_finder_create(&(struct loss_finder_setup){
		.method = setup->gaps,
		.sample_rate_hz = setup->sample_rate_hz,
		.clock_accuracy_rel = setup->clock_accuracy_rel,
		.buffer_frames = setup->buffer_frames,
		.kernel_buffers = setup->kernel_buffers,
		.counter_bits = adc->stamps ? iio_channel_get_data_format(adc->stamps)->bits : 0,
	});
	if (stream->finder && allocate(stream))
		return stream;
	release(stream);
	return NULL;
}

struct adc_iio_stream *adc_iio_stream_start(struct adc_iio *adc, struct error *error)
{
	struct adc_iio_stream *stream = create(adc);
	if (!stream) {
		error_bench(error, "%s: out of memory", adc->connection.instrument);
		return NULL;
	}
	stream->skip = loss_finder_skip(stream->finder);
	stream->line.start_s = now_s();
	stream->buffer = iio_device_create_buffer(adc->device, adc->setup->adc.buffer_frames, false);
	int cause = errno;
	stream->line.start_width_s = now_s() - stream->line.start_s;
	stream->line.start_s += (double)stream->skip / stream->sample_rate_hz;
	if (!stream->buffer) {
		iio_connection_error(&adc->connection, error, cause, "no buffer of %u frames can be had", adc->setup->adc.buffer_frames);
		release(stream);
		return NULL;
	}
	stream->reader_started = pthread_create(&stream->reader, NULL, read_buffers, stream) == 0;
	/* Where it is not allowed, a busy machine makes the times worse, and that is noticed. */
	if (stream->reader_started)
		(void)pthread_setschedparam(stream->reader, SCHED_FIFO, &(struct sched_param){.sched_priority = READER_PRIORITY});
	stream->watchdog_started = stream->reader_started && pthread_create(&stream->watchdog, NULL, watch_refills, stream) == 0;
	if (!stream->watchdog_started) {
		error_bench(error, "%s: no thread to read with", adc->connection.instrument);
		bool released = adc_iio_stream_destroy(stream);
		(void)released; /* without a watchdog it only can be */
		return NULL;
	}
	return stream;
}

/* With the lock held: the next loss of what is released. */
static bool look_for_loss(struct adc_iio_stream *stream)
{
	if (!stream->has_next)
		stream->has_next = loss_finder_take(stream->finder, &stream->next);
	return stream->has_next;
}

/* The gap that begins where the consumer is, if there is one; losses that touch are one gap. */
static bool take_gap(struct adc_iio_stream *stream, struct gap *gap)
{
	uint64_t until = stream->out, lost = 0;
	bool any = false;
	*gap = (struct gap){.first_frame = stream->out_frame, .cause = GAP_LOST};
	while (look_for_loss(stream) && stream->next.first <= until) {
		until = stream->next.last > until ? stream->next.last : until;
		lost += stream->next.lost;
		gap->cause = stream->next.cause;
		stream->has_next = false;
		any = true;
	}
	if (lost > 0) {
		stream->lost += lost;
		host_line_shift(&stream->line, (double)(stream->out_frame + (until - stream->out)), (double)lost);
	}
	gap->frames = until - stream->out + lost;
	stream->out = until;
	stream->out_frame += gap->frames;
	return any && gap->frames > 0;
}

/* Gives back the pieces whose samples were all handed out. */
static void drop_pieces(struct adc_iio_stream *stream)
{
	while (stream->taken < stream->filled) {
		const struct piece *piece = &stream->pieces[stream->taken % stream->piece_count];
		if (piece->first + piece->frames > stream->out)
			return;
		stream->taken++;
	}
}

static bool take_block(struct adc_iio_stream *stream, size_t max_frames, struct block *block)
{
	if (stream->out >= stream->released || stream->taken == stream->filled)
		return false;
	const struct piece *piece = &stream->pieces[stream->taken % stream->piece_count];
	uint64_t end = piece->first + piece->frames;
	end = stream->released < end ? stream->released : end;
	if (look_for_loss(stream) && stream->next.first < end)
		end = stream->next.first;
	size_t frames = (size_t)(end - stream->out);
	frames = frames < max_frames ? frames : max_frames;
	*block = (struct block){stream->out_frame, frames, piece->samples + (stream->out - piece->first) * stream->channel_count};
	stream->out += frames;
	stream->out_frame += frames;
	return true;
}

bool adc_iio_stream_read(struct adc_iio_stream *stream, size_t max_frames, struct adc_read *read, struct error *error)
{
	bool good = true;
	pthread_mutex_lock(&stream->lock);
	for (;;) {
		/* Here and not before: the last block stays until the next read. */
		drop_pieces(stream);
		if (stream->out < stream->released && take_gap(stream, &read->gap)) {
			read->state = ADC_GAP;
			break;
		}
		if (take_block(stream, max_frames, &read->block)) {
			read->state = ADC_BLOCK;
			break;
		}
		if (stream->ended) {
			read->state = ADC_END;
			good = !stream->failed;
			if (!good && error)
				*error = stream->error;
			break;
		}
		pthread_cond_wait(&stream->changed, &stream->lock);
	}
	pthread_mutex_unlock(&stream->lock);
	return good;
}

void adc_iio_stream_stop(struct adc_iio_stream *stream)
{
	pthread_mutex_lock(&stream->lock);
	if (!stream->stopping) {
		stream->stopping = true;
		stream->stop_at = stream->received;
		stream->stopped_s = now_s();
	}
	pthread_mutex_unlock(&stream->lock);
}

double adc_iio_stream_frame(struct adc_iio_stream *stream, double host_s, double *u_frames)
{
	pthread_mutex_lock(&stream->lock);
	struct host_line line = stream->line;
	pthread_mutex_unlock(&stream->lock);
	return host_line_sample(&line, host_s, u_frames);
}

void adc_iio_stream_proof(struct adc_iio_stream *stream, char *out, size_t size)
{
	pthread_mutex_lock(&stream->lock);
	loss_finder_proof(stream->finder, out, size);
	pthread_mutex_unlock(&stream->lock);
}

bool adc_iio_stream_destroy(struct adc_iio_stream *stream)
{
	if (!stream)
		return true;
	pthread_mutex_lock(&stream->lock);
	stream->closing = true;
	bool failed = stream->failed;
	pthread_cond_broadcast(&stream->changed);
	pthread_mutex_unlock(&stream->lock);
	if (stream->watchdog_started)
		pthread_join(stream->watchdog, NULL);
	if (stream->hung) {
		pthread_detach(stream->reader);
		return false;
	}
	if (!stream->watchdog_started)
		iio_buffer_cancel(stream->buffer);
	if (stream->reader_started)
		pthread_join(stream->reader, NULL);
	/* To close a buffer that failed in good order would wait for an answer. */
	if (failed)
		iio_buffer_cancel(stream->buffer);
	iio_buffer_destroy(stream->buffer);
	release(stream);
	return true;
}
