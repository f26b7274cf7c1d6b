/*
 * A function's data, behind its entry and name (struct _func of
 * runtime/runtime2.go), u32 each:
 *
 *	args, deferreturn, stack, file, line    the last three: values by
 *	                                        address, as offsets of values
 *	n of values, unit, [since 1.20 the line of the declaration]
 *	u8 kind, flags, unused, n of data
 *	values by address, n of them
 *	data, n of them, as offsets of go_func
 *
 * Values by address are pairs of varints: how much the value changes, and for
 * how many bytes of code it then holds. Which inlined call code belongs to is
 * one of them, an index of the tree of inlined calls, which is one of the data:
 *
 *	1.18   i16 parent, u8 kind, unused, i32 file, line, name, address
 *	1.20   u8 kind, 3 unused, i32 name, address, line of the declaration
 *
 * address being that of an instruction of the caller at the line of the call,
 * from the function's entry. So the caller is what lies there.
 */
#include "config.h"
#include "symbolize/go_unit.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "symbolize/table.h"

/* Functions of a unit; a cold look-up makes one table. */
enum { FUNCTIONS_PER_UNIT = 64 };

/* Marks a unit's number: no .debug_info is that large. */
static const uint64_t go_unit = UINT64_C(1) << 62;

enum { NO_FILE = UINT32_MAX };

/* Indexes of runtime/symtab.go, PCDATA_InlTreeIndex and FUNCDATA_InlTree. */
enum { VALUES_INLINED = 2, DATA_INLINED = 3 };

/* A stretch of code of one line and one inlined call. */
struct stretch {
	uint64_t start; /* from the function's entry */
	uint64_t limit;
	int32_t file; /* index into its unit's; < 0: unknown */
	int32_t line;
	int32_t inlined; /* index into the tree; < 0: the function itself */
};

struct inlined_call {
	const char *name;
	uint32_t start_line;
	int32_t address; /* of the caller's */
	uint32_t scope;	 /* NO_SCOPE: not made yet */
};

struct reading {
	const struct go_units *units;
	const struct go_function *function;
	struct table_builder *builder;
	uint32_t unit_files; /* index of the first of its unit's files */
	uint32_t start_line;
	uint32_t file_values, line_values, inlined_values;
	uint64_t inlined_data; /* offset of go_func; UINT64_MAX: none */
	VEC(struct stretch) stretches;
	VEC(struct inlined_call) calls;
	uint32_t scope; /* the function's own */
};

/* ---- the data of a function ---- */

static bool read_function(struct reading *reading)
{
	struct reader r = reading->function->data;
	uint32_t n_values, n_data;
	struct reader values, data;

	reader_bytes(&r, 4 * 4); /* entry, name, args, deferreturn */
	reader_u32(&r);		 /* stack */
	reading->file_values = reader_u32(&r);
	reading->line_values = reader_u32(&r);
	n_values = reader_u32(&r);
	reading->unit_files = reader_u32(&r);
	if (reading->units->table.version >= GO_1_20)
		reading->start_line = reader_u32(&r);
	reader_bytes(&r, 3);
	n_data = reader_u8(&r);
	values = reader_items(&r, n_values, 4);
	data = reader_items(&r, n_data, 4);
	reading->inlined_values = 0;
	reading->inlined_data = UINT64_MAX;
	if (!reader_ok(&r))
		return false;
	if (n_values > VALUES_INLINED && n_data > DATA_INLINED) {
		reader_bytes(&values, VALUES_INLINED * 4);
		reader_bytes(&data, DATA_INLINED * 4);
		reading->inlined_values = reader_u32(&values);
		reading->inlined_data = reader_u32(&data);
	}
	return true;
}

/* ---- values by address ---- */

/* The value of one kind at each address, in their order. */
struct walk {
	struct reader bytes;
	uint32_t quantum;
	bool has_begun;
	uint64_t limit; /* where the value ends */
	int32_t value;
};

static uint32_t read_varint(struct reader *r)
{
	uint32_t value = 0;

	for (unsigned shift = 0; shift < 32; shift += 7) {
		uint8_t byte = reader_u8(r);

		value |= (uint32_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80))
			return value;
	}
	r->has_failed = true;
	return 0;
}

/* To the next value; false if there is none. */
static bool walk_next(struct walk *walk)
{
	uint32_t change = read_varint(&walk->bytes), step;

	if (!reader_ok(&walk->bytes) || (change == 0 && walk->has_begun))
		return false;
	walk->has_begun = true;
	/* The lowest bit is the sign. */
	walk->value = (int32_t)((uint32_t)walk->value +
				((change >> 1) ^ -(change & 1)));
	step = read_varint(&walk->bytes);
	walk->limit += (uint64_t)step * walk->quantum;
	return reader_ok(&walk->bytes) && step > 0;
}

/* Where there are no values, -1 is the value of all. */
static void walk_begin(struct walk *walk, const struct reading *reading,
		       uint32_t offset)
{
	*walk = (struct walk){
		.bytes = reading->units->table.values,
		.quantum = reading->units->table.quantum,
		.value = -1,
	};
	if (offset == 0)
		walk->bytes.has_failed = true;
	else
		reader_bytes(&walk->bytes, offset);
}

/* The value at an address that is not below the last one. */
static int32_t walk_to(struct walk *walk, uint64_t address)
{
	while (walk->limit <= address)
		if (!walk_next(walk)) {
			walk->limit = UINT64_MAX;
			walk->value = -1;
		}
	return walk->value;
}

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static void read_stretches(struct reading *reading)
{
	uint64_t size = reading->function->limit - reading->function->start;
	struct walk file, line, inlined;
	struct stretch stretch;

	reading->stretches.n = 0;
	walk_begin(&file, reading, reading->file_values);
	walk_begin(&line, reading, reading->line_values);
	walk_begin(&inlined, reading, reading->inlined_values);
	for (uint64_t at = 0; at < size; at = stretch.limit) {
		stretch = (struct stretch){
			.start = at,
			.file = walk_to(&file, at),
			.line = walk_to(&line, at),
			.inlined = walk_to(&inlined, at),
		};
		stretch.limit = least(least(file.limit, line.limit),
				      least(inlined.limit, size));
		*vec_add(&reading->stretches) = stretch;
	}
}

static const struct stretch *find_stretch(const struct reading *reading,
					  uint64_t address)
{
	size_t low = 0, high = reading->stretches.n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (reading->stretches.items[middle].limit <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low < reading->stretches.n ? &reading->stretches.items[low]
					  : NULL;
}

/* ---- files ---- */

/* The path of the file of a stretch; NULL: unknown. */
static const char *file_name(const struct reading *reading, int32_t file)
{
	const struct go_pclntab *table = &reading->units->table;
	struct reader units = table->units;
	uint64_t index = (uint64_t)reading->unit_files + (uint32_t)file;
	uint32_t offset;

	if (file < 0 || index > reader_left(&units) / 4)
		return NULL;
	reader_bytes(&units, (size_t)index * 4);
	offset = reader_u32(&units);
	return reader_ok(&units) && offset != NO_FILE
		       ? go_string(&table->files, offset)
		       : NULL;
}

/* The builder's number of it; 0: unknown. */
static uint32_t file_number(struct reading *reading, int32_t file)
{
	const char *name = file_name(reading, file);

	return name ? table_builder_add_file(reading->builder, name) : 0;
}

static uint32_t line_number(int32_t line)
{
	return line > 0 ? (uint32_t)line : 0;
}

/* ---- inlined calls ---- */

static struct inlined_call read_call(const struct go_pclntab *table,
				     struct reader *r)
{
	struct inlined_call call = { .scope = NO_SCOPE };
	uint32_t name;

	if (table->version >= GO_1_20) {
		reader_u32(r); /* kind */
		name = reader_u32(r);
		call.address = (int32_t)reader_u32(r);
		call.start_line = reader_u32(r);
	} else {
		reader_bytes(r, 4 + 2 * 4); /* parent, kind, file, line */
		name = reader_u32(r);
		call.address = (int32_t)reader_u32(r);
	}
	call.name = go_string(&table->names, name);
	return call;
}

/* As many as the code speaks of. */
static void read_calls(struct reading *reading)
{
	const struct go_pclntab *table = &reading->units->table;
	const size_t size = table->version >= GO_1_20 ? 16 : 20;
	struct reader r = reading->units->go_func;
	int32_t last = -1;

	reading->calls.n = 0;
	if (reading->inlined_data >= UINT32_MAX)
		return;
	for (size_t i = 0; i < reading->stretches.n; i++)
		if (reading->stretches.items[i].inlined > last)
			last = reading->stretches.items[i].inlined;
	reader_bytes(&r, (size_t)reading->inlined_data);
	r = reader_items(&r, (uint64_t)(last + 1), size);
	while (reader_ok(&r) && reader_left(&r) > 0)
		*vec_add(&reading->calls) = read_call(table, &r);
}

static struct inlined_call *find_call(struct reading *reading, int32_t number)
{
	if (number < 0 || (size_t)number >= reading->calls.n ||
	    !reading->calls.items[number].name)
		return NULL;
	return &reading->calls.items[number];
}

/* The calls around code, innermost first: how many of them have no scope yet.
 * A caller that is one of its own callers is not believed. */
static size_t find_chain(struct reading *reading, const struct stretch *stretch,
			 int32_t chain[TABLE_MAX_DEPTH])
{
	size_t n = 0;

	while (stretch && n < TABLE_MAX_DEPTH - 1) {
		struct inlined_call *call =
			find_call(reading, stretch->inlined);

		if (!call || call->scope != NO_SCOPE || call->address < 0)
			return n;
		chain[n++] = stretch->inlined;
		stretch = find_stretch(reading, (uint64_t)call->address);
	}
	return n == TABLE_MAX_DEPTH - 1 ? 0 : n;
}

static void add_call_scope(struct reading *reading, int32_t number,
			   const char *file)
{
	struct inlined_call *call = &reading->calls.items[number], *around;
	const struct stretch *caller =
		find_stretch(reading, (uint64_t)call->address);
	uint32_t function =
		table_builder_add_function(reading->builder, call->name,
					   call->name, file, call->start_line);

	around = caller ? find_call(reading, caller->inlined) : NULL;
	call->scope = table_builder_add_scope(
		reading->builder,
		around && around->scope != NO_SCOPE ? around->scope
						    : reading->scope,
		function, caller ? file_number(reading, caller->file) : 0,
		caller ? line_number(caller->line) : 0, 0);
}

static uint32_t scope_of(struct reading *reading, const struct stretch *stretch)
{
	int32_t chain[TABLE_MAX_DEPTH];
	size_t n = find_chain(reading, stretch, chain);
	struct inlined_call *call = find_call(reading, stretch->inlined);

	/* Callers first. The code at hand is the innermost call's; of the
	 * others their own will tell the file, should it come first. */
	for (size_t i = n; i-- > 0;) {
		const struct stretch *inside =
			i == 0 ? stretch
			       : find_stretch(reading,
					      (uint64_t)reading->calls
						      .items[chain[i - 1]]
						      .address);

		add_call_scope(reading, chain[i],
			       inside ? file_name(reading, inside->file)
				      : NULL);
	}
	return call && call->scope != NO_SCOPE ? call->scope : reading->scope;
}

/* ---- a unit ---- */

static void add_function(struct reading *reading)
{
	const struct go_function *function = reading->function;
	const char *file;

	if (!read_function(reading))
		return;
	read_stretches(reading);
	read_calls(reading);
	file = file_name(reading, reading->stretches.items[0].file);
	reading->scope = table_builder_add_scope(
		reading->builder, NO_SCOPE,
		table_builder_add_function(reading->builder, function->name,
					   function->name, file,
					   reading->start_line),
		0, 0, 0);
	for (size_t i = 0; i < reading->stretches.n; i++) {
		const struct stretch *stretch = &reading->stretches.items[i];

		table_builder_add_range(reading->builder,
					scope_of(reading, stretch),
					function->start + stretch->start,
					function->start + stretch->limit);
		table_builder_add_line(reading->builder,
				       function->start + stretch->start,
				       file_number(reading, stretch->file),
				       line_number(stretch->line), 0);
	}
	/* The code has ended. */
	table_builder_add_line(reading->builder, function->limit, 0, 0, 0);
}

bool go_units_table(const struct go_units *units, uint64_t unit,
		    struct buf *out)
{
	size_t n = units->functions.items.n;
	struct reading reading = { .units = units };
	size_t first, limit;

	if (!(unit & go_unit) ||
	    (unit & ~go_unit) >= n / FUNCTIONS_PER_UNIT + 1)
		return false;
	first = (size_t)(unit & ~go_unit) * FUNCTIONS_PER_UNIT;
	limit = least(first + FUNCTIONS_PER_UNIT, n);
	reading.builder = table_builder_new();
	for (size_t i = first; i < limit; i++) {
		reading.function = &units->functions.items.items[i];
		add_function(&reading);
	}
	table_builder_finish(reading.builder, out);
	table_builder_free(reading.builder);
	vec_release(&reading.stretches);
	vec_release(&reading.calls);
	return true;
}

/* ---- all of them ---- */

/* What lies in the file at an svma, up to the end of its section. */
static struct reader bytes_at(const struct image *image, uint64_t svma)
{
	struct reader none = reader_over(NULL, 0, false);
	Elf_Scn *section = NULL;
	GElf_Shdr shdr;

	none.has_failed = true;
	while (svma != 0 && (section = elf_nextscn(image->elf, section))) {
		Elf_Data *data;
		struct reader r;

		if (!gelf_getshdr(section, &shdr) ||
		    !(shdr.sh_flags & SHF_ALLOC) ||
		    shdr.sh_type == SHT_NOBITS || svma < shdr.sh_addr ||
		    svma - shdr.sh_addr >= shdr.sh_size)
			continue;
		data = elf_rawdata(section, NULL);
		if (!data || !data->d_buf)
			return none;
		r = reader_over(data->d_buf, data->d_size,
				image_is_swapped(image));
		reader_bytes(&r, (size_t)(svma - shdr.sh_addr));
		return r;
	}
	return none;
}

bool go_units_open(struct go_units *units, const struct image *image)
{
	*units = (struct go_units){ 0 };
	if (!image->elf || !go_pclntab_open(&units->table, image) ||
	    units->table.version < GO_1_18 || units->table.quantum == 0)
		return false;
	units->go_func = bytes_at(image, units->table.go_func);
	go_pclntab_functions(&units->table, &units->functions);
	return units->functions.items.n > 0;
}

void go_units_release(struct go_units *units)
{
	vec_release(&units->functions.items);
}

void go_units_index(const struct go_units *units, struct intervals *index)
{
	size_t n = units->functions.items.n;

	for (size_t first = 0; first < n; first += FUNCTIONS_PER_UNIT) {
		size_t last = least(first + FUNCTIONS_PER_UNIT, n) - 1;

		*vec_add(index) = (struct interval){
			units->functions.items.items[first].start,
			units->functions.items.items[last].limit,
			go_unit | first / FUNCTIONS_PER_UNIT,
		};
	}
}
