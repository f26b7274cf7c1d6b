/*
 * The ELF header leads to program headers, whose notes have the build id, and
 * to section headers, whose names tell the rest (elf(5); the two link sections:
 * "Separate Debug Files" in the manual of GDB, and dwz(1)).
 */
#include "config.h"
#include "symbolize/elf_identity.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/reader.h"

/* Larger ones are no program's: section headers of an object that has one
 * section for each function, and their names, stay below these (bytes). */
enum {
	MAX_HEADERS = 8 << 20,
	MAX_NAMES = 32 << 20,
	MAX_NOTES = 64 * 1024,
};

/* The file, and how its numbers are to be read. */
struct elf_file {
	int fd;
	bool is_64;
	bool is_swapped;
	uint64_t program_headers; /* file offsets */
	uint64_t section_headers;
	uint32_t program_header_size;
	uint32_t section_header_size;
	uint32_t n_program_headers;
	uint32_t n_section_headers;
	uint32_t names_section;
};

struct elf_section {
	uint32_t name; /* in the section of names */
	uint32_t type;
	uint64_t flags;
	uint64_t offset;
	uint64_t size;
	uint32_t link;
	uint32_t info;
};

/* A part of the file, or as much of it as there is. */
static void read_part(const struct elf_file *file, uint64_t offset,
		      uint64_t size, size_t limit, struct buf *out)
{
	ssize_t n;

	out->size = 0;
	if (size > limit)
		return;
	n = file_read_at(file->fd, buf_extend(out, (size_t)size), (size_t)size,
			 offset);
	out->size = n > 0 ? (size_t)n : 0;
}

static struct reader reader_of(const struct elf_file *file,
			       const struct buf *part)
{
	return reader_over(part->bytes, part->size, file->is_swapped);
}

static uint64_t read_word(const struct elf_file *file, struct reader *r)
{
	return file->is_64 ? reader_u64(r) : reader_u32(r);
}

static bool read_header(struct elf_file *file)
{
	unsigned char bytes[sizeof(Elf64_Ehdr)];
	ssize_t n = file_read_at(file->fd, bytes, sizeof(bytes), 0);
	struct reader r;

	if (n < (ssize_t)sizeof(Elf32_Ehdr) ||
	    memcmp(bytes, ELFMAG, SELFMAG) != 0)
		return false;
	file->is_64 = bytes[EI_CLASS] == ELFCLASS64;
	file->is_swapped = reader_is_swapped(bytes[EI_DATA] == ELFDATA2LSB);
	r = reader_over(bytes, (size_t)n, file->is_swapped);
	reader_bytes(&r, EI_NIDENT + 2 + 2 + 4); /* type, machine, version */
	read_word(file, &r);			 /* entry */
	file->program_headers = read_word(file, &r);
	file->section_headers = read_word(file, &r);
	reader_bytes(&r, 4 + 2); /* flags, size of this */
	file->program_header_size = reader_u16(&r);
	file->n_program_headers = reader_u16(&r);
	file->section_header_size = reader_u16(&r);
	file->n_section_headers = reader_u16(&r);
	file->names_section = reader_u16(&r);
	return reader_ok(&r);
}

/* ---- notes ---- */

static void take_notes(const struct elf_file *file, const struct buf *notes,
		       uint64_t alignment, struct elf_identity *identity)
{
	const size_t mask = alignment == 8 ? 7 : 3;
	struct reader r = reader_of(file, notes);

	while (reader_left(&r) > 0) {
		size_t name_size = reader_u32(&r), size = reader_u32(&r);
		uint32_t type = reader_u32(&r);
		const unsigned char *name, *bytes;

		/* Only what lies behind the parts is aligned, and may be
		 * missing behind the last. */
		name = reader_bytes(&r, (name_size + mask) & ~mask);
		bytes = reader_bytes(&r, size);
		if (!reader_ok(&r))
			return;
		if (type == NT_GNU_BUILD_ID && name_size == 4 &&
		    memcmp(name, "GNU", 4) == 0) {
			identity->build_id = build_id_from(bytes, size);
			return;
		}
		if (reader_left(&r) > 0)
			reader_bytes(&r, (0 - size) & mask);
	}
}

static void read_segments(const struct elf_file *file,
			  struct elf_identity *identity)
{
	struct buf headers = { 0 }, notes = { 0 };
	uint32_t n = file->n_program_headers;

	read_part(file, file->program_headers,
		  (uint64_t)n * file->program_header_size, MAX_HEADERS,
		  &headers);
	for (uint32_t i = 0; i < n; i++) {
		struct reader all = reader_of(file, &headers), r;
		uint32_t type, flags = 0;
		uint64_t offset, size, alignment;

		reader_bytes(&all, (size_t)i * file->program_header_size);
		r = reader_items(&all, 1, file->program_header_size);
		type = reader_u32(&r);
		if (file->is_64)
			flags = reader_u32(&r);
		offset = read_word(file, &r);
		read_word(file, &r); /* addresses */
		read_word(file, &r);
		size = read_word(file, &r);
		read_word(file, &r); /* size in memory */
		if (!file->is_64)
			flags = reader_u32(&r);
		alignment = read_word(file, &r);
		if (!reader_ok(&r))
			break;
		if (type == PT_LOAD && (flags & PF_X) && size > 0)
			identity->has_code = true;
		if (type != PT_NOTE || identity->build_id.size > 0)
			continue;
		read_part(file, offset, size, MAX_NOTES, &notes);
		take_notes(file, &notes, alignment, identity);
	}
	buf_release(&headers);
	buf_release(&notes);
}

/* ---- sections ---- */

static bool read_section(const struct elf_file *file, const struct buf *headers,
			 uint64_t number, struct elf_section *section)
{
	struct reader all = reader_of(file, headers), r;

	if (number > headers->size)
		return false;
	reader_bytes(&all, (size_t)number * file->section_header_size);
	r = reader_items(&all, 1, file->section_header_size);
	section->name = reader_u32(&r);
	section->type = reader_u32(&r);
	section->flags = read_word(file, &r);
	read_word(file, &r); /* address */
	section->offset = read_word(file, &r);
	section->size = read_word(file, &r);
	section->link = reader_u32(&r);
	section->info = reader_u32(&r);
	return reader_ok(&r);
}

/* Numbers that do not fit into the header stand in the first section. */
static void read_large_numbers(struct elf_file *file)
{
	struct buf first = { 0 };
	struct elf_section section;

	read_part(file, file->section_headers, file->section_header_size,
		  MAX_HEADERS, &first);
	if (read_section(file, &first, 0, &section)) {
		if (file->n_section_headers == 0 && section.size <= UINT32_MAX)
			file->n_section_headers = (uint32_t)section.size;
		if (file->names_section == SHN_XINDEX)
			file->names_section = section.link;
		if (file->n_program_headers == PN_XNUM)
			file->n_program_headers = section.info;
	}
	buf_release(&first);
}

/* A string at the start of a section's bytes, with the size of itself and its
 * NUL; 0 if it is too long or has no end. */
static size_t take_string(const struct buf *bytes, char *out, size_t room)
{
	const unsigned char *end = memchr(bytes->bytes, 0, bytes->size);
	size_t size = end ? (size_t)(end - bytes->bytes) + 1 : 0;

	if (size < 2 || size > room)
		return 0;
	memcpy(out, bytes->bytes, size);
	return size;
}

static void take_debuglink(const struct elf_file *file, const struct buf *bytes,
			   struct elf_identity *identity)
{
	size_t size = bytes->size ? take_string(bytes, identity->debuglink,
						sizeof(identity->debuglink))
				  : 0;
	struct reader r = reader_of(file, bytes);

	reader_bytes(&r, (size + 3) & ~(size_t)3);
	identity->debuglink_crc = reader_u32(&r);
	/* A name, not a way to anywhere. */
	if (size == 0 || !reader_ok(&r) || strchr(identity->debuglink, '/'))
		identity->debuglink[0] = '\0';
}

static void take_altlink(const struct buf *bytes, struct elf_identity *identity)
{
	size_t size = bytes->size ? take_string(bytes, identity->altlink,
						sizeof(identity->altlink))
				  : 0;

	if (size > 0)
		identity->altlink_id =
			build_id_from(bytes->bytes + size, bytes->size - size);
	if (identity->altlink_id.size == 0)
		identity->altlink[0] = '\0';
}

static void take_section(const struct elf_file *file, const char *name,
			 const struct elf_section *section,
			 struct elf_identity *identity)
{
	struct buf bytes = { 0 };

	read_part(file, section->offset, section->size, MAX_NOTES, &bytes);
	if (strcmp(name, ".gnu_debuglink") == 0)
		take_debuglink(file, &bytes, identity);
	else if (strcmp(name, ".gnu_debugaltlink") == 0)
		take_altlink(&bytes, identity);
	else if (section->type == SHT_NOTE && identity->build_id.size == 0)
		take_notes(file, &bytes, 4, identity);
	buf_release(&bytes);
}

static void look_at_section(const struct elf_file *file, const char *name,
			    const struct elf_section *section,
			    struct elf_identity *identity)
{
	if (section->type == SHT_NOBITS)
		return;
	if (section->flags & SHF_EXECINSTR)
		identity->has_code = true;
	if (section->type == SHT_SYMTAB)
		identity->has_symbols = true;
	else if (strcmp(name, ".debug_info") == 0 ||
		 strcmp(name, ".zdebug_info") == 0)
		identity->has_dwarf = true;
	else if (section->type == SHT_NOTE ||
		 strncmp(name, ".gnu_debug", 10) == 0)
		take_section(file, name, section, identity);
}

static void read_sections(struct elf_file *file, struct elf_identity *identity)
{
	struct buf headers = { 0 }, names = { 0 };
	struct elf_section section;

	read_large_numbers(file);
	read_part(file, file->section_headers,
		  (uint64_t)file->n_section_headers * file->section_header_size,
		  MAX_HEADERS, &headers);
	if (read_section(file, &headers, file->names_section, &section))
		read_part(file, section.offset, section.size, MAX_NAMES,
			  &names);
	for (uint32_t i = 1; i < file->n_section_headers; i++) {
		const char *name = "";

		if (!read_section(file, &headers, i, &section))
			break;
		if (section.name < names.size &&
		    memchr(names.bytes + section.name, 0,
			   names.size - section.name))
			name = (const char *)names.bytes + section.name;
		look_at_section(file, name, &section, identity);
	}
	buf_release(&headers);
	buf_release(&names);
}

/* ---- all of it ---- */

bool elf_identity_read(int fd, struct elf_identity *identity)
{
	struct elf_file file = { .fd = fd };

	*identity = (struct elf_identity){ 0 };
	if (!read_header(&file))
		return false;
	if (file.program_header_size > 0)
		read_segments(&file, identity);
	if (file.section_header_size > 0 && file.section_headers > 0)
		read_sections(&file, identity);
	return true;
}

bool elf_identity_crc(int fd, uint32_t *crc)
{
	enum { STEP = 1 << 20 };
	struct buf step = { 0 };
	uint64_t offset = 0;
	uLong sum = crc32(0, NULL, 0);
	ssize_t n;

	buf_extend(&step, STEP);
	while ((n = file_read_at(fd, step.bytes, STEP, offset)) > 0) {
		sum = crc32(sum, step.bytes, (uInt)n);
		offset += (uint64_t)n;
	}
	buf_release(&step);
	*crc = (uint32_t)sum;
	return n == 0;
}
