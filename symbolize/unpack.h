/*
 * The ELF files in an archive, written into a folder of their own.
 */
#ifndef SYMBOLIZE_UNPACK_H
#define SYMBOLIZE_UNPACK_H

#include <stdbool.h>

#include "base/err.h"
#include "base/vec.h"

struct unpacked_file {
	char *path; /* on this machine */
	char *name; /* in the archive */
};

struct unpacked {
	char *folder; /* private; NULL: none */
	VEC(struct unpacked_file) files;
};

/*
 * Unpacks an archive (of any kind that libarchive reads, Debian packages among
 * them) by a worker. What could be read of a damaged one is there; false with
 * a sentence then, and where it is none or libarchive is missing.
 */
bool unpack(const char *path, struct unpacked *unpacked, struct err *err);

/* Deletes the files. */
void unpacked_remove(struct unpacked *unpacked);

/* Whether a file's first bytes are those of an archive. */
bool unpack_is_archive(int fd);

#endif
