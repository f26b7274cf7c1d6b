/*
 * What the ids of a pprof profile's messages stand for. Any number may be an
 * id; most writers count from 1.
 */
#ifndef CONV_PPROF_IDS_H
#define CONV_PPROF_IDS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slots.h"
#include "base/vec.h"

/* A message's own id, and what became of it. */
struct pprof_id {
	uint64_t id;
	uint32_t number;
};

struct pprof_ids {
	VEC(struct pprof_id) items;
	struct slots slots;
};

void pprof_ids_init(struct pprof_ids *ids);
void pprof_ids_release(struct pprof_ids *ids);

/* False if the id is taken. */
bool pprof_ids_add(struct pprof_ids *ids, uint64_t id, uint32_t number);

/* False if there is no such id. */
bool pprof_ids_find(const struct pprof_ids *ids, uint64_t id, uint32_t *number);

#endif
