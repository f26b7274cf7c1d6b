#include "config.h"
#include "symbolize/image_index.h"

#include <string.h>

#include "symbolize/elf_symbols.h"

/* "SCIX", and the version of the format: raise it with every change. */
enum { INDEX_MAGIC = 0x58494353, INDEX_VERSION = 6 };

void image_index_build(struct image_index_header header,
		       const struct segment *segments, size_t n_segments,
		       const struct intervals *symbols,
		       const struct intervals *units, struct buf *out)
{
	header.magic = INDEX_MAGIC;
	header.version = INDEX_VERSION;
	header.n_segments = (uint32_t)n_segments;
	header.n_pages = (uint32_t)((symbols->n + SYMBOLS_PER_PAGE - 1) /
				    SYMBOLS_PER_PAGE);
	header.n_units = (uint32_t)units->n;
	if (symbols->n > 0)
		header.symbols_limit = symbols->items[symbols->n - 1].limit;
	buf_align(out, 8);
	buf_add(out, &header, sizeof(header));
	buf_add(out, segments, n_segments * sizeof(*segments));
	for (size_t i = 0; i < symbols->n; i += SYMBOLS_PER_PAGE)
		buf_add_u64(out, symbols->items[i].start);
	buf_add(out, units->items, units->n * sizeof(*units->items));
}

static bool is_sound(const struct image_index *index)
{
	const struct image_index_header *header = index->header;

	if (header->build_id_size > BUILD_ID_MAX)
		return false;
	if (!segments_are_sound(index->segments, header->n_segments))
		return false;
	for (uint32_t i = 1; i < header->n_pages; i++)
		if (index->pages[i] <= index->pages[i - 1])
			return false;
	for (uint32_t i = 0; i < header->n_units; i++)
		if (index->units[i].start >= index->units[i].limit ||
		    (i > 0 &&
		     index->units[i].start < index->units[i - 1].limit))
			return false;
	return true;
}

bool image_index_open(struct image_index *index, const void *bytes, size_t size,
		      struct err *err)
{
	const struct image_index_header *header = bytes;
	const unsigned char *at = bytes;
	uint64_t used = sizeof(*header);

	if (size < sizeof(*header) || (uintptr_t)bytes % 8 != 0)
		return err_set(err, "index is cut short");
	if (header->magic != INDEX_MAGIC || header->version != INDEX_VERSION)
		return err_set(err, "index of another format");
	used += (uint64_t)header->n_segments * sizeof(struct segment);
	used += (uint64_t)header->n_pages * sizeof(uint64_t);
	used += (uint64_t)header->n_units * sizeof(struct interval);
	if (used > size)
		return err_set(err, "index is cut short");
	index->header = header;
	at += sizeof(*header);
	index->segments = (const void *)at;
	at += header->n_segments * sizeof(struct segment);
	index->pages = (const void *)at;
	at += header->n_pages * sizeof(uint64_t);
	index->units = (const void *)at;
	return is_sound(index) || err_set(err, "index is damaged");
}

struct build_id image_index_build_id(const struct image_index *index)
{
	return build_id_from(index->header->build_id,
			     index->header->build_id_size);
}

bool image_index_svma(const struct image_index *index, uint64_t file_off,
		      uint64_t *svma)
{
	return segments_svma(index->segments, index->header->n_segments,
			     file_off, svma);
}

uint64_t image_index_exact(const struct image_index *index, uint64_t svma)
{
	const uint64_t *trampolines = index->header->trampolines;

	for (int i = 0; i < MAX_TRAMPOLINES && trampolines[i]; i++)
		if (svma == trampolines[i] - 1)
			return trampolines[i];
	return svma;
}

bool image_index_page(const struct image_index *index, uint64_t svma,
		      uint64_t *page)
{
	return svma < index->header->symbols_limit &&
	       intervals_find_part(index->pages, index->header->n_pages, svma,
				   page);
}

/* The first range of a unit that ends behind an address; n_units: none. */
static uint32_t first_behind(const struct image_index *index, uint64_t svma)
{
	uint32_t low = 0, high = index->header->n_units;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (index->units[middle].limit <= svma)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

bool image_index_unit(const struct image_index *index, uint64_t svma,
		      uint64_t *unit)
{
	uint32_t number = first_behind(index, svma);

	if (number == index->header->n_units ||
	    index->units[number].start > svma)
		return false;
	*unit = index->units[number].value;
	return true;
}

bool image_index_unit_between(const struct image_index *index, uint64_t svma,
			      uint64_t later)
{
	uint32_t number = first_behind(index, svma);

	/* Ends: another one is the first behind the later address. Begins: it
	 * covers the later one alone. */
	return number != first_behind(index, later) ||
	       (number < index->header->n_units &&
		index->units[number].start > svma &&
		index->units[number].start <= later);
}
