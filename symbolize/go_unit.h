/*
 * Files, lines and inlined calls of a Go program without DWARF, from what its
 * runtime prints stack traces by (Go 1.18 and later). Functions that follow
 * each other form a unit, which takes the place of one of DWARF. For workers
 * only.
 */
#ifndef SYMBOLIZE_GO_UNIT_H
#define SYMBOLIZE_GO_UNIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "symbolize/go_pclntab.h"
#include "symbolize/intervals.h"

struct go_units {
	struct go_pclntab table;
	struct go_functions functions;
	struct reader go_func; /* data of functions; failed: none */
};

/* Borrows the image's bytes. False: it has no units, and nothing to release. */
bool go_units_open(struct go_units *units, const struct image *image);
void go_units_release(struct go_units *units);

/* Appends the ranges of all units, disjoint, in order, with their numbers,
 * which are no offset of a unit of DWARF. */
void go_units_index(const struct go_units *units, struct intervals *index);

/* Appends the table of a unit to out; false if there is no such unit. */
bool go_units_table(const struct go_units *units, uint64_t unit,
		    struct buf *out);

#endif
