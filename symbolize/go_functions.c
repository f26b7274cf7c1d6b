/*
 * The layout is that of debug/gosym/pclntab.go in Go's sources:
 *
 *	u32 magic, 2 zeros, u8 quantum, u8 pointer size
 *	since 1.16  words: functions, files, [since 1.18: start of the text,]
 *	            offsets of names, units, files, tables, functions
 *	before      word: functions; the functions follow, offsets count from
 *	            the start of the section
 *	functions   pairs of (entry, offset of the function's data), and one
 *	            more entry where the last one ends; since 1.18 u32, the
 *	            entry from the start of the text; before, words
 *	data        entry (u32 since 1.18, before a word), i32 offset of name
 */
#include "config.h"
#include "symbolize/go_functions.h"

#include <string.h>

#include "base/reader.h"

enum {
	MAGIC_1_2 = 0xfffffffb,
	MAGIC_1_16 = 0xfffffffa,
	MAGIC_1_18 = 0xfffffff0,
	MAGIC_1_20 = 0xfffffff1,
};

struct table {
	struct reader all;   /* the whole section */
	struct reader names; /* from the first name on */
	struct reader functions;
	uint64_t n;
	uint64_t text; /* svma that entries count from */
	bool is_64;    /* words */
	bool is_short; /* entries are u32 */
};

static uint64_t read_word(const struct table *table, struct reader *r)
{
	return table->is_64 ? reader_u64(r) : reader_u32(r);
}

static uint64_t read_entry(const struct table *table, struct reader *r)
{
	return table->is_short ? reader_u32(r) : read_word(table, r);
}

/* The section from an offset on; failed if that lies outside. */
static struct reader from_offset(const struct table *table, uint64_t offset)
{
	struct reader r = table->all;

	if (offset > reader_left(&r))
		r.has_failed = true;
	else
		reader_bytes(&r, (size_t)offset);
	return r;
}

/* Where the text begins in programs that leave that to the loader. */
static uint64_t text_of(const struct image *image)
{
	Elf_Scn *section = image_find_section(image, ".text");
	GElf_Shdr shdr;

	return section && gelf_getshdr(section, &shdr) ? shdr.sh_addr : 0;
}

static bool read_header(struct table *table, const struct image *image)
{
	struct reader r = table->all;
	uint32_t magic = reader_u32(&r);
	uint64_t names, functions;

	reader_bytes(&r, 3);
	table->is_64 = reader_u8(&r) == 8;
	table->n = read_word(table, &r);
	table->names = table->all;
	table->functions = r;
	switch (magic) {
	case MAGIC_1_2:
		return reader_ok(&r);
	case MAGIC_1_16:
		break;
	case MAGIC_1_18:
	case MAGIC_1_20:
		table->is_short = true;
		break;
	default:
		return false;
	}
	read_word(table, &r); /* files */
	if (table->is_short)
		table->text = read_word(table, &r);
	if (table->is_short && table->text == 0)
		table->text = text_of(image);
	names = read_word(table, &r);
	read_word(table, &r); /* units, files, tables */
	read_word(table, &r);
	read_word(table, &r);
	functions = read_word(table, &r);
	table->names = from_offset(table, names);
	table->functions = from_offset(table, functions);
	/* Offsets of data count from here. */
	table->all = table->functions;
	return reader_ok(&r) && reader_ok(&table->names) &&
	       reader_ok(&table->functions);
}

static const char *name_of(const struct table *table, uint64_t data)
{
	struct reader r = from_offset(table, data), names = table->names;
	uint32_t name;

	read_entry(table, &r);
	name = reader_u32(&r);
	if (!reader_ok(&r) || name >= reader_left(&names))
		return NULL;
	reader_bytes(&names, name);
	return memchr(names.pos, 0, reader_left(&names))
		       ? (const char *)names.pos
		       : NULL;
}

static void read_functions(struct table *table, struct go_functions *functions)
{
	struct reader r = table->functions;
	uint64_t start = read_entry(table, &r), limit;

	for (uint64_t i = 0; i < table->n; i++) {
		uint64_t data = read_entry(table, &r);
		const char *name = name_of(table, data);

		limit = read_entry(table, &r);
		if (!reader_ok(&r))
			return;
		if (name && *name && start < limit &&
		    limit <= UINT64_MAX - table->text)
			*vec_add(&functions->items) = (struct go_function){
				.start = table->text + start,
				.limit = table->text + limit,
				.name = name,
			};
		start = limit;
	}
}

void go_functions_read(const struct image *image,
		       struct go_functions *functions)
{
	Elf_Data *data = image_section(image, ".gopclntab");
	struct table table = { 0 };

	/* Position independent programs have it where it can be relocated. */
	if (!data)
		data = image_section(image, ".data.rel.ro.gopclntab");
	if (!data || !data->d_buf)
		return;
	table.all =
		reader_over(data->d_buf, data->d_size, image_is_swapped(image));
	if (read_header(&table, image))
		read_functions(&table, functions);
}
