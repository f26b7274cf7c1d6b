/*
 * The symbols of one kernel: from /proc/kallsyms, a file, or the cache, and
 * read page by page where the cache has them.
 */
#ifndef SYMBOLIZE_KERNEL_SYMBOLS_H
#define SYMBOLIZE_KERNEL_SYMBOLS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "cache/cache.h"
#include "profile/profile.h"
#include "symbolize/kallsyms.h"
#include "symbolize/table.h"

struct kernel_symbols_page;

/* From the cache or parsed just now; begins as { .cache = cache }. */
struct kernel_symbols {
	struct cache *cache;
	char key[CACHE_KEY_MAX];
	bool has_key;
	struct kallsyms parsed; /* its pages are empty if from the cache */
	void *index_bytes;
	struct kallsyms_index index;
	bool is_usable;
	enum reason reason; /* else why not, */
	char *note;	    /* in words */
	/* index.header->n_pages of them; NULL: none yet */
	struct kernel_symbols_page *pages;
};

void kernel_symbols_release(struct kernel_symbols *symbols);

/* They are not usable, for a reason, and in words (whose owner they become).
 * Returns false. */
bool kernel_symbols_refuse(struct kernel_symbols *symbols, enum reason reason,
			   char *note);

/* Fills the key of this boot and set of loaded modules, as this process may
 * see them. */
bool kernel_symbols_make_key(struct kernel_symbols *symbols);

/* Takes what the cache has under the key; stores what was parsed there. */
bool kernel_symbols_load(struct kernel_symbols *symbols);
void kernel_symbols_store(struct kernel_symbols *symbols);

/* Parses /proc/kallsyms into a struct kernel_symbols and touches nothing else:
 * it can be a thread's function. Returns NULL. */
void *kernel_symbols_read_running(void *symbols);

/* Parses a file; false if it cannot be read. */
bool kernel_symbols_open_file(struct kernel_symbols *symbols, const char *path,
			      struct err *err);

/* Where they have the reference symbol of a capture's kernel; 0: nowhere. */
uint64_t kernel_symbols_reference(const struct kernel_symbols *symbols,
				  const struct profile *profile,
				  const struct module *kernel);

/* The table of a page of usable symbols; NULL where it cannot be had. */
const struct table *kernel_symbols_page(struct kernel_symbols *symbols,
					uint64_t number);

#endif
