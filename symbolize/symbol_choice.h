/*
 * Which of several symbols at one address names it: perf's choice, so that
 * profiles read alike.
 *
 * Source: choose_best_symbol() of tools/perf/util/symbol.c.
 */
#ifndef SYMBOLIZE_SYMBOL_CHOICE_H
#define SYMBOLIZE_SYMBOL_CHOICE_H

#include <stdbool.h>
#include <stdint.h>

struct symbol_candidate {
	const char *name;
	uint64_t size; /* 0: unknown */
	bool is_weak;
	bool is_global;
};

/* Whether b is better than a, which came first. */
bool symbol_is_better(const struct symbol_candidate *b,
		      const struct symbol_candidate *a);

#endif
