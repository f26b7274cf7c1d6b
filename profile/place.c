#include "config.h"
#include "profile/place.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Program headers are mapped by whole pages. */
static const uint64_t page_mask = 4095;

static bool covers(const struct segment *segment, uint64_t file_off)
{
	return file_off >= segment->file_off &&
	       file_off - segment->file_off < segment->file_size;
}

static bool covers_page(const struct segment *segment, uint64_t file_off)
{
	uint64_t start = segment->file_off & ~page_mask;
	uint64_t size = segment->file_off - start + segment->file_size;

	return file_off >= start &&
	       file_off - start < ((size + page_mask) & ~page_mask);
}

static uint32_t find_segment(const struct module *module, uint64_t file_off)
{
	for (uint32_t i = 0; i < module->segments.n; i++)
		if (covers(&module->segments.items[i], file_off))
			return i;
	for (uint32_t i = 0; i < module->segments.n; i++)
		if (covers_page(&module->segments.items[i], file_off))
			return i;
	return NO_SEGMENT;
}

/* Where a profile that was read had the offset; its addresses stay. */
static const struct mapped_range *find_range(const struct module *module,
					     uint64_t file_off)
{
	for (size_t i = 0; i < module->ranges.n; i++) {
		const struct mapped_range *range = &module->ranges.items[i];

		if (file_off >= range->file_off &&
		    file_off - range->file_off < range->limit - range->start)
			return range;
	}
	return NULL;
}

struct place location_place(const struct profile *profile,
			    const struct location *location)
{
	struct place place = { NO_SEGMENT, location->address };
	const struct mapped_range *range;
	const struct segment *segment;
	const struct module *module;

	if (location->module == NO_MODULE)
		return place;
	module = &profile->modules.items[location->module];
	if (!module_has_offsets(module->kind))
		return place;
	place.segment = find_segment(module, location->address);
	if (place.segment != NO_SEGMENT) {
		segment = &module->segments.items[place.segment];
		place.address += segment->svma - segment->file_off;
		return place;
	}
	range = find_range(module, location->address);
	if (range) {
		place.segment =
			(uint32_t)(module->segments.n +
				   (size_t)(range - module->ranges.items));
		place.address += range->start - range->file_off;
	}
	return place;
}

char *location_raw_name(const struct profile *profile,
			const struct location *location, enum raw_style style,
			char out[RAW_NAME_MAX])
{
	uint64_t address = location_place(profile, location).address;
	const struct module *module;
	const char *path, *name;

	if (location->is_unmapped) {
		snprintf(out, RAW_NAME_MAX, "%s", UNMAPPED_NAME);
		return out;
	}
	if (style == RAW_ADDRESS || location->module == NO_MODULE) {
		snprintf(out, RAW_NAME_MAX, "0x%" PRIx64, address);
		return out;
	}
	module = &profile->modules.items[location->module];
	path = profile_string(profile, module->path);
	name = *path == '[' || !strrchr(path, '/') ? path
						   : strrchr(path, '/') + 1;
	if (module->kind == MODULE_KERNEL ||
	    module->kind == MODULE_GUEST_KERNEL)
		address -= module->ref_avma;
	else if (module_is_kernel(module->kind))
		address -= module->start;
	snprintf(out, RAW_NAME_MAX, "%.280s+0x%" PRIx64, name, address);
	return out;
}

char *location_raw_mark(const struct location *location, char out[RAW_NAME_MAX])
{
	snprintf(out, RAW_NAME_MAX, "[%s]", reason_word(location->reason));
	return out;
}

bool raw_mark_parse(const char *mark, enum reason *reason)
{
	size_t length = strlen(mark);

	return length > 2 && mark[0] == '[' && mark[length - 1] == ']' &&
	       reason_parse(mark + 1, length - 2, reason) &&
	       *reason != REASON_NAMED && *reason != REASON_PENDING;
}
