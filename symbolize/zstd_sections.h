/*
 * Sections compressed with zstd (SHF_COMPRESSED, ELFCOMPRESS_ZSTD), which
 * libelf reads since 0.189 only: they are inflated behind the end of the file,
 * and its section headers made to say so.
 */
#ifndef SYMBOLIZE_ZSTD_SECTIONS_H
#define SYMBOLIZE_ZSTD_SECTIONS_H

#include <gelf.h>
#include <stddef.h>

/* Room for all of them, bytes; 0: there is none, or what they claim cannot
 * be. */
size_t zstd_sections_size(Elf *elf);

/*
 * Inflates into the bytes behind the file's own, which are file_size of all
 * the size bytes; a section that is damaged is left as it is.
 */
void zstd_sections_inflate(unsigned char *bytes, size_t file_size, size_t size);

#endif
