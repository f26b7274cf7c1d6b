/*
 * Downloads what no place on this machine has, by build id from debuginfod
 * servers, beside other work. Files go into a store that is laid out like a
 * folder of debug files, so that they are found from then on; each is put
 * there only after its build id was checked. What servers do not have, and
 * servers that fail, are remembered for an hour in the cache.
 */
#ifndef SYMBOLIZE_FETCH_H
#define SYMBOLIZE_FETCH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/vec.h"
#include "cache/cache.h"
#include "symbolize/fetch_worker.h"
#include "symbolize/find.h"

struct fetch_options {
	const char *servers; /* URLs with blanks between; NULL: fetch nothing */
	bool is_offline;     /* there are some, and they are not to be asked */
	uint64_t max_bytes;  /* of all files */
	unsigned max_seconds; /* for all files */
	double least_percent; /* of the profile's weight, below which a module
			       * is not worth it */
	/* A line for the user; may be NULL. */
	void (*say)(void *context, const char *text);
	/* Bytes so far; may be NULL. */
	void (*progress)(void *context, size_t n_done, size_t n_all,
			 uint64_t n_bytes);
	void *context;
};

/* A file that is wanted, and what became of it. */
struct fetch_want {
	struct build_id build_id;
	enum file_role role; /* FILE_DEBUG or FILE_OWN */
	double weight;	     /* which order they are asked for in */
	uint32_t module;     /* the caller's */
	enum fetch_status status;
};

struct fetch {
	const struct fetch_options *options;
	struct cache *cache;
	char *store;	    /* NULL: none yet */
	bool is_store_mine; /* it goes with this */
	VEC(struct fetch_want) wants;
	/* While it runs: */
	VEC(uint32_t) asked; /* indexes into wants, in the worker's order */
	VEC(const char *) servers; /* that are asked, in servers_text */
	char *servers_text;
	char *folder; /* private, below the store */
	int lock;     /* open and locked while the folder is in use */
	pid_t pid;    /* 0: nothing is under way */
	int output;
	uint64_t deadline;
	uint64_t n_bytes;
	size_t n_done;
};

/*
 * store: the folder for the files, made where it is missing; NULL: one of its
 * own that is gone with fetch_release().
 */
void fetch_init(struct fetch *fetch, const struct fetch_options *options,
		struct cache *cache, const char *store);
void fetch_release(struct fetch *fetch);

/* Asks for a file. */
void fetch_add(struct fetch *fetch, const struct fetch_want *want);

/* Starts downloading what was added, the heaviest first; wants are in that
 * order from then on. */
void fetch_start(struct fetch *fetch);

/* Waits for the end of it; then each want has its status. */
void fetch_finish(struct fetch *fetch);

#endif
