/*
 * Skeletons: units of which the file itself has the addresses and lines alone,
 * and says where the rest is ("Split DWARF Object Files", DWARF 5, 7.3.2;
 * GNU's extension of DWARF 4). For workers only.
 */
#ifndef SYMBOLIZE_SKELETON_H
#define SYMBOLIZE_SKELETON_H

#include <elfutils/libdw.h>
#include <stdbool.h>
#include <stdint.h>

#include "symbolize/image.h"

/* What a skeleton says of the rest. */
struct skeleton {
	Dwarf_Die die;
	uint8_t version; /* of DWARF */
	uint64_t id;
	const char *name;   /* of the file with the rest */
	const char *folder; /* that it counts from; may be NULL */
	uint64_t low;	    /* the unit's base address */
};

/* Whether a unit is a skeleton. */
bool skeleton_read(struct skeleton *skeleton, Dwarf_Die *unit);

/*
 * Makes units of DWARF 4 readable that are skeletons and have inlined calls of
 * their own (-fsplit-dwarf-inlining): libdw takes them for the rest. Called
 * before it opens the image.
 */
void skeletons_prepare(const struct image *image);

#endif
