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
#include "profile/place.h"
#include "symbolize/jit_code.h"
#include "symbolize/jit_files.h"

/* A location, and what is found for it. */
struct wanted_name {
	uint64_t avma;
	uint32_t location;
	uint32_t name; /* string; 0: none */
	uint32_t file;
	uint32_t line;
};

struct naming {
	struct profile *profile;
	struct wanted_name *wanted; /* by avma */
	size_t n;
};

/* The first location at or behind an address. */
static size_t first_from(const struct naming *naming, uint64_t address)
{
	size_t low = 0, high = naming->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (naming->wanted[middle].avma < address)
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
			if (naming->wanted[i].avma < line.start)
				continue;
			naming->wanted[i].line = line.line;
			naming->wanted[i].file =
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
	       naming->wanted[limit].avma - code->start < code->size)
		limit++;
	if (first == limit)
		return;
	name = profile_add_string(naming->profile, code->name);
	for (size_t i = first; i < limit; i++) {
		naming->wanted[i].name = name;
		naming->wanted[i].file = naming->wanted[i].line = 0;
	}
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
	ok = file_read_all(fd, "generated code", JIT_MAX_FILE, bytes, &err);
	if (!ok)
		tell(places, err.text);
	close(fd);
	return ok;
}

static bool read_map(struct naming *naming, struct jit_files *files)
{
	struct jit_taker taker = { .take = take_code, .context = naming };
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
	struct jit_taker taker = { .take = take_code, .context = naming };
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

static void name_locations(const struct naming *naming)
{
	struct profile *profile = naming->profile;

	for (size_t i = 0; i < naming->n; i++) {
		const struct wanted_name *wanted = &naming->wanted[i];
		struct function function = {
			.name = wanted->name,
			.system_name = wanted->name,
			.filename = wanted->file,
		};
		struct frame frame = { .line = wanted->line };

		if (!wanted->name)
			continue;
		frame.function = profile_add_function(profile, &function);
		profile_name_location(profile, wanted->location, &frame, 1);
	}
}

static int compare_wanted(const void *a, const void *b)
{
	const struct wanted_name *x = a, *y = b;

	if (x->avma != y->avma)
		return x->avma < y->avma ? -1 : 1;
	return x->location < y->location ? -1 : x->location > y->location;
}

/* Where the locations were: of a file, too, the place where it was mapped. */
static void list_wanted(struct naming *naming, const uint32_t *locations)
{
	const struct profile *profile = naming->profile;

	for (size_t i = 0; i < naming->n; i++)
		naming->wanted[i] = (struct wanted_name){
			.avma = location_place(
					profile,
					&profile->locations.items[locations[i]])
					.address,
			.location = locations[i],
		};
	if (naming->n > 0)
		qsort(naming->wanted, naming->n, sizeof(*naming->wanted),
		      compare_wanted);
}

/* The reason of those that have no name. */
static void set_reason(const struct naming *naming, enum reason reason)
{
	struct profile *profile = naming->profile;

	for (size_t i = 0; i < naming->n; i++)
		if (!naming->wanted[i].name)
			profile->locations.items[naming->wanted[i].location]
				.reason = reason;
}

void jit_name(struct profile *profile, uint32_t module,
	      const uint32_t *locations, size_t n,
	      const struct find_places *places, const char *map_dir)
{
	struct naming naming = {
		.profile = profile,
		.wanted = mem_zalloc(n, sizeof(struct wanted_name)),
		.n = n,
	};
	struct jit_files files;
	bool has_map, has_dump;

	list_wanted(&naming, locations);
	jit_files_init(&files, profile, places, map_dir,
		       profile->modules.items[module].pid);
	/* A dump says more; what it does not know a map may. */
	has_map = read_map(&naming, &files);
	has_dump = read_dump(&naming, &files);
	name_locations(&naming);
	if (profile->modules.items[module].kind == MODULE_ANON)
		set_reason(&naming, reason_of(&files, has_map || has_dump));
	if (profile->modules.items[module].kind == MODULE_ANON && files.refused)
		profile->modules.items[module].note =
			profile_add_string(profile, files.refused);
	jit_files_release(&files);
	free(naming.wanted);
}
