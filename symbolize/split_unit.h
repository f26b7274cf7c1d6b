/*
 * Split DWARF: a unit of which the file itself has a skeleton only, and the
 * rest is in a .dwo file, or in a .dwp package of many ("Split DWARF Object
 * Files", DWARF 5, 7.3.2; GNU's extension of DWARF 4). libdw 0.188 opens .dwo
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

/* What a skeleton says of the rest. */
struct skeleton {
	Dwarf_Die die;
	uint8_t version; /* of DWARF */
	uint64_t id;
	const char *name;   /* of the .dwo file */
	const char *folder; /* that it counts from; may be NULL */
	uint64_t low;	    /* the unit's base address */
};

/* Whether a unit is a skeleton. */
bool skeleton_read(struct skeleton *skeleton, Dwarf_Die *unit);

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
