/*
 * One ELF file, opened for reading by libelf and libdw. For workers only:
 * those libraries crash, hang and grow without bound on damaged files.
 */
#ifndef SYMBOLIZE_IMAGE_H
#define SYMBOLIZE_IMAGE_H

#include <elfutils/libdw.h>
#include <gelf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/vec.h"
#include "profile/build_id.h"
#include "profile/profile.h"
#include "symbolize/relocatable.h"

struct image {
	Elf *elf;
	Dwarf *dwarf;	    /* NULL: the file has no DWARF that can be used */
	bool has_bad_dwarf; /* it has some, and it is damaged */
	GElf_Ehdr header;
	struct build_id build_id;
	unsigned char *bytes; /* the mapped file, and what was inflated */
	size_t size;
	size_t mapped_size;	      /* with the zeros behind it */
	VEC(struct segment) segments; /* all that are loaded, by file offset */
	/* Those that can be executed, with their sizes in memory: debug files
	 * keep the headers of what they lack. */
	VEC(struct segment) code;
	struct relocatable_layout layout; /* of a relocatable file */
};

/* Maps and opens a file. False if it is no sound ELF file. */
bool image_open(struct image *image, int fd, struct err *err);

/*
 * Opens what another image holds packed with xz in its section .gnu_debugdata:
 * the symbols of a stripped file ("MiniDebugInfo" in the manual of GDB). False
 * if there is none that can be used.
 */
bool image_open_packed(struct image *image, const struct image *holder);

void image_close(struct image *image);

/* Whether numbers in it are of the other byte order than this machine's. */
bool image_is_swapped(const struct image *image);

/* Whether it is a kernel or a loadable module of one, or its debug file. */
bool image_is_kernel(const struct image *image);

/* A section by its name; NULL: none in the file. */
Elf_Scn *image_find_section(const struct image *image, const char *name);

/* Its bytes; NULL: none. */
Elf_Data *image_section(const struct image *image, const char *name);

/*
 * Whether an svma can be code. Functions that the linker left out keep their
 * debug information, at addresses near 0 or at the top.
 */
bool image_is_code(const struct image *image, uint64_t svma);

/*
 * A key made of the whole contents, for files without a build id: XXH3 of 128
 * bits.
 */
void image_hash(const struct image *image, uint64_t hash[2]);

#endif
