/*
 * Two sources are put together: the inline chain with files and lines comes
 * from DWARF; the name of the physical function, the last of the chain, from
 * the ELF symbol that covers the address, where there is one. So names read as
 * in perf and llvm-symbolizer, also for foo.cold and foo.part.0, whose DWARF
 * says foo.
 *
 * Where a symbol without a size ends is a guess. It names no code of which
 * DWARF knows the function, and ends where a function or a unit of DWARF
 * begins or ends behind it.
 */
#include "config.h"
#include "symbolize/frames.h"

#include <string.h>

static const struct table *table_at(struct module_tables *tables,
				    enum cache_kind kind, uint64_t svma)
{
	uint64_t number;
	bool is_covered =
		kind == CACHE_SYMBOLS
			? image_index_page(&tables->index, svma, &number)
			: image_index_unit(&tables->index, svma, &number);

	return is_covered ? module_tables_get(tables, kind, number) : NULL;
}

/* Whether a symbol without a size has ended at an address that no function of
 * DWARF covers. */
static bool has_ended(struct module_tables *tables,
		      const struct table_frame *label, uint64_t svma)
{
	const struct table *unit = table_at(tables, CACHE_UNIT, svma);

	return image_index_unit_between(&tables->index, label->start, svma) ||
	       (unit && table_has_function(unit, label->start, svma));
}

/* The physical function by its symbol, and the chain's last line. */
static uint32_t apply_symbol(struct module_tables *tables, uint64_t svma,
			     struct table_frame *frames, uint32_t n)
{
	const struct table *page = table_at(tables, CACHE_SYMBOLS, svma);
	struct table_frame symbol[TABLE_MAX_DEPTH];

	if (!page || table_find(page, svma, symbol) == 0)
		return n;
	if (symbol[0].is_label &&
	    (n > 0 || has_ended(tables, &symbol[0], svma)))
		return n;
	if (n == 0) {
		const struct table *unit = table_at(tables, CACHE_UNIT, svma);

		/* Assembler code has lines and no functions. */
		frames[n++] = symbol[0];
		if (unit)
			table_find_line(unit, svma, &frames[0].file,
					&frames[0].line, &frames[0].column);
		frames[0].function_file = frames[0].file;
	}
	frames[n - 1].name = symbol[0].name;
	frames[n - 1].linkage_name = symbol[0].linkage_name;
	return n;
}

bool frames_is_qualified(const char *name, const char *linkage_name)
{
	size_t length = strlen(name), own = strlen(linkage_name);

	return length > own + 2 && own > 0 &&
	       strcmp(name + length - own, linkage_name) == 0 &&
	       strncmp(name + length - own - 2, "::", 2) == 0;
}

static struct frame make_frame(struct profile *profile,
			       const struct symbolizer_options *options,
			       const struct table_frame *from)
{
	/* The full style starts from linkage names, too, where there is one. */
	const char *name =
		options->demangle == DEMANGLE_SHORT ||
				(options->demangle == DEMANGLE_FULL &&
				 frames_is_qualified(from->name,
						     from->linkage_name))
			? from->name
			: from->linkage_name;
	/* pprof takes a function's file for that of its lines, so theirs it
	 * is where they stand in another one, included into the function. */
	const char *file = *from->file ? from->file : from->function_file;
	bool is_own_file = strcmp(file, from->function_file) == 0;
	struct function function = {
		.name = profile_add_string(profile, name),
		.system_name = profile_add_string(profile, from->linkage_name),
		.filename = profile_add_string(profile, file),
		.start_line = is_own_file ? from->start_line : 0,
	};

	return (struct frame){
		.function = profile_add_function(profile, &function),
		.line = from->line,
		.column = from->column,
	};
}

bool frames_name_location(struct profile *profile,
			  const struct symbolizer_options *options,
			  struct module_tables *tables, uint32_t location,
			  uint64_t svma)
{
	const struct table *unit = table_at(tables, CACHE_UNIT, svma);
	struct table_frame chain[TABLE_MAX_DEPTH];
	struct frame frames[TABLE_MAX_DEPTH];
	uint32_t n = unit ? table_find(unit, svma, chain) : 0, n_frames = 0;

	n = apply_symbol(tables, svma, chain, n);
	if (n == 0 && options->keeps_lines && unit &&
	    table_find_line(unit, svma, &chain[0].file, &chain[0].line,
			    &chain[0].column)) {
		chain[0].name = chain[0].linkage_name = "";
		chain[0].function_file = "";
		chain[0].start_line = 0;
		n = 1;
	}
	for (uint32_t i = options->no_inline && n > 0 ? n - 1 : 0; i < n; i++)
		/* Supplementary files that are not there leave calls without
		 * a name. */
		if (*chain[i].name || options->keeps_lines)
			frames[n_frames++] =
				make_frame(profile, options, &chain[i]);
	if (n_frames == 0)
		return false;
	profile_name_location(profile, location, frames, n_frames);
	return true;
}
