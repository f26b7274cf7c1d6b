/*
 * Split DWARF: the rest of a unit of which the file itself has a skeleton is in
 * a .dwo file, in the object file (-gsplit-dwarf=single), or in a .dwp package
 * of many. libdw 0.188 opens .dwo
 * files by itself, by path, and knows no packages; here the unit is put
 * together from bytes that are there: the sections of the file or its share of
 * the package's, and its share of the skeleton's addresses and ranges. For
 * workers only.
 */
#ifndef SYMBOLIZE_SPLIT_UNIT_H
#define SYMBOLIZE_SPLIT_UNIT_H

#include <elfutils/libdw.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "symbolize/image.h"
#include "symbolize/skeleton.h"

struct split_unit {
	unsigned char *bytes; /* mapped */
	size_t size;
	Elf *elf;
	Dwarf *dwarf;
	Dwarf_Die die;
	const struct skeleton *skeleton;
	/* Ranges of DWARF 5, which libdw would take for absolute. */
	Elf_Data *range_lists;
	Elf_Data *addresses;
};

/*
 * Puts together the rest of a skeleton of main from holder, a .dwo file or a
 * package. False if it is not in there.
 */
bool split_unit_open(struct split_unit *split, const struct skeleton *skeleton,
		     const struct image *main, const struct image *holder);
void split_unit_close(struct split_unit *split);

/*
 * Calls take() for each range of a DIE of the unit that libdw cannot read
 * right; false if it is not one of these.
 */
bool split_unit_ranges(const struct split_unit *split, Dwarf_Die *die,
		       void (*take)(void *context, uint64_t start,
				    uint64_t limit),
		       void *context);

#endif
