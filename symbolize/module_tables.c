#include "config.h"
#include "symbolize/module_tables.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

void module_tables_init(struct module_tables *tables, struct cache *cache)
{
	*tables = (struct module_tables){ .cache = cache };
	slots_init(&tables->slots, 64);
}

void module_tables_release(struct module_tables *tables)
{
	for (size_t i = 0; i < tables->tables.n; i++)
		free(tables->tables.items[i].bytes);
	vec_release(&tables->tables);
	slots_release(&tables->slots);
	vec_release(&tables->lacking);
	free(tables->index_bytes);
	tables->index_bytes = NULL;
}

static bool take_index(struct module_tables *tables, const void *bytes,
		       size_t size)
{
	void *copy = mem_copy(bytes, size);
	struct image_index index;
	struct err err;

	if (!image_index_open(&index, copy, size, &err)) {
		free(copy);
		return false;
	}
	free(tables->index_bytes);
	tables->index_bytes = copy;
	tables->index = index;
	return true;
}

bool module_tables_load(struct module_tables *tables, const char *key)
{
	const void *bytes;
	size_t size;

	snprintf(tables->key, sizeof(tables->key), "%s", key);
	return cache_get(tables->cache, key, CACHE_IMAGE, 0, &bytes, &size) &&
	       take_index(tables, bytes, size);
}

struct table_key {
	enum cache_kind kind;
	uint64_t number;
};

static bool table_equal(const void *context, const void *key, uint32_t number)
{
	const struct module_tables *tables = context;
	const struct module_table *table = &tables->tables.items[number];
	const struct table_key *wanted = key;

	return table->kind == wanted->kind && table->number == wanted->number;
}

/* The place of a table, new or known. */
static struct module_table *place_of(struct module_tables *tables,
				     enum cache_kind kind, uint64_t number)
{
	struct table_key key = { kind, number };
	uint64_t hash = (number * 31 + kind) * UINT64_C(0x9e3779b97f4a7c15);
	uint32_t next = (uint32_t)tables->tables.n, place;

	place = slots_find_or_add(&tables->slots, (uint32_t)(hash >> 32),
				  table_equal, tables, &key, next);
	if (place == next)
		*vec_add(&tables->tables) = (struct module_table){
			.kind = kind,
			.number = number,
		};
	return &tables->tables.items[place];
}

static bool take_table(struct module_tables *tables, enum cache_kind kind,
		       uint64_t number, const void *bytes, size_t size)
{
	void *copy = mem_copy(bytes, size);
	struct module_table *place;
	struct table table;
	struct err err;

	if (!table_open(&table, copy, size, &err)) {
		free(copy);
		return false;
	}
	place = place_of(tables, kind, number);
	free(place->bytes);
	place->bytes = copy;
	place->table = table;
	place->state = TABLE_KNOWN;
	return true;
}

bool module_tables_take_blob(struct module_tables *tables,
			     const struct worker_blob *blob,
			     const unsigned char *bytes)
{
	switch (blob->kind) {
	case WORKER_INDEX:
		return take_index(tables, bytes, blob->size);
	case WORKER_SYMBOLS:
		return take_table(tables, CACHE_SYMBOLS, blob->number, bytes,
				  blob->size);
	case WORKER_UNIT:
		return take_table(tables, CACHE_UNIT, blob->number, bytes,
				  blob->size);
	case WORKER_LACKS:
		*vec_add(&tables->lacking) = blob->number;
		return true;
	}
	return false;
}

static int compare_units(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

size_t module_tables_n_lacking(struct module_tables *tables)
{
	size_t n = 0;

	if (tables->lacking.n == 0)
		return tables->index_bytes ? tables->index.header->n_lacking
					   : 0;
	qsort(tables->lacking.items, tables->lacking.n, sizeof(uint64_t),
	      compare_units);
	for (size_t i = 0; i < tables->lacking.n; i++)
		n += i == 0 ||
		     tables->lacking.items[i] != tables->lacking.items[i - 1];
	return n;
}

/* Several workers may have read parts of a module: the index is that of one. */
static void note_lacking(struct module_tables *tables)
{
	struct image_index_header *header = tables->index_bytes;

	header->n_lacking = (uint32_t)module_tables_n_lacking(tables);
	if (header->n_lacking > 0)
		header->flags |= IMAGE_LACKS_UNITS;
}

void module_tables_store(struct module_tables *tables)
{
	const struct image_index_header *header = tables->index.header;
	size_t size = sizeof(*header) +
		      header->n_segments * sizeof(struct segment) +
		      header->n_pages * sizeof(uint64_t) +
		      header->n_units * sizeof(struct interval);

	note_lacking(tables);
	cache_put(tables->cache, tables->key, CACHE_IMAGE, 0,
		  tables->index_bytes, size);
	for (size_t i = 0; i < tables->tables.n; i++) {
		const struct module_table *table = &tables->tables.items[i];

		if (table->state == TABLE_KNOWN)
			cache_put(tables->cache, tables->key, table->kind,
				  table->number, table->table.bytes,
				  table->table.size);
	}
}

const struct table *module_tables_get(struct module_tables *tables,
				      enum cache_kind kind, uint64_t number)
{
	struct module_table *place = place_of(tables, kind, number);
	const void *bytes;
	size_t size;

	if (place->state == TABLE_UNTRIED) {
		place->state = TABLE_UNKNOWN;
		if (cache_get(tables->cache, tables->key, kind, number, &bytes,
			      &size))
			take_table(tables, kind, number, bytes, size);
	}
	return place->state == TABLE_KNOWN ? &place->table : NULL;
}
