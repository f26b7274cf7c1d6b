/*
 * What is known of one module while its addresses are looked up: its image
 * index and those of its tables that are needed, from the cache or a worker.
 */
#ifndef SYMBOLIZE_MODULE_TABLES_H
#define SYMBOLIZE_MODULE_TABLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slots.h"
#include "base/vec.h"
#include "cache/cache.h"
#include "symbolize/image_index.h"
#include "symbolize/table.h"
#include "symbolize/worker.h"

struct module_table {
	enum cache_kind kind; /* CACHE_SYMBOLS or CACHE_UNIT */
	uint64_t number;
	enum {
		TABLE_UNTRIED,
		TABLE_UNKNOWN, /* not in the cache, and no worker gave it */
		TABLE_KNOWN,
	} state;
	void *bytes;
	struct table table;
};

struct module_tables {
	char key[CACHE_KEY_MAX]; /* in the cache; empty: none */
	struct cache *cache;
	void *index_bytes; /* NULL: nothing is known of the module */
	struct image_index index;
	VEC(struct module_table) tables;
	struct slots slots;
	VEC(uint64_t)
	lacking; /* units of which a worker did not find the
		  * rest; some may be there twice */
};

void module_tables_init(struct module_tables *tables, struct cache *cache);
void module_tables_release(struct module_tables *tables);

/* Looks for the module of a key in the cache; false if it is not there. */
bool module_tables_load(struct module_tables *tables, const char *key);

/*
 * Takes an index or a table that a worker gave, copied; false if it is damaged.
 * The tables are kept in the cache under the key when it is set.
 */
bool module_tables_take_blob(struct module_tables *tables,
			     const struct worker_blob *blob,
			     const unsigned char *bytes);

/* Stores all that was taken; the key is set. */
void module_tables_store(struct module_tables *tables);

/* How many units' rest was not found, of those that were read. */
size_t module_tables_n_lacking(struct module_tables *tables);

/*
 * The table of a page or unit, from the cache if need be; NULL if it is not
 * known.
 */
const struct table *module_tables_get(struct module_tables *tables,
				      enum cache_kind kind, uint64_t number);

#endif
