/*
 * Names for code that was generated at run time, in memory that no file is
 * behind: what its compiler wrote about it.
 */
#ifndef SYMBOLIZE_JIT_H
#define SYMBOLIZE_JIT_H

#include <stddef.h>
#include <stdint.h>

#include "profile/profile.h"
#include "symbolize/find.h"

/*
 * Names locations of a module: by the jitdump file that its process had mapped,
 * and by its perf map (see jit_files.h). Those of a module of kind MODULE_ANON
 * get a reason where they have no name; a file in memory, which generated code
 * may be kept in, has told its own.
 */
void jit_name(struct profile *profile, uint32_t module,
	      const uint32_t *locations, size_t n,
	      const struct find_places *places, const char *map_dir);

#endif
