/*
 * A line is "ffffffff81000000 T _text" or "ffffffffc0201000 t init\t[ext4]".
 * There are some 200,000 of them; nothing is allocated for one.
 *
 * kallsyms has no sizes: a symbol reaches to the next one of any type, and the
 * last one before a gap no further than its page, as in symbols__fixup_end()
 * of tools/perf/util/symbol.c.
 */
#include "config.h"
#include "symbolize/kallsyms.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "symbolize/intervals.h"
#include "symbolize/symbol_choice.h"
#include "symbolize/table.h"

/* "SCKS", and the version of the format: raise it with every change. */
enum { KALLSYMS_MAGIC = 0x534b4353, KALLSYMS_VERSION = 4 };

enum { SYMBOLS_PER_PAGE = 1024, PAGE_SIZE = 4096, MAX_SYMBOL_NAME = 511 };

struct symbol {
	uint64_t address;
	const char *name; /* in the text, no NUL; NULL: only ends others */
	uint32_t name_length;
	uint16_t module; /* 0: the kernel proper */
	char type;
};

struct parser {
	VEC(struct symbol) symbols;
	VEC(struct kallsyms_module) modules; /* number 0: the kernel proper */
	bool has_address;		     /* other than zero */
	struct kallsyms_header marks;	     /* those that bound the kernel */
};

/* ---- lines ---- */

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

static const char *parse_address(const char *p, const char *end,
				 uint64_t *address)
{
	uint64_t value = 0;
	int digit;

	for (; p < end && (digit = hex_digit(*p)) >= 0; p++)
		value = value << 4 | (unsigned)digit;
	*address = value;
	return p;
}

/*
 * The number of the module that a line ends with: lines of one come together.
 * What stands in brackets and is no module: [bpf] programs, which are named by
 * KSYMBOL records, and the like of [__builtin__kprobes].
 */
static bool module_of_line(struct parser *parser, const char *p,
			   const char *end, uint16_t *module)
{
	const struct kallsyms_module *last =
		&parser->modules.items[parser->modules.n - 1];
	struct kallsyms_module new_module = { .start = UINT64_MAX };
	size_t length;

	*module = 0;
	if (p == end)
		return true;
	p++; /* tab */
	if (end - p < 3 || *p != '[' || end[-1] != ']')
		return false;
	length = (size_t)(end - p) - 2;
	if (length >= sizeof(new_module.name) || strncmp(p, "[bpf]", 5) == 0 ||
	    strncmp(p, "[__builtin", 10) == 0)
		return false;
	if (strlen(last->name) != length ||
	    memcmp(last->name, p + 1, length) != 0) {
		if (parser->modules.n == UINT16_MAX)
			return false;
		memcpy(new_module.name, p + 1, length);
		*vec_add(&parser->modules) = new_module;
	}
	*module = (uint16_t)(parser->modules.n - 1);
	return true;
}

static bool is_name(const struct symbol *symbol, const char *name)
{
	return symbol->name_length == strlen(name) &&
	       memcmp(symbol->name, name, symbol->name_length) == 0;
}

/* Notes a symbol that bounds the kernel proper. */
static void note_mark(struct kallsyms_header *marks,
		      const struct symbol *symbol)
{
	if (is_name(symbol, "_text"))
		marks->text = symbol->address;
	else if (is_name(symbol, "_stext"))
		marks->stext = symbol->address;
	else if (is_name(symbol, "_etext"))
		marks->etext = symbol->address;
	else if (is_name(symbol, "_edata"))
		marks->edata = symbol->address;
}

static void add_symbol(struct parser *parser, struct symbol symbol)
{
	char type = (char)toupper((unsigned char)symbol.type);

	if (symbol.address != 0)
		parser->has_address = true;
	if (symbol.module == 0 && symbol.name[0] == '_')
		note_mark(&parser->marks, &symbol);
	if (type != 'T' && type != 'W') {
		symbol.name = NULL;
	} else {
		struct kallsyms_module *module =
			&parser->modules.items[symbol.module];

		if (symbol.address < module->start)
			module->start = symbol.address;
		if (symbol.address > module->last)
			module->last = symbol.address;
	}
	*vec_add(&parser->symbols) = symbol;
}

static void parse_line(struct parser *parser, const char *p, const char *end)
{
	struct symbol symbol = { 0 };
	const char *name_end;

	p = parse_address(p, end, &symbol.address);
	if (end - p < 4 || p[0] != ' ' || p[2] != ' ')
		return;
	symbol.type = p[1];
	symbol.name = p + 3;
	name_end = memchr(symbol.name, '\t', (size_t)(end - symbol.name));
	if (!name_end)
		name_end = end;
	/* $x and $d mark code and data inside of functions (ELF for the Arm
	 * architecture, "Mapping symbols"): they neither name nor end any. */
	symbol.name_length = (uint32_t)(name_end - symbol.name);
	if (symbol.name_length > 0 && symbol.name_length <= MAX_SYMBOL_NAME &&
	    *symbol.name != '$' &&
	    module_of_line(parser, name_end, end, &symbol.module))
		add_symbol(parser, symbol);
}

static void parse_lines(struct parser *parser, const char *text, size_t size)
{
	const char *end = text + size;

	while (text < end) {
		const char *line_end = memchr(text, '\n', (size_t)(end - text));

		if (!line_end)
			line_end = end;
		parse_line(parser, text, line_end);
		text = line_end + 1;
	}
}

/* ---- choosing ---- */

static int compare_addresses(const void *a, const void *b)
{
	const struct symbol *x = a, *y = b;

	if (x->address != y->address)
		return x->address < y->address ? -1 : 1;
	/* The order in the text; names point into it. */
	return x->name < y->name ? -1 : x->name > y->name;
}

/* kallsyms lists the kernel in order, and then its modules. */
static void sort(struct parser *parser)
{
	const struct symbol *items = parser->symbols.items;

	for (size_t i = 1; i < parser->symbols.n; i++)
		if (items[i - 1].address > items[i].address) {
			qsort(parser->symbols.items, parser->symbols.n,
			      sizeof(*items), compare_addresses);
			return;
		}
}

static bool is_better(const struct symbol *b, const struct symbol *a)
{
	char of_b[MAX_SYMBOL_NAME + 1], of_a[MAX_SYMBOL_NAME + 1];

	if (!a->name || !b->name)
		return b->name != NULL;
	memcpy(of_b, b->name, b->name_length);
	of_b[b->name_length] = '\0';
	memcpy(of_a, a->name, a->name_length);
	of_a[a->name_length] = '\0';
	return symbol_is_better_in_kernel(
		&(struct symbol_candidate){
			.name = of_b,
			.is_weak = toupper((unsigned char)b->type) == 'W',
		},
		&(struct symbol_candidate){
			.name = of_a,
			.is_weak = toupper((unsigned char)a->type) == 'W',
		});
}

/* Leaves one symbol for each address. */
static void choose(struct parser *parser)
{
	struct symbol *items = parser->symbols.items;
	size_t kept = 0;

	for (size_t i = 1; i < parser->symbols.n; i++) {
		if (items[i].address != items[kept].address)
			items[++kept] = items[i];
		else if (is_better(&items[i], &items[kept]))
			items[kept] = items[i];
	}
	parser->symbols.n = kept + 1;
}

/* ---- tables ---- */

static uint64_t limit_of(const struct parser *parser, size_t i)
{
	const struct symbol *symbol = &parser->symbols.items[i];
	uint64_t page = symbol->address / PAGE_SIZE * PAGE_SIZE;
	uint64_t limit = page > UINT64_MAX - 2 * PAGE_SIZE ? UINT64_MAX
							   : page + PAGE_SIZE;
	bool is_last = i + 1 == parser->symbols.n;

	if (is_last || symbol[1].module != symbol->module)
		return !is_last && symbol[1].address < limit ? symbol[1].address
							     : limit;
	return symbol[1].address;
}

static void add_to_table(struct table_builder *builder,
			 const struct parser *parser, size_t i)
{
	const struct symbol *symbol = &parser->symbols.items[i];
	char name[MAX_SYMBOL_NAME + 1];
	uint32_t function;

	memcpy(name, symbol->name, symbol->name_length);
	name[symbol->name_length] = '\0';
	function = table_builder_add_function(
		builder, name, name, parser->modules.items[symbol->module].name,
		0);
	table_builder_add_range(
		builder,
		table_builder_add_scope(builder, NO_SCOPE, function, 0, 0, 0),
		symbol->address, limit_of(parser, i));
}

/* Pages hold symbols with names; where each begins goes into starts. */
static uint64_t make_pages(struct kallsyms *kallsyms,
			   const struct parser *parser, struct buf *starts)
{
	size_t i = 0, n_symbols = parser->symbols.n, last = 0;

	while (i < n_symbols) {
		struct table_builder *builder = table_builder_new();
		struct buf page = { 0 };
		size_t n = 0;

		for (; i < n_symbols && n < SYMBOLS_PER_PAGE; i++) {
			if (!parser->symbols.items[i].name)
				continue;
			if (n++ == 0)
				buf_add_u64(starts,
					    parser->symbols.items[i].address);
			add_to_table(builder, parser, i);
			last = i;
		}
		if (n > 0) {
			table_builder_finish(builder, &page);
			*vec_add(&kallsyms->pages) = page;
		}
		table_builder_free(builder);
	}
	return limit_of(parser, last);
}

static int compare_modules(const void *a, const void *b)
{
	const struct kallsyms_module *x = a, *y = b;

	return strcmp(x->name, y->name);
}

/* Orders modules by name, so that they can be searched; the lines of one may
 * lie apart in a file that somebody has sorted. */
static void order_modules(struct parser *parser)
{
	struct kallsyms_module *items = parser->modules.items;
	size_t kept = 0;

	qsort(items, parser->modules.n, sizeof(*items), compare_modules);
	for (size_t i = 1; i < parser->modules.n; i++) {
		if (strcmp(items[i].name, items[kept].name) != 0) {
			items[++kept] = items[i];
			continue;
		}
		if (items[i].start < items[kept].start)
			items[kept].start = items[i].start;
		if (items[i].last > items[kept].last)
			items[kept].last = items[i].last;
	}
	parser->modules.n = kept + 1;
}

bool kallsyms_parse(struct kallsyms *kallsyms, const char *text, size_t size,
		    bool *is_restricted, struct err *err)
{
	struct parser parser = { 0 };
	struct kallsyms_header header;
	struct buf starts = { 0 };

	*kallsyms = (struct kallsyms){ 0 };
	*vec_add(&parser.modules) =
		(struct kallsyms_module){ .start = UINT64_MAX };
	parse_lines(&parser, text, size);
	header = parser.marks;
	header.magic = KALLSYMS_MAGIC;
	header.version = KALLSYMS_VERSION;
	*is_restricted = parser.symbols.n > 0 && !parser.has_address;
	if (parser.symbols.n > 0 && parser.has_address) {
		sort(&parser);
		choose(&parser);
		header.limit = make_pages(kallsyms, &parser, &starts);
	}
	order_modules(&parser);
	header.n_pages = (uint32_t)kallsyms->pages.n;
	header.n_modules = (uint32_t)parser.modules.n;
	buf_add(&kallsyms->index, &header, sizeof(header));
	buf_add(&kallsyms->index, starts.bytes, starts.size);
	buf_add(&kallsyms->index, parser.modules.items,
		parser.modules.n * sizeof(struct kallsyms_module));
	buf_release(&starts);
	vec_release(&parser.symbols);
	vec_release(&parser.modules);
	if (*is_restricted)
		return err_set(err, "all its addresses are zero");
	return header.n_pages > 0 || err_set(err, "it has no symbols");
}

/*
 * "ext4 1146880 1 - Live 0xffffffffc0417000": the sixth word is where the
 * kernel has put the module's text (m_show() of kernel/module/procfs.c).
 */
static void add_base(struct kallsyms_module *modules, size_t n, const char *p,
		     const char *end)
{
	const char *name_end = memchr(p, ' ', (size_t)(end - p)), *at = p;
	struct kallsyms_module key = { 0 }, *found;

	for (int i = 0; at && i < 5; i++) {
		at = memchr(at, ' ', (size_t)(end - at));
		at = at ? at + 1 : NULL;
	}
	if (!at || end - at < 3 || at[0] != '0' || at[1] != 'x' ||
	    (size_t)(name_end - p) >= sizeof(key.name))
		return;
	memcpy(key.name, p, (size_t)(name_end - p));
	found = bsearch(&key, modules, n, sizeof(key), compare_modules);
	if (found)
		parse_address(at + 2, end, &found->base);
}

void kallsyms_add_bases(struct kallsyms *kallsyms, const char *text,
			size_t size)
{
	const char *end = text + size;
	struct kallsyms_header header;
	struct kallsyms_module *modules;

	memcpy(&header, kallsyms->index.bytes, sizeof(header));
	modules = (void *)(kallsyms->index.bytes + sizeof(header) +
			   header.n_pages * sizeof(uint64_t));
	while (text < end) {
		const char *line_end = memchr(text, '\n', (size_t)(end - text));

		if (!line_end)
			line_end = end;
		add_base(modules, header.n_modules, text, line_end);
		text = line_end + 1;
	}
}

void kallsyms_release(struct kallsyms *kallsyms)
{
	for (size_t i = 0; i < kallsyms->pages.n; i++)
		buf_release(&kallsyms->pages.items[i]);
	vec_release(&kallsyms->pages);
	buf_release(&kallsyms->index);
}

/* ---- the index ---- */

bool kallsyms_index_open(struct kallsyms_index *index, const void *bytes,
			 size_t size)
{
	const struct kallsyms_header *header = bytes;
	uint64_t used = sizeof(*header);

	if (size < sizeof(*header) || (uintptr_t)bytes % 8 != 0 ||
	    header->magic != KALLSYMS_MAGIC ||
	    header->version != KALLSYMS_VERSION)
		return false;
	used += (uint64_t)header->n_pages * sizeof(uint64_t);
	used += (uint64_t)header->n_modules * sizeof(struct kallsyms_module);
	if (used > size)
		return false;
	index->header = header;
	index->pages = (const void *)(header + 1);
	index->modules = (const void *)(index->pages + header->n_pages);
	for (uint32_t i = 1; i < header->n_pages; i++)
		if (index->pages[i] <= index->pages[i - 1])
			return false;
	for (uint32_t i = 0; i < header->n_modules; i++)
		if (!memchr(index->modules[i].name, 0, KERNEL_MODULE_NAME_MAX))
			return false;
	for (uint32_t i = 1; i < header->n_modules; i++)
		if (compare_modules(&index->modules[i - 1],
				    &index->modules[i]) >= 0)
			return false;
	return true;
}

const struct kallsyms_module *kallsyms_index_module(
	const struct kallsyms_index *index, const char *name)
{
	struct kallsyms_module key = { 0 };

	if (!*name || strlen(name) >= sizeof(key.name))
		return NULL;
	memcpy(key.name, name, strlen(name));
	return bsearch(&key, index->modules, index->header->n_modules,
		       sizeof(key), compare_modules);
}

bool kallsyms_index_page(const struct kallsyms_index *index, uint64_t address,
			 uint64_t *page)
{
	return address < index->header->limit &&
	       intervals_find_part(index->pages, index->header->n_pages,
				   address, page);
}
