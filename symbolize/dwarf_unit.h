/*
 * The DWARF of an ELF file: which unit covers an address, and a unit as a
 * table. For workers only.
 */
#ifndef SYMBOLIZE_DWARF_UNIT_H
#define SYMBOLIZE_DWARF_UNIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "symbolize/image.h"
#include "symbolize/intervals.h"

/* The ranges of all units, disjoint, in order; values: offsets of their DIEs
 * in .debug_info, by which units are known. */
void dwarf_unit_index(const struct image *image, struct intervals *index);

/* Appends the table of a unit to out; false if there is no such unit. */
bool dwarf_unit_table(const struct image *image, uint64_t unit,
		      struct buf *out);

#endif
