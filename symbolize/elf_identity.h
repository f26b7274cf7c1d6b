/*
 * What of an ELF file has to be known to find the files that belong with it:
 * its build id, where its debug information is said to be, and whether it has
 * any itself. Unlike images this is read by the converter itself, with bounds
 * on everything and without any library, as it decides which files a worker
 * gets.
 */
#ifndef SYMBOLIZE_ELF_IDENTITY_H
#define SYMBOLIZE_ELF_IDENTITY_H

#include <stdbool.h>
#include <stdint.h>

#include "profile/build_id.h"

struct elf_identity {
	struct build_id build_id;
	/* .gnu_debuglink: a file name, and the CRC of that file; "": none. */
	char debuglink[256];
	uint32_t debuglink_crc;
	/* .gnu_debugaltlink, which dwz writes: a path, absolute or below the
	 * folder of this file, and that file's build id; "": none. */
	char altlink[1024];
	struct build_id altlink_id;
	bool has_code;	  /* executable ones of its segments or sections are in
			   * the file */
	bool has_dwarf;	  /* .debug_info, also compressed */
	bool has_symbols; /* .symtab */
};

/*
 * Reads the identity of an open file. False if it is no ELF file; what is
 * damaged or cut off of one counts as not there.
 */
bool elf_identity_read(int fd, struct elf_identity *identity);

/* The CRC of a whole file as .gnu_debuglink has it; false if reading fails. */
bool elf_identity_crc(int fd, uint32_t *crc);

#endif
