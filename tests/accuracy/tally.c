/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tally.h"

#include <math.h>

static void close_run(struct tally *tally)
{
	tally->nn += tally->run_cases * tally->run_cases;
	tally->nc += tally->run_cases * tally->run_covered;
	tally->vv += tally->run_covered * tally->run_covered;
	tally->run_cases = tally->run_covered = 0;
}

void tally_add(struct tally *tally, const struct trial *trial)
{
	if (!isfinite(trial->error) || !(trial->u > 0)) {
		tally->lacking += 1;
		return;
	}
	if (trial->run != tally->run)
		close_run(tally);
	tally->run = trial->run;
	double z = trial->error / trial->u, c = trial->random_error / trial->bound;
	tally->cases += 1;
	tally->covered += fabs(trial->error) <= trial->expanded;
	tally->run_cases += 1;
	tally->run_covered += fabs(trial->error) <= trial->expanded;
	tally->z += z;
	tally->zz += z * z;
	tally->error += trial->error;
	tally->u += trial->u;
	tally->by_expanded[(unsigned)fmin(TALLY_BINS - 1, TALLY_BINS_A_UNIT * fabs(trial->error) / trial->expanded)]++;
	if (!isfinite(c))
		return;
	tally->bounded += 1;
	tally->c += c;
	tally->cc += c * c;
	double h = trial->random_error / trial->honest_bound;
	tally->honest += 1;
	tally->h += h;
	tally->hh += h * h;
}

double tally_coverage_pct(const struct tally *tally)
{
	return 100 * tally->covered / tally->cases;
}

double tally_chance_pct(const struct tally *tally)
{
	struct tally closed = *tally;
	close_run(&closed);
	double share = closed.covered / closed.cases, squares = closed.vv - 2 * share * closed.nc + share * share * closed.nn;
	return 100 * sqrt(fmax(0, squares)) / closed.cases;
}

/* The standard deviation by chance of the coverage, where it is truly `limit_pct`: cases that all agree show no scatter, and yet it may be chance. */
static double chance_at(const struct tally *tally, double limit_pct)
{
	return fmax(tally_chance_pct(tally), sqrt(limit_pct * (100 - limit_pct) / tally->cases));
}

bool tally_covers(const struct tally *tally, double low_pct, double high_pct)
{
	double coverage = tally_coverage_pct(tally);
	return coverage >= low_pct - TALLY_CHANCES * chance_at(tally, low_pct) &&
	       coverage <= high_pct + TALLY_CHANCES * chance_at(tally, high_pct);
}

double tally_bias(const struct tally *tally)
{
	return tally->z / tally->cases;
}

double tally_inflation(const struct tally *tally)
{
	return 1 / sqrt(tally->zz / tally->cases);
}

double tally_bias_of_means(const struct tally *tally)
{
	return tally->error / tally->u;
}

double tally_excess(const struct tally *tally)
{
	double below = 0, due = 0.95 * tally->cases;
	unsigned bin = 0;
	while (bin < TALLY_BINS - 1 && below + tally->by_expanded[bin] < due)
		below += tally->by_expanded[bin++];
	return TALLY_BINS_A_UNIT / (bin + (due - below) / fmax(1, tally->by_expanded[bin]));
}

static double deviation(double n, double sum, double squares)
{
	return n > 1 ? sqrt(fmax(0, squares - sum * sum / n) / (n - 1)) : NAN;
}

double tally_efficiency(const struct tally *tally)
{
	return deviation(tally->bounded, tally->c, tally->cc);
}

double tally_honest_efficiency(const struct tally *tally)
{
	return deviation(tally->honest, tally->h, tally->hh);
}

bool tally_holds(const struct tally *tally, const struct limits *limits, const char **why)
{
	if (!(tally->cases > 0) || tally->lacking > limits->lacking_share * tally->cases)
		*why = "values are lacking";
	else if (!tally_covers(tally, limits->coverage_low, limits->coverage_high))
		*why = "coverage";
	else if (!(tally_inflation(tally) <= limits->inflation) || !(tally_excess(tally) <= limits->inflation))
		*why = "inflated u";
	else if (!(fabs(limits->one_scale ? tally_bias_of_means(tally) : tally_bias(tally)) <= limits->bias))
		*why = "bias";
	else if (isfinite(limits->efficiency) && !(tally_honest_efficiency(tally) <= limits->efficiency))
		*why = "efficiency";
	else
		return true;
	return false;
}
