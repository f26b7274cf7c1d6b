/*
 * A hash table of numbers, for things that are kept in an array and known by
 * their index. It holds no keys: a slot is compared with the thing itself. A
 * static inline equal() is inlined into the search.
 */
#ifndef BASE_SLOTS_H
#define BASE_SLOTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SLOT_FREE UINT32_MAX

struct slots {
	uint32_t *numbers; /* SLOT_FREE: free */
	uint32_t *hashes;
	size_t n_slots; /* a power of two */
	size_t n_used;
};

/* n_slots: a power of two. */
void slots_init(struct slots *slots, size_t n_slots);
void slots_release(struct slots *slots);

/* Behind slots_find_or_add(). */
void slots_grow(struct slots *slots);

/*
 * The number whose thing equals key, or SLOT_FREE. equal(context, key, number)
 * is asked for numbers with this hash only.
 */
static inline uint32_t slots_find(const struct slots *slots, uint32_t hash,
				  bool (*equal)(const void *context,
						const void *key,
						uint32_t number),
				  const void *context, const void *key)
{
	size_t mask = slots->n_slots - 1;

	for (size_t at = hash & mask; slots->numbers[at] != SLOT_FREE;
	     at = (at + 1) & mask)
		if (slots->hashes[at] == hash &&
		    equal(context, key, slots->numbers[at]))
			return slots->numbers[at];
	return SLOT_FREE;
}

/*
 * The same, but a thing that is not there gets the given number, which is
 * returned and kept.
 */
static inline uint32_t slots_find_or_add(
	struct slots *slots, uint32_t hash,
	bool (*equal)(const void *context, const void *key, uint32_t number),
	const void *context, const void *key, uint32_t number)
{
	size_t mask, at;

	if (slots->n_used >= slots->n_slots / 2)
		slots_grow(slots);
	mask = slots->n_slots - 1;
	for (at = hash & mask; slots->numbers[at] != SLOT_FREE;
	     at = (at + 1) & mask)
		if (slots->hashes[at] == hash &&
		    equal(context, key, slots->numbers[at]))
			return slots->numbers[at];
	slots->numbers[at] = number;
	slots->hashes[at] = hash;
	slots->n_used++;
	return number;
}

#endif
