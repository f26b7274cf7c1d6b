#include "config.h"
#include "symbolize/relocatable.h"

#include <gelf.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/reader.h"
#include "base/vec.h"
#include "symbolize/elf_patch.h"

/* As libelf would have it, but sections are changed while they are read. */
struct file {
	unsigned char *bytes;
	size_t size;
	Elf *elf;
	GElf_Ehdr header;
	bool is_64;
	bool is_big;
	bool is_swapped; /* as to this machine */
	struct relocatable_layout *layout;
	VEC(uint64_t) addresses; /* of sections, by number */
	VEC(uint8_t) stays;	 /* likewise: it is code that does */
	VEC(uint64_t) values;	 /* of symbols, */
	VEC(uint16_t) sections;	 /* and where they are */
};

static bool is_code(const GElf_Shdr *shdr)
{
	return (shdr->sh_flags & SHF_EXECINSTR) && (shdr->sh_flags & SHF_ALLOC);
}

static const char *name_of(const struct file *file, const GElf_Shdr *shdr)
{
	size_t names = 0;
	const char *name;

	elf_getshdrstrndx(file->elf, &names);
	name = elf_strptr(file->elf, names, shdr->sh_name);
	return name ? name : "";
}

static bool is_in_file(const struct file *file, const GElf_Shdr *shdr)
{
	return shdr->sh_type != SHT_NOBITS && shdr->sh_offset <= file->size &&
	       shdr->sh_size <= file->size - shdr->sh_offset;
}

static struct reader reader_of(const struct file *file, const GElf_Shdr *shdr)
{
	return reader_over(file->bytes + shdr->sh_offset, shdr->sh_size,
			   file->is_swapped);
}

/* ---- sections ---- */

static bool is_init(const char *name)
{
	return strncmp(name, ".init", 5) == 0;
}

/* Whether a section of code gets its size when the module is loaded. */
static bool is_sized_by_loader(const struct file *file, const char *name)
{
	static const char *const names[] = {
		".plt", ".text.ftrace_trampoline", ".stubs", /* of powerpc */
	};

	if (file->header.e_machine == EM_X86_64 ||
	    file->header.e_machine == EM_386)
		return false;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

/* Adds the code that is needed to start, or all else. */
static uint64_t place_sections(struct file *file, uint64_t at, bool of_init)
{
	bool has_front = false;
	Elf_Scn *section = NULL;
	GElf_Shdr shdr;

	while ((section = elf_nextscn(file->elf, section))) {
		const char *name;
		uint64_t alignment;

		if (!gelf_getshdr(section, &shdr))
			continue;
		name = name_of(file, &shdr);
		has_front |= is_sized_by_loader(file, name);
		if (!is_code(&shdr) || is_init(name) != of_init ||
		    is_sized_by_loader(file, name))
			continue;
		alignment = shdr.sh_addralign;
		if (alignment > 1 && alignment <= 1 << 20)
			at = (at + alignment - 1) / alignment * alignment;
		if (shdr.sh_size > UINT32_MAX - at)
			break;
		if (!of_init && shdr.sh_size > 0)
			file->layout->has_open_front |= has_front;
		file->stays.items[elf_ndxscn(section)] = !of_init;
		file->addresses.items[elf_ndxscn(section)] = at;
		at += shdr.sh_size;
	}
	return at;
}

static void write_addresses(struct file *file)
{
	size_t entry = gelf_fsize(file->elf, ELF_T_SHDR, 1, EV_CURRENT);
	size_t n = (file->size - file->header.e_shoff) / entry;

	for (size_t i = 0; i < file->addresses.n && i < n; i++)
		if (file->addresses.items[i] > 0)
			ELF_PATCH(file->bytes + file->header.e_shoff +
					  i * entry,
				  file->is_64, file->is_big, Shdr, sh_addr,
				  file->addresses.items[i]);
}

/* ---- symbols ---- */

/* Whether kallsyms has a symbol as one of the module's functions
 * (is_core_symbol() of kernel/module/kallsyms.c); $x and the like mark what is
 * code. */
static bool is_function(const struct file *file, const GElf_Shdr *shdr,
			uint32_t name_at, uint8_t info, uint16_t section)
{
	uint8_t type = GELF_ST_TYPE(info);
	const char *name;

	if (section >= file->stays.n || !file->stays.items[section] ||
	    type == STT_SECTION || type == STT_FILE)
		return false;
	name = elf_strptr(file->elf, shdr->sh_link, name_at);
	return name && *name && *name != '$';
}

static void take_function(struct relocatable_layout *layout, uint64_t value)
{
	if (value < layout->text_first)
		layout->text_first = value;
	if (value > layout->text_last)
		layout->text_last = value;
}

static void place_symbols(struct file *file, const GElf_Shdr *shdr)
{
	size_t entry = file->is_64 ? sizeof(Elf64_Sym) : sizeof(Elf32_Sym);
	struct reader all = reader_of(file, shdr);

	file->values.n = 0;
	file->sections.n = 0;
	file->layout->text_first = UINT64_MAX;
	while (reader_left(&all) >= entry) {
		struct reader r = reader_items(&all, 1, entry);
		uint64_t value, address = 0;
		uint32_t name = reader_u32(&r);
		uint16_t section;
		uint8_t info = 0;

		if (file->is_64) {
			info = reader_u8(&r);
			reader_u8(&r); /* visibility */
		}
		value = file->is_64 ? 0 : reader_u32(&r);
		if (!file->is_64) {
			reader_u32(&r); /* size */
			info = reader_u8(&r);
			reader_u8(&r);
		}
		section = reader_u16(&r);
		if (file->is_64)
			value = reader_u64(&r);
		if (section < file->addresses.n)
			address = file->addresses.items[section];
		value += address;
		*vec_add(&file->values) = value;
		*vec_add(&file->sections) = section;
		if (is_function(file, shdr, name, info, section))
			take_function(file->layout, value);
		if (address > 0)
			ELF_PATCH(file->bytes + shdr->sh_offset +
					  (file->values.n - 1) * entry,
				  file->is_64, file->is_big, Sym, st_value,
				  value);
	}
	if (file->layout->text_first == UINT64_MAX)
		file->layout->text_first = 0;
}

/* ---- relocations ---- */

/* How many bytes a relocation writes the sum of symbol and addend to; 0: it
 * writes nothing, -1: it is another kind (the psABI of each machine). */
static int width_of(uint16_t machine, uint32_t type)
{
	switch (machine) {
	case EM_X86_64:
		return type == R_X86_64_64			     ? 8
		       : type == R_X86_64_32 || type == R_X86_64_32S ? 4
		       : type == R_X86_64_NONE			     ? 0
								     : -1;
	case EM_386:
		return type == R_386_32 ? 4 : type == R_386_NONE ? 0 : -1;
	case EM_AARCH64:
		return type == R_AARCH64_ABS64	 ? 8
		       : type == R_AARCH64_ABS32 ? 4
		       : type == R_AARCH64_NONE	 ? 0
						 : -1;
	case EM_ARM:
		return type == R_ARM_ABS32 ? 4 : type == R_ARM_NONE ? 0 : -1;
	}
	return -1;
}

static void write_number(const struct file *file, unsigned char *at,
			 uint64_t value, int width)
{
	uint32_t low = (uint32_t)value;

	if (file->is_swapped) {
		value = __builtin_bswap64(value);
		low = __builtin_bswap32(low);
	}
	if (width == 8)
		memcpy(at, &value, sizeof(value));
	else
		memcpy(at, &low, sizeof(low));
}

/* One relocation: where, of which symbol, how, and what is added; the latter
 * stands in the place itself where it does not stand here. */
struct relocation {
	uint64_t offset;
	uint64_t addend;
	uint32_t symbol;
	uint32_t type;
};

static struct relocation read_relocation(const struct file *file,
					 struct reader *r, bool has_addend)
{
	struct relocation relocation = { 0 };
	uint64_t info;

	if (file->is_64) {
		relocation.offset = reader_u64(r);
		info = reader_u64(r);
		relocation.symbol = (uint32_t)(info >> 32);
		relocation.type = (uint32_t)info;
		relocation.addend = has_addend ? reader_u64(r) : 0;
	} else {
		relocation.offset = reader_u32(r);
		info = reader_u32(r);
		relocation.symbol = (uint32_t)(info >> 8);
		relocation.type = info & 0xff;
		relocation.addend = has_addend ? reader_u32(r) : 0;
	}
	return relocation;
}

/* False where any is not known, or leads outside. */
static bool relocate(struct file *file, const GElf_Shdr *relocations,
		     const GElf_Shdr *target)
{
	bool has_addend = relocations->sh_type == SHT_RELA;
	size_t entry = (file->is_64 ? 8u : 4u) * (has_addend ? 3u : 2u);
	struct reader r = reader_of(file, relocations);
	unsigned char *bytes = file->bytes + target->sh_offset;

	while (reader_left(&r) >= entry) {
		struct relocation one = read_relocation(file, &r, has_addend);
		int width = width_of(file->header.e_machine, one.type);
		uint64_t value;

		if (width == 0)
			continue;
		if (width < 0 || one.symbol >= file->values.n ||
		    one.offset > target->sh_size ||
		    target->sh_size - one.offset < (unsigned)width)
			return false;
		value = file->values.items[one.symbol] + one.addend;
		if (!has_addend)
			value += elf_patch_get(bytes + one.offset,
					       (size_t)width, file->is_big);
		write_number(file, bytes + one.offset, value, width);
	}
	return true;
}

static bool relocate_debug(struct file *file)
{
	Elf_Scn *section = NULL, *target;
	GElf_Shdr shdr, of_target;

	while ((section = elf_nextscn(file->elf, section))) {
		if (!gelf_getshdr(section, &shdr) ||
		    (shdr.sh_type != SHT_RELA && shdr.sh_type != SHT_REL))
			continue;
		target = elf_getscn(file->elf, shdr.sh_info);
		if (!target || !gelf_getshdr(target, &of_target) ||
		    strncmp(name_of(file, &of_target), ".debug_", 7) != 0)
			continue;
		if (!is_in_file(file, &shdr) || !is_in_file(file, &of_target) ||
		    (of_target.sh_flags & SHF_COMPRESSED) ||
		    !relocate(file, &shdr, &of_target))
			return false;
	}
	return true;
}

/* ---- the front ---- */

/* What a branch relocation of arm64 needs a jump for: as few of them as
 * count_plts() does, one for each symbol unless something is added. */
static uint64_t count_jumps(const struct file *file,
			    const GElf_Shdr *relocations, uint32_t *seen,
			    uint32_t number)
{
	struct reader r = reader_of(file, relocations);
	size_t entry = 3 * sizeof(uint64_t);
	uint64_t n = 0;

	while (reader_left(&r) >= entry) {
		struct relocation one = read_relocation(file, &r, true);
		bool is_jump = one.type == R_AARCH64_JUMP26;

		if ((!is_jump && one.type != R_AARCH64_CALL26) ||
		    one.symbol >= file->values.n ||
		    file->sections.items[one.symbol] == relocations->sh_info)
			continue;
		if (one.addend == 0) {
			uint32_t *last = &seen[2 * one.symbol + is_jump];

			if (*last == number)
				continue;
			*last = number;
		}
		n++;
	}
	return n;
}

/*
 * What stands in front of the code on arm64: a jump for each function that is
 * called elsewhere, one to spare, and those of the tracer, 12 bytes each (since
 * Linux 5.0), up to the next piece of code. Processors with the erratum 843419
 * have more.
 */
static void measure_front(struct file *file)
{
	enum { JUMP_SIZE = 12, MAX_OF_TRACER = 3, MAX_ALIGNMENT = 128 };
	uint32_t *seen = mem_zalloc(file->values.n, 2 * sizeof(*seen));
	Elf_Scn *section = NULL;
	uint64_t n = 0;
	GElf_Shdr shdr;

	while ((section = elf_nextscn(file->elf, section)))
		if (gelf_getshdr(section, &shdr) && shdr.sh_type == SHT_RELA &&
		    is_in_file(file, &shdr) && shdr.sh_info < file->stays.n &&
		    file->stays.items[shdr.sh_info])
			n += count_jumps(file, &shdr, seen,
					 (uint32_t)elf_ndxscn(section));
	free(seen);
	if (n == 0)
		return;
	file->layout->front_least = (n + 1) * JUMP_SIZE;
	file->layout->front_most =
		(n + 1 + MAX_OF_TRACER) * JUMP_SIZE + MAX_ALIGNMENT;
}

/* ---- all of it ---- */

static bool place(struct file *file)
{
	Elf_Scn *section = NULL;
	size_t n = 0;
	GElf_Shdr shdr;

	elf_getshdrnum(file->elf, &n);
	for (size_t i = 0; i < n; i++) {
		*vec_add(&file->addresses) = 0;
		*vec_add(&file->stays) = false;
	}
	file->layout->code_size = place_sections(file, 0, false);
	file->layout->code_size =
		place_sections(file, file->layout->code_size, true);
	while ((section = elf_nextscn(file->elf, section)))
		if (gelf_getshdr(section, &shdr) &&
		    shdr.sh_type == SHT_SYMTAB && is_in_file(file, &shdr)) {
			place_symbols(file, &shdr);
			break;
		}
	if (file->layout->has_open_front &&
	    file->header.e_machine == EM_AARCH64)
		measure_front(file);
	write_addresses(file);
	return relocate_debug(file);
}

bool relocatable_place(unsigned char *bytes, size_t size,
		       struct relocatable_layout *layout)
{
	bool ok = true;
	struct file file = { .bytes = bytes, .size = size, .layout = layout };

	*layout = (struct relocatable_layout){ 0 };
	file.elf = elf_memory((char *)bytes, size);
	if (file.elf && gelf_getehdr(file.elf, &file.header) &&
	    file.header.e_type == ET_REL && file.header.e_shoff <= size) {
		file.is_64 = file.header.e_ident[EI_CLASS] == ELFCLASS64;
		file.is_big = file.header.e_ident[EI_DATA] == ELFDATA2MSB;
		file.is_swapped = reader_is_swapped(!file.is_big);
		ok = place(&file);
	}
	elf_end(file.elf);
	vec_release(&file.addresses);
	vec_release(&file.stays);
	vec_release(&file.values);
	vec_release(&file.sections);
	return ok;
}
