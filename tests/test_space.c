/* Address spaces as values, against a plain array that is copied. */
#include "config.h"

#include <stdint.h>

#include "conv/space.h"
#include "symbolize/intervals.h"
#include "tests/tap.h"

enum { SIZE = 200, STEPS = 2000 };

static uint32_t state = 1;

static uint32_t next_random(uint32_t limit)
{
	state = state * 1664525 + 1013904223;
	return (state >> 8) % limit;
}

/* Every version of a space must stay what it was when it was made. */
static void test_random(void)
{
	static uint32_t model[STEPS + 1][SIZE];
	static uint32_t versions[STEPS + 1];
	struct spaces spaces;
	bool is_equal = true;

	spaces_init(&spaces);
	memset(model[0], 0xff, sizeof(model[0]));
	versions[0] = SPACE_EMPTY;
	for (uint32_t step = 1; step <= STEPS; step++) {
		uint32_t from = next_random(step);
		uint32_t start = next_random(SIZE - 1);
		uint32_t limit = start + 1 + next_random(SIZE - start - 1);
		bool is_removal = next_random(4) == 0;

		memcpy(model[step], model[from], sizeof(model[0]));
		for (uint32_t i = start; i < limit; i++)
			model[step][i] = is_removal ? NO_MAPPING : step;
		versions[step] = is_removal
					 ? space_unmap(&spaces, versions[from],
						       start, limit)
					 : space_map(&spaces, versions[from],
						     start, limit, step);
	}
	for (uint32_t step = 0; step <= STEPS; step++)
		for (uint32_t i = 0; i < SIZE; i++)
			is_equal = is_equal &&
				   space_find(&spaces, versions[step], i) ==
					   model[step][i];
	ok(is_equal, "%d versions answer as a copied array does", STEPS);
	spaces_release(&spaces);
}

static void test_edges(void)
{
	struct spaces spaces;
	uint32_t space;

	spaces_init(&spaces);
	space = space_map(&spaces, SPACE_EMPTY, UINT64_MAX - 1, UINT64_MAX, 7);
	ok_equal(space_find(&spaces, space, UINT64_MAX - 1), 7, "at the top");
	ok(space_find(&spaces, space, UINT64_MAX) == NO_MAPPING,
	   "the limit is exclusive");
	ok(space_find(&spaces, SPACE_EMPTY, 0) == NO_MAPPING,
	   "nothing is in the empty space");
	spaces_release(&spaces);
}

/* Intervals that nest, against painting them one after the other. */
static void test_intervals(void)
{
	struct intervals nested = { 0 }, flat = { 0 };
	uint64_t painted[SIZE] = { 0 };
	bool is_equal = true, is_disjoint = true;

	for (uint32_t i = 1; i <= 60; i++) {
		uint32_t start = next_random(SIZE - 1);
		uint32_t limit = start + 1 + next_random(SIZE - start - 1);

		*vec_add(&nested) = (struct interval){ start, limit, i };
	}
	intervals_flatten(&nested, &flat);
	/* nested is now in order of start: the last one wins. */
	for (size_t i = 0; i < nested.n; i++)
		for (uint64_t a = nested.items[i].start;
		     a < nested.items[i].limit; a++)
			painted[a] = nested.items[i].value;
	for (size_t i = 0; i < flat.n; i++) {
		is_disjoint = is_disjoint &&
			      (i == 0 ||
			       flat.items[i - 1].limit <= flat.items[i].start);
		for (uint64_t a = flat.items[i].start; a < flat.items[i].limit;
		     a++) {
			is_equal =
				is_equal && painted[a] == flat.items[i].value;
			painted[a] = 0;
		}
	}
	for (size_t a = 0; a < SIZE; a++)
		is_equal = is_equal && painted[a] == 0;
	ok(is_disjoint, "flat intervals are disjoint and in order");
	ok(is_equal, "and the same map as painting");
	vec_release(&nested);
	vec_release(&flat);
}

int main(void)
{
	test_random();
	test_edges();
	test_intervals();
	return tap_done();
}
