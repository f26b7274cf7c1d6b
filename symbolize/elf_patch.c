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

void elf_patch_section(unsigned char *at, bool is_64, bool is_big,
		       const struct elf_patch_section *section)
{
	ELF_PATCH(at, is_64, is_big, Shdr, sh_name, section->name);
	ELF_PATCH(at, is_64, is_big, Shdr, sh_type, section->type);
	ELF_PATCH(at, is_64, is_big, Shdr, sh_flags, section->flags);
	ELF_PATCH(at, is_64, is_big, Shdr, sh_offset, section->offset);
	ELF_PATCH(at, is_64, is_big, Shdr, sh_size, section->size);
}

void elf_patch_header(unsigned char *at, const GElf_Ehdr *like,
		      uint64_t section_headers, uint16_t n)
{
	bool is_64 = like->e_ident[EI_CLASS] == ELFCLASS64;
	bool is_big = like->e_ident[EI_DATA] == ELFDATA2MSB;

	memcpy(at, like->e_ident, EI_NIDENT);
	ELF_PATCH(at, is_64, is_big, Ehdr, e_type, ET_REL);
	ELF_PATCH(at, is_64, is_big, Ehdr, e_machine, like->e_machine);
	ELF_PATCH(at, is_64, is_big, Ehdr, e_version, EV_CURRENT);
	ELF_PATCH(at, is_64, is_big, Ehdr, e_ehsize,
		  is_64 ? sizeof(Elf64_Ehdr) : sizeof(Elf32_Ehdr));
	ELF_PATCH(at, is_64, is_big, Ehdr, e_shoff, section_headers);
	ELF_PATCH(at, is_64, is_big, Ehdr, e_shentsize,
		  is_64 ? sizeof(Elf64_Shdr) : sizeof(Elf32_Shdr));
	ELF_PATCH(at, is_64, is_big, Ehdr, e_shnum, n);
	ELF_PATCH(at, is_64, is_big, Ehdr, e_shstrndx, n - 1u);
}
