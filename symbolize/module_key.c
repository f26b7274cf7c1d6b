#include "config.h"
#include "symbolize/module_key.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

void module_key_of_build_id(char key[CACHE_KEY_MAX], const struct build_id *id)
{
	char hex[BUILD_ID_HEX_MAX];

	snprintf(key, CACHE_KEY_MAX, "b:%s", build_id_hex(id, hex));
}

void module_key_of_contents(char key[CACHE_KEY_MAX], const struct build_id *id,
			    const uint64_t hash[2])
{
	if (id->size > 0)
		module_key_of_build_id(key, id);
	else
		snprintf(key, CACHE_KEY_MAX, "c:%016" PRIx64 "%016" PRIx64,
			 hash[0], hash[1]);
}

static void key_of_file(char key[CACHE_KEY_MAX], const struct stat *st)
{
	const uint64_t parts[] = {
		st->st_dev,
		st->st_ino,
		(uint64_t)st->st_size,
		(uint64_t)st->st_mtim.tv_sec,
		(uint64_t)st->st_mtim.tv_nsec,
		(uint64_t)st->st_ctim.tv_sec,
		(uint64_t)st->st_ctim.tv_nsec,
	};
	XXH128_hash_t hash = XXH3_128bits(parts, sizeof(parts));

	snprintf(key, CACHE_KEY_MAX, "f:%016" PRIx64 "%016" PRIx64,
		 (uint64_t)hash.high64, (uint64_t)hash.low64);
}

void module_key_remember(struct cache *cache, const struct stat *st,
			 const char *contents)
{
	char key[CACHE_KEY_MAX];

	key_of_file(key, st);
	cache_put(cache, key, CACHE_FILE, 0, contents, strlen(contents));
}

bool module_key_recall(struct cache *cache, const struct stat *st,
		       char contents[CACHE_KEY_MAX])
{
	char key[CACHE_KEY_MAX];
	const void *bytes;
	size_t size;

	key_of_file(key, st);
	if (!cache_get(cache, key, CACHE_FILE, 0, &bytes, &size) ||
	    size >= CACHE_KEY_MAX)
		return false;
	memcpy(contents, bytes, size);
	contents[size] = '\0';
	return true;
}

enum cache_lock module_lock(struct cache *cache, const struct build_id *id,
			    unsigned wait_ms)
{
	char key[CACHE_KEY_MAX];

	if (id->size == 0)
		return CACHE_NO_LOCK;
	module_key_of_build_id(key, id);
	return cache_lock(cache, key, wait_ms);
}

void module_unlock(struct cache *cache, const struct build_id *id)
{
	char key[CACHE_KEY_MAX];

	module_key_of_build_id(key, id);
	cache_unlock(cache, key);
}
