/*
 * Intervals of addresses with a value each. Where they nest or overlap, an
 * address belongs to the one that starts last; where that ends, the one around
 * it goes on.
 */
#ifndef SYMBOLIZE_INTERVALS_H
#define SYMBOLIZE_INTERVALS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/vec.h"

struct interval {
	uint64_t start;
	uint64_t limit;
	uint64_t value;
};

struct intervals {
	struct interval *items;
	size_t n;
	size_t capacity;
};

/* Sorts by start, else in their order. */
void intervals_sort(struct intervals *intervals);

/* Appends to flat the same map as disjoint intervals in order. nested is
 * sorted on the way: by start, else in its order. */
void intervals_flatten(struct intervals *nested, struct intervals *flat);

/*
 * The number of the part that an address lies in, when part i begins at
 * starts[i], in order, and ends where the next begins; false if the address
 * lies before all of them.
 */
bool intervals_find_part(const uint64_t *starts, uint32_t n, uint64_t address,
			 uint64_t *part);

#endif
