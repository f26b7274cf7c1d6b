/*
 * Symbols may nest and overlap (an entry in the middle of a function, aliases
 * of different sizes). As in perf the one that starts last names an address;
 * where it ends, the one around it goes on. Those without a size, which
 * assemblers leave, are symbol_extents.c's.
 *
 * Which tables are read: .symtab of the debug file, or else of the module's own
 * file. A stripped module has .dynsym, and perhaps a .symtab of what that lacks
 * packed in .gnu_debugdata; a Go program has its runtime's table. Stubs of the
 * PLT have no symbols anywhere.
 */
#include "config.h"
#include "symbolize/elf_symbols.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "symbolize/demangle.h"
#include "symbolize/descriptors.h"
#include "symbolize/go_pclntab.h"
#include "symbolize/image_unwind.h"
#include "symbolize/plt.h"
#include "symbolize/symbol_extents.h"
#include "symbolize/table.h"

/* How perf calls the stubs of the PLT. */
#define PLT_SUFFIX "@plt"

/* ---- reading ---- */

/* $a, $d, $t, $x of ARM and RISC-V say what kind of bytes follow; .L names are
 * the compiler's. */
static bool is_marker(const char *name)
{
	return (name[0] == '$' && strchr("adtx", name[1]) && name[1] &&
		(name[2] == '\0' || name[2] == '.')) ||
	       strncmp(name, ".L", 2) == 0;
}

static bool is_code(const GElf_Sym *sym)
{
	switch (GELF_ST_TYPE(sym->st_info)) {
	case STT_FUNC:
	case STT_GNU_IFUNC:
	case STT_NOTYPE: /* labels of assembler code */
		return true;
	}
	return false;
}

/* They name nothing, as in perf, but what is in front of them has ended. */
static bool is_hidden_label(const GElf_Sym *sym)
{
	unsigned visibility = GELF_ST_VISIBILITY(sym->st_other);

	return GELF_ST_TYPE(sym->st_info) == STT_NOTYPE &&
	       (visibility == STV_HIDDEN || visibility == STV_INTERNAL);
}

/* In MIPS and ARM code the lowest bit of an address tells of the mode. */
static uint64_t address_of(const struct image *image, const GElf_Sym *sym)
{
	if (image->header.e_machine == EM_ARM &&
	    GELF_ST_TYPE(sym->st_info) == STT_FUNC)
		return sym->st_value & ~UINT64_C(1);
	return sym->st_value;
}

/* Where the code of each section lies, by its number: libelf takes a lock each
 * time it is asked. */
struct code_section {
	uint64_t start;
	uint64_t limit; /* start: it has no code */
};

struct code_sections {
	VEC(struct code_section) items;
	const struct descriptors *descriptors; /* of functions */
};

static void read_code_sections(const struct image *image,
			       struct code_sections *sections)
{
	Elf_Scn *section = NULL;

	*vec_add(&sections->items) = (struct code_section){ 0 };
	while ((section = elf_nextscn(image->elf, section))) {
		struct code_section code = { 0 };
		GElf_Shdr shdr;

		if (gelf_getshdr(section, &shdr) &&
		    (shdr.sh_flags & SHF_EXECINSTR) &&
		    shdr.sh_addr <= UINT64_MAX - shdr.sh_size) {
			code.start = shdr.sh_addr;
			code.limit = shdr.sh_addr + shdr.sh_size;
		}
		*vec_add(&sections->items) = code;
	}
}

/* Where the code of a symbol is, and which section ends behind it; false: it is
 * none of code. */
static bool place_symbol(const struct code_sections *sections, uint32_t section,
			 uint64_t *start, uint64_t *limit)
{
	const struct code_section *code;
	size_t first = section, last = section;

	if (descriptors_find(sections->descriptors, *start, start)) {
		first = 0;
		last = sections->items.n - 1;
	}
	for (size_t i = first; i <= last && i < sections->items.n; i++) {
		code = &sections->items.items[i];
		*limit = code->limit;
		if (*start >= code->start && *start < code->limit)
			return true;
	}
	return false;
}

static void add_symbol(struct symbol_list *list, const struct image *image,
		       const struct code_sections *sections,
		       const GElf_Sym *sym, uint32_t section, const char *name)
{
	uint64_t start = address_of(image, sym), limit;
	unsigned binding = GELF_ST_BIND(sym->st_info);

	if (!place_symbol(sections, section, &start, &limit))
		return;
	if (is_hidden_label(sym)) {
		*vec_add(&list->hidden) = start;
		return;
	}
	*vec_add(&list->items) = (struct symbol){
		.start = start,
		.limit = sym->st_size < limit - start ? start + sym->st_size
						      : limit,
		.section_limit = limit,
		.candidate = {
			.name = name,
			.size = sym->st_size,
			/* As kallsyms, which does not say it of modules. */
			.is_weak = binding == STB_WEAK &&
				   image->header.e_type != ET_REL,
			.is_global = binding == STB_GLOBAL,
		},
		.order = list->items.n,
		.is_local_label =
			binding == STB_LOCAL &&
			GELF_ST_TYPE(sym->st_info) == STT_NOTYPE,
	};
}

/* A symbol table with the tables that belong to it. */
struct symtab {
	Elf_Data *symbols;
	Elf_Data *strings;
	Elf_Data *indexes; /* SHT_SYMTAB_SHNDX; may be NULL */
	size_t n;
};

static Elf_Data *data_of_section(const struct image *image, size_t index)
{
	Elf_Scn *section = elf_getscn(image->elf, index);

	return section ? elf_getdata(section, NULL) : NULL;
}

static bool find_symtab(const struct image *image, uint32_t type,
			struct symtab *symtab)
{
	Elf_Scn *section = NULL;
	GElf_Shdr shdr;

	while ((section = elf_nextscn(image->elf, section))) {
		if (!gelf_getshdr(section, &shdr) || shdr.sh_type != type ||
		    shdr.sh_entsize == 0)
			continue;
		symtab->symbols = elf_getdata(section, NULL);
		symtab->strings = data_of_section(image, shdr.sh_link);
		symtab->n = (size_t)(shdr.sh_size / shdr.sh_entsize);
		symtab->indexes = NULL;
		return symtab->symbols && symtab->strings &&
		       symtab->strings->d_buf && symtab->strings->d_size > 0 &&
		       !((const char *)symtab->strings
				 ->d_buf)[symtab->strings->d_size - 1];
	}
	return false;
}

/* The section numbers of symbols for which 16 bits are not enough. */
static void find_section_indexes(const struct image *image,
				 struct symtab *symtab)
{
	Elf_Scn *section = NULL;
	GElf_Shdr shdr;

	while ((section = elf_nextscn(image->elf, section)))
		if (gelf_getshdr(section, &shdr) &&
		    shdr.sh_type == SHT_SYMTAB_SHNDX)
			symtab->indexes = elf_getdata(section, NULL);
}

static const char *symbol_name(const struct symtab *symtab, const GElf_Sym *sym)
{
	if (sym->st_name >= symtab->strings->d_size)
		return "";
	return (const char *)symtab->strings->d_buf + sym->st_name;
}

static bool open_symtab(const struct image *image, uint32_t type,
			struct symtab *symtab)
{
	if (!image->elf || !find_symtab(image, type, symtab))
		return false;
	if (type == SHT_SYMTAB)
		find_section_indexes(image, symtab);
	return true;
}

/* Whether the image has a table of that type. */
static bool read_symbols(const struct image *image, uint32_t type,
			 const struct descriptors *descriptors,
			 struct symbol_list *list)
{
	struct code_sections sections = { .descriptors = descriptors };
	struct symtab symtab;

	if (!open_symtab(image, type, &symtab))
		return false;
	read_code_sections(image, &sections);
	for (size_t i = 0; i < symtab.n; i++) {
		Elf32_Word index = 0;
		const char *name;
		GElf_Sym sym;

		if (!gelf_getsymshndx(symtab.symbols, symtab.indexes, (int)i,
				      &sym, &index))
			break;
		if (sym.st_shndx != SHN_XINDEX)
			index = sym.st_shndx;
		name = symbol_name(&symtab, &sym);
		if (index != SHN_UNDEF && is_code(&sym) && *name &&
		    !is_marker(name))
			add_symbol(list, image, &sections, &sym, index, name);
	}
	vec_release(&sections.items);
	return true;
}

bool elf_symbols_address(const struct image *image, const char *name,
			 uint64_t *svma)
{
	struct symtab symtab;

	if (!open_symtab(image, SHT_SYMTAB, &symtab))
		return false;
	for (size_t i = 0; i < symtab.n; i++) {
		GElf_Sym sym;

		if (!gelf_getsym(symtab.symbols, (int)i, &sym))
			break;
		if (sym.st_shndx == SHN_UNDEF ||
		    strcmp(symbol_name(&symtab, &sym), name) != 0)
			continue;
		*svma = sym.st_value;
		return true;
	}
	return false;
}

/* ---- Go ---- */

static void add_go_functions(const struct image *image,
			     struct symbol_list *list)
{
	struct go_functions functions = { 0 };
	struct go_pclntab table;

	if (image->elf && go_pclntab_open(&table, image))
		go_pclntab_functions(&table, &functions);
	for (size_t i = 0; i < functions.items.n; i++) {
		const struct go_function *function = &functions.items.items[i];

		if (!*function->name)
			continue;
		*vec_add(&list->items) = (struct symbol){
			.start = function->start,
			.limit = function->limit,
			.section_limit = function->limit,
			.candidate = {
				.name = function->name,
				.size = function->limit - function->start,
			},
			.order = list->items.n,
		};
	}
	vec_release(&functions.items);
}

/* ---- the PLT ---- */

/* The name that a function has at exactly this address; NULL: none. */
static const char *name_at(const struct symbol_list *list, uint64_t svma)
{
	for (size_t i = 0; i < list->items.n; i++)
		if (list->items.items[i].start == svma)
			return list->items.items[i].candidate.name;
	return NULL;
}

static void add_stubs(struct elf_symbols *symbols, const struct image *image,
		      struct symbol_list *list)
{
	struct plt_stubs stubs = { 0 };
	size_t n_symbols = list->items.n;

	if (image->elf)
		plt_read(image, &stubs);
	for (size_t i = 0; i < stubs.items.n; i++) {
		const struct plt_stub *stub = &stubs.items.items[i];
		struct symbol_list named = *list;
		const char *function = stub->function;

		named.items.n = n_symbols;
		if (!function)
			function = name_at(&named, stub->resolver);
		if (!function)
			continue;
		*vec_add(&symbols->made_names) =
			mem_printf("%s" PLT_SUFFIX, function);
		*vec_add(&list->items) = (struct symbol){
			.start = stub->start,
			.limit = stub->limit,
			.section_limit = stub->limit,
			.candidate = {
				.name = symbols->made_names.items
						[symbols->made_names.n - 1],
				.size = stub->limit - stub->start,
			},
			.order = list->items.n,
		};
	}
	plt_release(&stubs);
}

/* ---- choosing ---- */

static int compare_symbols(const void *a, const void *b)
{
	const struct symbol *x = a, *y = b;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

/* perf looks at names as they are shown. */
static bool is_better(const struct symbol_candidate *b,
		      const struct symbol_candidate *a, bool is_kernel)
{
	struct symbol_candidate shown_b = *b, shown_a = *a;
	char *name_b = demangle(b->name, false);
	char *name_a = demangle(a->name, false);
	bool result;

	if (name_b)
		shown_b.name = name_b;
	if (name_a)
		shown_a.name = name_a;
	result = is_kernel ? symbol_is_better_in_kernel(&shown_b, &shown_a)
			   : symbol_is_better(&shown_b, &shown_a);
	free(name_b);
	free(name_a);
	return result;
}

static void choose(struct symbol_list *list, bool is_kernel)
{
	struct symbol *items = list->items.items;
	size_t kept = 0;

	if (list->items.n == 0)
		return;
	qsort(items, list->items.n, sizeof(*items), compare_symbols);
	for (size_t i = 1; i < list->items.n; i++) {
		if (items[i].start != items[kept].start)
			items[++kept] = items[i];
		else if (is_better(&items[i].candidate, &items[kept].candidate,
				   is_kernel))
			items[kept] = items[i];
	}
	list->items.n = kept + 1;
}

/* Kernels keep all labels, and their ends, as kallsyms has them. */
static void give_limits_in_kernel(struct symbol_list *list)
{
	for (size_t i = 0; i < list->items.n; i++) {
		struct symbol *symbol = &list->items.items[i];

		if (symbol->limit > symbol->start)
			continue;
		symbol->limit = symbol->section_limit;
		if (i + 1 < list->items.n &&
		    list->items.items[i + 1].start < symbol->limit)
			symbol->limit = list->items.items[i + 1].start;
	}
}

static bool lacks_sizes(const struct symbol_list *list)
{
	for (size_t i = 0; i < list->items.n; i++)
		if (list->items.items[i].candidate.size == 0)
			return true;
	return false;
}

/* What is known of code besides the symbols that give names. */
static void find_functions(const struct module_images *images,
			   const struct symbol_list *list,
			   struct intervals *functions)
{
	struct interval around = { 0 };
	size_t kept = 0;

	image_unwind_functions(images, functions);
	for (size_t i = 0; i < list->hidden.n; i++)
		*vec_add(functions) =
			(struct interval){ list->hidden.items[i],
					   list->hidden.items[i], 0 };
	if (list->hidden.n == 0)
		return;
	intervals_sort(functions);
	/* In the middle of a function nothing begins. */
	for (size_t i = 0; i < functions->n; i++) {
		struct interval function = functions->items[i];

		if (function.limit == function.start &&
		    function.start < around.limit)
			continue;
		if (function.limit > function.start)
			around = function;
		functions->items[kept++] = function;
	}
	functions->n = kept;
}

static void give_limits(struct symbol_list *list,
			const struct module_images *images)
{
	struct intervals functions = { 0 };

	if (!lacks_sizes(list))
		return;
	find_functions(images, list, &functions);
	symbol_extents_give(list, &functions);
	vec_release(&functions);
}

/* As disjoint ranges; of each symbol what a table is made of. */
static void flatten(struct elf_symbols *symbols, const struct symbol_list *list,
		    bool is_kernel)
{
	struct intervals nested = { 0 };

	for (size_t i = 0; i < list->items.n; i++) {
		const struct symbol *symbol = &list->items.items[i];

		*vec_add(&symbols->items) = (struct elf_symbol){
			.name = symbol->candidate.name,
			.is_sizeless =
				!is_kernel && symbol->candidate.size == 0,
		};
		*vec_add(&nested) =
			(struct interval){ symbol->start, symbol->limit, i };
	}
	intervals_flatten(&nested, &symbols->ranges);
	vec_release(&nested);
}

void elf_symbols_init(struct elf_symbols *symbols,
		      const struct module_images *images)
{
	const struct image *own = &images->images[FILE_OWN];
	bool is_kernel = image_is_kernel(own) || image_is_kernel(images->own);
	struct descriptors descriptors = descriptors_of(own);
	struct symbol_list list = { 0 };

	*symbols = (struct elf_symbols){ 0 };
	symbols->is_full = read_symbols(&images->images[FILE_DEBUG], SHT_SYMTAB,
					&descriptors, &list) ||
			   read_symbols(own, SHT_SYMTAB, &descriptors, &list);
	if (!symbols->is_full) {
		read_symbols(own, SHT_DYNSYM, &descriptors, &list);
		read_symbols(&images->packed, SHT_SYMTAB, &descriptors, &list);
		add_go_functions(own, &list);
	}
	add_stubs(symbols, own, &list);
	choose(&list, is_kernel);
	if (is_kernel)
		give_limits_in_kernel(&list);
	else
		give_limits(&list, images);
	flatten(symbols, &list, is_kernel);
	vec_release(&list.items);
	vec_release(&list.hidden);
}

void elf_symbols_release(struct elf_symbols *symbols)
{
	vec_release(&symbols->ranges);
	vec_release(&symbols->items);
	for (size_t i = 0; i < symbols->made_names.n; i++)
		free(symbols->made_names.items[i]);
	vec_release(&symbols->made_names);
}

/* ---- pages ---- */

size_t elf_symbols_n_pages(const struct elf_symbols *symbols)
{
	return (symbols->ranges.n + SYMBOLS_PER_PAGE - 1) / SYMBOLS_PER_PAGE;
}

/* The stub of a C++ function is named after it as it reads; NULL: as it is. */
static char *demangle_symbol(const char *symbol)
{
	size_t length = strlen(symbol), suffix = strlen(PLT_SUFFIX);
	char *function, *name, *whole = NULL;

	if (length < suffix || strcmp(symbol + length - suffix, PLT_SUFFIX))
		return demangle(symbol, false);
	function = mem_printf("%.*s", (int)(length - suffix), symbol);
	name = demangle(function, false);
	if (name)
		whole = mem_printf("%s" PLT_SUFFIX, name);
	free(function);
	free(name);
	return whole;
}

void elf_symbols_page(const struct elf_symbols *symbols, size_t page,
		      struct buf *out)
{
	struct table_builder *builder = table_builder_new();
	size_t first = page * SYMBOLS_PER_PAGE;

	for (size_t i = first;
	     i < symbols->ranges.n && i < first + SYMBOLS_PER_PAGE; i++) {
		const struct interval *range = &symbols->ranges.items[i];
		const struct elf_symbol *symbol =
			&symbols->items.items[range->value];
		char *demangled = demangle_symbol(symbol->name);
		const char *name = demangled ? demangled : symbol->name;
		uint32_t function =
			symbol->is_sizeless
				? table_builder_add_label(builder, name,
							  symbol->name)
				: table_builder_add_function(
					  builder, name, symbol->name, NULL, 0);

		table_builder_add_range(
			builder,
			table_builder_add_scope(builder, NO_SCOPE, function, 0,
						0, 0),
			range->start, range->limit);
		free(demangled);
	}
	table_builder_finish(builder, out);
	table_builder_free(builder);
}
