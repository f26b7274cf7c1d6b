#include "config.h"
#include "symbolize/elf_patch.h"

#include <string.h>

void elf_patch_put(unsigned char *at, uint64_t value, size_t size, bool is_big)
{
	for (size_t i = 0; i < size; i++)
		at[is_big ? size - 1 - i : i] = (unsigned char)(value >> 8 * i);
}

uint64_t elf_patch_get(const unsigned char *at, size_t size, bool is_big)
{
	uint64_t value = 0;

	for (size_t i = 0; i < size; i++)
		value |= (uint64_t)at[is_big ? size - 1 - i : i] << 8 * i;
	return value;
}

#define PUT(at, type, member, value, is_big)                  \
	elf_patch_put((at) + offsetof(type, member), (value), \
		      sizeof(((type *)NULL)->member), (is_big))

void elf_patch_section(unsigned char *at, bool is_64, bool is_big,
		       const struct elf_patch_section *section)
{
	if (is_64) {
		PUT(at, Elf64_Shdr, sh_name, section->name, is_big);
		PUT(at, Elf64_Shdr, sh_type, section->type, is_big);
		PUT(at, Elf64_Shdr, sh_flags, section->flags, is_big);
		PUT(at, Elf64_Shdr, sh_offset, section->offset, is_big);
		PUT(at, Elf64_Shdr, sh_size, section->size, is_big);
	} else {
		PUT(at, Elf32_Shdr, sh_name, section->name, is_big);
		PUT(at, Elf32_Shdr, sh_type, section->type, is_big);
		PUT(at, Elf32_Shdr, sh_flags, section->flags, is_big);
		PUT(at, Elf32_Shdr, sh_offset, section->offset, is_big);
		PUT(at, Elf32_Shdr, sh_size, section->size, is_big);
	}
}

void elf_patch_header(unsigned char *at, const GElf_Ehdr *like,
		      uint64_t section_headers, uint16_t n)
{
	bool is_big = like->e_ident[EI_DATA] == ELFDATA2MSB;

	memcpy(at, like->e_ident, EI_NIDENT);
	if (like->e_ident[EI_CLASS] == ELFCLASS64) {
		PUT(at, Elf64_Ehdr, e_type, ET_REL, is_big);
		PUT(at, Elf64_Ehdr, e_machine, like->e_machine, is_big);
		PUT(at, Elf64_Ehdr, e_version, EV_CURRENT, is_big);
		PUT(at, Elf64_Ehdr, e_ehsize, sizeof(Elf64_Ehdr), is_big);
		PUT(at, Elf64_Ehdr, e_shoff, section_headers, is_big);
		PUT(at, Elf64_Ehdr, e_shentsize, sizeof(Elf64_Shdr), is_big);
		PUT(at, Elf64_Ehdr, e_shnum, n, is_big);
		PUT(at, Elf64_Ehdr, e_shstrndx, n - 1u, is_big);
	} else {
		PUT(at, Elf32_Ehdr, e_type, ET_REL, is_big);
		PUT(at, Elf32_Ehdr, e_machine, like->e_machine, is_big);
		PUT(at, Elf32_Ehdr, e_version, EV_CURRENT, is_big);
		PUT(at, Elf32_Ehdr, e_ehsize, sizeof(Elf32_Ehdr), is_big);
		PUT(at, Elf32_Ehdr, e_shoff, section_headers, is_big);
		PUT(at, Elf32_Ehdr, e_shentsize, sizeof(Elf32_Shdr), is_big);
		PUT(at, Elf32_Ehdr, e_shnum, n, is_big);
		PUT(at, Elf32_Ehdr, e_shstrndx, n - 1u, is_big);
	}
}
