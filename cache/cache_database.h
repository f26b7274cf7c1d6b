/*
 * The database of a cache, for what is done with it as a whole: for the files
 * of this folder alone.
 */
#ifndef CACHE_CACHE_DATABASE_H
#define CACHE_CACHE_DATABASE_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/vec.h"
#include "cache/cache.h"

/* Raise it when an entry's meaning or the schema changes: it is in the name of
 * the database. */
enum { CACHE_FORMAT = 2 };

struct pending {
	char key[CACHE_KEY_MAX];
	enum cache_kind kind;
	uint64_t number;
	void *bytes;
	size_t size;
};

/* A module that was used, and not yet today. */
struct use {
	char key[CACHE_KEY_MAX];
};

struct cache {
	char *path;  /* of the database */
	sqlite3 *db; /* NULL after trouble: then all is a miss */
	ino_t inode;
	bool is_read_only;
	sqlite3_stmt *get;
	uint64_t *bytes; /* of the last entry found */
	size_t bytes_size;
	VEC(struct pending) pending;
	size_t pending_size;
	VEC(struct use) used;
	struct cache_stats stats;
	struct err trouble;
	int locks; /* the file whose bytes stand for modules; -1: none yet */
	struct cache *behind; /* the next tier, which is only read; or NULL */
};

/* Both return what SQLite says. */
int cache_run(struct cache *cache, const char *sql);
int cache_read_number(struct cache *cache, const char *sql, int64_t *number);

/* Of an entry's bytes, and what it is known by. */
int64_t cache_checksum(const char *key, enum cache_kind kind, uint64_t number,
		       const void *bytes, size_t size);

/* Something is wrong: from now on everything is a miss. */
void cache_give_up(struct cache *cache, int status);

#endif
