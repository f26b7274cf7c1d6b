/*
 * Address spaces as values: a space is a number that stands for a set of
 * disjoint mappings and never changes. Mapping something gives a new space
 * that shares nearly all of the old one, so every process can have one for
 * each moment at which its mappings changed, a fork costs nothing, and looking
 * an address up at any time is a search in the space of that time.
 */
#ifndef CONV_SPACE_H
#define CONV_SPACE_H

#include <stdint.h>

#include "base/vec.h"

/* The space with nothing in it. */
enum { SPACE_EMPTY = 0 };

/* What space_find() answers where nothing is mapped. */
#define NO_MAPPING UINT32_MAX

struct space_node {
	uint64_t start;
	uint64_t limit;
	uint32_t mapping; /* the caller's number for what is mapped there */
	uint32_t priority;
	uint32_t left;
	uint32_t right;
};

/* All spaces of a capture. */
struct spaces {
	VEC(struct space_node) nodes;
	uint64_t seed;
};

void spaces_init(struct spaces *spaces);
void spaces_release(struct spaces *spaces);

/*
 * The space that is like the given one but for [start, limit), where now
 * mapping lies and everything else gives way: wholly, or the part of it that
 * is covered. start is below limit.
 */
uint32_t space_map(struct spaces *spaces, uint32_t space, uint64_t start,
		   uint64_t limit, uint32_t mapping);

/* The space without what was mapped in [start, limit). */
uint32_t space_unmap(struct spaces *spaces, uint32_t space, uint64_t start,
		     uint64_t limit);

/* The number of the mapping at an address, or NO_MAPPING. */
uint32_t space_find(const struct spaces *spaces, uint32_t space,
		    uint64_t address);

/* Where the first mapping begins that does so at an address or above it;
 * UINT64_MAX: none does. */
uint64_t space_next(const struct spaces *spaces, uint32_t space,
		    uint64_t address);

#endif
