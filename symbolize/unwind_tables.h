/*
 * The unwind tables of a profile's modules, from the cache or a worker, when
 * somebody asks for them.
 */
#ifndef SYMBOLIZE_UNWIND_TABLES_H
#define SYMBOLIZE_UNWIND_TABLES_H

#include "cache/cache.h"
#include "profile/profile.h"
#include "symbolize/symbolizer.h"
#include "unwind/unwind_table.h"

struct unwind_tables;

/* All are borrowed. The profile's modules are there when a table is asked for
 * first, and only those. */
struct unwind_tables *unwind_tables_new(
	const struct profile *profile, struct cache *cache,
	const struct symbolizer_options *options);
void unwind_tables_free(struct unwind_tables *tables);

/*
 * The table of a module of the profile (struct unwind_tables *); NULL: none.
 * It stays as long as the tables. Several threads may ask; the cache is used
 * by none of them for anything else.
 */
const struct unwind_table *unwind_tables_get(void *tables, uint32_t module);

/*
 * Asks debuginfod for the modules that were missing, the ones asked for most
 * first, each once. True if some came, and their tables can be had now.
 */
bool unwind_tables_fetch(void *tables);

#endif
