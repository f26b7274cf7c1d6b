/*
 * Relocatable files, which kernel modules are: nothing in them has an address
 * until they are loaded. For workers only.
 */
#ifndef SYMBOLIZE_RELOCATABLE_H
#define SYMBOLIZE_RELOCATABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Gives the code sections of a file in memory addresses, its symbols too, and
 * carries out the relocations of its debug information, so that it reads as if
 * it was linked. Code lies as the kernel loads it (layout_sections() of
 * kernel/module/main.c): from 0 on, in the order of the file, what is only
 * needed to start behind the rest. code_size gets its size; 0: it is no
 * relocatable file, and nothing was changed.
 *
 * False where the debug information has relocations that are not known: it is
 * of no use then.
 */
bool relocatable_place(unsigned char *bytes, size_t size, uint64_t *code_size);

#endif
