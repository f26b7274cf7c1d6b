/*
 * The blob, all offsets from its start, everything aligned to its size:
 *
 *	header
 *	u64 base                       address that the following count from
 *	ranges     {u32 start, limit, scope}           sorted, disjoint
 *	scopes     {u32 parent, function, call_file, call_line, call_column}
 *	functions  {u32 name, linkage_name, file, line, flags}
 *	lines      {u32 address, file, line, column}   sorted
 *	strings    each with its NUL; number 0 is ""
 *
 * Strings are known by where they start among the strings. Addresses count
 * from the base in 32 bits: what lies further away than 4 GB is left out, and
 * so stays unnamed.
 */
#include "config.h"
#include "symbolize/table.h"

#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/alloc.h"
#include "base/intern.h"
#include "base/slots.h"
#include "base/text.h"
#include "base/vec.h"

/* "SCTB", and the version of the format: raise it with every change. */
enum { TABLE_MAGIC = 0x42544353, TABLE_VERSION = 4 };

struct table_header {
	uint32_t magic;
	uint32_t version;
	uint64_t base;
	uint32_t n_ranges;
	uint32_t n_scopes;
	uint32_t n_functions;
	uint32_t n_lines;
	uint32_t strings_size;
	uint32_t padding;
};

struct range {
	uint32_t start;
	uint32_t limit;
	uint32_t scope;
};

struct scope {
	uint32_t parent;
	uint32_t function;
	uint32_t call_file;
	uint32_t call_line;
	uint32_t call_column;
};

enum { FUNCTION_IS_LABEL = 1 << 0 }; /* while built: others are a key */

struct function {
	uint32_t name;
	uint32_t linkage_name;
	uint32_t file;
	uint32_t line;
	uint32_t flags;
};

struct line {
	uint32_t address;
	uint32_t file;
	uint32_t line;
	uint32_t column;
};

/* ---- building ---- */

/* A range as it was added: maybe overlapping others. */
struct raw_range {
	uint64_t start;
	uint64_t limit;
	uint32_t scope;
	uint32_t depth;
	uint32_t order; /* of addition */
};

struct raw_line {
	uint64_t address;
	uint32_t file;
	uint32_t line;
	uint32_t column;
	uint32_t order;
};

struct table_builder {
	struct intern strings;
	VEC(struct raw_range) ranges;
	VEC(struct scope) scopes;	/* files are string numbers here */
	VEC(uint32_t) depths;		/* of scopes */
	VEC(struct function) functions; /* strings are numbers here */
	struct slots function_slots;
	VEC(struct raw_line) lines;
	VEC(struct range) flat;
	uint64_t base;
};

struct table_builder *table_builder_new(void)
{
	struct table_builder *builder = mem_zalloc(1, sizeof(*builder));

	intern_init(&builder->strings);
	slots_init(&builder->function_slots, 256);
	return builder;
}

void table_builder_free(struct table_builder *builder)
{
	if (!builder)
		return;
	intern_release(&builder->strings);
	slots_release(&builder->function_slots);
	vec_release(&builder->ranges);
	vec_release(&builder->scopes);
	vec_release(&builder->depths);
	vec_release(&builder->functions);
	vec_release(&builder->lines);
	vec_release(&builder->flat);
	free(builder);
}

/* What comes from a file may be no UTF-8, and of any length. */
static uint32_t add_string(struct table_builder *builder, const char *text)
{
	char clean[TABLE_MAX_NAME + 4];
	size_t size;

	if (!text || !*text)
		return 0;
	size = strnlen(text, TABLE_MAX_NAME + 1);
	if (size <= TABLE_MAX_NAME && text_is_utf8(text, size))
		return intern_add_bytes(&builder->strings, text, size);
	text_escape(clean, TABLE_MAX_NAME + 1, text);
	if (size > TABLE_MAX_NAME)
		strcat(clean, "...");
	return intern_add(&builder->strings, clean);
}

static bool function_equal(const void *context, const void *key,
			   uint32_t number)
{
	const struct table_builder *builder = context;

	return memcmp(&builder->functions.items[number], key,
		      sizeof(struct function)) == 0;
}

static uint32_t add_function(struct table_builder *builder,
			     const struct function *function)
{
	uint32_t next = (uint32_t)builder->functions.n;
	uint32_t number = slots_find_or_add(
		&builder->function_slots,
		(uint32_t)XXH3_64bits(function, sizeof(*function)),
		function_equal, builder, function, next);

	if (number == next)
		*vec_add(&builder->functions) = *function;
	return number;
}

uint32_t table_builder_add_function(struct table_builder *builder,
				    const char *name, const char *linkage_name,
				    const char *file, uint32_t line)
{
	struct function function = {
		.name = add_string(builder, name),
		.linkage_name = add_string(builder, linkage_name),
		.file = add_string(builder, file),
		.line = line,
	};

	return add_function(builder, &function);
}

uint32_t table_builder_add_unnamed(struct table_builder *builder,
				   const char *linkage_name, const char *file,
				   uint32_t line, uint32_t key)
{
	struct function function = {
		.name = add_string(builder, linkage_name),
		.linkage_name = add_string(builder, linkage_name),
		.file = add_string(builder, file),
		.line = line,
		.flags = key << 1,
	};

	return add_function(builder, &function);
}

void table_builder_name_function(struct table_builder *builder, uint32_t number,
				 const char *name)
{
	struct function *function = &builder->functions.items[number];

	if (name)
		function->name = add_string(builder, name);
	function->flags = 0;
}

uint32_t table_builder_add_label(struct table_builder *builder,
				 const char *name, const char *linkage_name)
{
	struct function function = {
		.name = add_string(builder, name),
		.linkage_name = add_string(builder, linkage_name),
		.flags = FUNCTION_IS_LABEL,
	};

	return add_function(builder, &function);
}

uint32_t table_builder_add_file(struct table_builder *builder, const char *path)
{
	return add_string(builder, path);
}

uint32_t table_builder_add_scope(struct table_builder *builder, uint32_t parent,
				 uint32_t function, uint32_t call_file,
				 uint32_t call_line, uint32_t call_column)
{
	uint32_t depth = 0;

	if (parent != NO_SCOPE)
		depth = builder->depths.items[parent] + 1;
	*vec_add(&builder->scopes) = (struct scope){
		.parent = parent,
		.function = function,
		.call_file = call_file,
		.call_line = call_line,
		.call_column = call_column,
	};
	*vec_add(&builder->depths) = depth;
	return (uint32_t)(builder->scopes.n - 1);
}

void table_builder_add_range(struct table_builder *builder, uint32_t scope,
			     uint64_t low, uint64_t limit)
{
	if (low >= limit)
		return;
	*vec_add(&builder->ranges) = (struct raw_range){
		.start = low,
		.limit = limit,
		.scope = scope,
		.depth = builder->depths.items[scope],
		.order = (uint32_t)builder->ranges.n,
	};
}

void table_builder_add_line(struct table_builder *builder, uint64_t address,
			    uint32_t file, uint32_t line, uint32_t column)
{
	*vec_add(&builder->lines) = (struct raw_line){
		.address = address,
		.file = file,
		.line = line,
		.column = column,
		.order = (uint32_t)builder->lines.n,
	};
}

/*
 * Whether a wins an address from b: the deeper, then the one that starts last,
 * then the one added first.
 */
static bool wins(const struct raw_range *a, const struct raw_range *b)
{
	if (a->depth != b->depth)
		return a->depth > b->depth;
	if (a->start != b->start)
		return a->start > b->start;
	return a->order < b->order;
}

/* A heap of the ranges that are open at the sweep's position, the winner on
 * top. Ranges that have ended are taken off when they come to the top. */
struct heap {
	VEC(const struct raw_range *) items;
};

static void heap_push(struct heap *heap, const struct raw_range *range)
{
	size_t i = heap->items.n;

	*vec_add(&heap->items) = range;
	while (i > 0 && wins(range, heap->items.items[(i - 1) / 2])) {
		heap->items.items[i] = heap->items.items[(i - 1) / 2];
		i = (i - 1) / 2;
	}
	heap->items.items[i] = range;
}

static void heap_pop(struct heap *heap)
{
	const struct raw_range **items = heap->items.items;
	const struct raw_range *last = items[--heap->items.n];
	size_t n = heap->items.n, i = 0, child;

	while ((child = 2 * i + 1) < n) {
		if (child + 1 < n && wins(items[child + 1], items[child]))
			child++;
		if (!wins(items[child], last))
			break;
		items[i] = items[child];
		i = child;
	}
	if (n > 0)
		items[i] = last;
}

static int compare_starts(const void *a, const void *b)
{
	const struct raw_range *x = a, *y = b;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

/* Adds [start, limit) of a scope to the flat ranges, to the last one where it
 * goes on. */
static void add_flat(struct table_builder *builder, uint64_t start,
		     uint64_t limit, uint32_t scope)
{
	struct range *last;

	start -= builder->base;
	limit -= builder->base;
	if (limit > UINT32_MAX)
		limit = UINT32_MAX;
	if (start >= limit)
		return;
	last = builder->flat.n ? &builder->flat.items[builder->flat.n - 1]
			       : NULL;
	if (last && last->limit == start && last->scope == scope)
		last->limit = (uint32_t)limit;
	else
		*vec_add(&builder->flat) =
			(struct range){ (uint32_t)start, (uint32_t)limit,
					scope };
}

/* Sweeps from the lowest address to the highest: at each start and each end of
 * the winner the winner may change. */
static void flatten(struct table_builder *builder)
{
	const struct raw_range *ranges = builder->ranges.items;
	size_t n = builder->ranges.n, next = 0;
	struct heap open = { 0 };
	uint64_t at = 0;

	if (n > 0)
		qsort(builder->ranges.items, n, sizeof(*ranges),
		      compare_starts);
	while (next < n || open.items.n > 0) {
		const struct raw_range *top;
		uint64_t until;

		if (open.items.n == 0)
			at = ranges[next].start;
		while (next < n && ranges[next].start <= at)
			heap_push(&open, &ranges[next++]);
		top = open.items.items[0];
		if (top->limit <= at) {
			heap_pop(&open);
			continue;
		}
		until = top->limit;
		if (next < n && ranges[next].start < until)
			until = ranges[next].start;
		add_flat(builder, at, until, top->scope);
		at = until;
	}
	vec_release(&open.items);
}

static int compare_lines(const void *a, const void *b)
{
	const struct raw_line *x = a, *y = b;

	if (x->address != y->address)
		return x->address < y->address ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

static bool lines_are_sorted(const struct table_builder *builder)
{
	for (size_t i = 1; i < builder->lines.n; i++)
		if (builder->lines.items[i].address <
		    builder->lines.items[i - 1].address)
			return false;
	return true;
}

static bool is_end(const struct raw_line *line)
{
	return line->line == 0 && line->file == 0;
}

/*
 * One line for each address: the last of those that were added for it, but an
 * end of a sequence gives way to the beginning of the next.
 */
static void sort_lines(struct table_builder *builder)
{
	struct raw_line *lines = builder->lines.items;
	size_t kept = 0;

	if (builder->lines.n == 0)
		return;
	/* They come so, but for a few units whose sequences overlap. */
	if (!lines_are_sorted(builder))
		qsort(lines, builder->lines.n, sizeof(*lines), compare_lines);
	for (size_t i = 1; i < builder->lines.n; i++) {
		if (lines[i].address != lines[kept].address)
			lines[++kept] = lines[i];
		else if (!is_end(&lines[i]) || is_end(&lines[kept]))
			lines[kept] = lines[i];
	}
	builder->lines.n = kept + 1;
}

static uint64_t lowest_address(const struct table_builder *builder)
{
	uint64_t lowest = UINT64_MAX;

	for (size_t i = 0; i < builder->ranges.n; i++)
		if (builder->ranges.items[i].start < lowest)
			lowest = builder->ranges.items[i].start;
	for (size_t i = 0; i < builder->lines.n; i++)
		if (builder->lines.items[i].address < lowest)
			lowest = builder->lines.items[i].address;
	return lowest;
}

/* Where a string number's text starts among the strings of the blob. */
static uint32_t place_of(const struct table_builder *builder, uint32_t string)
{
	return (uint32_t)builder->strings.offsets[string];
}

static void add_functions(const struct table_builder *builder, struct buf *out)
{
	for (size_t i = 0; i < builder->functions.n; i++) {
		struct function function = builder->functions.items[i];

		function.name = place_of(builder, function.name);
		function.linkage_name =
			place_of(builder, function.linkage_name);
		function.file = place_of(builder, function.file);
		buf_add(out, &function, sizeof(function));
	}
}

static void add_scopes(const struct table_builder *builder, struct buf *out)
{
	for (size_t i = 0; i < builder->scopes.n; i++) {
		struct scope scope = builder->scopes.items[i];

		scope.call_file = place_of(builder, scope.call_file);
		buf_add(out, &scope, sizeof(scope));
	}
}

/* Returns how many lines are in reach of 32 bits. */
static uint32_t add_lines(const struct table_builder *builder, struct buf *out)
{
	uint32_t n = 0;

	for (size_t i = 0; i < builder->lines.n; i++, n++) {
		const struct raw_line *raw = &builder->lines.items[i];
		uint64_t address = raw->address - builder->base;
		struct line line = {
			.address = (uint32_t)address,
			.file = place_of(builder, raw->file),
			.line = raw->line,
			.column = raw->column,
		};

		if (address > UINT32_MAX)
			break;
		buf_add(out, &line, sizeof(line));
	}
	return n;
}

void table_builder_finish(struct table_builder *builder, struct buf *out)
{
	struct table_header header = {
		.magic = TABLE_MAGIC,
		.version = TABLE_VERSION,
	};
	size_t start;

	buf_align(out, 8);
	start = out->size;
	builder->base = lowest_address(builder);
	flatten(builder);
	sort_lines(builder);
	header.base = builder->base;
	header.n_ranges = (uint32_t)builder->flat.n;
	header.n_scopes = (uint32_t)builder->scopes.n;
	header.n_functions = (uint32_t)builder->functions.n;
	header.strings_size = (uint32_t)builder->strings.size;
	buf_extend(out, sizeof(header));
	buf_add(out, builder->flat.items,
		builder->flat.n * sizeof(struct range));
	add_scopes(builder, out);
	add_functions(builder, out);
	header.n_lines = add_lines(builder, out);
	buf_add(out, builder->strings.bytes, builder->strings.size);
	buf_align(out, 8);
	memcpy(out->bytes + start, &header, sizeof(header));
}

/* ---- reading ---- */

/* The parts of a blob whose header has been checked. */
struct view {
	const struct table_header *header;
	const struct range *ranges;
	const struct scope *scopes;
	const struct function *functions;
	const struct line *lines;
	const char *strings;
};

/* All numbers of items are 32 bits wide, so that this cannot wrap. */
static uint64_t size_of_parts(const struct table_header *header)
{
	return sizeof(*header) +
	       (uint64_t)header->n_ranges * sizeof(struct range) +
	       (uint64_t)header->n_scopes * sizeof(struct scope) +
	       (uint64_t)header->n_functions * sizeof(struct function) +
	       (uint64_t)header->n_lines * sizeof(struct line) +
	       header->strings_size;
}

static struct view view_of(const struct table *table)
{
	const struct table_header *header = (const void *)table->bytes;
	const unsigned char *at = table->bytes + sizeof(*header);
	struct view view = { .header = header };

	view.ranges = (const void *)at;
	at += header->n_ranges * sizeof(struct range);
	view.scopes = (const void *)at;
	at += header->n_scopes * sizeof(struct scope);
	view.functions = (const void *)at;
	at += header->n_functions * sizeof(struct function);
	view.lines = (const void *)at;
	at += header->n_lines * sizeof(struct line);
	view.strings = (const char *)at;
	return view;
}

static bool ranges_are_sound(const struct view *view)
{
	uint32_t last = 0;

	for (uint32_t i = 0; i < view->header->n_ranges; i++) {
		const struct range *range = &view->ranges[i];

		if (range->start < last || range->start >= range->limit ||
		    range->scope >= view->header->n_scopes)
			return false;
		last = range->limit;
	}
	return true;
}

/* A parent stands before its children, so no chain runs in circles. */
static bool scopes_are_sound(const struct view *view)
{
	for (uint32_t i = 0; i < view->header->n_scopes; i++) {
		const struct scope *scope = &view->scopes[i];

		if ((scope->parent != NO_SCOPE && scope->parent >= i) ||
		    scope->function >= view->header->n_functions ||
		    scope->call_file >= view->header->strings_size)
			return false;
	}
	return true;
}

static bool functions_are_sound(const struct view *view)
{
	uint32_t size = view->header->strings_size;

	for (uint32_t i = 0; i < view->header->n_functions; i++) {
		const struct function *function = &view->functions[i];

		if (function->name >= size || function->linkage_name >= size ||
		    function->file >= size)
			return false;
	}
	return true;
}

static bool lines_are_sound(const struct view *view)
{
	for (uint32_t i = 0; i < view->header->n_lines; i++)
		if (view->lines[i].file >= view->header->strings_size ||
		    (i > 0 &&
		     view->lines[i].address <= view->lines[i - 1].address))
			return false;
	return true;
}

bool table_open(struct table *table, const void *bytes, size_t size,
		struct err *err)
{
	const struct table_header *header = bytes;
	struct view view;
	uint64_t used;

	*table = (struct table){ bytes, size };
	if (size < sizeof(*header) || (uintptr_t)bytes % 8 != 0)
		return err_set(err, "symbol table is cut short");
	if (header->magic != TABLE_MAGIC || header->version != TABLE_VERSION)
		return err_set(err, "symbol table of another format");
	used = size_of_parts(header);
	if (used > size || header->strings_size == 0)
		return err_set(err, "symbol table is cut short");
	view = view_of(table);
	if (view.strings[0] || view.strings[header->strings_size - 1] ||
	    !ranges_are_sound(&view) || !scopes_are_sound(&view) ||
	    !functions_are_sound(&view) || !lines_are_sound(&view))
		return err_set(err, "symbol table is damaged");
	return true;
}

/* The first range that ends behind an address; n_ranges: none. */
static uint32_t first_behind(const struct view *view, uint32_t address)
{
	uint32_t low = 0, high = view->header->n_ranges;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (view->ranges[middle].limit <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static const struct range *find_range(const struct view *view, uint32_t address)
{
	uint32_t number = first_behind(view, address);

	if (number == view->header->n_ranges ||
	    view->ranges[number].start > address)
		return NULL;
	return &view->ranges[number];
}

bool table_has_function(const struct table *table, uint64_t start,
			uint64_t limit)
{
	struct view view = view_of(table);
	uint64_t base = view.header->base, from;
	uint32_t number;

	from = start > base ? start - base : 0;
	if (limit <= base || from > UINT32_MAX)
		return false;
	number = first_behind(&view, (uint32_t)from);
	return number < view.header->n_ranges &&
	       view.ranges[number].start < limit - base;
}

static const struct line *find_line(const struct view *view, uint64_t address)
{
	uint32_t low = 0, high = view->header->n_lines;

	address -= view->header->base;
	if (address > UINT32_MAX)
		return NULL;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (view->lines[middle].address <= address)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == 0 ||
	    (view->lines[low - 1].line == 0 && view->lines[low - 1].file == 0))
		return NULL;
	return &view->lines[low - 1];
}

bool table_find_line(const struct table *table, uint64_t address,
		     const char **file, uint32_t *line, uint32_t *column)
{
	struct view view = view_of(table);
	const struct line *found = find_line(&view, address);

	*file = found ? view.strings + found->file : "";
	*line = found ? found->line : 0;
	*column = found ? found->column : 0;
	return found != NULL;
}

uint32_t table_find(const struct table *table, uint64_t address,
		    struct table_frame *frames)
{
	struct view view = view_of(table);
	uint64_t offset = address - view.header->base;
	const struct range *range;
	uint32_t n = 0, scope, line, column;
	const char *file;

	if (offset > UINT32_MAX)
		return 0;
	range = find_range(&view, (uint32_t)offset);
	if (!range)
		return 0;
	table_find_line(table, address, &file, &line, &column);
	/* Each frame is at the place where it calls the one before. */
	for (scope = range->scope; scope != NO_SCOPE && n < TABLE_MAX_DEPTH;
	     n++) {
		const struct scope *at = &view.scopes[scope];
		const struct function *function = &view.functions[at->function];

		frames[n] = (struct table_frame){
			.name = view.strings + function->name,
			.linkage_name = view.strings + function->linkage_name,
			.file = file,
			.line = line,
			.column = column,
			.function_file = view.strings + function->file,
			.start_line = function->line,
			.is_label = function->flags & FUNCTION_IS_LABEL,
			.start = range->start + view.header->base,
		};
		file = view.strings + at->call_file;
		line = at->call_line;
		column = at->call_column;
		scope = at->parent;
	}
	return n;
}
