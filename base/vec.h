/*
 * A growable array of any type:
 *
 *	VEC(struct mapping) mappings = { 0 };
 *	*vec_add(&mappings) = mapping;
 *	for (size_t i = 0; i < mappings.n; i++)
 *		use(&mappings.items[i]);
 *	vec_release(&mappings);
 *
 * A zeroed VEC is empty. Growing moves the items, so keep indexes rather than
 * pointers across vec_add().
 */
#ifndef BASE_VEC_H
#define BASE_VEC_H

#include <stddef.h>
#include <stdlib.h>

#define VEC(type)                \
	struct {                 \
		type *items;     \
		size_t n;        \
		size_t capacity; \
	}

/* The address of a new, uninitialised last item. */
#define vec_add(v) (vec_reserve((v), (v)->n + 1), &(v)->items[(v)->n++])

/* Makes room for n items in all. */
#define vec_reserve(v, wanted)                                               \
	((void)((v)->capacity < (wanted) &&                                  \
		((v)->items = vec_grow((v)->items, &(v)->capacity, (wanted), \
				       sizeof(*(v)->items)),                 \
		 1)))

/* Frees the items; the VEC is empty again. */
#define vec_release(v) \
	(free((v)->items), (v)->items = NULL, (v)->n = (v)->capacity = 0)

/* Behind vec_reserve(). */
void *vec_grow(void *items, size_t *capacity, size_t wanted, size_t item_size);

#endif
