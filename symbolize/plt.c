/*
 * The code of stubs is looked at (plt_code.c) rather than the order of
 * relocations, which differs between linkers and sections.
 */
#include "config.h"
#include "symbolize/plt.h"

#include <stdlib.h>
#include <string.h>

#include "symbolize/plt_code.h"

/* A slot of the global offset table and the function it leads to. */
struct slot {
	uint64_t svma;
	const char *function; /* NULL: a resolver */
	uint64_t resolver;
};

struct reading {
	const struct image *image;
	VEC(struct slot) slots;
	struct plt_machine machine;
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
	case EM_ARM:
		return type == R_ARM_IRELATIVE;
	case EM_RISCV:
		return type == R_RISCV_IRELATIVE;
	case EM_S390:
		return type == R_390_IRELATIVE;
	case EM_PPC64:
		return type == R_PPC64_IRELATIVE;
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

/* Adds the stub that begins here; false: there is none of a function. */
static bool add_stub(struct reading *reading, const unsigned char *code,
		     size_t size, uint64_t svma, struct plt_code *stub)
{
	const struct slot *slot;

	if (!plt_code_read(&reading->machine, code, size, svma, stub))
		return false;
	slot = find_slot(reading, stub->slot);
	if (slot)
		*vec_add(&reading->stubs->items) = (struct plt_stub){
			.start = svma,
			.limit = svma + stub->size,
			.function = slot->function,
			.resolver = slot->resolver,
		};
	return slot != NULL;
}

static void read_stubs(struct reading *reading, Elf_Scn *section,
		       const GElf_Shdr *shdr)
{
	Elf_Data *data = elf_rawdata(section, NULL);
	const unsigned char *bytes;
	size_t step = plt_code_step(&reading->machine);

	if (!data || !data->d_buf || shdr->sh_addr > UINT64_MAX - data->d_size)
		return;
	bytes = data->d_buf;
	for (size_t at = 0; at < data->d_size;) {
		struct plt_code stub;

		at += add_stub(reading, bytes + at, data->d_size - at,
			       shdr->sh_addr + at, &stub)
			      ? stub.size
			      : step;
	}
}

/* PowerPC's linkers put stubs among the functions. */
static bool has_stubs(const struct reading *reading, const GElf_Shdr *shdr,
		      const char *name)
{
	if (shdr->sh_type != SHT_PROGBITS)
		return false;
	if (reading->image->header.e_machine == EM_PPC64)
		return (shdr->sh_flags & SHF_EXECINSTR) != 0;
	return strcmp(name, ".plt") == 0 || strcmp(name, ".plt.sec") == 0 ||
	       strcmp(name, ".plt.got") == 0 || strcmp(name, ".iplt") == 0;
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
		reading->machine.got_plt = shdr->sh_addr;
	if (strcmp(name, ".got") == 0)
		reading->machine.got = shdr->sh_addr;
	/* Those that the dynamic linker applies; others are of objects. */
	if ((shdr->sh_type == SHT_RELA || shdr->sh_type == SHT_REL) &&
	    (shdr->sh_flags & SHF_ALLOC))
		read_relocations(reading, section, shdr);
}

static void take_stubs(struct reading *reading, Elf_Scn *section,
		       const GElf_Shdr *shdr, const char *name)
{
	reading->machine.has_short_stubs = strcmp(name, ".plt.got") == 0;
	reading->machine.entry_size = shdr->sh_entsize;
	if (has_stubs(reading, shdr, name))
		read_stubs(reading, section, shdr);
}

void plt_read(const struct image *image, struct plt_stubs *stubs)
{
	struct reading reading = { .image = image, .stubs = stubs };

	reading.machine.machine = image->header.e_machine;
	reading.machine.is_64 = image->header.e_ident[EI_CLASS] == ELFCLASS64;
	reading.machine.is_swapped = image_is_swapped(image);
	if (!plt_code_is_known(&reading.machine))
		return;
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
