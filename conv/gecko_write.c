/*
 * The stacks become one tree, whose nodes have frames, which have names. The
 * format wants all three numbered in each thread anew: a thread's samples are
 * written one after the other, and what one is the first to use is added to the
 * thread's tables, which are written behind.
 *
 * The profiler reads a function and its module out of a frame's name, "name (in
 * module)". Without the second part it takes names such as "a:1" for
 * JavaScript.
 */
#include "config.h"
#include "conv/gecko_write.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/intern.h"
#include "base/slots.h"
#include "base/vec.h"
#include "conv/json_text.h"
#include "conv/sample_order.h"
#include "profile/value_shown.h"

/* The format's version, of the changes that concern us. */
#define GECKO_VERSION "27"

#define NO_NODE UINT32_MAX

/*
 * Captures have fewer samples. Only profiles that count something else can ask
 * for more rows: then one stands for several.
 */
static const double max_rows = 1 << 25;

/* Numbers of the list in write_meta(). */
enum category {
	CATEGORY_UNKNOWN,
	CATEGORY_USER,
	CATEGORY_KERNEL,
	CATEGORY_GENERATED,
};

struct gecko_frame {
	uint32_t name; /* of the writer's names */
	uint32_t line; /* 0: unknown */
	uint32_t column;
	uint16_t category;
	uint16_t is_inlined;
};

struct node {
	uint32_t prefix; /* NO_NODE: none */
	uint32_t frame;
};

/* The number of something in the thread at hand, valid if the stamp is its. */
struct local {
	uint32_t stamp;
	uint32_t number;
};

/* A thread's table while it is filled: rows as JSON. */
struct table {
	struct buf rows;
	uint32_t n;
	struct local *locals; /* by the writer's numbers */
};

struct writer {
	const struct profile *profile;
	const struct gecko_options *options;
	struct sample_order order;
	struct intern names;
	VEC(struct gecko_frame) frames;
	struct slots frame_slots;
	VEC(struct node) nodes;
	struct slots node_slots;
	uint32_t *stack_nodes; /* NO_NODE: an empty stack */
	uint32_t *name_of;     /* a frame of the profile, 0: none yet */
	struct buf scratch;
	/* of the thread at hand */
	uint32_t stamp;
	struct table strings;
	struct table frame_rows;
	struct table stack_rows;
	VEC(uint32_t) path;
	/* of all of them */
	size_t count_type;
	int64_t divisor;     /* samples for a row */
	int64_t interval_ns; /* between rows */
	bool has_cpu_time;
	struct buf *out;
};

/* ---- frames ---- */

/* What a module is called within a frame's name, which has no parentheses. */
static void add_module_name(struct buf *name, const struct profile *profile,
			    const struct module *module)
{
	const char *path = profile_string(profile, module->path);
	const char *slash = strrchr(path, '/');
	const char *p = slash && slash[1] ? slash + 1 : path;

	/* Captures name it with its reference symbol behind. */
	if (module->kind == MODULE_KERNEL)
		p = "[kernel.kallsyms]";
	for (; *p; p++)
		buf_add(name,
			*p == '('	     ? "["
			: *p == ')'	     ? "]"
			: *p > 0 && *p < ' ' ? " "
					     : p,
			1);
}

/* The number of "name (in module)". */
static uint32_t frame_name(struct writer *writer, const char *text,
			   uint32_t module)
{
	const struct profile *profile = writer->profile;
	struct buf *name = &writer->scratch;

	name->size = 0;
	/* A line's end would keep the profiler from reading the rest. */
	for (; *text; text++)
		buf_add(name, *text == '\n' || *text == '\r' ? " " : text, 1);
	if (module != NO_MODULE) {
		json_add(name, " (in ");
		add_module_name(name, profile, &profile->modules.items[module]);
		json_add(name, ")");
	}
	return intern_add_bytes(&writer->names, (const char *)name->bytes,
				name->size);
}

static bool frame_equal(const void *context, const void *key, uint32_t number)
{
	const struct writer *writer = context;

	return memcmp(key, &writer->frames.items[number],
		      sizeof(struct gecko_frame)) == 0;
}

static uint32_t add_frame(struct writer *writer,
			  const struct gecko_frame *frame)
{
	uint32_t next = (uint32_t)writer->frames.n;
	uint32_t hash = (frame->name * 31 + frame->line) * UINT32_C(2654435761);
	uint32_t number =
		slots_find_or_add(&writer->frame_slots, hash ^ hash >> 15,
				  frame_equal, writer, frame, next);

	if (number == next)
		*vec_add(&writer->frames) = *frame;
	return number;
}

static enum category category_of(const struct profile *profile,
				 const struct location *location)
{
	if (location->module == NO_MODULE || location->n_frames == 0)
		return CATEGORY_UNKNOWN;
	switch (profile->modules.items[location->module].kind) {
	case MODULE_KERNEL:
	case MODULE_KERNEL_MODULE:
	case MODULE_KERNEL_CODE:
	case MODULE_GUEST_KERNEL:
	case MODULE_GUEST_MODULE:
		return CATEGORY_KERNEL;
	case MODULE_ANON:
		return CATEGORY_GENERATED;
	case MODULE_OTHER:
		return CATEGORY_UNKNOWN;
	default:
		return CATEGORY_USER;
	}
}

/* A location's frame, counted from the innermost. */
static uint32_t named_frame(struct writer *writer,
			    const struct location *location, uint32_t depth)
{
	const struct profile *profile = writer->profile;
	uint32_t number = location->first_frame + depth;
	const struct frame *frame = &profile->frames.items[number];
	uint32_t *name = &writer->name_of[number];

	if (*name == 0)
		*name = frame_name(
			writer,
			profile_string(
				profile,
				profile->functions.items[frame->function].name),
			location->module);
	return add_frame(
		writer,
		&(struct gecko_frame){
			.name = *name,
			.line = frame->line,
			.column = frame->column,
			.category = (uint16_t)category_of(profile, location),
			.is_inlined = depth + 1 < location->n_frames,
		});
}

static uint32_t raw_frame(struct writer *writer,
			  const struct location *location)
{
	char raw[RAW_NAME_MAX];

	location_raw_name(writer->profile, location, writer->options->raw, raw);
	return add_frame(writer, &(struct gecko_frame){
					 .name = frame_name(writer, raw,
							    location->module),
					 .category = CATEGORY_UNKNOWN,
				 });
}

/* ---- the tree ---- */

static bool node_equal(const void *context, const void *key, uint32_t number)
{
	const struct writer *writer = context;
	const struct node *a = key, *b = &writer->nodes.items[number];

	return a->prefix == b->prefix && a->frame == b->frame;
}

static uint32_t add_node(struct writer *writer, uint32_t prefix, uint32_t frame)
{
	struct node node = { prefix, frame };
	uint32_t next = (uint32_t)writer->nodes.n;
	uint64_t hash =
		((uint64_t)prefix << 32 | frame) * UINT64_C(0x9e3779b97f4a7c15);
	uint32_t number =
		slots_find_or_add(&writer->node_slots, (uint32_t)(hash >> 32),
				  node_equal, writer, &node, next);

	if (number == next)
		*vec_add(&writer->nodes) = node;
	return number;
}

static uint32_t add_location(struct writer *writer, uint32_t node,
			     uint32_t number)
{
	const struct location *location =
		&writer->profile->locations.items[number];

	if (location->n_frames == 0)
		return add_node(writer, node, raw_frame(writer, location));
	for (uint32_t i = location->n_frames; i > 0; i--)
		node = add_node(writer, node,
				named_frame(writer, location, i - 1));
	return node;
}

static void build_tree(struct writer *writer)
{
	const struct profile *profile = writer->profile;

	for (size_t i = 0; i < profile->stacks.n; i++) {
		const struct stack *stack = &profile->stacks.items[i];
		uint32_t node = NO_NODE;

		for (uint32_t k = stack->n; k > 0; k--)
			node = add_location(
				writer, node,
				profile->stack_locations
					.items[stack->first + k - 1]);
		writer->stack_nodes[i] = node;
	}
}

/* ---- tables of a thread ---- */

static void table_init(struct table *table, size_t n)
{
	table->locals = mem_zalloc(n, sizeof(struct local));
}

static void table_release(struct table *table)
{
	free(table->locals);
	buf_release(&table->rows);
}

/* Whether it has a number in this thread's table; if not it gets one. */
static bool table_has(struct writer *writer, struct table *table,
		      uint32_t number)
{
	struct local *local = &table->locals[number];

	if (local->stamp == writer->stamp)
		return true;
	*local = (struct local){ writer->stamp, table->n };
	json_add(&table->rows, table->n++ > 0 ? ",\n" : "\n");
	return false;
}

static uint32_t local_string(struct writer *writer, uint32_t number)
{
	struct table *table = &writer->strings;

	if (!table_has(writer, table, number))
		json_add_string(&table->rows,
				intern_get(&writer->names, number));
	return table->locals[number].number;
}

static void add_known(struct buf *rows, uint32_t number)
{
	if (number)
		json_add_number(rows, number);
	else
		json_add(rows, "null");
}

static uint32_t local_frame(struct writer *writer, uint32_t number)
{
	const struct gecko_frame *frame = &writer->frames.items[number];
	struct table *table = &writer->frame_rows;

	if (table_has(writer, table, number))
		return table->locals[number].number;
	json_add(&table->rows, "[");
	json_add_number(&table->rows, local_string(writer, frame->name));
	json_add(&table->rows, ",false,null,null,");
	add_known(&table->rows, frame->line);
	json_add(&table->rows, ",");
	add_known(&table->rows, frame->column);
	json_add(&table->rows, ",");
	json_add_number(&table->rows, frame->category);
	json_add(&table->rows, frame->is_inlined ? ",1]" : ",0]");
	return table->locals[number].number;
}

/* prefix: in the thread's numbers, or NO_NODE. */
static void add_stack_row(struct writer *writer, uint32_t number,
			  uint32_t prefix)
{
	uint32_t frame = local_frame(writer, writer->nodes.items[number].frame);
	struct table *table = &writer->stack_rows;

	table_has(writer, table, number);
	json_add(&table->rows, "[");
	if (prefix == NO_NODE)
		json_add(&table->rows, "null");
	else
		json_add_number(&table->rows, prefix);
	json_add(&table->rows, ",");
	json_add_number(&table->rows, frame);
	json_add(&table->rows, "]");
}

/* Callers stand before what they call. */
static uint32_t local_stack(struct writer *writer, uint32_t number)
{
	const struct local *locals = writer->stack_rows.locals;
	uint32_t prefix = NO_NODE;

	writer->path.n = 0;
	while (number != NO_NODE && locals[number].stamp != writer->stamp) {
		*vec_add(&writer->path) = number;
		number = writer->nodes.items[number].prefix;
	}
	if (number != NO_NODE)
		prefix = locals[number].number;
	for (size_t i = writer->path.n; i > 0; i--) {
		add_stack_row(writer, writer->path.items[i - 1], prefix);
		prefix = locals[writer->path.items[i - 1]].number;
	}
	return prefix;
}

/* ---- samples ---- */

static int64_t count_of(const struct writer *writer, uint32_t sample)
{
	const struct profile *profile = writer->profile;
	int64_t count =
		profile->values
			.items[profile->samples.items[sample].first_value +
			       writer->count_type];

	return count > 0 ? count : 0;
}

static int64_t cpu_time_of(const struct writer *writer, uint32_t sample)
{
	const struct profile *profile = writer->profile;

	return profile->values
		.items[profile->samples.items[sample].first_value +
		       profile->default_type];
}

/* A sample's rows, at one time or one behind the other from there on. */
static void write_rows(struct writer *writer, uint32_t sample, int64_t n,
		       int64_t time, int64_t step)
{
	uint32_t node =
		writer->stack_nodes[writer->profile->samples.items[sample]
					    .stack];
	uint32_t stack = local_stack(writer, node);
	struct buf *out = writer->out;

	for (int64_t i = 0; i < n; i++) {
		json_add(out, "[");
		if (stack == NO_NODE)
			json_add(out, "null");
		else
			json_add_number(out, stack);
		json_add(out, ",");
		json_add_ms(out, time + i * step);
		json_add(out, ",0");
		if (writer->has_cpu_time) {
			json_add(out, ",");
			json_add_number(out, cpu_time_of(writer, sample) / n);
		}
		json_add(out, "],\n");
	}
}

static void write_samples(struct writer *writer,
			  const struct sample_thread *thread)
{
	int64_t step = writer->order.times ? 0 : writer->interval_ns;
	int64_t time = 0, waiting = 0;
	size_t before = writer->out->size;

	for (size_t i = thread->first; i < thread->first + thread->n; i++) {
		uint32_t sample = writer->order.samples[i];
		int64_t count = count_of(writer, sample);
		int64_t n = count / writer->divisor;

		waiting += count % writer->divisor;
		if (waiting >= writer->divisor) {
			waiting -= writer->divisor;
			n++;
		}
		if (writer->order.times)
			time = sample_order_time(&writer->order, sample);
		write_rows(writer, sample, n, time, step);
		time += n * step;
	}
	/* Without the last comma. */
	if (writer->out->size > before)
		writer->out->size -= 2;
}

/* ---- threads ---- */

static bool has_samples(const struct writer *writer,
			const struct sample_thread *thread)
{
	for (size_t i = thread->first; i < thread->first + thread->n; i++)
		if (count_of(writer, writer->order.samples[i]) > 0)
			return true;
	return false;
}

static void begin_tables(struct writer *writer)
{
	struct table *tables[] = { &writer->strings, &writer->frame_rows,
				   &writer->stack_rows };

	writer->stamp++;
	for (size_t i = 0; i < sizeof(tables) / sizeof(*tables); i++) {
		tables[i]->rows.size = 0;
		tables[i]->n = 0;
	}
}

static void write_table(struct writer *writer, const char *head,
			const struct table *table, const char *tail)
{
	json_add(writer->out, head);
	buf_add(writer->out, table->rows.bytes, table->rows.size);
	json_add(writer->out, tail);
}

static void write_thread_head(struct writer *writer,
			      const struct sample_thread *thread)
{
	const struct profile *profile = writer->profile;
	struct buf *out = writer->out;

	json_add(out, "{\"name\":");
	json_add_string(out,
			thread->thread_comm
				? profile_string(profile, thread->thread_comm)
				: "all threads");
	json_add(out, ",\"processType\":\"default\",\"processName\":");
	json_add_string(out, profile_string(profile, thread->comm));
	json_add(out, ",\"pid\":");
	json_add_number(out, thread->pid);
	json_add(out, ",\"tid\":");
	json_add_number(out, thread->tid ? thread->tid : thread->pid);
	json_add(out, ",\"registerTime\":0,\"unregisterTime\":null,\n"
		      "\"markers\":{\"schema\":{\"name\":0,\"startTime\":1,"
		      "\"endTime\":2,\"phase\":3,\"category\":4,\"data\":5},"
		      "\"data\":[]},\n");
}

static void write_thread(struct writer *writer,
			 const struct sample_thread *thread)
{
	begin_tables(writer);
	write_thread_head(writer, thread);
	json_add(writer->out, "\"samples\":{\"schema\":{\"stack\":0,"
			      "\"time\":1,\"eventDelay\":2");
	if (writer->has_cpu_time)
		json_add(writer->out, ",\"threadCPUDelta\":3");
	json_add(writer->out, "},\"data\":[\n");
	write_samples(writer, thread);
	write_table(writer,
		    "\n]},\n\"frameTable\":{\"schema\":{\"location\":0,"
		    "\"relevantForJS\":1,\"innerWindowID\":2,"
		    "\"implementation\":3,\"line\":4,\"column\":5,"
		    "\"category\":6,\"subcategory\":7},\"data\":[",
		    &writer->frame_rows, "\n]},\n");
	write_table(writer,
		    "\"stackTable\":{\"schema\":{\"prefix\":0,\"frame\":1},"
		    "\"data\":[",
		    &writer->stack_rows, "\n]},\n");
	write_table(writer, "\"stringTable\":[", &writer->strings, "\n]}");
}

static void write_threads(struct writer *writer)
{
	bool is_first = true;

	json_add(writer->out, "\"threads\":[\n");
	for (size_t i = 0; i < writer->order.threads.n; i++) {
		const struct sample_thread *thread =
			&writer->order.threads.items[i];

		if (!has_samples(writer, thread))
			continue;
		json_add(writer->out, is_first ? "" : ",\n");
		is_first = false;
		write_thread(writer, thread);
	}
	/* The profiler wants one, be it empty. */
	if (is_first)
		write_thread(writer, &(struct sample_thread){ 0 });
	json_add(writer->out, "\n]");
}

/* ---- all of it ---- */

static void write_meta(struct writer *writer)
{
	struct buf *out = writer->out;

	json_add(out, "{\"meta\":{\"version\":" GECKO_VERSION
		      ",\"product\":\"" PACKAGE_NAME "\",\"startTime\":");
	json_add_ms(out, writer->profile->time_ns);
	json_add(out, ",\"shutdownTime\":null,\"interval\":");
	json_add_ms(out, writer->interval_ns);
	json_add(out, ",\n\"stackwalk\":1,\"debug\":0,\"gcpoison\":0,"
		      "\"asyncstack\":0,\"processType\":0,"
		      "\"presymbolicated\":true,\"markerSchema\":[],\n"
		      "\"sampleUnits\":{\"time\":\"ms\",\"eventDelay\":\"ms\","
		      "\"threadCPUDelta\":\"ns\"},\n"
		      "\"categories\":[\n"
		      "{\"name\":\"Unknown\",\"color\":\"grey\","
		      "\"subcategories\":[\"Other\"]},\n"
		      "{\"name\":\"User\",\"color\":\"yellow\","
		      "\"subcategories\":[\"Other\",\"Inlined\"]},\n"
		      "{\"name\":\"Kernel\",\"color\":\"orange\","
		      "\"subcategories\":[\"Other\",\"Inlined\"]},\n"
		      "{\"name\":\"Generated code\",\"color\":\"green\","
		      "\"subcategories\":[\"Other\",\"Inlined\"]}]},\n"
		      "\"libs\":[],\"pausedRanges\":[],\"processes\":[],\n");
}

static bool is_of_unit(const struct profile *profile, size_t type,
		       const char *unit)
{
	return strcmp(profile_string(profile, profile->types.items[type].unit),
		      unit) == 0;
}

uint32_t gecko_count_type(const struct profile *profile)
{
	uint32_t count = profile_count_type(profile, profile->default_type);

	return profile->is_type_chosen || count == NO_TYPE
		       ? profile->default_type
		       : count;
}

static void choose_types(struct writer *writer)
{
	const struct profile *profile = writer->profile;
	bool is_time;

	writer->count_type = gecko_count_type(profile);
	is_time = is_of_unit(profile, profile->default_type, "nanoseconds");
	/* Of space, what stands in front are objects. */
	if (!is_of_unit(profile, writer->count_type, "count") &&
	    writer->count_type > 0 &&
	    is_of_unit(profile, writer->count_type - 1, "count"))
		writer->count_type--;
	writer->has_cpu_time = is_time && writer->order.times;
	writer->interval_ns =
		is_time && profile->period > 0 && profile->period < 1000000000
			? profile->period
			: 1000000;
}

static void choose_divisor(struct writer *writer)
{
	double total = 0;

	for (uint32_t i = 0; i < writer->profile->samples.n; i++)
		total += (double)count_of(writer, i);
	writer->divisor = 1 + (int64_t)(total / max_rows);
}

static void writer_release(struct writer *writer)
{
	table_release(&writer->strings);
	table_release(&writer->frame_rows);
	table_release(&writer->stack_rows);
	sample_order_release(&writer->order);
	intern_release(&writer->names);
	slots_release(&writer->frame_slots);
	slots_release(&writer->node_slots);
	vec_release(&writer->frames);
	vec_release(&writer->nodes);
	vec_release(&writer->path);
	buf_release(&writer->scratch);
	free(writer->stack_nodes);
	free(writer->name_of);
}

void gecko_write(const struct profile *profile,
		 const struct gecko_options *options, struct buf *out)
{
	struct writer writer = {
		.profile = profile,
		.options = options,
		.out = out,
	};

	if (profile->types.n == 0)
		return;
	writer.stack_nodes = mem_zalloc(profile->stacks.n, sizeof(uint32_t));
	writer.name_of = mem_zalloc(profile->frames.n, sizeof(uint32_t));
	intern_init(&writer.names);
	slots_init(&writer.frame_slots, 1024);
	slots_init(&writer.node_slots, 4096);
	sample_order_init(&writer.order, profile, THREADS_BY_TID_OR_NAME);
	build_tree(&writer);
	table_init(&writer.strings, writer.names.n);
	table_init(&writer.frame_rows, writer.frames.n);
	table_init(&writer.stack_rows, writer.nodes.n);
	choose_types(&writer);
	choose_divisor(&writer);
	write_meta(&writer);
	write_threads(&writer);
	json_add(out, "}\n");
	writer_release(&writer);
}
