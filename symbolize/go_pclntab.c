/*
 * Since 1.26 the section itself does not say where the text begins, and where
 * the data of functions lie it never said: that stands in the variable
 * runtime.firstmoduledata. A stripped program has no symbol of it, but it
 * begins with the address of the section and, one word on, that of the names
 * in it; nothing else does. In a position independent program those are
 * relocations.
 */
#include "config.h"
#include "symbolize/go_pclntab.h"

#include <stdlib.h>
#include <string.h>

enum {
	MAGIC_1_2 = 0xfffffffb,
	MAGIC_1_16 = 0xfffffffa,
	MAGIC_1_18 = 0xfffffff0,
	MAGIC_1_20 = 0xfffffff1,
};

/* Where things stand in struct moduledata of runtime/symtab.go, in words. */
enum {
	MODULE_HEADER = 0,
	MODULE_NAMES = 1,
	MODULE_TEXT = 22,
	MODULE_GO_FUNC_1_18 = 38,
	MODULE_GO_FUNC_1_20 = 40, /* since then there are covctrs, ecovctrs */
};

static uint64_t read_word(bool is_64, struct reader *r)
{
	return is_64 ? reader_u64(r) : reader_u32(r);
}

static struct reader from_offset(struct reader r, uint64_t offset)
{
	if (offset > reader_left(&r))
		r.has_failed = true;
	else
		reader_bytes(&r, (size_t)offset);
	return r;
}

const char *go_string(const struct reader *strings, uint64_t offset)
{
	struct reader r = *strings;

	if (offset >= reader_left(&r))
		return NULL;
	reader_bytes(&r, (size_t)offset);
	return memchr(r.pos, 0, reader_left(&r)) ? (const char *)r.pos : NULL;
}

/* ---- the variable with the rest ---- */

/* A word that the loader makes: the program's start and an addend. */
struct relocation {
	uint64_t svma;
	uint64_t addend;
};

/* The words of the program's data. */
struct words {
	const struct image *image;
	bool is_64;
	VEC(struct relocation) relocations; /* by svma */
};

static bool is_relative(const struct image *image, const GElf_Rela *rela)
{
	uint64_t type = GELF_R_TYPE(rela->r_info);

	switch (image->header.e_machine) {
	case EM_X86_64:
		return type == R_X86_64_RELATIVE;
	case EM_AARCH64:
		return type == R_AARCH64_RELATIVE;
	case EM_PPC64:
		return type == R_PPC64_RELATIVE;
	case EM_S390:
		return type == R_390_RELATIVE;
	case EM_RISCV:
		return type == R_RISCV_RELATIVE;
	}
	return false;
}

static int compare_relocations(const void *a, const void *b)
{
	const struct relocation *x = a, *y = b;

	return x->svma < y->svma ? -1 : x->svma > y->svma;
}

static void read_relocations(struct words *words)
{
	Elf_Scn *section = NULL;
	GElf_Shdr shdr;

	while ((section = elf_nextscn(words->image->elf, section))) {
		Elf_Data *data;

		if (!gelf_getshdr(section, &shdr) || shdr.sh_type != SHT_RELA ||
		    !(shdr.sh_flags & SHF_ALLOC))
			continue;
		data = elf_getdata(section, NULL);
		for (int i = 0; data; i++) {
			GElf_Rela rela;

			if (!gelf_getrela(data, i, &rela))
				break;
			if (is_relative(words->image, &rela))
				*vec_add(&words->relocations) =
					(struct relocation){
						rela.r_offset,
						(uint64_t)rela.r_addend
					};
		}
	}
	if (words->relocations.n > 0)
		qsort(words->relocations.items, words->relocations.n,
		      sizeof(struct relocation), compare_relocations);
}

static const struct relocation *find_relocation(const struct words *words,
						uint64_t svma)
{
	struct relocation wanted = { .svma = svma };

	return words->relocations.n == 0
		       ? NULL
		       : bsearch(&wanted, words->relocations.items,
				 words->relocations.n, sizeof(wanted),
				 compare_relocations);
}

/* Data that lie somewhere in memory. */
struct part {
	struct reader bytes;
	uint64_t svma;
};

static bool part_word(const struct words *words, const struct part *part,
		      uint64_t offset, uint64_t *word)
{
	const struct relocation *relocation;
	struct reader r = from_offset(part->bytes, offset);

	relocation = find_relocation(words, part->svma + offset);
	*word = read_word(words->is_64, &r);
	if (relocation)
		*word = relocation->addend;
	return reader_ok(&r);
}

/* Whether the variable begins at an offset of the part; takes it if so. */
static bool take_module(struct go_pclntab *table, const struct words *words,
			const struct part *part, uint64_t offset,
			uint64_t section, uint64_t names)
{
	const uint64_t size = words->is_64 ? 8 : 4;
	uint64_t go_func = table->version == GO_1_18 ? MODULE_GO_FUNC_1_18
						     : MODULE_GO_FUNC_1_20;
	uint64_t word, text;

	if (!part_word(words, part, offset + MODULE_HEADER * size, &word) ||
	    word != section ||
	    !part_word(words, part, offset + MODULE_NAMES * size, &word) ||
	    word != names ||
	    !part_word(words, part, offset + MODULE_TEXT * size, &text) ||
	    !part_word(words, part, offset + go_func * size, &word))
		return false;
	table->text = text;
	table->go_func = word;
	return true;
}

/* Only the words that are the section's address are looked at closer. */
static bool find_module_in(struct go_pclntab *table, const struct words *words,
			   const struct part *part, uint64_t section,
			   uint64_t names)
{
	const uint64_t size = words->is_64 ? 8 : 4;
	struct reader r = part->bytes;

	for (uint64_t at = 0; reader_left(&r) >= size; at += size)
		if (read_word(words->is_64, &r) == section &&
		    take_module(table, words, part, at, section, names))
			return true;
	for (size_t i = 0; i < words->relocations.n; i++) {
		const struct relocation *at = &words->relocations.items[i];

		if (at->addend == section && at->svma >= part->svma &&
		    take_module(table, words, part, at->svma - part->svma,
				section, names))
			return true;
	}
	return false;
}

static void find_module(struct go_pclntab *table, const struct image *image,
			uint64_t section, uint64_t names)
{
	struct words words = { .image = image, .is_64 = table->is_64 };
	Elf_Scn *scn = NULL;
	bool is_found = false;
	GElf_Shdr shdr;

	read_relocations(&words);
	while (!is_found && (scn = elf_nextscn(image->elf, scn))) {
		struct part part = { 0 };
		Elf_Data *data;

		if (!gelf_getshdr(scn, &shdr) || shdr.sh_type != SHT_PROGBITS ||
		    !(shdr.sh_flags & SHF_WRITE) ||
		    !(data = elf_rawdata(scn, NULL)) || !data->d_buf)
			continue;
		part.svma = shdr.sh_addr;
		part.bytes = reader_over(data->d_buf, data->d_size,
					 image_is_swapped(image));
		is_found = find_module_in(table, &words, &part, section, names);
	}
	vec_release(&words.relocations);
}

/* ---- the section ---- */

static Elf_Scn *find_section(const struct image *image)
{
	Elf_Scn *section = image_find_section(image, ".gopclntab");

	/* Position independent programs have it where it can be relocated. */
	return section ? section
		       : image_find_section(image, ".data.rel.ro.gopclntab");
}

static bool version_of_magic(uint32_t magic, enum go_version *version)
{
	switch (magic) {
	case MAGIC_1_2:
		*version = GO_1_2;
		return true;
	case MAGIC_1_16:
		*version = GO_1_16;
		return true;
	case MAGIC_1_18:
		*version = GO_1_18;
		return true;
	case MAGIC_1_20:
		*version = GO_1_20;
		return true;
	}
	return false;
}

/* What follows the number of functions. */
static bool read_offsets(struct go_pclntab *table, struct reader all,
			 struct reader *r, uint64_t *names)
{
	uint64_t units, files, values, functions;

	read_word(table->is_64, r); /* the number of files */
	if (table->version >= GO_1_18)
		table->text = read_word(table->is_64, r);
	*names = read_word(table->is_64, r);
	units = read_word(table->is_64, r);
	files = read_word(table->is_64, r);
	values = read_word(table->is_64, r);
	functions = read_word(table->is_64, r);
	table->names = from_offset(all, *names);
	table->units = from_offset(all, units);
	table->files = from_offset(all, files);
	table->values = from_offset(all, values);
	table->functions = from_offset(all, functions);
	table->data = table->functions;
	return reader_ok(r) && reader_ok(&table->names) &&
	       reader_ok(&table->units) && reader_ok(&table->files) &&
	       reader_ok(&table->values) && reader_ok(&table->functions);
}

static bool read_header(struct go_pclntab *table, const struct image *image,
			struct reader all, uint64_t svma)
{
	struct reader r = all;
	uint64_t names;

	if (!version_of_magic(reader_u32(&r), &table->version))
		return false;
	reader_u16(&r);
	table->quantum = reader_u8(&r);
	table->is_64 = reader_u8(&r) == 8;
	table->n = read_word(table->is_64, &r);
	if (table->version == GO_1_2) {
		table->names = table->data = all;
		table->functions = r;
		return reader_ok(&r);
	}
	if (!read_offsets(table, all, &r, &names))
		return false;
	if (table->version < GO_1_18)
		return true;
	find_module(table, image, svma, svma + names);
	/* Not .text: what C code a program has may come first there. */
	return table->text != 0;
}

bool go_pclntab_open(struct go_pclntab *table, const struct image *image)
{
	Elf_Scn *section = find_section(image);
	Elf_Data *data = section ? elf_getdata(section, NULL) : NULL;
	GElf_Shdr shdr;

	*table = (struct go_pclntab){ 0 };
	return data && data->d_buf && gelf_getshdr(section, &shdr) &&
	       read_header(table, image,
			   reader_over(data->d_buf, data->d_size,
				       image_is_swapped(image)),
			   shdr.sh_addr);
}

/* ---- functions ---- */

static uint64_t read_entry(const struct go_pclntab *table, struct reader *r)
{
	return table->version >= GO_1_18 ? reader_u32(r)
					 : read_word(table->is_64, r);
}

static const char *name_of(const struct go_pclntab *table, struct reader data)
{
	const char *name;

	read_entry(table, &data);
	name = go_string(&table->names, reader_u32(&data));
	return name && reader_ok(&data) ? name : "";
}

void go_pclntab_functions(const struct go_pclntab *table,
			  struct go_functions *functions)
{
	struct reader r = table->functions;
	uint64_t start = read_entry(table, &r), limit, end = 0;

	for (uint64_t i = 0; i < table->n; i++) {
		uint64_t data = read_entry(table, &r);

		limit = read_entry(table, &r);
		if (!reader_ok(&r))
			return;
		if (start >= end && start < limit &&
		    limit <= UINT64_MAX - table->text) {
			struct go_function function = {
				.start = table->text + start,
				.limit = table->text + limit,
				.data = from_offset(table->data, data),
			};

			function.name = name_of(table, function.data);
			*vec_add(&functions->items) = function;
			end = limit;
		}
		start = limit;
	}
}
