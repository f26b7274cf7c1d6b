/*
 * Where the symbols of a module end that have no size, and which labels are
 * no functions. For workers only.
 */
#ifndef SYMBOLIZE_SYMBOL_EXTENTS_H
#define SYMBOLIZE_SYMBOL_EXTENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/vec.h"
#include "symbolize/intervals.h"
#include "symbolize/symbol_choice.h"

struct symbol {
	uint64_t start;
	uint64_t limit; /* start: not known, it has no size */
	uint64_t section_limit;
	struct symbol_candidate candidate;
	size_t order;	     /* in the file */
	bool is_local_label; /* STB_LOCAL and STT_NOTYPE */
};

struct symbol_list {
	VEC(struct symbol) items;
	VEC(uint64_t) hidden; /* labels that name nothing */
};

/*
 * Gives the symbols without a size their limits, and takes out the labels that
 * lie inside of a function; one symbol an address, sorted. Functions are what
 * is known of code besides symbols, sorted by start; limit == start: the end
 * is not known.
 */
void symbol_extents_give(struct symbol_list *list,
			 const struct intervals *functions);

#endif
