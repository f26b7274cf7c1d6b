/*
 * Code that handlers of signals return to. For workers only.
 */
#ifndef SYMBOLIZE_TRAMPOLINES_H
#define SYMBOLIZE_TRAMPOLINES_H

#include <stdint.h>

#include "symbolize/elf_symbols.h"
#include "symbolize/image_index.h"

/*
 * Where a module's trampolines begin. The kernel lets a handler return to the
 * first byte of one, so that in a chain of frame pointers its address is no
 * return address: nothing before it has called.
 */
void trampolines_find(const struct module_images *images,
		      const struct elf_symbols *symbols,
		      uint64_t starts[MAX_TRAMPOLINES]);

#endif
