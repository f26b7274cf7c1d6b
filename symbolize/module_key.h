/*
 * What modules and files are known by in the cache.
 */
#ifndef SYMBOLIZE_MODULE_KEY_H
#define SYMBOLIZE_MODULE_KEY_H

#include <stdint.h>
#include <sys/stat.h>

#include "cache/cache.h"
#include "profile/build_id.h"

void module_key_of_build_id(char key[CACHE_KEY_MAX], const struct build_id *id);

/* By the build id if there is one, else by a hash of the whole contents. */
void module_key_of_contents(char key[CACHE_KEY_MAX], const struct build_id *id,
			    const uint64_t hash[2]);

/*
 * What tells a file from any other state of it without reading it: where a
 * capture has no build id, the cache remembers the contents' key for it.
 */
void module_key_of_file(char key[CACHE_KEY_MAX], const struct stat *st);

#endif
