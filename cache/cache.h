/*
 * What is already known of modules, in SQLite, shared by every process of a
 * user. A cache is never needed: whatever is wrong with it, a lookup is a miss
 * and a store is dropped, and one line says so. It never changes what a
 * conversion gives, only how long it takes.
 *
 * An entry is a blob known by three things: the module's key ("b:" and its
 * build id in hex, or another prefix for modules without one), what the blob
 * holds, and a number that tells several of that sort apart. Every blob has a
 * checksum and a format version; one that fails either is a miss.
 */
#ifndef CACHE_CACHE_H
#define CACHE_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* Stored in the database: never renumber. */
enum cache_kind {
	CACHE_IMAGE = 1,    /* a module's identity, segments and indexes */
	CACHE_SYMBOLS = 2,  /* a page of its symbol table */
	CACHE_UNIT = 3,	    /* a unit of its DWARF */
	CACHE_KALLSYMS = 4, /* symbols of a running kernel, by page */
	CACHE_FILE = 5,	    /* identity of a file → the module's key */
	CACHE_ABSENT = 6,   /* what servers do not have or say → when */
	CACHE_UNWIND = 7,   /* a module's unwind table */
	CACHE_ADDED = 8,    /* of a module that was added with all it has */
};

struct cache;

/* Longest module key, with its NUL. */
enum { CACHE_KEY_MAX = 80 };

/*
 * The folder that holds a user's cache: $SYMCONV_CACHE, else
 * $XDG_CACHE_HOME/symconv, else ~/.cache/symconv; free() it. NULL where none
 * of these is set.
 */
char *cache_default_folder(void);

/*
 * Opens the caches in folders with colons between them. The first is written,
 * and made where it is missing; the others stand behind it and are only read,
 * also from a read-only file system. NULL with a sentence when the first cannot
 * be used; the conversion then goes on without. What is wrong with one of the
 * others is a trouble.
 */
struct cache *cache_open(const char *folders, struct err *err);

/* The folder that is written; free() it. */
char *cache_first_folder(const char *folders);

/* Writes what was put, and closes. NULL is fine. */
void cache_close(struct cache *cache);

/*
 * Finds a blob. The bytes, aligned to 8, belong to the cache and are valid
 * until the next call with it. False: not known, and nothing is set. A NULL
 * cache knows nothing.
 */
bool cache_get(struct cache *cache, const char *module, enum cache_kind kind,
	       uint64_t number, const void **bytes, size_t *size);

/*
 * Stores a copy of a blob, in place of any older one. It is written some time
 * until cache_close(), together with others.
 */
void cache_put(struct cache *cache, const char *module, enum cache_kind kind,
	       uint64_t number, const void *bytes, size_t size);

/* Writes what was put so far. NULL is fine. */
void cache_flush(struct cache *cache);

enum cache_lock {
	CACHE_LOCKED,
	CACHE_BUSY,    /* another process works on it, still */
	CACHE_NO_LOCK, /* there is nothing to be kept, or no lock to be had:
			* the work may be done twice, which harms nobody */
};

/*
 * Keeps other processes from working on the same module: they wait, and then
 * find in the cache what they would have worked out. Waits for at most wait_ms
 * for another that is at it. Threads of one process do not keep each other out.
 *
 * What was put is to be flushed before the module is unlocked. A process that
 * ends leaves no lock behind.
 */
enum cache_lock cache_lock(struct cache *cache, const char *module,
			   unsigned wait_ms);
void cache_unlock(struct cache *cache, const char *module);

/*
 * What went wrong since it was opened, as one line for the user; NULL if
 * nothing did.
 */
const char *cache_trouble(const struct cache *cache);

struct cache_stats {
	uint64_t n_hits;
	uint64_t n_misses;
	uint64_t n_stored;
	uint64_t bytes_read;
	uint64_t bytes_stored;
};

struct cache_stats cache_stats(const struct cache *cache);

#endif
