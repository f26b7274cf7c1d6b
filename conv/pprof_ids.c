#include "config.h"
#include "conv/pprof_ids.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

void pprof_ids_init(struct pprof_ids *ids)
{
	*ids = (struct pprof_ids){ 0 };
	slots_init(&ids->slots, 256);
}

void pprof_ids_release(struct pprof_ids *ids)
{
	vec_release(&ids->items);
	slots_release(&ids->slots);
}

static bool id_equal(const void *context, const void *key, uint32_t number)
{
	const struct pprof_ids *ids = context;

	return ids->items.items[number].id == *(const uint64_t *)key;
}

static uint32_t hash_id(uint64_t id)
{
	return (uint32_t)XXH3_64bits(&id, sizeof(id));
}

bool pprof_ids_add(struct pprof_ids *ids, uint64_t id, uint32_t number)
{
	uint32_t next = (uint32_t)ids->items.n;

	if (slots_find_or_add(&ids->slots, hash_id(id), id_equal, ids, &id,
			      next) != next)
		return false;
	*vec_add(&ids->items) = (struct pprof_id){ id, number };
	return true;
}

bool pprof_ids_find(const struct pprof_ids *ids, uint64_t id, uint32_t *number)
{
	uint32_t at;

	/* Most writers count from 1. */
	if (id - 1 < ids->items.n && ids->items.items[id - 1].id == id)
		at = (uint32_t)(id - 1);
	else
		at = slots_find(&ids->slots, hash_id(id), id_equal, ids, &id);
	if (at == SLOT_FREE)
		return false;
	*number = ids->items.items[at].number;
	return true;
}
