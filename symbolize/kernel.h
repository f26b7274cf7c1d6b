/*
 * Names for the kernel's addresses, from kallsyms.
 */
#ifndef SYMBOLIZE_KERNEL_H
#define SYMBOLIZE_KERNEL_H

#include <stdbool.h>

#include "base/err.h"
#include "cache/cache.h"
#include "profile/profile.h"
#include "symbolize/kernel_modules.h"
#include "symbolize/kernel_symbols.h"
#include "symbolize/symbolizer.h"

struct kernel;

struct kernel *kernel_new(struct profile *profile, struct cache *cache,
			  const struct symbolizer_options *options);
void kernel_free(struct kernel *kernel);

/*
 * Finds out which kernel it was where the capture lacks its build id or its
 * reference symbol: the kernel's module gets what is known then. False only
 * where the file that options->kallsyms names cannot be read.
 */
bool kernel_identify(struct kernel *kernel, struct err *err);

/*
 * Begins to read the running kernel's symbols, if they are those of the
 * capture: the kernel takes its time to tell them, which others can use.
 */
void kernel_read_ahead(struct kernel *kernel);

/*
 * Names all pending locations of the kernel kinds, or says why not. False only
 * where the file that options->kallsyms names cannot be read.
 */
bool kernel_run(struct kernel *kernel, struct err *err);

/* Names a location by the symbol of a kernel module ("" for the kernel proper,
 * NULL for whichever it is)
 * at an address of usable symbols; false where there is none. */
bool kernel_name_by_symbol(struct kernel_symbols *symbols,
			   struct profile *profile, uint32_t location,
			   uint64_t address, const char *module);

/*
 * What the kernel's symbols say of where a loadable module's functions lie, for
 * modules whose file does not tell it; they are read now if need be. False as
 * kernel_run() is.
 */
bool kernel_module_text(struct kernel *kernel, uint32_t module,
			struct kernel_text *text, struct err *err);

/* From now on the symbols of a loadable module are believed: its file has its
 * functions in the same places. */
void kernel_believe_module(struct kernel *kernel, uint32_t module);

/*
 * Keeps a kernel's symbols in the cache, where they name the frames of captures
 * of the same kernel, on any machine and at any boot: those that kallsyms (a
 * file) has of the kernel with the build id, or where both are not given the
 * running kernel's.
 */
bool kernel_add_to_cache(struct cache *cache, const struct build_id *id,
			 const char *kallsyms, struct err *err);

#endif
