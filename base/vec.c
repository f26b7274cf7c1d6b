#include "config.h"
#include "base/vec.h"

#include "base/alloc.h"

void *vec_grow(void *items, size_t *capacity, size_t wanted, size_t item_size)
{
	size_t bigger = *capacity + *capacity / 2;

	if (bigger < 8)
		bigger = 8;
	if (bigger < wanted)
		bigger = wanted;
	*capacity = bigger;
	return mem_resize(items, bigger, item_size);
}
