/*
 * For each piece of code in the file, in its order, the wanted addresses in it
 * are found by binary search and get its name: so the last one wins, nothing is
 * kept of pieces that nobody asks for, and the size of the file costs time
 * alone.
 */
#include "config.h"
#include "symbolize/jit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"
#include "symbolize/jit_code.h"

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

static void tell(const struct find_places *places, const char *path,
		 const char *text)
{
	if (places->tell)
		places->tell(places->tell_context, path, text);
}

/* root: NULL, or the folder that path counts from. */
static bool read_file(const struct find_places *places, const char *root,
		      const char *path, bool is_trusted, struct buf *bytes)
{
	struct stat st;
	struct err err;
	int fd = root ? file_open_regular_in(root, path, &st)
		      : file_open_regular(path, &st);
	bool ok = false;

	if (fd < 0) {
		tell(places, path, strerror(errno));
		return false;
	}
	/* Anybody may have written to a place that all may write to. */
	if (!is_trusted && st.st_uid != 0 && st.st_uid != geteuid()) {
		tell(places, path, "not used: it is of another user");
	} else if (file_read_all(fd, path, max_file, bytes, &err)) {
		ok = true;
		tell(places, path, "names of generated code");
	} else {
		tell(places, path, err.text);
	}
	close(fd);
	return ok;
}

static bool read_map(struct naming *naming, const struct find_places *places,
		     uint32_t pid, const char *map_dir)
{
	struct jit_taker taker = { take_code, naming };
	char *path =
		mem_printf("%s/perf-%u.map", map_dir ? map_dir : "/tmp", pid);
	struct buf bytes = { 0 };
	bool ok = read_file(places, NULL, path, map_dir, &bytes);

	if (ok)
		jit_read_perf_map((char *)bytes.bytes, bytes.size, &taker);
	buf_release(&bytes);
	free(path);
	return ok;
}

/* The compiler maps the first page of its dump, so that its path is in the
 * capture. */
static const char *dump_of(const struct profile *profile, uint32_t pid)
{
	char name[32];

	snprintf(name, sizeof(name), "/jit-%u.dump", pid);
	for (size_t i = 0; i < profile->modules.n; i++) {
		const struct module *module = &profile->modules.items[i];
		const char *path = profile_string(profile, module->path);
		const char *base = strrchr(path, '/');

		if (module->kind == MODULE_FILE && base &&
		    strcmp(base, name) == 0)
			return path;
	}
	return NULL;
}

static bool read_dump(struct naming *naming, const struct find_places *places,
		      uint32_t pid)
{
	struct jit_taker taker = { take_code, naming };
	const char *recorded = dump_of(naming->profile, pid);
	struct buf bytes = { 0 };
	struct err err;
	char *path;
	bool ok;

	if (!recorded)
		return false;
	/* Strings of the profile move while names are added. */
	path = mem_strdup(recorded);
	ok = (places->symfs &&
	      read_file(places, places->symfs, path, true, &bytes)) ||
	     read_file(places, NULL, path, false, &bytes);
	if (ok && !jit_read_dump(bytes.bytes, bytes.size, &taker, &err)) {
		tell(places, path, err.text);
		ok = false;
	}
	buf_release(&bytes);
	free(path);
	return ok;
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
	uint32_t pid = profile->modules.items[module].pid;
	/* A dump says more; what it does not know a map may. */
	bool has_map = read_map(&naming, places, pid, map_dir);
	bool has_dump = read_dump(&naming, places, pid);

	name_locations(&naming, has_map || has_dump ? REASON_NOT_COVERED
						    : REASON_JIT_NO_MAP);
	free(naming.found);
}
