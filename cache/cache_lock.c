/*
 * Each module has a byte of a file beside the database, which is locked with an
 * open file description lock (fcntl(2)): those need no clean-up, and are
 * independent of what SQLite locks.
 */
#include "config.h"
#include "cache/cache.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/alloc.h"
#include "cache/cache_database.h"

static struct flock byte_of(const char *module, short type)
{
	return (struct flock){
		.l_type = type,
		.l_whence = SEEK_SET,
		.l_start = (off_t)(XXH3_64bits(module, strlen(module)) >> 2),
		.l_len = 1,
	};
}

static bool open_locks(struct cache *cache)
{
	char *path;

	if (cache->locks < 0) {
		path = mem_printf("%s.busy", cache->path);
		cache->locks = open(
			path, O_CREAT | O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0600);
		free(path);
	}
	return cache->locks >= 0;
}

enum cache_lock cache_lock(struct cache *cache, const char *module,
			   unsigned wait_ms)
{
	struct flock lock = byte_of(module, F_WRLCK);
	unsigned step_ms = 1;

	if (!cache || !cache->db || cache->is_read_only || !open_locks(cache))
		return CACHE_NO_LOCK;
	while (fcntl(cache->locks, F_OFD_SETLK, &lock) != 0) {
		struct timespec pause = { .tv_nsec = step_ms * 1000000L };

		if (errno != EAGAIN && errno != EACCES)
			return CACHE_NO_LOCK;
		if (wait_ms == 0)
			return CACHE_BUSY;
		nanosleep(&pause, NULL);
		wait_ms -= step_ms < wait_ms ? step_ms : wait_ms;
		if (step_ms < 20)
			step_ms++;
	}
	return CACHE_LOCKED;
}

void cache_unlock(struct cache *cache, const char *module)
{
	struct flock lock = byte_of(module, F_UNLCK);

	if (cache && cache->locks >= 0)
		fcntl(cache->locks, F_OFD_SETLK, &lock);
}
