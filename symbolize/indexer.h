/*
 * Everything that ELF files tell, put into the cache ahead of any capture:
 * afterwards conversions need neither the files nor their debug information.
 */
#ifndef SYMBOLIZE_INDEXER_H
#define SYMBOLIZE_INDEXER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "cache/cache.h"
#include "symbolize/find.h"

struct indexer_options {
	const struct find_places *places; /* where debug files are */
	unsigned n_workers;
	/* Something about a file, in words; may be NULL. */
	void (*tell)(void *context, const char *path, const char *text);
	/* Called now and then; may be NULL. */
	void (*progress)(void *context, size_t n_done, size_t n_modules);
	void *context;
};

struct indexer_stats {
	size_t n_modules; /* with a build id, each once */
	size_t n_added;
	size_t n_known; /* already there with all that its files have */
	size_t n_failed;
	size_t n_without_id; /* ELF files that nothing could be kept of */
	uint64_t bytes_read; /* sizes of the files that were read */
};

/*
 * Adds ELF files, those in archives and packages, and all in folders and the
 * folders in these, without following links. What is neither is passed over in
 * folders; false where one of the paths themselves cannot be read.
 */
bool indexer_add(struct cache *cache, char *const *paths, size_t n,
		 const struct indexer_options *options,
		 struct indexer_stats *stats, struct err *err);

/* What is kept of an addition (CACHE_ADDED), beside what the files tell. */
struct added {
	uint64_t time_s;    /* since the epoch */
	uint32_t has_code;  /* its own file was there, */
	uint32_t has_dwarf; /* and debug information */
			    /* The path follows, with its NUL. */
};

#endif
