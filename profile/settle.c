/*
 * What was made equal, or has no use any more, when the addresses of stacks
 * were corrected. That is little: what has not changed stays where it is.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/alloc.h"
#include "base/slots.h"
#include "profile/exact.h"

/* ---- locations ---- */

static bool location_equal(const void *context, const void *key,
			   uint32_t number)
{
	const struct profile *profile = context;
	const struct location *a = key, *b = &profile->locations.items[number];
	const struct frame *frames = profile->frames.items;

	return a->module == b->module && a->address == b->address &&
	       a->is_folded == b->is_folded && a->n_frames == b->n_frames &&
	       (a->n_frames == 0 ||
		memcmp(&frames[a->first_frame], &frames[b->first_frame],
		       a->n_frames * sizeof(*frames)) == 0);
}

/* Which modules have return locations; the last is for NO_MODULE. NULL: none
 * has any. */
static bool *modules_with_returns(const struct profile *profile)
{
	bool *modules = NULL;

	for (size_t i = 0; i < profile->locations.n; i++) {
		const struct location *location = &profile->locations.items[i];
		size_t module = location->module == NO_MODULE
					? profile->modules.n
					: location->module;

		if (!location->is_return)
			continue;
		if (!modules)
			modules = mem_zalloc(profile->modules.n + 1,
					     sizeof(*modules));
		modules[module] = true;
	}
	return modules;
}

/* The first of equal locations, for each; only return locations have equals. */
static uint32_t *first_equals(struct profile *profile, const bool *modules,
			      bool *has_equals)
{
	uint32_t *numbers = mem_alloc(profile->locations.n * sizeof(*numbers));
	struct slots slots;

	slots_init(&slots, 1024);
	for (uint32_t i = 0; i < profile->locations.n; i++) {
		struct location *location = &profile->locations.items[i];
		uint64_t key[2] = { location->address, location->module };

		numbers[i] = i;
		location->is_return = false;
		if (!modules[location->module == NO_MODULE ? profile->modules.n
							   : location->module])
			continue;
		numbers[i] = slots_find_or_add(
			&slots, (uint32_t)XXH3_64bits(key, sizeof(key)),
			location_equal, profile, location, i);
		*has_equals |= numbers[i] != i;
	}
	slots_release(&slots);
	return numbers;
}

/* Puts the first of equals into stacks, and notes which have changed. */
static void replace_locations(struct profile *profile, const uint32_t *numbers)
{
	for (uint32_t i = 0; i < profile->stacks.n; i++) {
		const struct stack *stack = &profile->stacks.items[i];
		bool has_changed = false;

		for (uint32_t k = 0; k < stack->n; k++) {
			uint32_t *entry = &profile->stack_locations
						   .items[stack->first + k];

			has_changed |= numbers[*entry] != *entry;
			*entry = numbers[*entry];
		}
		if (has_changed)
			*vec_add(&profile->changed_stacks) = i;
	}
}

/* Takes those away that no stack has. */
static void drop_unused(struct profile *profile)
{
	size_t n_stack_locations = profile->stack_locations.n, n = 0;
	uint32_t *entries = profile->stack_locations.items;
	uint32_t *numbers = mem_zalloc(profile->locations.n, sizeof(*numbers));
	uint32_t unmapped = 0;

	for (size_t i = 0; i < profile->stacks.n; i++)
		for (uint32_t k = 0; k < profile->stacks.items[i].n; k++)
			numbers[entries[profile->stacks.items[i].first + k]] =
				1;
	for (size_t i = 0; i < profile->locations.n; i++) {
		if (!numbers[i])
			continue;
		if (profile->locations.items[i].is_unmapped)
			unmapped = (uint32_t)n + 1;
		numbers[i] = (uint32_t)n;
		profile->locations.items[n++] = profile->locations.items[i];
	}
	profile->locations.n = n;
	for (size_t i = 0; i < n_stack_locations; i++)
		entries[i] = numbers[entries[i]];
	profile->unmapped = unmapped;
	free(numbers);
}

void profile_merge_stacks(struct profile *profile)
{
	profile_merge_changed_stacks(profile);
	drop_unused(profile);
}

void profile_replace_locations(struct profile *profile, const uint32_t *numbers)
{
	replace_locations(profile, numbers);
	profile_merge_stacks(profile);
}

void profile_settle_locations(struct profile *profile)
{
	bool *modules = modules_with_returns(profile), has_equals = false;
	uint32_t *numbers;

	if (!modules)
		return;
	numbers = first_equals(profile, modules, &has_equals);
	if (has_equals)
		replace_locations(profile, numbers);
	if (profile->changed_stacks.n > 0)
		profile_merge_stacks(profile);
	free(numbers);
	free(modules);
}
