/*
 * Numbers and headers of ELF files in memory, written in the file's own byte
 * order (elf(5)).
 */
#ifndef SYMBOLIZE_ELF_PATCH_H
#define SYMBOLIZE_ELF_PATCH_H

#include <gelf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void elf_patch_put(unsigned char *at, uint64_t value, size_t size, bool is_big);
uint64_t elf_patch_get(const unsigned char *at, size_t size, bool is_big);

/* Writes a member of a structure of elf.h (Shdr, Sym, …) of either class. */
#define ELF_PATCH(at, is_64, is_big, structure, member, value)                \
	elf_patch_put((at) + ((is_64) ? offsetof(Elf64_##structure, member)   \
				      : offsetof(Elf32_##structure, member)), \
		      (value),                                                \
		      (is_64) ? sizeof(((Elf64_##structure *)NULL)->member)   \
			      : sizeof(((Elf32_##structure *)NULL)->member),  \
		      (is_big))

/* A section header, of which everything else is 0. */
struct elf_patch_section {
	uint32_t name; /* in the section of names */
	uint32_t type;
	uint64_t flags;
	uint64_t offset;
	uint64_t size;
};

void elf_patch_section(unsigned char *at, bool is_64, bool is_big,
		       const struct elf_patch_section *section);

/* A header like another file's, with n section headers at an offset, the last
 * of which is that of their names; no program headers. */
void elf_patch_header(unsigned char *at, const GElf_Ehdr *like,
		      uint64_t section_headers, uint16_t n);

#endif
