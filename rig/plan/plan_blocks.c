/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * train{}, single{} and pair{}: from a few numbers to every pulse. t(k,j,i) = k TT + j TB + i IPI (domain/protocols.md, section 1), always by
 * multiplication, so that no rounding accumulates.
 */
#include <math.h>
#include <string.h>

#include "plan_internal.h"

/* How long a block of one lone pulse or pair lasts when nothing else is declared: the step behind it must not meet the discharge. */
static const double lone_block_s = 0.1;

static void need_firing(lua_State *state, const char *function, bool paired)
{
	struct builder *builder = builder_of(state);
	builder_need_scenario(state, function);
	if (!builder->armed && builder->was_armed)
		builder_wrong(state, "%s: pulses after disarm() in line %d; arm() comes first", function, builder->disarm_line);
	if (!builder->armed)
		builder_wrong(state, "%s: pulses before arm()", function);
	if (isnan(builder->intensity_pct))
		builder_wrong(state, "%s: the intensity is not set; intensity(80) comes first", function);
	if (!paired && !isnan(builder->second_pct))
		builder_wrong(state,
			      "%s: the device is in paired-pulse mode since line %d; set one intensity first, for example intensity(80)",
			      function, builder->intensity_line);
	if (paired && isnan(builder->second_pct))
		builder_wrong(state, "%s: first and second say the two intensities, for example first = 36, second = 54", function);
	if (builder->intensity_pct <= 0 || builder->second_pct <= 0)
		builder_wrong(state, "%s: at an intensity of 0 %% nothing fires", function);
	if (builder->unsettled_line)
		builder_wrong(
			state,
			"%s: fires in the same instant as line %d arms or sets the device; await(\"ready\", seconds(2)) comes between",
			function, builder->unsettled_line);
}

static void need_room(lua_State *state, const char *function, double pulses)
{
	double steps = (double)builder_of(state)->plan->step_count + pulses;
	if (steps > PLAN_MAX_STEPS)
		builder_wrong(state, "%s: %.0f pulses make %.0f steps; a plan has at most %d", function, pulses, steps, PLAN_MAX_STEPS);
}

/* The expanded numbers of a block, and how pulses are spread. */
struct layout {
	struct plan_block block;
	double jitter;    /* of the burst period, as a ratio */
	bool one_trigger; /* the device gives both pulses of a pair on the first one's */
};

/*
 * A fixed sequence in [-1, 1] that spreads evenly (multiples of the golden ratio): jitter that is the same in every run. The first is 0.
 */
static double spread(uint32_t n)
{
	static const double golden = 0.61803398874989484820;
	double x = 0.5 + n * golden;
	return 2 * (x - floor(x)) - 1;
}

/* Onset from the block's begin. A jittered burst moves by at most half the jitter, so that an interval changes by at most all of it. */
static double onset_s(const struct layout *layout, uint32_t train, uint32_t burst, uint32_t index)
{
	const struct plan_block *block = &layout->block;
	double time_s = 0;
	if (train)
		time_s += train * block->train_period_s;
	if (burst)
		time_s += burst * block->burst_period_s;
	if (burst && layout->jitter > 0)
		time_s += round(1e6 * 0.5 * layout->jitter * block->burst_period_s * spread(burst)) * 1e-6;
	if (index)
		time_s += index * block->intra_burst_interval_s;
	return time_s;
}

static void fire(lua_State *state, const struct layout *layout, double duration_s)
{
	struct builder *builder = builder_of(state);
	struct plan *plan = builder->plan;
	int line = builder_line(state);
	uint32_t block_index = (uint32_t)plan->block_count;
	struct plan_block *block = builder_block(state);
	*block = layout->block;
	block->line = line;
	block->intensity_pct = builder->intensity_pct;
	block->first_pulse = (uint32_t)plan->pulse_count;
	block->pulses = block->pulses_per_burst * block->bursts_per_train * block->trains;
	if (!builder->section_open)
		builder->cursor_s = 0;
	double begin_s = builder->cursor_s;
	for (uint32_t n = 0; n < layout->block.pulses_per_burst * layout->block.bursts_per_train * layout->block.trains; n++) {
		uint32_t index = n % layout->block.pulses_per_burst, bursts = n / layout->block.pulses_per_burst;
		uint32_t burst = bursts % layout->block.bursts_per_train, train = bursts / layout->block.bursts_per_train;
		uint32_t pulse_index = (uint32_t)plan->pulse_count;
		double time_s = begin_s + onset_s(layout, train, burst, index);
		bool follows = index == 1 && layout->one_trigger;
		if (!follows)
			builder_step_at(state, STEP_TRIGGER, time_s, line)->trigger.pulse = pulse_index;
		bool second = index == 1 && !isnan(builder->second_pct);
		*builder_pulse(state) = (struct expected_pulse){
			.time_s = time_s,
			.intensity_pct = second ? builder->second_pct : builder->intensity_pct,
			.step = (uint32_t)plan->step_count - 1,
			.section = builder->steps[plan->step_count - 1].section,
			.follows = follows,
			.block = block_index,
			.train = train,
			.burst = burst,
			.index = index,
			.reversed = builder->reversed,
		};
	}
	builder->cursor_s = begin_s + duration_s;
}

/* A period that may be given as itself or as a rate; NAN when neither is. */
static double period_of(lua_State *state, const char *function, const char *rate_key, const char *period_key)
{
	if (plan_has(state, rate_key) && plan_has(state, period_key))
		builder_wrong(state, "%s: %s and %s say the same thing twice; keep one", function, rate_key, period_key);
	double period_s = plan_positive(state, function, period_key, UNIT_TIME);
	return isnan(period_s) ? 1 / plan_positive(state, function, rate_key, UNIT_RATE) : period_s;
}

/* count > 1 needs the period and count == 1 must not have it. */
static void match_count(lua_State *state, const char *function, const char *count_key, uint32_t count, double period_s, const char *keys)
{
	if (count > 1 && isnan(period_s))
		builder_wrong(state, "%s: %s = %u needs %s", function, count_key, (unsigned)count, keys);
	if (count == 1 && !isnan(period_s))
		builder_wrong(state, "%s: %s has no meaning while %s is 1", function, keys, count_key);
}

static enum iti_reference read_reference(lua_State *state)
{
	static const char *const names[] = {"train_onset", "last_pulse", "last_burst_onset", NULL};
	if (!plan_has(state, "iti_reference"))
		builder_wrong(state, "train: iti needs iti_reference = \"train_onset\", \"last_pulse\" or \"last_burst_onset\": what it is "
				     "counted from");
	int type = lua_getfield(state, 1, "iti_reference");
	const char *name = type == LUA_TSTRING ? lua_tostring(state, -1) : "";
	for (int i = 0; names[i]; i++)
		if (!strcmp(name, names[i])) {
			lua_pop(state, 1);
			return (enum iti_reference)(ITI_TRAIN_ONSET + i);
		}
	builder_wrong(state, "train: iti_reference is %s%s%s, but must be \"train_onset\", \"last_pulse\" or \"last_burst_onset\"",
		      type == LUA_TSTRING ? "\"" : "a ", type == LUA_TSTRING ? name : lua_typename(state, type),
		      type == LUA_TSTRING ? "\"" : "");
}

/* Length of a burst and of a train, from first to last onset. */
static double burst_length_s(const struct plan_block *block)
{
	return block->pulses_per_burst > 1 ? (block->pulses_per_burst - 1) * block->intra_burst_interval_s : 0;
}

static double train_length_s(const struct plan_block *block)
{
	return burst_length_s(block) + (block->bursts_per_train > 1 ? (block->bursts_per_train - 1) * block->burst_period_s : 0);
}

static void read_trains(lua_State *state, struct plan_block *block)
{
	bool has_iti = plan_has(state, "iti"), has_period = plan_has(state, "train_period");
	block->train_period_s = block->iti_s = NAN;
	if (has_iti && has_period)
		builder_wrong(state, "train: iti and train_period say the same thing twice; keep one");
	if (block->trains == 1) {
		if (has_iti || has_period || plan_has(state, "iti_reference"))
			builder_wrong(state, "train: %s has no meaning while trains is 1",
				      has_iti      ? "iti"
				      : has_period ? "train_period"
						   : "iti_reference");
		return;
	}
	if (!has_iti && !has_period)
		builder_wrong(state, "train: trains = %u needs train_period, or iti with iti_reference", (unsigned)block->trains);
	if (has_period) {
		if (plan_has(state, "iti_reference") && read_reference(state) != ITI_TRAIN_ONSET)
			builder_wrong(state,
				      "train: train_period is counted from train onset to train onset; say iti for any other reference");
		block->train_period_s = block->iti_s = plan_positive(state, "train", "train_period", UNIT_TIME);
		block->iti_reference = ITI_TRAIN_ONSET;
		return;
	}
	block->iti_s = plan_positive(state, "train", "iti", UNIT_TIME);
	block->iti_reference = read_reference(state);
	switch (block->iti_reference) {
	case ITI_NONE:
	case ITI_TRAIN_ONSET: block->train_period_s = block->iti_s; break;
	case ITI_LAST_PULSE: block->train_period_s = train_length_s(block) + block->iti_s; break;
	case ITI_LAST_BURST_ONSET:
		if (block->bursts_per_train == 1)
			builder_wrong(state,
				      "train: iti_reference = \"last_burst_onset\" needs bursts > 1; without bursts say \"last_pulse\"");
		block->train_period_s = (block->bursts_per_train - 1) * block->burst_period_s + block->iti_s;
		break;
	}
}

/* What a train takes including the rest of its last period: the "on" time of protocols. */
static double train_on_s(const struct plan_block *block)
{
	if (block->bursts_per_train > 1)
		return block->bursts_per_train * block->burst_period_s;
	return block->pulses_per_burst > 1 ? block->pulses_per_burst * block->intra_burst_interval_s : lone_block_s;
}

int plan_train(lua_State *state)
{
	static const char *const keys[] = {"pulses", "rate",         "ipi", "bursts",        "burst_rate", "burst_period",
					   "trains", "train_period", "iti", "iti_reference", NULL};
	plan_keys(state, "train", keys);
	need_firing(state, "train", false);
	if (!plan_has(state, "pulses"))
		builder_wrong(state, "train: pulses is missing: how many in each burst (or in each train, without bursts)");
	struct layout layout = {.block = {.kind = "train"}};
	struct plan_block *block = &layout.block;
	block->pulses_per_burst = plan_count(state, "train", "pulses", 1);
	block->bursts_per_train = plan_count(state, "train", "bursts", 1);
	block->trains = plan_count(state, "train", "trains", 1);
	need_room(state, "train", (double)block->pulses_per_burst * block->bursts_per_train * block->trains);
	block->intra_burst_interval_s = period_of(state, "train", "rate", "ipi");
	match_count(state, "train", "pulses", block->pulses_per_burst, block->intra_burst_interval_s, "rate or ipi");
	block->burst_period_s = period_of(state, "train", "burst_rate", "burst_period");
	match_count(state, "train", "bursts", block->bursts_per_train, block->burst_period_s, "burst_rate or burst_period");
	if (block->bursts_per_train > 1 && burst_length_s(block) >= block->burst_period_s)
		builder_wrong(state, "train: a burst takes %.9g s from first to last pulse, but the next one begins after %.9g s",
			      burst_length_s(block), block->burst_period_s);
	read_trains(state, block);
	if (block->trains > 1 && train_length_s(block) >= block->train_period_s)
		builder_wrong(state, "train: a train takes %.9g s from first to last pulse, but the next one begins after %.9g s",
			      train_length_s(block), block->train_period_s);
	/* A period declared from onset to onset is completed; a pause between trains does not follow the last one. */
	double duration_s = train_on_s(block);
	if (block->trains > 1)
		duration_s = block->iti_reference == ITI_TRAIN_ONSET ? block->trains * block->train_period_s
								     : (block->trains - 1) * block->train_period_s + duration_s;
	fire(state, &layout, duration_s);
	return 0;
}

static void read_trials(lua_State *state, const char *function, const char *count_key, struct layout *layout)
{
	layout->block.bursts_per_train = plan_count(state, function, count_key, 1);
	layout->block.trains = 1;
	layout->block.burst_period_s = plan_positive(state, function, "interval", UNIT_TIME);
	layout->block.train_period_s = layout->block.iti_s = NAN;
	if (layout->block.bursts_per_train > 1 && isnan(layout->block.burst_period_s))
		builder_wrong(state, "%s: %s = %u needs interval", function, count_key, (unsigned)layout->block.bursts_per_train);
	double jitter_pct = plan_number(state, function, "jitter", 0, 50, "% of the interval");
	layout->jitter = isnan(jitter_pct) ? 0 : jitter_pct / 100;
	if (layout->jitter > 0 && layout->block.bursts_per_train == 1)
		builder_wrong(state, "%s: jitter has no meaning while %s is 1", function, count_key);
}

/* A single block may have an interval to say how long it lasts; the expected facts have none then. */
static double trials_duration_s(struct layout *layout)
{
	double period_s = layout->block.burst_period_s;
	if (layout->block.bursts_per_train == 1)
		layout->block.burst_period_s = NAN;
	if (!isnan(period_s))
		return layout->block.bursts_per_train * period_s;
	return lone_block_s + (layout->block.pulses_per_burst > 1 ? layout->block.intra_burst_interval_s : 0);
}

int plan_single(lua_State *state)
{
	static const char *const keys[] = {"pulses", "interval", "jitter", NULL};
	plan_keys(state, "single", keys);
	need_firing(state, "single", false);
	struct layout layout = {.block = {.kind = "single", .pulses_per_burst = 1, .intra_burst_interval_s = NAN}};
	read_trials(state, "single", "pulses", &layout);
	need_room(state, "single", layout.block.bursts_per_train);
	fire(state, &layout, trials_duration_s(&layout));
	return 0;
}

/* Sets the two intensities unless they are set already, and lets the device get ready for them. */
static void set_pair_intensities(lua_State *state)
{
	struct builder *builder = builder_of(state);
	if (plan_has(state, "first") != plan_has(state, "second"))
		builder_wrong(state, "pair: first and second belong together");
	if (!plan_has(state, "first"))
		return;
	lua_getfield(state, 1, "first");
	double first_pct = plan_intensity(state, -1, "pair: first");
	lua_getfield(state, 1, "second");
	double second_pct = plan_intensity(state, -1, "pair: second");
	lua_pop(state, 2);
	if (fabs(first_pct - builder->intensity_pct) <= 0 && fabs(second_pct - builder->second_pct) <= 0)
		return;
	builder->intensity_pct = first_pct;
	builder->second_pct = second_pct;
	builder->intensity_line = builder_line(state);
	struct step *set = builder_step(state, STEP_SET_INTENSITY);
	set->set.intensity_pct = first_pct;
	set->set.second_pct = second_pct;
	double ready_within_s = plan_positive(state, "pair", "ready_within", UNIT_TIME);
	struct step *await = builder_step(state, STEP_AWAIT);
	await->await.name = "ready";
	await->await.timeout_s = isnan(ready_within_s) ? 5 : ready_within_s;
	builder_end_section(builder);
}

int plan_pair(lua_State *state)
{
	static const char *const keys[] = {"isi", "first", "second", "trials", "interval", "jitter", "ready_within", "triggers", NULL};
	plan_keys(state, "pair", keys);
	builder_need_scenario(state, "pair");
	if (!builder_of(state)->armed)
		need_firing(state, "pair", true);
	if (!plan_has(state, "isi"))
		builder_wrong(state, "pair: isi is missing: the interval between the two pulses, for example ms(2.5)");
	if (lua_getfield(state, 1, "isi") == LUA_TNUMBER)
		builder_wrong(state, "pair: isi needs a unit, for example ms(%.9g)", lua_tonumber(state, -1));
	lua_pop(state, 1);
	struct layout layout = {.block = {.kind = "pair", .pulses_per_burst = 2}};
	layout.block.intra_burst_interval_s = plan_positive(state, "pair", "isi", UNIT_TIME);
	read_trials(state, "pair", "trials", &layout);
	uint32_t triggers = plan_count(state, "pair", "triggers", 2);
	if (triggers > 2)
		builder_wrong(state, "pair: triggers is %u; a pair has one trigger (the device gives both pulses) or two",
			      (unsigned)triggers);
	layout.one_trigger = triggers == 1;
	if (layout.block.intra_burst_interval_s >= layout.block.burst_period_s * (1 - layout.jitter))
		builder_wrong(state, "pair: the second pulse comes %.9g s after the first, but the next pair after %.9g s",
			      layout.block.intra_burst_interval_s, layout.block.burst_period_s * (1 - layout.jitter));
	need_room(state, "pair", 2.0 * layout.block.bursts_per_train + 2);
	set_pair_intensities(state);
	need_firing(state, "pair", true);
	fire(state, &layout, trials_duration_s(&layout));
	return 0;
}
