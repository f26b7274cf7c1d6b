#include "config.h"
#include "symbolize/module_images.h"

/* Tools that move a program to another address (prelink) leave its debug file
 * as it was; what that says of addresses is of no use then. */
static bool lie_alike(const struct image *a, const struct image *b)
{
	if (a->code.n != b->code.n)
		return false;
	for (size_t i = 0; i < a->code.n; i++)
		if (a->code.items[i].svma != b->code.items[i].svma)
			return false;
	return true;
}

static void choose_dwarf(struct module_images *images)
{
	struct image *own = &images->images[FILE_OWN];
	struct image *debug = &images->images[FILE_DEBUG];
	struct image *extra = &images->images[FILE_SUPPLEMENTARY];

	images->has_bad_dwarf = own->has_bad_dwarf || debug->has_bad_dwarf;
	if (own->elf && debug->elf && !lie_alike(own, debug)) {
		image_close(debug);
		images->has_bad_dwarf = true;
	}
	images->own = own->elf ? own : debug;
	images->dwarf = debug->dwarf ? debug : own->dwarf ? own : NULL;
	if (images->dwarf && extra->dwarf)
		dwarf_setalt(images->dwarf->dwarf, extra->dwarf);
	else if (images->dwarf)
		images->lacks_parts =
			image_section(images->dwarf, ".gnu_debugaltlink");
}

bool module_images_open(struct module_images *images, int first, uint32_t mask,
			struct err *err)
{
	*images = (struct module_images){ 0 };
	for (int i = 0; i < N_FILE_ROLES; i++) {
		struct image *image = &images->images[i];
		struct err *why = i == FILE_OWN ? err : &(struct err){ 0 };

		if ((mask & 1u << i) && !image_open(image, first + i, why)) {
			image_close(image);
			images->has_bad_dwarf |= i != FILE_OWN;
		}
	}
	if (!images->images[FILE_OWN].elf && !images->images[FILE_DEBUG].elf)
		return false;
	choose_dwarf(images);
	if (!image_open_packed(&images->packed, images->own))
		image_close(&images->packed);
	return true;
}

/*
 * A debug file keeps the addresses of segments, not always their offsets. The
 * kernel and ld.so map the pages of a segment as one piece, so if the file has
 * one executable segment, and the capture one piece of code that is as large,
 * then it is that one.
 *
 *	capture       start |=====code=====| limit       file offsets
 *	debug file     svma |..segment..|                rounded to whole pages
 */
void module_images_place_code(struct module_images *images, uint64_t start,
			      uint64_t limit)
{
	const uint64_t page_mask = 4095;
	struct image *own = images->own;
	uint64_t first, end;

	if (images->images[FILE_OWN].elf)
		return;
	own->segments.n = 0;
	if (own->code.n != 1)
		return;
	first = own->code.items[0].svma & ~page_mask;
	end = (own->code.items[0].svma + own->code.items[0].file_size +
	       page_mask) &
	      ~page_mask;
	if (limit <= start || limit - start != end - first)
		return;
	*vec_add(&own->segments) = (struct segment){
		.file_off = start,
		.file_size = limit - start,
		.svma = first,
	};
}
