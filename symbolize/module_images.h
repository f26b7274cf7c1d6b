/*
 * All files of one module, opened: which of them tells what. For workers only.
 */
#ifndef SYMBOLIZE_MODULE_IMAGES_H
#define SYMBOLIZE_MODULE_IMAGES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "symbolize/find.h"
#include "symbolize/image.h"

struct module_images {
	struct image images[N_FILE_ROLES]; /* elf is NULL: not there */
	struct image packed;		   /* .gnu_debugdata of the own file */
	/* The one with the module's identity: its own file, else the debug
	 * file. */
	struct image *own;
	/* The one with its DWARF; NULL: none. */
	struct image *dwarf;
	bool lacks_parts;   /* of the DWARF: no supplementary file */
	bool has_bad_dwarf; /* there is some that cannot be used */
};

/*
 * Opens the files on the descriptors from first on that the mask has, by enum
 * file_role. False if there is none that can be used.
 */
bool module_images_open(struct module_images *images, int first, uint32_t mask,
			struct err *err);

/*
 * Where the module's own file is missing: gives the segments by what the
 * capture has mapped as code, if that is beyond doubt.
 */
void module_images_place_code(struct module_images *images, uint64_t start,
			      uint64_t limit);

#endif
