/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "history_internal.h"

struct doubt_reader {
	history_doubt_row *row;
	void *context;
	enum history_doubt_kind kind;
};

static bool read_doubt(void *context, const struct history_cell *c, size_t count, struct error *error)
{
	const struct doubt_reader *reader = context;
	(void)count;
	const struct history_doubt doubt = {
		.kind = reader->kind,
		.bench = c[0].text,
		.count = c[1].integer,
		.what = c[2].text,
		.also = c[3].text,
	};
	return reader->row(reader->context, &doubt, error);
}

/* An attempt that several runs name is one. Of a run id the time is the beginning, so that the least is the first. */
#define EARLIER                                                                                                                            \
	"SELECT r.bench, COUNT(DISTINCT e.earlier), MIN(e.earlier), CAST(COUNT(DISTINCT CASE WHEN e.verdict = 'pass' THEN NULL ELSE "      \
	"e.earlier END) AS TEXT) FROM earlier_runs e JOIN runs r ON r.number = e.run "

static const struct {
	const char *select, *group;
} QUESTIONS[] = {
	[DOUBT_NOT_HERE] = {EARLIER "LEFT JOIN runs o ON o.id = e.earlier WHERE o.id IS NULL AND e.sums_sha256 IS NOT NULL",
			    " GROUP BY r.bench"},
	[DOUBT_NO_BUNDLE] = {EARLIER "LEFT JOIN runs o ON o.id = e.earlier WHERE o.id IS NULL AND e.sums_sha256 IS NULL",
			     " GROUP BY r.bench"},
	[DOUBT_FORK] = {"SELECT r.bench, COUNT(*), MIN(r.id), MAX(r.id) FROM runs r WHERE r.ledger_line IS NOT NULL",
			" GROUP BY r.bench, r.ledger_first, r.ledger_line HAVING COUNT(*) > 1"},
	[DOUBT_LEDGERS] = {"SELECT r.bench, COUNT(DISTINCT r.ledger_first), MAX(r.ledger_began), MIN(r.ledger_began) FROM runs r WHERE "
			   "r.ledger_first IS NOT NULL",
			   " GROUP BY r.bench HAVING COUNT(DISTINCT r.ledger_first) > 1"},
};

bool history_doubts(struct history *history, const struct history_filter *filter, history_doubt_row *row, void *context,
		    struct error *error)
{
	for (size_t kind = 0; kind < sizeof QUESTIONS / sizeof *QUESTIONS; kind++) {
		struct doubt_reader reader = {row, context, (enum history_doubt_kind)kind};
		auto_query struct query query = query_make(QUESTIONS[kind].select);
		query_filter(&query, filter);
		text_puts(&query.sql, QUESTIONS[kind].group);
		text_puts(&query.sql, " ORDER BY 1, 3");
		if (!query_run(history, &query, read_doubt, &reader, error))
			return false;
	}
	return true;
}
