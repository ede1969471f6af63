/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the waveform of a pulse is, and which half waves of it the other measurements go by. */
#include <math.h>

#include "pulse_work.h"
#include "turn.h"

/* A zero later than the flank leads to by this share of the rise is that of an after-current. */
#define LATE_SHARE 0.1

static bool inside(const struct work *work, ptrdiff_t index)
{
	return index >= 0 && index < (ptrdiff_t)work->n;
}

unsigned pulse_half_waves(struct work *work, const struct lobes *lobes)
{
	bool biphasic = work->zero1 >= 0 && work->peak2 > work->zero1 && lobes->course != COURSE_ONE_LOBE && lobes->course != COURSE_TAIL;
	if (biphasic && lobes->course == COURSE_TWO_LOBES && !inside(work, work->zero2)) {
		work->foreseen = true;
		work->zero2 = isfinite(lobes->foot2) ? (ptrdiff_t)ceil(lobes->foot2) : -1;
	}
	if (biphasic && work->zero2 > work->peak2 && inside(work, work->zero2))
		return 2;
	if (lobes->course == COURSE_UNKNOWN || lobes->course == COURSE_MORE_LOBES)
		return inside(work, work->zero1) && work->peak2 < 0;
	work->peak2 = work->zero2 = -1;
	if (lobes->course == COURSE_TAIL)
		work->zero1 = -1;
	if (lobes->course != COURSE_ONE_LOBE || !(lobes->zero1 < (double)work->n))
		return 0;
	if (work->zero1 < 0 || (double)work->zero1 > lobes->latest_zero1 + fmax(1.5, LATE_SHARE * work->rise)) {
		work->foreseen = true;
		work->zero1 = (ptrdiff_t)ceil(lobes->zero1);
		work->foot = lobes->down_quarter;
	}
	return inside(work, work->zero1);
}

void pulse_hidden_end(struct work *work, unsigned half_waves)
{
	const struct wave_shape *shape = &work->shape;
	if (!work->foreseen)
		return;
	double end = work->onset + (shape->onset.value + half_waves * shape->half_wave.value) / work->ts;
	bool known = work->fitted && end < (double)work->n;
	*(half_waves == 2 ? &work->zero2 : &work->zero1) = known ? (ptrdiff_t)ceil(end) : -1;
}

static enum waveform waveform_of(enum course course, enum turn turn)
{
	if (turn == TURN_UNKNOWN || course == COURSE_MORE_LOBES)
		return WAVEFORM_UNKNOWN;
	if (turn == TURN_CORNER)
		return WAVEFORM_RECTANGULAR;
	switch (course) {
	case COURSE_TWO_LOBES: return WAVEFORM_BIPHASIC;
	case COURSE_ONE_LOBE: return WAVEFORM_HALF_SINE;
	case COURSE_TAIL: return WAVEFORM_MONOPHASIC;
	case COURSE_UNKNOWN:
	case COURSE_MORE_LOBES: break;
	}
	return WAVEFORM_UNKNOWN;
}

enum waveform pulse_classify(struct work *work, const struct lobes *lobes, const struct pulse *pulse)
{
	/* Of a clipped pulse the turn cannot be seen; two half waves are told all the same. */
	enum turn turn = !pulse->clipped                     ? turn_find(work, lobes, pulse->noise_a)
			 : lobes->course == COURSE_TWO_LOBES ? TURN_WAVE
							     : TURN_UNKNOWN;
	enum waveform waveform = waveform_of(lobes->course, turn);
	work->straight = waveform == WAVEFORM_RECTANGULAR;
	/* Only of these two is a damped wave known to be the model. */
	if (waveform != WAVEFORM_BIPHASIC && waveform != WAVEFORM_HALF_SINE)
		work->fitted = work->clean = false;
	return waveform;
}
