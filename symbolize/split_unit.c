#include "config.h"
#include "symbolize/split_unit.h"

#include <dwarf.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/reader.h"
#include "base/vec.h"
#include "symbolize/elf_patch.h"

static uint64_t number_attribute(Dwarf_Die *die, unsigned name,
				 unsigned gnu_name)
{
	Dwarf_Attribute attribute;
	Dwarf_Word value;

	if ((!dwarf_attr(die, name, &attribute) &&
	     !dwarf_attr(die, gnu_name, &attribute)) ||
	    dwarf_formudata(&attribute, &value) != 0)
		return 0;
	return value;
}

/* ---- parts ---- */

/* A section of the file that is made. */
struct part {
	char name[32];
	const unsigned char *bytes;
	size_t size;
};

struct parts {
	VEC(struct part) items;
};

static void add_part(struct parts *parts, const char *name, const void *bytes,
		     size_t size)
{
	struct part *part;

	if (size == 0)
		return;
	part = vec_add(&parts->items);
	snprintf(part->name, sizeof(part->name), "%s", name);
	part->bytes = bytes;
	part->size = size;
}

/* The inflated bytes of a section. */
static Elf_Data *inflated(Elf_Scn *section)
{
	GElf_Shdr shdr;

	if (!section || !gelf_getshdr(section, &shdr))
		return NULL;
	if (shdr.sh_flags & SHF_COMPRESSED)
		elf_compress(section, 0, 0);
	return elf_rawdata(section, NULL);
}

static Elf_Data *section_data(const struct image *image, const char *name)
{
	return inflated(image_find_section(image, name));
}

static struct reader data_reader(const struct image *image,
				 const Elf_Data *data)
{
	return reader_over(data->d_buf, data->d_size, image_is_swapped(image));
}

static const char *const dwo_sections[] = {
	".debug_info.dwo",	  ".debug_abbrev.dwo",	 ".debug_line.dwo",
	".debug_str_offsets.dwo", ".debug_rnglists.dwo", ".debug_str.dwo",
	".debug_types.dwo",
};

/* All sections of a name, one behind the other: GCC has one .debug_info.dwo for
 * each type that is apart. */
static void add_sections(struct parts *parts, const struct image *file,
			 const char *wanted)
{
	Elf_Scn *section = image_find_section(file, wanted);
	size_t names_at = 0;

	elf_getshdrstrndx(file->elf, &names_at);
	for (; section; section = elf_nextscn(file->elf, section)) {
		const char *name;
		Elf_Data *data;
		GElf_Shdr shdr;

		if (!gelf_getshdr(section, &shdr) || shdr.sh_type == SHT_NOBITS)
			continue;
		name = elf_strptr(file->elf, names_at, shdr.sh_name);
		if (!name || strcmp(name, wanted) != 0)
			continue;
		data = inflated(section);
		if (data && data->d_buf)
			add_part(parts, wanted, data->d_buf, data->d_size);
	}
}

static void add_file(struct parts *parts, const struct image *file)
{
	for (size_t i = 0; i < sizeof(dwo_sections) / sizeof(*dwo_sections);
	     i++)
		add_sections(parts, file, dwo_sections[i]);
}

/* ---- packages ---- */

enum { MAX_COLUMNS = 8 }; /* kinds of sections */

/* The section that a column of .debug_cu_index is about (DWARF 5, table 7.1;
 * GNU's numbers of version 2 differ); NULL: of no interest. */
static const char *name_of_column(uint32_t version, uint32_t id)
{
	switch (id) {
	case 1:
		return ".debug_info.dwo";
	case 3:
		return ".debug_abbrev.dwo";
	case 4:
		return ".debug_line.dwo";
	case 6:
		return ".debug_str_offsets.dwo";
	case 8:
		return version == 5 ? ".debug_rnglists.dwo" : NULL;
	}
	return NULL;
}

/* The row of a unit in the hash table of the index, counted from 1; 0: none. */
static uint32_t find_row(struct reader *r, uint64_t id, uint32_t n_slots)
{
	struct reader ids = reader_items(r, n_slots, 8);
	struct reader rows = reader_items(r, n_slots, 4);

	while (reader_ok(&rows) && reader_left(&rows) > 0) {
		uint32_t row = reader_u32(&rows);

		if (reader_u64(&ids) == id && row != 0)
			return row;
	}
	return 0;
}

static uint32_t read_cell(struct reader table, uint64_t n_columns, uint64_t row,
			  uint64_t column)
{
	uint64_t at = (row * n_columns + column) * 4;

	if (at > reader_left(&table))
		return 0;
	reader_bytes(&table, (size_t)at);
	return reader_u32(&table);
}

static bool add_share(struct parts *parts, const struct image *package,
		      const struct skeleton *skeleton)
{
	Elf_Data *index = section_data(package, ".debug_cu_index");
	Elf_Data *strings = section_data(package, ".debug_str.dwo");
	uint32_t version, n_columns, n_units, n_slots, row;
	struct reader r, columns, offsets, sizes;

	if (!index || !index->d_buf)
		return false;
	r = data_reader(package, index);
	version = reader_u32(&r) & 0xffff;
	n_columns = reader_u32(&r);
	n_units = reader_u32(&r);
	n_slots = reader_u32(&r);
	if (n_columns > MAX_COLUMNS)
		return false;
	row = find_row(&r, skeleton->id, n_slots);
	columns = reader_items(&r, n_columns, 4);
	offsets = reader_items(&r, (uint64_t)n_units * n_columns, 4);
	sizes = reader_items(&r, (uint64_t)n_units * n_columns, 4);
	if (!reader_ok(&r) || row == 0 || row > n_units)
		return false;
	for (uint32_t i = 0; i < n_columns; i++) {
		const char *name =
			name_of_column(version, reader_u32(&columns));
		uint32_t at = read_cell(offsets, n_columns, row - 1, i);
		uint32_t size = read_cell(sizes, n_columns, row - 1, i);
		Elf_Data *data = name ? section_data(package, name) : NULL;

		if (data && data->d_buf && at <= data->d_size &&
		    size <= data->d_size - at)
			add_part(parts, name, (const char *)data->d_buf + at,
				 size);
	}
	if (strings && strings->d_buf)
		add_part(parts, ".debug_str.dwo", strings->d_buf,
			 strings->d_size);
	return true;
}

/* ---- what the skeleton's file has of the unit ---- */

static void add_rest(struct parts *parts, const char *name,
		     const struct image *main, const char *section,
		     uint64_t from)
{
	Elf_Data *data = section_data(main, section);

	if (data && data->d_buf && from <= data->d_size)
		add_part(parts, name, (const char *)data->d_buf + from,
			 data->d_size - from);
}

/*
 * Ranges of DWARF 4 count from the base address, which is the skeleton's: made
 * absolute, list by list. Those of other units are changed, too, and not used.
 */
static void move_ranges(const struct image *main, unsigned char *bytes,
			size_t size, uint64_t base)
{
	bool is_64 = main->header.e_ident[EI_CLASS] == ELFCLASS64;
	bool is_big = main->header.e_ident[EI_DATA] == ELFDATA2MSB;
	size_t width = is_64 ? 8 : 4;
	const uint64_t selects = is_64 ? UINT64_MAX : UINT32_MAX;
	bool is_selected = false;

	for (size_t at = 0; at + 2 * width <= size; at += 2 * width) {
		uint64_t start = elf_patch_get(bytes + at, width, is_big);
		uint64_t end = elf_patch_get(bytes + at + width, width, is_big);

		if (start == 0 && end == 0) {
			is_selected = false;
		} else if (start == selects) {
			is_selected = true;
		} else if (!is_selected) {
			elf_patch_put(bytes + at, start + base, width, is_big);
			elf_patch_put(bytes + at + width, end + base, width,
				      is_big);
		}
	}
}

/* ---- the file that is made ---- */

/*
 * An ELF file of the parts:
 *
 *	header | parts | section names | section headers
 *
 * Section 0 is empty, parts follow in their order, those of one name as one
 * section; names are the last.
 */
enum { MAX_NEW_SECTIONS = 16 }; /* there are less kinds */

struct new_file {
	struct split_unit *split;
	struct buf names;
	size_t headers; /* where they are */
	size_t at;	/* where the next section begins */
	uint16_t n;	/* sections so far */
	bool is_64, is_big;
};

static void add_header(struct new_file *file,
		       const struct elf_patch_section *section)
{
	size_t entry_size =
		file->is_64 ? sizeof(Elf64_Shdr) : sizeof(Elf32_Shdr);

	elf_patch_section(file->split->bytes + file->headers +
				  entry_size * file->n++,
			  file->is_64, file->is_big, section);
}

/* Returns how many of the parts from here on are of the section's name. */
static size_t add_section(struct new_file *file, const struct part *parts,
			  size_t n_parts)
{
	struct elf_patch_section section = {
		.name = (uint32_t)file->names.size,
		.type = SHT_PROGBITS,
		.offset = file->at,
	};
	size_t n = 0;

	if (file->n + 1 == MAX_NEW_SECTIONS)
		return n_parts;
	for (; n < n_parts && strcmp(parts[n].name, parts->name) == 0; n++) {
		memcpy(file->split->bytes + file->at + section.size,
		       parts[n].bytes, parts[n].size);
		section.size += parts[n].size;
	}
	add_header(file, &section);
	buf_add(&file->names, parts->name, strlen(parts->name) + 1);
	file->at += (section.size + 15) & ~(size_t)15;
	return n;
}

static bool make_file(struct split_unit *split, const struct parts *parts,
		      const struct image *like)
{
	struct new_file file = {
		.split = split,
		.is_64 = like->header.e_ident[EI_CLASS] == ELFCLASS64,
		.is_big = like->header.e_ident[EI_DATA] == ELFDATA2MSB,
		.n = 1,
	};
	const size_t page = (size_t)sysconf(_SC_PAGESIZE), alignment = 16;
	const size_t headers_size = MAX_NEW_SECTIONS * sizeof(Elf64_Shdr);
	const size_t names_size =
		MAX_NEW_SECTIONS * sizeof(parts->items.items->name);

	file.at = (sizeof(Elf64_Ehdr) + 15) & ~(size_t)15;
	split->size = file.at + names_size + headers_size + alignment;
	for (size_t i = 0; i < parts->items.n; i++)
		split->size += (parts->items.items[i].size + 15) & ~(size_t)15;
	/* A page of zeros behind it, as behind every image. */
	split->bytes = mmap(NULL, split->size + page, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (split->bytes == MAP_FAILED) {
		split->bytes = NULL;
		return false;
	}
	buf_add(&file.names, "", 1);
	file.headers = split->size - headers_size;
	file.headers &= ~(alignment - 1);
	for (size_t i = 0; i < parts->items.n;)
		i += add_section(&file, &parts->items.items[i],
				 parts->items.n - i);
	add_header(&file, &(struct elf_patch_section){
				  .type = SHT_STRTAB,
				  .offset = file.at,
				  .size = file.names.size,
			  });
	memcpy(split->bytes + file.at, file.names.bytes, file.names.size);
	buf_release(&file.names);
	elf_patch_header(split->bytes, &like->header, file.headers, file.n);
	return true;
}

/* Finds the unit with the skeleton's id. */
static bool find_unit(struct split_unit *split, const struct skeleton *skeleton)
{
	Dwarf_CU *unit = NULL;
	uint8_t type;

	while (dwarf_get_units(split->dwarf, unit, &unit, NULL, &type,
			       &split->die, NULL) == 0) {
		uint64_t id = 0;

		dwarf_cu_info(unit, NULL, NULL, NULL, NULL, &id, NULL, NULL);
		if (skeleton->version < 5)
			id = number_attribute(&split->die, DW_AT_GNU_dwo_id,
					      DW_AT_GNU_dwo_id);
		if (id == skeleton->id && type != DW_UT_split_type)
			return true;
	}
	return false;
}

bool split_unit_open(struct split_unit *split, const struct skeleton *skeleton,
		     const struct image *main, const struct image *holder)
{
	Dwarf_Die die = skeleton->die;
	struct parts parts = { 0 };
	GElf_Shdr shdr;
	Elf_Scn *section;

	*split = (struct split_unit){ .skeleton = skeleton };
	if (image_find_section(holder, ".debug_cu_index")) {
		if (!add_share(&parts, holder, skeleton))
			goto failed;
	} else {
		add_file(&parts, holder);
	}
	add_rest(&parts, ".debug_addr.dwo", main, ".debug_addr",
		 number_attribute(&die, DW_AT_addr_base, DW_AT_GNU_addr_base));
	if (skeleton->version < 5)
		add_rest(&parts, ".debug_ranges.dwo", main, ".debug_ranges",
			 number_attribute(&die, DW_AT_GNU_ranges_base,
					  DW_AT_GNU_ranges_base));
	if (!make_file(split, &parts, holder))
		goto failed;
	split->elf = elf_memory((char *)split->bytes, split->size);
	if (!split->elf)
		goto failed;
	section = image_find_section(&(struct image){ .elf = split->elf },
				     ".debug_ranges.dwo");
	if (section && gelf_getshdr(section, &shdr))
		move_ranges(main, split->bytes + shdr.sh_offset, shdr.sh_size,
			    skeleton->low);
	split->dwarf = dwarf_begin_elf(split->elf, DWARF_C_READ, NULL);
	if (!split->dwarf || !find_unit(split, skeleton))
		goto failed;
	split->range_lists = image_section(&(struct image){ .elf = split->elf },
					   ".debug_rnglists.dwo");
	split->addresses = image_section(&(struct image){ .elf = split->elf },
					 ".debug_addr.dwo");
	vec_release(&parts.items);
	return true;
failed:
	vec_release(&parts.items);
	split_unit_close(split);
	return false;
}

void split_unit_close(struct split_unit *split)
{
	dwarf_end(split->dwarf);
	elf_end(split->elf);
	if (split->bytes)
		munmap(split->bytes,
		       split->size + (size_t)sysconf(_SC_PAGESIZE));
	*split = (struct split_unit){ 0 };
}

/* ---- ranges of DWARF 5 (section 7.25) ---- */

struct range_reading {
	struct reader r;
	struct reader addresses;
	bool is_64;
};

/* ULEB128 (DWARF 5, 7.6). */
static uint64_t read_number(struct reader *r)
{
	uint64_t value = 0;

	for (unsigned shift = 0;; shift += 7) {
		uint8_t byte = reader_u8(r);

		if (shift < 64)
			value |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80))
			return value;
	}
}

static uint64_t read_address(const struct range_reading *reading,
			     struct reader *r)
{
	return reading->is_64 ? reader_u64(r) : reader_u32(r);
}

static uint64_t indexed_address(struct range_reading *reading)
{
	uint64_t index = read_number(&reading->r);
	struct reader r = reading->addresses;
	size_t width = reading->is_64 ? 8 : 4;

	if (index > reader_left(&r) / width) {
		reading->r.has_failed = true;
		return 0;
	}
	reader_bytes(&r, (size_t)index * width);
	return read_address(reading, &r);
}

/* One entry; false at the end of the list. Bases give an empty range. */
static bool read_range(struct range_reading *reading, uint64_t *base,
		       uint64_t *start, uint64_t *limit)
{
	*start = *limit = 0;
	switch (reader_u8(&reading->r)) {
	case DW_RLE_base_addressx:
		*base = indexed_address(reading);
		return true;
	case DW_RLE_startx_endx:
		*start = indexed_address(reading);
		*limit = indexed_address(reading);
		return true;
	case DW_RLE_startx_length:
		*start = indexed_address(reading);
		*limit = *start + read_number(&reading->r);
		return true;
	case DW_RLE_offset_pair:
		*start = *base + read_number(&reading->r);
		*limit = *base + read_number(&reading->r);
		return true;
	case DW_RLE_base_address:
		*base = read_address(reading, &reading->r);
		return true;
	case DW_RLE_start_end:
		*start = read_address(reading, &reading->r);
		*limit = read_address(reading, &reading->r);
		return true;
	case DW_RLE_start_length:
		*start = read_address(reading, &reading->r);
		*limit = *start + read_number(&reading->r);
		return true;
	}
	return false;
}

/* Goes to a list by its number: offsets of all stand behind the header. */
static bool go_to_list(struct range_reading *reading, uint64_t number)
{
	struct reader r = reading->r, list;
	bool is_wide = reader_u32(&r) == UINT32_MAX;
	uint64_t n, offset;

	if (is_wide)
		reader_u64(&r);
	reader_u32(&r); /* version, sizes */
	n = reader_u32(&r);
	list = r;
	if (number >= n || number > reader_left(&r) / 8)
		return false;
	reader_bytes(&r, (size_t)number * (is_wide ? 8 : 4));
	offset = is_wide ? reader_u64(&r) : reader_u32(&r);
	if (!reader_ok(&r) || offset > reader_left(&list))
		return false;
	reader_bytes(&list, (size_t)offset);
	reading->r = list;
	return true;
}

bool split_unit_ranges(const struct split_unit *split, Dwarf_Die *die,
		       void (*take)(void *context, uint64_t start,
				    uint64_t limit),
		       void *context)
{
	struct image image = { .elf = split->elf };
	uint64_t base = split->skeleton->low, start, limit;
	struct range_reading reading;
	Dwarf_Attribute attribute;
	struct reader number;

	if (!split->range_lists || !split->addresses ||
	    !dwarf_attr(die, DW_AT_ranges, &attribute) ||
	    dwarf_whatform(&attribute) != DW_FORM_rnglistx ||
	    !gelf_getehdr(split->elf, &image.header))
		return false;
	reading.r = data_reader(&image, split->range_lists);
	reading.addresses = data_reader(&image, split->addresses);
	reading.is_64 = image.header.e_ident[EI_CLASS] == ELFCLASS64;
	/* libdw does not give the number; it lies in our bytes. */
	if (attribute.valp < split->bytes ||
	    attribute.valp >= split->bytes + split->size)
		return false;
	number = reader_over(
		attribute.valp,
		(size_t)(split->bytes + split->size - attribute.valp), false);
	if (!go_to_list(&reading, read_number(&number)))
		return true;
	while (read_range(&reading, &base, &start, &limit) &&
	       reader_ok(&reading.r))
		if (start < limit)
			take(context, start, limit);
	return true;
}
