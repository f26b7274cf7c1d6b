/*
 * Stubs as the linkers lay them out ("Procedure Linkage Table" in the psABI of
 * each machine, and the PLT layouts in bfd/elfxx-x86.c):
 *
 *	x86-64   [endbr64] [bnd] jmp *slot(%rip)
 *	i386     [endbr32] jmp *slot, or jmp *offset(%ebx) from .got.plt
 *	AArch64  [bti c] adrp x16, page; ldr x17, [x16, #offset]
 *
 * The code is looked at rather than the order of relocations, which differs
 * between linkers and sections.
 */
#include "config.h"
#include "symbolize/plt.h"

#include <stdlib.h>
#include <string.h>

/* A slot of the global offset table and the function it leads to. */
struct slot {
	uint64_t svma;
	const char *function; /* NULL: a resolver */
	uint64_t resolver;
};

struct reading {
	const struct image *image;
	VEC(struct slot) slots;
	uint64_t got; /* svma of .got.plt; 0: none */
	struct plt_stubs *stubs;
};

/* ---- relocations ---- */

static bool is_resolver(const struct image *image, uint32_t type)
{
	switch (image->header.e_machine) {
	case EM_X86_64:
		return type == R_X86_64_IRELATIVE;
	case EM_386:
		return type == R_386_IRELATIVE;
	case EM_AARCH64:
		return type == R_AARCH64_IRELATIVE;
	}
	return false;
}

static const char *name_of_symbol(const struct image *image, Elf_Data *symbols,
				  size_t strings, uint64_t number)
{
	const char *name;
	GElf_Sym sym;

	if (!symbols || number == 0 || number > INT32_MAX ||
	    !gelf_getsym(symbols, (int)number, &sym))
		return NULL;
	name = elf_strptr(image->elf, strings, sym.st_name);
	return name && *name ? name : NULL;
}

static void read_relocations(struct reading *reading, Elf_Scn *section,
			     const GElf_Shdr *shdr)
{
	const struct image *image = reading->image;
	Elf_Scn *symtab = elf_getscn(image->elf, shdr->sh_link);
	Elf_Data *symbols = symtab ? elf_getdata(symtab, NULL) : NULL;
	Elf_Data *data = elf_getdata(section, NULL);
	GElf_Shdr symbols_header = { 0 };
	size_t n =
		data && shdr->sh_entsize ? shdr->sh_size / shdr->sh_entsize : 0;

	if (symbols)
		gelf_getshdr(symtab, &symbols_header);
	for (size_t i = 0; i < n && i < INT32_MAX; i++) {
		struct slot slot = { 0 };
		GElf_Rela rela = { 0 };
		GElf_Rel rel;

		if (shdr->sh_type == SHT_RELA) {
			if (!gelf_getrela(data, (int)i, &rela))
				break;
		} else {
			if (!gelf_getrel(data, (int)i, &rel))
				break;
			rela.r_offset = rel.r_offset;
			rela.r_info = rel.r_info;
		}
		slot.svma = rela.r_offset;
		slot.function =
			name_of_symbol(image, symbols, symbols_header.sh_link,
				       GELF_R_SYM(rela.r_info));
		slot.resolver = (uint64_t)rela.r_addend;
		if (slot.function ||
		    is_resolver(image, (uint32_t)GELF_R_TYPE(rela.r_info)))
			*vec_add(&reading->slots) = slot;
	}
}

static int compare_slots(const void *a, const void *b)
{
	const struct slot *x = a, *y = b;

	return x->svma < y->svma ? -1 : x->svma > y->svma;
}

static const struct slot *find_slot(const struct reading *reading,
				    uint64_t svma)
{
	struct slot wanted = { .svma = svma };

	return reading->slots.n == 0 ? NULL
				     : bsearch(&wanted, reading->slots.items,
					       reading->slots.n, sizeof(wanted),
					       compare_slots);
}

/* ---- stubs ---- */

static uint32_t read_32(const unsigned char *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
	       (uint32_t)p[3] << 24;
}

/* Skips endbr64 or endbr32, and the prefix of MPX. */
static size_t skip_prefixes(const unsigned char *code, size_t size)
{
	size_t at = 0;

	if (size >= 4 && code[0] == 0xf3 && code[1] == 0x0f &&
	    code[2] == 0x1e && (code[3] == 0xfa || code[3] == 0xfb))
		at = 4;
	if (at < size && code[at] == 0xf2)
		at++;
	return at;
}

/* The slot that the code of a stub at svma jumps through; false: none. */
static bool slot_of_x86(const struct reading *reading,
			const unsigned char *code, size_t size, uint64_t svma,
			uint64_t *slot)
{
	bool is_64 = reading->image->header.e_machine == EM_X86_64;
	size_t at = skip_prefixes(code, size);

	if (size - at < 6 || code[at] != 0xff)
		return false;
	if (code[at + 1] == 0x25 && is_64)
		*slot = svma + at + 6 +
			(uint64_t)(int32_t)read_32(code + at + 2);
	else if (code[at + 1] == 0x25)
		*slot = read_32(code + at + 2);
	else if (code[at + 1] == 0xa3 && !is_64)
		*slot = (uint32_t)(reading->got + read_32(code + at + 2));
	else
		return false;
	return true;
}

static bool slot_of_aarch64(const unsigned char *code, size_t size,
			    uint64_t svma, uint64_t *slot)
{
	const uint32_t bti_c = 0xd503245f;
	size_t at = size >= 4 && read_32(code) == bti_c ? 4 : 0;
	uint32_t adrp, ldr;
	uint64_t pages;

	if (size - at < 8)
		return false;
	adrp = read_32(code + at);
	ldr = read_32(code + at + 4);
	if ((adrp & 0x9f00001f) != 0x90000010 ||
	    (ldr & 0xffc003ff) != 0xf9400211)
		return false;
	pages = (adrp >> 5 & 0x7ffff) << 2 | (adrp >> 29 & 3);
	if (pages & 1 << 20)
		pages |= ~UINT64_C(0x1fffff);
	*slot = ((svma + at) & ~UINT64_C(4095)) + (pages << 12) +
		(ldr >> 10 & 0xfff) * 8;
	return true;
}

static void add_stub(struct reading *reading, const unsigned char *code,
		     size_t size, uint64_t svma)
{
	const struct slot *slot;
	uint64_t at;
	bool is_known = reading->image->header.e_machine == EM_AARCH64
				? slot_of_aarch64(code, size, svma, &at)
				: slot_of_x86(reading, code, size, svma, &at);

	slot = is_known ? find_slot(reading, at) : NULL;
	if (slot)
		*vec_add(&reading->stubs->items) = (struct plt_stub){
			.start = svma,
			.limit = svma + size,
			.function = slot->function,
			.resolver = slot->resolver,
		};
}

static void read_stubs(struct reading *reading, Elf_Scn *section,
		       const GElf_Shdr *shdr, const char *name)
{
	Elf_Data *data = elf_rawdata(section, NULL);
	/* .plt.got has stubs of 8 bytes, but of 16 with endbr64; linkers say
	 * which. On AArch64 the first one of .plt is twice as long and leads
	 * nowhere; every stub starts at a multiple of 8 there. */
	size_t size = shdr->sh_entsize == 8 ? 8 : 16, step = size;
	uint16_t machine = reading->image->header.e_machine;

	if (machine == EM_AARCH64)
		step = 8;
	else if (strcmp(name, ".plt.got") == 0 && shdr->sh_entsize == 0)
		size = step = 8;
	if (!data || !data->d_buf || shdr->sh_addr > UINT64_MAX - data->d_size)
		return;
	for (size_t at = 0; at + size <= data->d_size; at += step)
		add_stub(reading, (const unsigned char *)data->d_buf + at, size,
			 shdr->sh_addr + at);
}

static bool has_stubs(const char *name)
{
	return strcmp(name, ".plt") == 0 || strcmp(name, ".plt.sec") == 0 ||
	       strcmp(name, ".plt.got") == 0;
}

/* Calls take() for each section that is in the file. */
static void for_each_section(struct reading *reading,
			     void (*take)(struct reading *reading,
					  Elf_Scn *section,
					  const GElf_Shdr *shdr,
					  const char *name))
{
	Elf *elf = reading->image->elf;
	Elf_Scn *section = NULL;
	size_t names_at = 0;

	elf_getshdrstrndx(elf, &names_at);
	while ((section = elf_nextscn(elf, section))) {
		GElf_Shdr shdr;
		const char *name;

		if (!gelf_getshdr(section, &shdr) || shdr.sh_type == SHT_NOBITS)
			continue;
		name = elf_strptr(elf, names_at, shdr.sh_name);
		take(reading, section, &shdr, name ? name : "");
	}
}

static void take_slots(struct reading *reading, Elf_Scn *section,
		       const GElf_Shdr *shdr, const char *name)
{
	if (strcmp(name, ".got.plt") == 0)
		reading->got = shdr->sh_addr;
	/* Those that the dynamic linker applies; others are of objects. */
	if ((shdr->sh_type == SHT_RELA || shdr->sh_type == SHT_REL) &&
	    (shdr->sh_flags & SHF_ALLOC))
		read_relocations(reading, section, shdr);
}

static void take_stubs(struct reading *reading, Elf_Scn *section,
		       const GElf_Shdr *shdr, const char *name)
{
	if (has_stubs(name) && shdr->sh_type == SHT_PROGBITS)
		read_stubs(reading, section, shdr, name);
}

void plt_read(const struct image *image, struct plt_stubs *stubs)
{
	struct reading reading = { .image = image, .stubs = stubs };

	switch (image->header.e_machine) {
	case EM_X86_64:
	case EM_386:
	case EM_AARCH64:
		break;
	default:
		return;
	}
	for_each_section(&reading, take_slots);
	if (reading.slots.n > 0)
		qsort(reading.slots.items, reading.slots.n, sizeof(struct slot),
		      compare_slots);
	for_each_section(&reading, take_stubs);
	vec_release(&reading.slots);
}

void plt_release(struct plt_stubs *stubs)
{
	vec_release(&stubs->items);
}
