#include "config.h"
#include "base/slots.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

void slots_init(struct slots *slots, size_t n_slots)
{
	*slots = (struct slots){
		.numbers = mem_alloc(n_slots * sizeof(uint32_t)),
		.hashes = mem_alloc(n_slots * sizeof(uint32_t)),
		.n_slots = n_slots,
	};
	memset(slots->numbers, 0xff, n_slots * sizeof(uint32_t));
}

void slots_release(struct slots *slots)
{
	free(slots->numbers);
	free(slots->hashes);
	*slots = (struct slots){ 0 };
}

void slots_grow(struct slots *slots)
{
	struct slots old = *slots;
	size_t mask;

	slots_init(slots, old.n_slots * 2);
	slots->n_used = old.n_used;
	mask = slots->n_slots - 1;
	for (size_t i = 0; i < old.n_slots; i++) {
		size_t at = old.hashes[i] & mask;

		if (old.numbers[i] == SLOT_FREE)
			continue;
		while (slots->numbers[at] != SLOT_FREE)
			at = (at + 1) & mask;
		slots->numbers[at] = old.numbers[i];
		slots->hashes[at] = old.hashes[i];
	}
	slots_release(&old);
}
