/*
 * ELF files that are compressed with gzip, xz or zstd, as kernel modules are
 * installed.
 */
#ifndef SYMBOLIZE_COMPRESSED_ELF_H
#define SYMBOLIZE_COMPRESSED_ELF_H

#include <stdbool.h>

#include "base/err.h"

/* Whether a file's first bytes are those of a compressed one. */
bool compressed_elf_is_likely(int fd);

/*
 * Unpacks an ELF file by a worker into an unlinked temporary file. Returns its
 * descriptor, close() it; fd stays the caller's. -1 with a sentence where fd is
 * damaged, holds something else, or grows beyond all proportion.
 */
int compressed_elf_open(int fd, struct err *err);

#endif
