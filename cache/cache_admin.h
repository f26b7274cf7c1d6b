/*
 * What is done with a cache as a whole: telling what is in it, checking it,
 * making it smaller. Of several tiers the first.
 */
#ifndef CACHE_CACHE_ADMIN_H
#define CACHE_CACHE_ADMIN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "cache/cache.h"

/* The tier behind a cache; NULL: none. */
struct cache *cache_behind(struct cache *cache);

/* The path of its database. */
const char *cache_path(const struct cache *cache);

struct cache_module {
	const char *key;
	uint64_t n_entries;
	uint64_t n_bytes;
	int64_t used_day; /* since the epoch */
};

/* Calls each() for all modules, by their keys; false if it cannot be read. */
bool cache_each_module(struct cache *cache,
		       void (*each)(void *context,
				    const struct cache_module *module),
		       void *context, struct err *err);

/* An entry, whose bytes are the cache's until the next one. */
struct cache_entry {
	const char *key;
	enum cache_kind kind;
	uint64_t number;
	const void *bytes;
	size_t size;
};

/*
 * Calls each() for all entries whose keys begin with prefix and whose checksum
 * is right; n_damaged counts the others. False if it cannot be read.
 */
bool cache_each_entry(struct cache *cache, const char *prefix,
		      void (*each)(void *context,
				   const struct cache_entry *entry),
		      void *context, uint64_t *n_damaged, struct err *err);

/*
 * Opens a database of its own, to carry modules from one host to another. It
 * is made where it is missing if it is to be written.
 */
struct cache *cache_open_file(const char *path, bool is_written,
			      struct err *err);

struct cache_check {
	uint64_t n_entries;
	uint64_t n_damaged; /* entries whose checksum is wrong */
};

/* Checks the database and every entry's checksum. False, with a sentence, if
 * anything is wrong. */
bool cache_verify(struct cache *cache, struct cache_check *check,
		  struct err *err);

/* Size of the database, bytes. */
uint64_t cache_size(struct cache *cache);

struct cache_pruned {
	uint64_t n_modules;
	uint64_t n_bytes;
};

/*
 * Removes modules that were not used since a day (0: any), and of the rest the
 * ones used least recently until the entries are max_bytes at most. Readers
 * beside it are not disturbed: what is gone is a miss for them.
 */
bool cache_prune(struct cache *cache, int64_t since_day, uint64_t max_bytes,
		 struct cache_pruned *pruned, struct err *err);

#endif
