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
#include "symbolize/split_unit.h"

/* The ranges of all units, disjoint, in order; values: offsets of their DIEs
 * in .debug_info, by which units are known. */
void dwarf_unit_index(const struct image *image, struct intervals *index);

/* Finds the rest of a split unit; false if it is not to be had. */
struct split_source {
	bool (*open)(void *context, const struct skeleton *skeleton,
		     struct split_unit *split);
	void *context;
};

/* Appends the table of a unit to out; false if there is no such unit. */
bool dwarf_unit_table(const struct image *image, uint64_t unit,
		      const struct split_source *source, struct buf *out);

#endif
