/*
 * What modules and files are known by in the cache.
 */
#ifndef SYMBOLIZE_MODULE_KEY_H
#define SYMBOLIZE_MODULE_KEY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "cache/cache.h"
#include "profile/build_id.h"

void module_key_of_build_id(char key[CACHE_KEY_MAX], const struct build_id *id);

/* By the build id if there is one, else by a hash of the whole contents. */
void module_key_of_contents(char key[CACHE_KEY_MAX], const struct build_id *id,
			    const uint64_t hash[2]);

/*
 * Where a capture has no build id, the cache remembers the contents' key for
 * what tells a file from any other state of it without reading it. False if
 * the file's is not known.
 */
void module_key_remember(struct cache *cache, const struct stat *st,
			 const char *contents);
bool module_key_recall(struct cache *cache, const struct stat *st,
		       char contents[CACHE_KEY_MAX]);

/* How long another process may take to read a module. */
enum { MODULE_PATIENCE_MS = 60000 };

/* cache_lock() and cache_unlock() of a module's tables. */
enum cache_lock module_lock(struct cache *cache, const struct build_id *id,
			    unsigned wait_ms);
void module_unlock(struct cache *cache, const struct build_id *id);

#endif
