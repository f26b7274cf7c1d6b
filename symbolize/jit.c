/*
 * For each piece of code in the file, in its order, the wanted addresses in it
 * are found by binary search and get its name: so the last one wins, nothing is
 * kept of pieces that nobody asks for, and the size of the file costs time
 * alone.
 */
#include "config.h"
#include "symbolize/jit.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"
#include "symbolize/jit_code.h"
#include "symbolize/jit_files.h"

/* Node.js and JVMs write some megabytes. */
static const size_t max_file = (size_t)1 << 30;

struct naming {
	struct profile *profile;
	const uint32_t *locations; /* by address */
	size_t n;
	struct found {
		uint32_t name; /* string; 0: none */
		uint32_t file;
		uint32_t line;
	} * found; /* for each location */
};

static uint64_t address_of(const struct naming *naming, size_t i)
{
	return naming->profile->locations.items[naming->locations[i]].address;
}

/* The first location at or behind an address. */
static size_t first_from(const struct naming *naming, uint64_t address)
{
	size_t low = 0, high = naming->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (address_of(naming, middle) < address)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The line table's entries are in the order of their addresses, each holds up
 * to the next. */
static void take_lines(struct naming *naming, struct jit_code code,
		       size_t first, size_t limit)
{
	struct jit_line line = { 0 };
	size_t i;

	while (jit_next_line(&code, &line)) {
		for (i = first; i < limit; i++) {
			if (address_of(naming, i) < line.start)
				continue;
			naming->found[i].line = line.line;
			naming->found[i].file =
				profile_add_string(naming->profile, line.file);
		}
	}
}

static void take_code(void *context, const struct jit_code *code)
{
	struct naming *naming = context;
	size_t first = first_from(naming, code->start), limit = first;
	uint32_t name;

	while (limit < naming->n &&
	       address_of(naming, limit) - code->start < code->size)
		limit++;
	if (first == limit)
		return;
	name = profile_add_string(naming->profile, code->name);
	for (size_t i = first; i < limit; i++)
		naming->found[i] = (struct found){ .name = name };
	take_lines(naming, *code, first, limit);
}

/* ---- files ---- */

static void tell(const struct find_places *places, const char *text)
{
	if (places->tell)
		places->tell(places->tell_context, "generated code", text);
}

/* Reads a file that was opened, if it was; false if nothing can be read. */
static bool read_and_close(int fd, const struct find_places *places,
			   struct buf *bytes)
{
	struct err err;
	bool ok;

	if (fd < 0)
		return false;
	ok = file_read_all(fd, "generated code", max_file, bytes, &err);
	if (!ok)
		tell(places, err.text);
	close(fd);
	return ok;
}

static bool read_map(struct naming *naming, struct jit_files *files)
{
	struct jit_taker taker = { take_code, naming };
	struct buf bytes = { 0 };
	bool ok = read_and_close(jit_files_open_map(files), files->places,
				 &bytes);

	if (ok)
		jit_read_perf_map((char *)bytes.bytes, bytes.size, &taker);
	buf_release(&bytes);
	return ok;
}

static bool read_dump(struct naming *naming, struct jit_files *files)
{
	struct jit_taker taker = { take_code, naming };
	struct buf bytes = { 0 };
	struct err err;
	bool ok = read_and_close(jit_files_open_dump(files), files->places,
				 &bytes);

	if (ok && !jit_read_dump(bytes.bytes, bytes.size, &taker, &err)) {
		tell(files->places, err.text);
		ok = false;
	}
	buf_release(&bytes);
	return ok;
}

/* Why locations have no name. */
static enum reason reason_of(const struct jit_files *files, bool has_names)
{
	return files->refused ? REASON_JIT_MAP_REFUSED
	       : has_names    ? REASON_NOT_COVERED
			      : REASON_JIT_NO_MAP;
}

static void name_locations(const struct naming *naming, enum reason reason)
{
	struct profile *profile = naming->profile;

	for (size_t i = 0; i < naming->n; i++) {
		const struct found *found = &naming->found[i];
		struct function function = {
			.name = found->name,
			.system_name = found->name,
			.filename = found->file,
		};
		struct frame frame = { .line = found->line };

		if (!found->name) {
			profile->locations.items[naming->locations[i]].reason =
				reason;
			continue;
		}
		frame.function = profile_add_function(profile, &function);
		profile_name_location(profile, naming->locations[i], &frame, 1);
	}
}

void jit_name(struct profile *profile, uint32_t module,
	      const uint32_t *locations, size_t n,
	      const struct find_places *places, const char *map_dir)
{
	struct naming naming = {
		.profile = profile,
		.locations = locations,
		.n = n,
		.found = mem_zalloc(n, sizeof(struct found)),
	};
	struct jit_files files;
	bool has_map, has_dump;

	jit_files_init(&files, profile, places, map_dir,
		       profile->modules.items[module].pid);
	/* A dump says more; what it does not know a map may. */
	has_map = read_map(&naming, &files);
	has_dump = read_dump(&naming, &files);
	name_locations(&naming, reason_of(&files, has_map || has_dump));
	if (files.refused)
		profile->modules.items[module].note =
			profile_add_string(profile, files.refused);
	jit_files_release(&files);
	free(naming.found);
}
