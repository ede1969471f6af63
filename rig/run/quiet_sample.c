/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "quiet_sample.h"

#include <math.h>
#include <pthread.h>
#include <string.h>

enum { READ_FRAMES = 65536, EDGES = 256, ARRIVALS = 64 };
static const double SLICE_S = 0.02;
/* How much later than another a block may come out of a machine, at least; under load it is as much as was seen. */
static const double ARRIVAL_S = 25e-3;
/* A rate that is known no better is no test. */
static const double RATE_LIMIT_MAX = 0.25;

/* Sums of one channel, of counts less the first one so that squares stay small. */
struct sums {
	double sum, squares;
	int16_t first, least, most;
};

struct taking {
	struct bench *bench;
	struct quiet_sample *sample;
	struct sums sums[RECORDING_MAX_CHANNELS];
	struct arrival {
		double frame, time_s; /* the end of a block, and when it came */
	} arrivals[ARRIVALS];         /* of the blocks before the stop; of many of them, every stride-th */
	unsigned arrived, stride, skipped;
	size_t longest; /* block, frames */
	atomic_bool stopping, over;
};

static double now_s(const struct bench *bench)
{
	const struct clock_port *clock = &bench_ports((struct bench *)bench)->clock;
	return clock->ops->now_s(clock->self);
}

/* When the list is full, every second one of it is kept. */
static void keep_arrival(struct taking *taking, struct arrival arrival, size_t frames)
{
	if (frames > taking->longest)
		taking->longest = frames;
	/* The rest of a buffer that was held back for a check has nothing to do with when it was taken. */
	if (4 * frames < taking->longest || taking->skipped++ % taking->stride != 0)
		return;
	if (taking->arrived == ARRIVALS) {
		for (unsigned i = 0; i < ARRIVALS / 2; i++)
			taking->arrivals[i] = taking->arrivals[2 * i];
		taking->arrived = ARRIVALS / 2;
		taking->stride *= 2;
	}
	taking->arrivals[taking->arrived++] = arrival;
}

static void add_block(struct taking *taking, const struct block *block)
{
	unsigned channels = bench_ports(taking->bench)->adc.format.channel_count;
	bool begun = taking->sample->frames > 0;
	for (unsigned c = 0; c < channels; c++) {
		struct sums *sums = &taking->sums[c];
		if (!begun && block->frames > 0)
			sums->first = sums->least = sums->most = block->samples[c];
		for (size_t f = 0; f < block->frames; f++) {
			int16_t count = block->samples[f * channels + c];
			double off = count - sums->first;
			sums->sum += off;
			sums->squares += off * off;
			if (count < sums->least)
				sums->least = count;
			if (count > sums->most)
				sums->most = count;
		}
	}
	taking->sample->frames += block->frames;
	if (atomic_load(&taking->stopping))
		return;
	keep_arrival(taking, (struct arrival){(double)(block->first_frame + block->frames), now_s(taking->bench)}, block->frames);
}

static void *read_adc(void *argument)
{
	struct taking *taking = argument;
	const struct adc_port *adc = &bench_ports(taking->bench)->adc;
	struct quiet_sample *sample = taking->sample;
	struct adc_read read = {.state = ADC_BLOCK};
	bool good = true;
	while (good && read.state != ADC_END) {
		good = adc->ops->read(adc->self, READ_FRAMES, &read, &sample->adc_error);
		if (good && read.state == ADC_BLOCK)
			add_block(taking, &read.block);
		if (good && read.state == ADC_GAP) {
			sample->gaps++;
			sample->lost += read.gap.frames;
		}
	}
	sample->adc_ended = good && atomic_load(&taking->stopping);
	if (good && !sample->adc_ended)
		error_bench(&sample->adc_error, "the samples ended by themselves");
	atomic_store(&taking->over, true);
	return NULL;
}

/* What the analyser has until now; at its end, all of it. */
static bool read_edges(const struct logic_port *logic, bool to_the_end, struct quiet_sample *sample)
{
	struct edge edges[EDGES];
	size_t count;
	bool end = false;
	do {
		if (!logic->ops->read(logic->self, edges, EDGES, &count, &end, &sample->logic_error))
			return false;
		for (size_t e = 0; e < count; e++)
			sample->edges[edges[e].line]++;
	} while (!end && (to_the_end || count > 0));
	return true;
}

/* Until the time, the end of the samples or an abort. */
static bool wait(struct taking *taking, const struct logic_port *logic, double until_s, const atomic_bool *abort, bool *logic_good,
		 struct error *error)
{
	const struct clock_port *clock = &bench_ports(taking->bench)->clock;
	while (now_s(taking->bench) < until_s && !atomic_load(&taking->over)) {
		if (abort && atomic_load(abort))
			return error_set(error, ERROR_ABORTED, "stopped by the operator");
		if (!clock->ops->sleep_until(clock->self, fmin(until_s, now_s(taking->bench) + SLICE_S), error))
			return false;
		if (*logic_good)
			*logic_good = read_edges(logic, false, taking->sample);
	}
	return true;
}

static void summarise(struct taking *taking)
{
	struct quiet_sample *sample = taking->sample;
	const struct recording_format *format = &bench_ports(taking->bench)->adc.format;
	double n = (double)sample->frames;
	for (unsigned c = 0; c < format->channel_count && n > 0; c++) {
		const struct sums *sums = &taking->sums[c];
		const struct channel *channel = &format->channels[c];
		double mean = sums->sum / n, a = channel->scale * sums->least + channel->offset,
		       b = channel->scale * sums->most + channel->offset;
		sample->channels[c] = (struct quiet_channel){
			.mean = channel->scale * (sums->first + mean) + channel->offset,
			.rms = fabs(channel->scale) * sqrt(fmax(0, sums->squares / n - mean * mean)),
			.least = fmin(a, b),
			.most = fmax(a, b),
			.alive = sums->least != sums->most,
		};
	}
}

/* How late the arrivals are in sum, and at most, against a line through two of them that none is earlier than; INFINITY when one is. */
static double lateness(const struct taking *taking, const struct arrival *from, double s_per_frame, double *most_s)
{
	double sum_s = 0;
	*most_s = 0;
	for (unsigned i = 0; i < taking->arrived; i++) {
		double late_s = taking->arrivals[i].time_s - from->time_s - s_per_frame * (taking->arrivals[i].frame - from->frame);
		if (late_s < -1e-9)
			return INFINITY;
		sum_s += fmax(0, late_s);
		*most_s = fmax(*most_s, late_s);
	}
	return sum_s;
}

/*
 * Blocks may come late, never early: of the lines below all arrivals the one with the least lateness in sum is that of the sample clock (Moon, Skelly
 * and Towsley, Estimation and removal of clock skew from network delay measurements, 1999). It goes through two of them.
 */
static void rate_of_arrivals(struct taking *taking)
{
	struct quiet_sample *sample = taking->sample;
	double best_s = INFINITY;
	for (unsigned i = 0; i < taking->arrived; i++)
		for (unsigned k = i + 1; k < taking->arrived; k++) {
			const struct arrival *a = &taking->arrivals[i], *b = &taking->arrivals[k];
			double frames = b->frame - a->frame, over_s = b->time_s - a->time_s;
			double most_s = INFINITY,
			       late_s = frames > 0 && over_s > 0 ? lateness(taking, a, over_s / frames, &most_s) : (double)INFINITY;
			if (late_s >= best_s)
				continue;
			best_s = late_s;
			sample->rate_hz = frames / over_s;
			sample->rate_over_s = over_s;
			sample->rate_limit_rel = fmax(ARRIVAL_S, most_s) / over_s;
		}
	if (taking->arrived < 3 || sample->rate_limit_rel > RATE_LIMIT_MAX)
		sample->rate_hz = NAN;
}

/* On a virtual clock the samples come when they are asked for, so that only their number tells. */
static void measure_rate(struct taking *taking, double begin_s, double end_s)
{
	struct quiet_sample *sample = taking->sample;
	const struct bench_setup *setup = bench_setup(taking->bench);
	double frames = (double)(sample->frames + sample->lost);
	if (!setup->clock_driver || strcmp(setup->clock_driver, "virtual") != 0) {
		rate_of_arrivals(taking);
		return;
	}
	sample->rate_over_s = end_s - begin_s;
	sample->rate_hz = frames / sample->rate_over_s;
	sample->rate_limit_rel = 2 / (frames + 1);
}

static bool take_adc(struct taking *taking, const struct logic_port *logic, double duration_s, const atomic_bool *abort, bool *logic_good,
		     struct error *error)
{
	const struct adc_port *adc = &bench_ports(taking->bench)->adc;
	struct quiet_sample *sample = taking->sample;
	pthread_t reader;
	double begin_s = now_s(taking->bench);
	bool started = adc->ops && adc->ops->start(adc->self, &sample->adc_error);
	if (started && pthread_create(&reader, NULL, read_adc, taking) != 0)
		return error_bench(error, "no thread to read samples with");
	bool waited = wait(taking, logic, begin_s + duration_s, abort, logic_good, error);
	if (!started)
		return waited;
	struct error stop_error = {0};
	double end_s = now_s(taking->bench);
	atomic_store(&taking->stopping, true);
	bool stopped = adc->ops->stop(adc->self, &stop_error);
	pthread_join(reader, NULL);
	if (!stopped && sample->adc_ended) {
		sample->adc_ended = false;
		sample->adc_error = stop_error;
	}
	summarise(taking);
	measure_rate(taking, begin_s, end_s);
	return waited;
}

bool quiet_sample_take(struct bench *bench, double duration_s, const atomic_bool *abort, struct quiet_sample *sample, struct error *error)
{
	*sample = (struct quiet_sample){.rate_hz = NAN};
	struct taking taking = {.bench = bench, .sample = sample, .stride = 1};
	const struct ports *ports = bench_ports(bench);
	const struct logic_port *logic = &ports->logic;
	if (!ports->clock.ops)
		return error_bench(error, "the bench has no clock to take samples by");
	bool logic_good = sample->logic_started = logic->ops && logic->ops->start(logic->self, &sample->logic_error);
	bool taken = take_adc(&taking, logic, duration_s, abort, &logic_good, error);
	if (logic->ops && sample->logic_started) {
		struct error stop_error = {0};
		bool stopped = logic->ops->stop(logic->self, &stop_error);
		sample->logic_ended = logic_good && stopped && read_edges(logic, true, sample);
		if (logic_good && !stopped)
			sample->logic_error = stop_error;
	}
	return taken;
}
