#include "config.h"
#include "conv/deferred.h"

#include "conv/perf_abi.h"
#include "conv/perf_record.h"

static uint32_t hash_cookie(uint64_t cookie)
{
	return (uint32_t)(cookie * UINT64_C(0x9e3779b97f4a7c15) >> 32);
}

static bool cookie_equal(const void *context, const void *key, uint32_t number)
{
	const struct deferred *deferred = context;

	return deferred->chains.items[number].cookie == *(const uint64_t *)key;
}

/* One cookie comes once for each event that asked; all are the same stack. */
static bool add(struct deferred *deferred, struct reader payload)
{
	uint64_t cookie = reader_u64(&payload);
	struct reader ips = reader_items(&payload, reader_u64(&payload), 8);
	uint32_t next = (uint32_t)deferred->chains.n;
	struct deferred_chain chain = {
		.cookie = cookie,
		.first = deferred->words.n,
		.n = reader_left(&ips) / 8,
	};

	if (!reader_ok(&payload))
		return false;
	if (slots_find_or_add(&deferred->slots, hash_cookie(cookie),
			      cookie_equal, deferred, &cookie, next) != next)
		return true;
	for (size_t i = 0; i < chain.n; i++)
		*vec_add(&deferred->words) = reader_u64(&ips);
	*vec_add(&deferred->chains) = chain;
	return true;
}

void deferred_init(struct deferred *deferred, struct perf_scan *scan,
		   const struct perf_file *file)
{
	*deferred = (struct deferred){ 0 };
	/* Chains without an entry lie at its start, too. */
	vec_reserve(&deferred->words, 1);
	slots_init(&deferred->slots, 64);
	for (size_t i = 0; i < scan->sideband.n; i++) {
		const struct sideband *record = &scan->sideband.items[i];
		struct reader payload =
			reader_over(scan->bytes.bytes + record->at,
				    record->size, file->is_swapped);

		if (record->type != RECORD_CALLCHAIN_DEFERRED)
			continue;
		record_take_id(file, record->type, &payload);
		if (!add(deferred, payload))
			scan->n_damaged++;
	}
}

void deferred_release(struct deferred *deferred)
{
	vec_release(&deferred->chains);
	vec_release(&deferred->words);
	slots_release(&deferred->slots);
}

const uint64_t *deferred_find(const struct deferred *deferred, uint64_t cookie,
			      size_t *n)
{
	uint32_t number = slots_find(&deferred->slots, hash_cookie(cookie),
				     cookie_equal, deferred, &cookie);

	if (number == SLOT_FREE)
		return NULL;
	*n = deferred->chains.items[number].n;
	return deferred->words.items + deferred->chains.items[number].first;
}
