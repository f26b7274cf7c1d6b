/*
 * A unit is walked once for all its addresses: one pass over its DIEs for the
 * functions and the calls inlined into them, one over its line program.
 *
 * The walk keeps a stack of its own and bounds it. dwarf_getscopes() is not
 * used: it costs time with the third power of the depth, and overflows the
 * stack on a hostile file.
 */
#include "config.h"
#include "symbolize/dwarf_unit.h"

#include <dwarf.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "symbolize/demangle.h"
#include "symbolize/die_scopes.h"
#include "symbolize/table.h"

/* ---- the index ---- */

static bool add_ranges(const struct image *image, Dwarf_Die *die,
		       uint64_t value, struct intervals *ranges)
{
	Dwarf_Addr base, start, limit;
	bool has_any = false;
	ptrdiff_t offset = 0;

	while ((offset = dwarf_ranges(die, offset, &base, &start, &limit)) >
	       0) {
		has_any = true;
		if (start < limit && image_is_code(image, start))
			*vec_add(ranges) =
				(struct interval){ start, limit, value };
	}
	return has_any;
}

/* For producers that give a unit no ranges: those of its functions. */
static void add_ranges_of_functions(const struct image *image, Dwarf_Die *unit,
				    uint64_t value, struct intervals *ranges)
{
	Dwarf_Die die;

	if (dwarf_child(unit, &die) != 0)
		return;
	do
		if (dwarf_tag(&die) == DW_TAG_subprogram)
			add_ranges(image, &die, value, ranges);
	while (dwarf_siblingof(&die, &die) == 0);
}

static void read_aranges(const struct image *image, struct intervals *ranges)
{
	Dwarf_Aranges *aranges;
	size_t n;

	if (dwarf_getaranges(image->dwarf, &aranges, &n) != 0)
		return;
	for (size_t i = 0; i < n; i++) {
		Dwarf_Arange *arange = dwarf_onearange(aranges, i);
		Dwarf_Word length;
		Dwarf_Addr start;
		Dwarf_Off offset;

		if (arange &&
		    dwarf_getarangeinfo(arange, &start, &length, &offset) ==
			    0 &&
		    length > 0 && length <= UINT64_MAX - start &&
		    image_is_code(image, start))
			*vec_add(ranges) =
				(struct interval){ start, start + length,
						   offset };
	}
}

/* Appends what [start, limit) has that disjoint ranges in order, from *at on,
 * have not. */
static void add_rest(struct interval range, const struct intervals *known,
		     size_t *at, struct intervals *rest)
{
	while (*at < known->n && known->items[*at].limit <= range.start)
		++*at;
	for (size_t i = *at; range.start < range.limit; i++) {
		struct interval piece = range;
		bool is_last =
			i == known->n || known->items[i].start >= range.limit;

		if (!is_last)
			piece.limit = known->items[i].start;
		if (piece.start < piece.limit)
			*vec_add(rest) = piece;
		if (is_last)
			return;
		range.start = known->items[i].limit;
	}
}

/* Tools that move code (BOLT) leave units whose ranges end early, and say in
 * .debug_aranges what is theirs: that counts where no unit has ranges. */
static void add_aranges(const struct image *image, struct intervals *index)
{
	struct intervals nested = { 0 }, aranges = { 0 }, rest = { 0 };
	size_t at = 0;

	read_aranges(image, &nested);
	intervals_flatten(&nested, &aranges);
	for (size_t i = 0; i < aranges.n; i++)
		add_rest(aranges.items[i], index, &at, &rest);
	for (size_t i = 0; i < rest.n; i++)
		*vec_add(index) = rest.items[i];
	if (rest.n > 0)
		intervals_sort(index);
	vec_release(&nested);
	vec_release(&aranges);
	vec_release(&rest);
}

void dwarf_unit_index(const struct image *image, struct intervals *index)
{
	struct intervals ranges = { 0 };
	Dwarf_CU *unit = NULL;
	uint8_t type;
	Dwarf_Die die;

	while (dwarf_get_units(image->dwarf, unit, &unit, NULL, &type, &die,
			       NULL) == 0) {
		uint64_t offset;

		if (type != DW_UT_compile && type != DW_UT_skeleton)
			continue;
		offset = dwarf_dieoffset(&die);
		if (!add_ranges(image, &die, offset, &ranges))
			add_ranges_of_functions(image, &die, offset, &ranges);
	}
	intervals_flatten(&ranges, index);
	vec_release(&ranges);
	add_aranges(image, index);
}

/* ---- a unit ---- */

/* A function whose name the scopes around it tell. */
struct unnamed {
	Dwarf_Die die;
	uint32_t function;
};

struct unit_walk {
	const struct image *image;
	struct table_builder *builder;
	Dwarf_Die unit; /* as it stands in the file */
	Dwarf_Die root; /* with its DIEs: of the split unit, if it is */
	struct split_unit *split; /* one; else NULL */
	Dwarf_Files *files;
	size_t n_files;
	uint32_t *file_numbers;	   /* of the builder, by file; 0: not yet */
	bool has_methods;	   /* functions may stand inside of types */
	VEC(const char *) slashed; /* directories that end in a slash */
	struct die_scopes *scopes; /* NULL: names are as they stand there */
	VEC(struct unnamed) unnamed;
	uint32_t n_functions; /* of the builder, so far */
};

/*
 * A path as it is recorded, below its unit's directory where it is relative:
 * libdw 0.188 leaves it so for the directories of DWARF 5. That directory may
 * be relative, too (-ffile-prefix-map), and then in front already. free() it.
 */
static char *below_directory(Dwarf_Die *unit, const char *path)
{
	Dwarf_Attribute attribute;
	const char *directory;
	size_t length;

	if (*path == '/' || !dwarf_attr(unit, DW_AT_comp_dir, &attribute))
		return mem_strdup(path);
	directory = dwarf_formstring(&attribute);
	length = directory ? strlen(directory) : 0;
	if (length == 0 ||
	    (strncmp(path, directory, length) == 0 &&
	     (path[length] == '/' || directory[length - 1] == '/')))
		return mem_strdup(path);
	return mem_printf("%s%s%s", directory,
			  directory[length - 1] == '/' ? "" : "/", path);
}

/* Parts meet in one slash, as LLVM joins them, also where the first one ends in
 * one; libdw puts another one behind it. Inside of a part all stay. */
static char *whole_path(const struct unit_walk *walk, Dwarf_Die *unit,
			const char *path)
{
	char *whole = path ? below_directory(unit, path) : NULL;
	size_t start = 0;

	for (size_t i = 0; whole && i < walk->slashed.n; i++) {
		const char *directory = walk->slashed.items[i];
		size_t length = strlen(directory);
		char *joint = whole + start + length;

		if (strncmp(whole + start, directory, length) != 0)
			continue;
		if (*joint == '/')
			memmove(joint, joint + 1, strlen(joint));
		/* Others may stand below the unit's own, which is the first. */
		if (i == 0)
			start += length;
	}
	return whole;
}

static void note_slashed(struct unit_walk *walk, const char *directory)
{
	size_t length = directory ? strlen(directory) : 0;

	if (length > 1 && directory[length - 1] == '/')
		*vec_add(&walk->slashed) = directory;
}

/* The unit's own directory comes first. */
static void find_slashed(struct unit_walk *walk)
{
	const char *const *directories;
	Dwarf_Attribute attribute;
	size_t n;

	if (dwarf_attr(&walk->unit, DW_AT_comp_dir, &attribute))
		note_slashed(walk, dwarf_formstring(&attribute));
	if (walk->n_files > 0 &&
	    dwarf_getsrcdirs(walk->files, &directories, &n) == 0)
		for (size_t i = 0; i < n; i++)
			note_slashed(walk, directories[i]);
}

static uint32_t add_file(struct unit_walk *walk, const char *path)
{
	char *whole = whole_path(walk, &walk->unit, path);
	uint32_t number = table_builder_add_file(walk->builder, whole);

	free(whole);
	return number;
}

/* A split unit's: its files are mostly in the skeleton's line table. */
static char *file_of_split(struct unit_walk *walk, Dwarf_Attribute *attribute)
{
	Dwarf_Word file;

	if (dwarf_formudata(attribute, &file) != 0 || file >= walk->n_files)
		return NULL;
	return whole_path(walk, &walk->unit,
			  dwarf_filesrc(walk->files, file, NULL, NULL));
}

/* Where a function is declared; its DIE may be of another unit. */
static char *declaring_file(struct unit_walk *walk, Dwarf_Die *die)
{
	Dwarf_Attribute attribute;
	Dwarf_Die unit;

	if (!dwarf_attr_integrate(die, DW_AT_decl_file, &attribute))
		return NULL;
	if (walk->split)
		return file_of_split(walk, &attribute);
	if (!dwarf_cu_die(attribute.cu, &unit, NULL, NULL, NULL, NULL, NULL,
			  NULL))
		return NULL;
	return whole_path(walk, &unit, dwarf_decl_file(die));
}

/* The builder's number of a file of the unit. */
static uint32_t file_number(struct unit_walk *walk, size_t file)
{
	if (file >= walk->n_files)
		return 0;
	if (walk->file_numbers[file] == 0)
		walk->file_numbers[file] = add_file(
			walk, dwarf_filesrc(walk->files, file, NULL, NULL));
	return walk->file_numbers[file];
}

static uint32_t number_attribute(Dwarf_Die *die, unsigned name)
{
	Dwarf_Attribute attribute;
	Dwarf_Word value;

	if (!dwarf_attr(die, name, &attribute) ||
	    dwarf_formudata(&attribute, &value) != 0 || value > UINT32_MAX)
		return 0;
	return (uint32_t)value;
}

static const char *linkage_name(Dwarf_Die *die)
{
	Dwarf_Attribute attribute;

	if (!dwarf_attr_integrate(die, DW_AT_linkage_name, &attribute) &&
	    !dwarf_attr_integrate(die, DW_AT_MIPS_linkage_name, &attribute))
		return NULL;
	return dwarf_formstring(&attribute);
}

/* What tells functions of one name and line apart: where they are declared. */
static uint32_t key_of(Dwarf_Die *die)
{
	Dwarf_Attribute attribute;
	Dwarf_Die origin;

	if (dwarf_attr(die, DW_AT_abstract_origin, &attribute) &&
	    dwarf_formref_die(&attribute, &origin))
		die = &origin;
	return (uint32_t)(dwarf_dieoffset(die) & INT32_MAX) | 1u << 30;
}

/* A function without a linkage name: its name is given when all scopes are
 * known. */
static uint32_t add_unnamed(struct unit_walk *walk, Dwarf_Die *die,
			    const char *file, uint32_t line)
{
	uint32_t function = table_builder_add_unnamed(
		walk->builder, dwarf_diename(die), file, line, key_of(die));

	if (function >= walk->n_functions)
		*vec_add(&walk->unnamed) = (struct unnamed){ *die, function };
	return function;
}

static uint32_t add_function(struct unit_walk *walk, Dwarf_Die *die)
{
	const char *linkage = linkage_name(die), *plain = dwarf_diename(die);
	char *demangled = linkage ? demangle(linkage, false) : NULL;
	char *file = declaring_file(walk, die);
	uint32_t function;
	int line = 0;

	if (dwarf_decl_line(die, &line) != 0 || line < 0)
		line = 0;
	if (!linkage && plain && walk->scopes)
		function = add_unnamed(walk, die, file, (uint32_t)line);
	else
		function = table_builder_add_function(walk->builder,
						      demangled ? demangled
						      : linkage ? linkage
								: plain,
						      linkage ? linkage : plain,
						      file, (uint32_t)line);
	if (function >= walk->n_functions)
		walk->n_functions = function + 1;
	free(demangled);
	free(file);
	return function;
}

static void name_unnamed(struct unit_walk *walk)
{
	for (size_t i = 0; i < walk->unnamed.n; i++) {
		struct unnamed *unnamed = &walk->unnamed.items[i];
		char *name = die_scopes_name(walk->scopes, &unnamed->die);

		table_builder_name_function(walk->builder, unnamed->function,
					    name);
		free(name);
	}
}

static uint32_t add_scope(struct unit_walk *walk, Dwarf_Die *die,
			  uint32_t parent)
{
	uint32_t function = add_function(walk, die);

	if (parent == NO_SCOPE)
		return table_builder_add_scope(walk->builder, NO_SCOPE,
					       function, 0, 0, 0);
	return table_builder_add_scope(
		walk->builder, parent, function,
		file_number(walk, number_attribute(die, DW_AT_call_file)),
		number_attribute(die, DW_AT_call_line),
		number_attribute(die, DW_AT_call_column));
}

/* A function or an inlined call whose code is taken in. */
struct code {
	struct unit_walk *walk;
	Dwarf_Die *die;
	uint32_t parent;
	uint32_t scope; /* NO_SCOPE until there is any */
};

static void take_range(void *context, uint64_t start, uint64_t limit)
{
	struct code *code = context;

	if (start >= limit || !image_is_code(code->walk->image, start))
		return;
	if (code->scope == NO_SCOPE)
		code->scope = add_scope(code->walk, code->die, code->parent);
	table_builder_add_range(code->walk->builder, code->scope, start, limit);
}

/*
 * The scope for the code of a function or an inlined call; NO_SCOPE if it has
 * no code, as declarations and abstract instances.
 */
static uint32_t scope_of_code(struct unit_walk *walk, Dwarf_Die *die,
			      uint32_t parent)
{
	struct code code = { walk, die, parent, NO_SCOPE };
	Dwarf_Addr base, start, limit;
	ptrdiff_t offset = 0;

	if (walk->split &&
	    split_unit_ranges(walk->split, die, take_range, &code))
		return code.scope;
	while ((offset = dwarf_ranges(die, offset, &base, &start, &limit)) > 0)
		take_range(&code, start, limit);
	return code.scope;
}

/* Whether functions may stand below a DIE; *scope is the one around them,
 * before and after. */
static bool goes_deeper(struct unit_walk *walk, Dwarf_Die *die, uint32_t *scope)
{
	uint32_t own;

	switch (dwarf_tag(die)) {
	case DW_TAG_subprogram:
		/* A function in a function (GNU C, Ada) is not inlined. */
		own = scope_of_code(walk, die, NO_SCOPE);
		*scope = own;
		/* A function that is inlined everywhere may have types with
		 * methods that are not: a lambda's. */
		return own != NO_SCOPE || walk->has_methods;
	case DW_TAG_inlined_subroutine:
		own = scope_of_code(walk, die, *scope);
		*scope = own;
		return own != NO_SCOPE;
	case DW_TAG_lexical_block:
	case DW_TAG_namespace:
	case DW_TAG_module:
		return true;
	case DW_TAG_class_type:
	case DW_TAG_structure_type:
	case DW_TAG_union_type:
	case DW_TAG_enumeration_type:
		return walk->has_methods;
	}
	return false;
}

struct level {
	Dwarf_Die die;
	uint32_t scope; /* around it */
	uint32_t declared_in;
};

static void walk_dies(struct unit_walk *walk)
{
	struct level levels[TABLE_MAX_DEPTH];
	size_t depth = 0;

	if (dwarf_child(&walk->root, &levels[0].die) != 0)
		return;
	levels[0].scope = NO_SCOPE;
	levels[0].declared_in = DIE_SCOPE_UNIT;
	for (;;) {
		struct level *level = &levels[depth];
		uint32_t scope = level->scope, declared_in = 0;

		if (walk->scopes)
			declared_in = die_scopes_note(walk->scopes, &level->die,
						      level->declared_in);
		if (goes_deeper(walk, &level->die, &scope) &&
		    depth + 1 < TABLE_MAX_DEPTH &&
		    dwarf_child(&level->die, &levels[depth + 1].die) == 0) {
			levels[++depth].scope = scope;
			levels[depth].declared_in = declared_in;
			continue;
		}
		while (dwarf_siblingof(&levels[depth].die,
				       &levels[depth].die) != 0)
			if (depth-- == 0)
				return;
	}
}

static void add_lines(struct unit_walk *walk)
{
	/* libdw gives equal pointers for equal files. */
	struct {
		const char *path;
		uint32_t file;
	} known[64] = { 0 };
	Dwarf_Lines *lines;
	size_t n;

	if (dwarf_getsrclines(&walk->unit, &lines, &n) != 0)
		return;
	for (size_t i = 0; i < n; i++) {
		Dwarf_Line *row = dwarf_onesrcline(lines, i);
		int line = 0, column = 0;
		bool is_end = false;
		const char *path;
		Dwarf_Addr address;
		size_t place;

		if (!row || dwarf_lineaddr(row, &address) != 0)
			continue;
		dwarf_lineno(row, &line);
		dwarf_linecol(row, &column);
		dwarf_lineendsequence(row, &is_end);
		path = dwarf_linesrc(row, NULL, NULL);
		place = ((uintptr_t)path >> 4) % 64;
		if (known[place].path != path) {
			known[place].path = path;
			known[place].file = add_file(walk, path);
		}
		table_builder_add_line(walk->builder, address,
				       is_end ? 0 : known[place].file,
				       is_end || line < 0 ? 0 : (uint32_t)line,
				       column < 0 ? 0 : (uint32_t)column);
	}
}

static bool has_methods(Dwarf_Die *unit)
{
	switch (dwarf_srclang(unit)) {
	case DW_LANG_C:
	case DW_LANG_C89:
	case DW_LANG_C99:
	case DW_LANG_C11:
	case DW_LANG_Mips_Assembler:
		return false;
	}
	return true;
}

bool dwarf_unit_table(const struct image *image, uint64_t unit,
		      const struct split_source *source, struct buf *out)
{
	struct unit_walk walk = { .image = image };
	struct skeleton skeleton;
	struct split_unit split = { 0 };

	if (!dwarf_offdie(image->dwarf, unit, &walk.unit))
		return false;
	walk.root = walk.unit;
	if (skeleton_read(&skeleton, &walk.unit) &&
	    source->open(source->context, &skeleton, &split)) {
		walk.split = &split;
		walk.root = split.die;
	}
	/* Of a split unit without a table of its own, as most are, the numbers
	 * of files are the skeleton's. */
	if (dwarf_getsrcfiles(dwarf_hasattr(&walk.root, DW_AT_stmt_list)
				      ? &walk.root
				      : &walk.unit,
			      &walk.files, &walk.n_files) != 0)
		walk.n_files = 0;
	walk.file_numbers = mem_zalloc(walk.n_files, sizeof(uint32_t));
	walk.builder = table_builder_new();
	walk.has_methods = has_methods(&walk.root);
	find_slashed(&walk);
	if (die_scopes_qualify(&walk.root))
		walk.scopes = die_scopes_new();
	walk_dies(&walk);
	name_unnamed(&walk);
	add_lines(&walk);
	table_builder_finish(walk.builder, out);
	table_builder_free(walk.builder);
	free(walk.file_numbers);
	if (walk.scopes)
		die_scopes_free(walk.scopes);
	vec_release(&walk.unnamed);
	vec_release(&walk.slashed);
	split_unit_close(&split);
	return true;
}
