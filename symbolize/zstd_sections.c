#include "config.h"
#include "symbolize/zstd_sections.h"

#include <stdbool.h>
#include <stdint.h>
#include <zstd.h>

#include "symbolize/elf_patch.h"

#ifndef ELFCOMPRESS_ZSTD
#define ELFCOMPRESS_ZSTD 2
#endif

/* Room beyond any debug information of one file (bytes). */
static const uint64_t max_inflated = UINT64_C(4) << 30;

/* As the alignment of every section of debug information is at most this. */
enum { ALIGNMENT = 16 };

/* The header of a section compressed with zstd; false if it is none. */
static bool read_header(Elf_Scn *section, GElf_Shdr *shdr, GElf_Chdr *chdr)
{
	return gelf_getshdr(section, shdr) &&
	       (shdr->sh_flags & SHF_COMPRESSED) &&
	       shdr->sh_type != SHT_NOBITS && gelf_getchdr(section, chdr) &&
	       chdr->ch_type == ELFCOMPRESS_ZSTD;
}

size_t zstd_sections_size(Elf *elf)
{
	Elf_Scn *section = NULL;
	uint64_t size = 0;
	GElf_Shdr shdr;
	GElf_Chdr chdr;

	while ((section = elf_nextscn(elf, section))) {
		if (!read_header(section, &shdr, &chdr))
			continue;
		if (chdr.ch_size > max_inflated - size)
			return 0;
		size += (chdr.ch_size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
		if (size > max_inflated - ALIGNMENT)
			return 0;
	}
	return size ? size + ALIGNMENT : 0;
}

/* Makes a section header say where the inflated bytes lie (elf(5)). */
static void patch_header(unsigned char *at, const GElf_Ehdr *header,
			 const GElf_Shdr *shdr, uint64_t offset, uint64_t size)
{
	bool is_64 = header->e_ident[EI_CLASS] == ELFCLASS64;
	bool is_big = header->e_ident[EI_DATA] == ELFDATA2MSB;

	ELF_PATCH(at, is_64, is_big, Shdr, sh_flags,
		  shdr->sh_flags & ~(uint64_t)SHF_COMPRESSED);
	ELF_PATCH(at, is_64, is_big, Shdr, sh_offset, offset);
	ELF_PATCH(at, is_64, is_big, Shdr, sh_size, size);
}

void zstd_sections_inflate(unsigned char *bytes, size_t file_size, size_t size)
{
	Elf *elf = elf_memory((char *)bytes, file_size);
	size_t at = (file_size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
	size_t entry, skip, n;
	Elf_Scn *section = NULL;
	GElf_Ehdr header;
	GElf_Shdr shdr;
	GElf_Chdr chdr;

	if (!elf || !gelf_getehdr(elf, &header) || header.e_shoff > file_size)
		goto out;
	entry = gelf_fsize(elf, ELF_T_SHDR, 1, EV_CURRENT);
	skip = gelf_fsize(elf, ELF_T_CHDR, 1, EV_CURRENT);
	/* Headers of another size than libelf's are not told apart. */
	n = header.e_shentsize == entry ? (file_size - header.e_shoff) / entry
					: 0;
	while ((section = elf_nextscn(elf, section))) {
		size_t number = elf_ndxscn(section);

		if (!read_header(section, &shdr, &chdr) || number >= n ||
		    at > size || chdr.ch_size > size - at ||
		    shdr.sh_size < skip || shdr.sh_offset > file_size ||
		    shdr.sh_size > file_size - shdr.sh_offset ||
		    ZSTD_decompress(bytes + at, chdr.ch_size,
				    bytes + shdr.sh_offset + skip,
				    shdr.sh_size - skip) != chdr.ch_size)
			continue;
		patch_header(bytes + header.e_shoff + number * entry, &header,
			     &shdr, at, chdr.ch_size);
		at += (chdr.ch_size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
	}
out:
	elf_end(elf);
}
