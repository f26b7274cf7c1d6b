#include "config.h"
#include "base/intern.h"

#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/alloc.h"

enum { FREE_SLOT = -1 };

static size_t length_of(const struct intern *table, uint32_t number)
{
	size_t limit = number + 1 < table->n ? table->offsets[number + 1]
					     : table->size;

	return limit - table->offsets[number] - 1;
}

static uint32_t hash_of(const char *text, size_t size)
{
	return (uint32_t)XXH3_64bits(text, size);
}

/* The slot that holds the string, or the free one where it belongs. */
static uint32_t *find_slot(const struct intern *table, const char *text,
			   size_t size)
{
	uint32_t mask = table->n_slots - 1;
	uint32_t i = hash_of(text, size) & mask;

	for (;; i = (i + 1) & mask) {
		uint32_t number = table->slots[i];

		if (number == (uint32_t)FREE_SLOT ||
		    (length_of(table, number) == size &&
		     memcmp(intern_get(table, number), text, size) == 0))
			return &table->slots[i];
	}
}

static void rehash(struct intern *table)
{
	table->n_slots *= 2;
	table->slots =
		mem_resize(table->slots, table->n_slots, sizeof(*table->slots));
	memset(table->slots, 0xff, table->n_slots * sizeof(*table->slots));
	for (uint32_t i = 0; i < table->n; i++)
		*find_slot(table, intern_get(table, i), length_of(table, i)) =
			i;
}

static void append(struct intern *table, const char *text, size_t size)
{
	if (table->capacity - table->size < size + 1) {
		table->capacity = table->capacity * 2 + size + 1;
		table->bytes = mem_resize(table->bytes, table->capacity, 1);
	}
	if (table->n == table->offsets_capacity) {
		table->offsets_capacity *= 2;
		table->offsets =
			mem_resize(table->offsets, table->offsets_capacity,
				   sizeof(*table->offsets));
	}
	table->offsets[table->n++] = table->size;
	if (size)
		memcpy(table->bytes + table->size, text, size);
	table->bytes[table->size + size] = '\0';
	table->size += size + 1;
}

void intern_init(struct intern *table)
{
	*table = (struct intern){
		.capacity = 4096,
		.offsets_capacity = 256,
		.n_slots = 512,
	};
	table->bytes = mem_alloc(table->capacity);
	table->offsets =
		mem_zalloc(table->offsets_capacity, sizeof(*table->offsets));
	table->slots = mem_alloc(table->n_slots * sizeof(*table->slots));
	memset(table->slots, 0xff, table->n_slots * sizeof(*table->slots));
	intern_add(table, "");
}

void intern_release(struct intern *table)
{
	free(table->bytes);
	free(table->offsets);
	free(table->slots);
	*table = (struct intern){ 0 };
}

uint32_t intern_add_bytes(struct intern *table, const char *text, size_t size)
{
	uint32_t *slot = find_slot(table, text, size);

	if (*slot != (uint32_t)FREE_SLOT)
		return *slot;
	*slot = table->n;
	append(table, text, size);
	if (table->n > table->n_slots / 2)
		rehash(table);
	return table->n - 1;
}

bool intern_find(const struct intern *table, const char *text, uint32_t *number)
{
	*number = *find_slot(table, text, strlen(text));
	return *number != (uint32_t)FREE_SLOT;
}

uint32_t intern_add(struct intern *table, const char *text)
{
	return intern_add_bytes(table, text, strlen(text));
}
