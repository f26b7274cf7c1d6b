/*
 * Samples are encoded first: what they use gets a number at its first use and
 * joins a list, and the lists are encoded afterwards, locations, then the
 * functions and mappings that those use. The string table comes last, as
 * everything adds to it. Readers take the fields of a message in any order.
 */
#include "config.h"
#include "conv/pprof_write.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/intern.h"
#include "base/slots.h"
#include "base/text.h"
#include "conv/gzip.h"
#include "conv/pprof_fields.h"

static const uint64_t page_mask = 4095;

/* A part of a module that is in use: its segment, or all of it. */
struct mapping_use {
	uint32_t module;
	uint32_t segment;
	uint64_t lowest; /* addresses of its locations */
	uint64_t highest;
	bool has_functions;
	bool has_filenames;
	bool has_line_numbers;
	bool has_inline_frames;
};

struct writer {
	const struct profile *profile;
	const struct pprof_options *options;
	struct buf out;
	struct buf message; /* the one being made, */
	struct buf part;    /* and one inside it */
	struct intern strings;
	uint32_t *string_ids;	 /* profile's string → ours, 0: none yet */
	uint32_t *location_ids;	 /* profile's location → id, 0: none yet */
	VEC(uint32_t) locations; /* id - 1 → profile's location */
	VEC(struct mapping_use) mappings; /* id - 1 → what */
	struct slots mapping_slots;
	VEC(struct function) functions; /* id - 1 → with our strings */
	struct slots function_slots;
	struct buf label_bytes; /* every label set, encoded once */
	size_t *label_places; /* where each begins; n_label_sets + 1 of them */
};

/* ---- protocol buffers ---- */

static void add_varint(struct buf *buf, uint64_t value)
{
	enum { MAX_SIZE = 10 };
	unsigned char *start = buf_extend(buf, MAX_SIZE), *p = start;

	while (value >= 0x80) {
		*p++ = (unsigned char)(value | 0x80);
		value >>= 7;
	}
	*p++ = (unsigned char)value;
	buf->size -= (size_t)(start + MAX_SIZE - p);
}

/* A field of value 0 is the same as none. */
static void add_number(struct buf *buf, unsigned field, uint64_t value)
{
	if (value == 0)
		return;
	add_varint(buf, field << 3);
	add_varint(buf, value);
}

static void add_bytes(struct buf *buf, unsigned field, const void *bytes,
		      size_t size)
{
	enum { LENGTH_DELIMITED = 2 };

	add_varint(buf, field << 3 | LENGTH_DELIMITED);
	add_varint(buf, size);
	buf_add(buf, bytes, size);
}

/* Puts a finished message into another and empties it. */
static void add_message(struct buf *buf, unsigned field, struct buf *message)
{
	add_bytes(buf, field, message->bytes, message->size);
	message->size = 0;
}

/* ---- strings ---- */

/* Protocol buffers want UTF-8; the names of files and threads may be any
 * bytes. */
static uint32_t string_of_text(struct writer *writer, const char *text)
{
	size_t size = strlen(text);
	char *escaped;
	uint32_t id;

	if (text_is_utf8(text, size))
		return intern_add_bytes(&writer->strings, text, size);
	escaped = mem_alloc(4 * size + 1);
	text_escape(escaped, 4 * size + 1, text);
	id = intern_add(&writer->strings, escaped);
	free(escaped);
	return id;
}

static uint32_t string_id(struct writer *writer, uint32_t string)
{
	uint32_t *id = &writer->string_ids[string];

	if (*id == 0 && string != 0)
		*id = string_of_text(writer,
				     profile_string(writer->profile, string));
	return *id;
}

/* ---- mappings ---- */

static bool mapping_equal(const void *context, const void *key, uint32_t number)
{
	const struct writer *writer = context;
	const struct mapping_use *a = key, *b = &writer->mappings.items[number];

	return a->module == b->module && a->segment == b->segment;
}

static bool has_filename(const struct profile *profile,
			 const struct frame *frame)
{
	return profile->functions.items[frame->function].filename != 0;
}

/* What was found out about a location is said of its mapping. */
static void note_use(struct mapping_use *mapping, const struct profile *profile,
		     const struct location *location, uint64_t address)
{
	if (address < mapping->lowest)
		mapping->lowest = address;
	if (address > mapping->highest)
		mapping->highest = address;
	for (uint32_t i = 0; i < location->n_frames; i++) {
		const struct frame *frame =
			&profile->frames.items[location->first_frame + i];

		mapping->has_functions = true;
		mapping->has_filenames |= has_filename(profile, frame);
		mapping->has_line_numbers |= frame->line != 0;
	}
	mapping->has_inline_frames |= location->n_frames > 1;
}

/* The id of the mapping that a location lies in, 0 for none. */
static uint32_t mapping_id(struct writer *writer,
			   const struct location *location, struct place place)
{
	struct mapping_use mapping = {
		.module = location->module,
		.segment = place.segment,
		.lowest = UINT64_MAX,
	};
	uint32_t next = (uint32_t)writer->mappings.n, number;

	if (location->module == NO_MODULE)
		return 0;
	number = slots_find_or_add(&writer->mapping_slots,
				   mapping.module * 31 + mapping.segment,
				   mapping_equal, writer, &mapping, next);
	if (number == next)
		*vec_add(&writer->mappings) = mapping;
	note_use(&writer->mappings.items[number], writer->profile, location,
		 place.address);
	return number + 1;
}

static uint64_t page_up(uint64_t address)
{
	return address > UINT64_MAX - page_mask
		       ? UINT64_MAX
		       : (address + page_mask) & ~page_mask;
}

/*
 * Of a segment: pages of addresses and of the file, so that pprof's own base
 * (start - offset + the segment's offset - its address) is 0. Of a module as a
 * whole: the range it had, never less than its locations.
 */
static void add_mapping_range(struct writer *writer,
			      const struct mapping_use *mapping,
			      const struct module *module)
{
	uint64_t start = module->start, limit = module->limit, offset = 0;

	if (mapping->segment < module->segments.n) {
		const struct segment *segment =
			&module->segments.items[mapping->segment];

		start = segment->svma;
		limit = segment->svma + segment->file_size;
		offset = segment->file_off & ~page_mask;
	} else if (mapping->segment != NO_SEGMENT) {
		const struct mapped_range *range =
			&module->ranges
				 .items[mapping->segment - module->segments.n];

		start = range->start;
		limit = range->limit;
		offset = range->file_off;
	} else if (module->kind == MODULE_ANON ||
		   module->kind == MODULE_OTHER ||
		   (module->kind == MODULE_KERNEL && !module->ref_symbol)) {
		start = mapping->lowest;
		limit = mapping->lowest;
	}
	if (mapping->lowest < start)
		start = mapping->lowest;
	if (mapping->highest >= limit)
		limit = mapping->highest < UINT64_MAX ? mapping->highest + 1
						      : UINT64_MAX;
	start &= ~page_mask;
	if (mapping->segment == NO_SEGMENT && module_has_offsets(module->kind))
		offset = start;
	add_number(&writer->message, MAPPING_MEMORY_START, start);
	add_number(&writer->message, MAPPING_MEMORY_LIMIT, page_up(limit));
	add_number(&writer->message, MAPPING_FILE_OFFSET, offset);
}

/* The kernel's word for memory without a file says nothing to people, and
 * nothing of whose it was. */
static uint32_t mapping_name(struct writer *writer, const struct module *module)
{
	const char *path = profile_string(writer->profile, module->path);
	char name[64], *bracketed;
	uint32_t id;

	/* Its addresses are of no known place in the file: nobody shall look
	 * them up there. */
	if (module->kind == MODULE_OTHER &&
	    !(*path == '[' && text_ends_with(path, "]"))) {
		bracketed = mem_printf("[%s]", path);
		id = string_of_text(writer, bracketed);
		free(bracketed);
		return id;
	}
	if (module->kind != MODULE_ANON ||
	    (*path && strncmp(path, "//anon", 6) != 0))
		return string_id(writer, module->path);
	snprintf(name, sizeof(name), "[anon] of process %u", module->pid);
	return string_of_text(writer, name);
}

static void add_mappings(struct writer *writer)
{
	struct buf *message = &writer->message;

	for (uint32_t i = 0; i < writer->mappings.n; i++) {
		const struct mapping_use *mapping = &writer->mappings.items[i];
		const struct module *module =
			&writer->profile->modules.items[mapping->module];
		const struct build_id *id = module->build_id.size
						    ? &module->build_id
						    : &module->found_build_id;
		char hex[BUILD_ID_HEX_MAX];

		add_number(message, MAPPING_ID, i + 1);
		add_mapping_range(writer, mapping, module);
		add_number(message, MAPPING_FILENAME,
			   mapping_name(writer, module));
		add_number(message, MAPPING_BUILD_ID,
			   string_of_text(writer, build_id_hex(id, hex)));
		add_number(message, MAPPING_HAS_FUNCTIONS,
			   mapping->has_functions);
		add_number(message, MAPPING_HAS_FILENAMES,
			   mapping->has_filenames);
		add_number(message, MAPPING_HAS_LINE_NUMBERS,
			   mapping->has_line_numbers);
		add_number(message, MAPPING_HAS_INLINE_FRAMES,
			   mapping->has_inline_frames);
		add_message(&writer->out, PROFILE_MAPPING, message);
	}
}

/* Number 1 is the program that was sampled most, where anything of it is. */
static void number_main_mapping(struct writer *writer)
{
	const struct profile *profile = writer->profile;

	if (profile->main_module == NO_MODULE)
		return;
	for (size_t i = 0; i < profile->stack_locations.n; i++) {
		const struct location *location =
			&profile->locations
				 .items[profile->stack_locations.items[i]];

		if (location->module == profile->main_module) {
			mapping_id(writer, location,
				   location_place(profile, location));
			return;
		}
	}
}

/* ---- functions ---- */

static bool function_equal(const void *context, const void *key,
			   uint32_t number)
{
	const struct writer *writer = context;

	return memcmp(key, &writer->functions.items[number],
		      sizeof(struct function)) == 0;
}

static uint32_t function_id(struct writer *writer,
			    const struct function *function)
{
	uint32_t next = (uint32_t)writer->functions.n, number;
	uint32_t hash = function->name * 31 + function->system_name * 13 +
			function->filename * 17 + function->start_line;

	number = slots_find_or_add(&writer->function_slots,
				   hash * UINT32_C(0x9e3779b1), function_equal,
				   writer, function, next);
	if (number == next)
		*vec_add(&writer->functions) = *function;
	return number + 1;
}

static void add_functions(struct writer *writer)
{
	struct buf *message = &writer->message;

	for (uint32_t i = 0; i < writer->functions.n; i++) {
		const struct function *function = &writer->functions.items[i];

		add_number(message, FUNCTION_ID, i + 1);
		add_number(message, FUNCTION_NAME, function->name);
		add_number(message, FUNCTION_SYSTEM_NAME,
			   function->system_name);
		add_number(message, FUNCTION_FILENAME, function->filename);
		add_number(message, FUNCTION_START_LINE, function->start_line);
		add_message(&writer->out, PROFILE_FUNCTION, message);
	}
}

/* ---- locations ---- */

static void add_line(struct writer *writer, const struct function *function,
		     uint32_t line, uint32_t column)
{
	add_number(&writer->part, LINE_FUNCTION_ID,
		   function_id(writer, function));
	add_number(&writer->part, LINE_LINE, line);
	add_number(&writer->part, LINE_COLUMN, column);
	add_message(&writer->message, LOCATION_LINE, &writer->part);
}

static void add_raw_line(struct writer *writer, const struct location *location)
{
	char name[RAW_NAME_MAX], mark[RAW_NAME_MAX];
	struct function function = { 0 };

	location_raw_name(writer->profile, location, writer->options->raw,
			  name);
	function.name = string_of_text(writer, name);
	function.system_name =
		string_of_text(writer, location_raw_mark(location, mark));
	add_line(writer, &function, 0, 0);
}

static void add_frame_line(struct writer *writer, const struct frame *frame)
{
	const struct function *function =
		&writer->profile->functions.items[frame->function];
	struct function ours = {
		.name = string_id(writer, function->name),
		.system_name = string_id(writer, function->system_name),
		.filename = string_id(writer, function->filename),
		.start_line = function->start_line,
	};

	add_line(writer, &ours, frame->line, frame->column);
}

static void add_locations(struct writer *writer)
{
	const struct profile *profile = writer->profile;
	struct buf *message = &writer->message;

	for (uint32_t i = 0; i < writer->locations.n; i++) {
		const struct location *location =
			&profile->locations.items[writer->locations.items[i]];
		struct place place = location_place(profile, location);

		add_number(message, LOCATION_ID, i + 1);
		add_number(message, LOCATION_MAPPING_ID,
			   mapping_id(writer, location, place));
		add_number(message, LOCATION_ADDRESS, place.address);
		for (uint32_t j = 0; j < location->n_frames; j++)
			add_frame_line(
				writer,
				&profile->frames
					 .items[location->first_frame + j]);
		if (location->n_frames == 0)
			add_raw_line(writer, location);
		add_number(message, LOCATION_IS_FOLDED, location->is_folded);
		add_message(&writer->out, PROFILE_LOCATION, message);
	}
}

static uint32_t location_id(struct writer *writer, uint32_t location)
{
	uint32_t *id = &writer->location_ids[location];

	if (*id == 0) {
		*vec_add(&writer->locations) = location;
		*id = (uint32_t)writer->locations.n;
	}
	return *id;
}

/* ---- samples ---- */

static void encode_label(struct writer *writer, const struct label *label)
{
	add_number(&writer->part, LABEL_KEY, string_id(writer, label->key));
	add_number(&writer->part, LABEL_STR, string_id(writer, label->text));
	add_number(&writer->part, LABEL_NUM, (uint64_t)label->number);
	add_number(&writer->part, LABEL_NUM_UNIT,
		   string_id(writer, label->unit));
	add_message(&writer->label_bytes, SAMPLE_LABEL, &writer->part);
}

/* There are few label sets, each of many samples. */
static void encode_label_sets(struct writer *writer)
{
	const struct profile *profile = writer->profile;
	size_t n = profile->label_sets.n;

	writer->label_places = mem_zalloc(n + 1, sizeof(size_t));
	/* Labels of no bytes lie somewhere, too. */
	buf_extend(&writer->label_bytes, 0);
	for (size_t i = 0; i < n; i++) {
		const struct label_set *set = &profile->label_sets.items[i];

		for (uint32_t j = 0; j < set->n; j++)
			encode_label(writer,
				     &profile->labels.items[set->first + j]);
		writer->label_places[i + 1] = writer->label_bytes.size;
	}
}

static void add_labels(struct writer *writer, uint32_t labels)
{
	size_t start = writer->label_places[labels];

	buf_add(&writer->message, writer->label_bytes.bytes + start,
		writer->label_places[labels + 1] - start);
}

static void add_samples(struct writer *writer)
{
	const struct profile *profile = writer->profile;

	for (size_t i = 0; i < profile->samples.n; i++) {
		const struct sample *sample = &profile->samples.items[i];
		const struct stack *stack =
			&profile->stacks.items[sample->stack];

		for (uint32_t j = 0; j < stack->n; j++)
			add_varint(
				&writer->part,
				location_id(writer,
					    profile->stack_locations
						    .items[stack->first + j]));
		add_message(&writer->message, SAMPLE_LOCATION_ID,
			    &writer->part);
		for (size_t j = 0; j < profile->types.n; j++)
			add_varint(&writer->part,
				   (uint64_t)profile->values
					   .items[sample->first_value + j]);
		add_message(&writer->message, SAMPLE_VALUE, &writer->part);
		add_labels(writer, sample->labels);
		add_message(&writer->out, PROFILE_SAMPLE, &writer->message);
	}
}

/* ---- the rest ---- */

static void add_value_type(struct writer *writer, unsigned field,
			   const struct value_type *type)
{
	add_number(&writer->message, VALUE_TYPE_TYPE,
		   string_id(writer, type->type));
	add_number(&writer->message, VALUE_TYPE_UNIT,
		   string_id(writer, type->unit));
	add_message(&writer->out, field, &writer->message);
}

static void add_head(struct writer *writer)
{
	const struct profile *profile = writer->profile;
	struct buf *out = &writer->out;

	for (size_t i = 0; i < profile->types.n; i++)
		add_value_type(writer, PROFILE_SAMPLE_TYPE,
			       &profile->types.items[i]);
	add_value_type(writer, PROFILE_PERIOD_TYPE, &profile->period_type);
	add_number(out, PROFILE_PERIOD, (uint64_t)profile->period);
	add_number(out, PROFILE_TIME_NANOS, (uint64_t)profile->time_ns);
	add_number(out, PROFILE_DURATION_NANOS, (uint64_t)profile->duration_ns);
	for (size_t i = 0; i < profile->comments.n; i++)
		add_number(out, PROFILE_COMMENT,
			   string_id(writer, profile->comments.items[i]));
	if (profile->types.n > 0)
		add_number(out, PROFILE_DEFAULT_SAMPLE_TYPE,
			   string_id(writer,
				     profile->types.items[profile->default_type]
					     .type));
	add_number(out, PROFILE_DROP_FRAMES,
		   string_id(writer, profile->drop_frames));
	add_number(out, PROFILE_KEEP_FRAMES,
		   string_id(writer, profile->keep_frames));
	add_number(out, PROFILE_DOC_URL, string_id(writer, profile->doc_url));
}

static void add_strings(struct writer *writer)
{
	for (uint32_t i = 0; i < writer->strings.n; i++) {
		const char *text = intern_get(&writer->strings, i);

		add_bytes(&writer->out, PROFILE_STRING_TABLE, text,
			  strlen(text));
	}
}

static void writer_release(struct writer *writer)
{
	buf_release(&writer->out);
	buf_release(&writer->message);
	buf_release(&writer->part);
	intern_release(&writer->strings);
	slots_release(&writer->mapping_slots);
	slots_release(&writer->function_slots);
	vec_release(&writer->locations);
	vec_release(&writer->mappings);
	vec_release(&writer->functions);
	free(writer->string_ids);
	free(writer->location_ids);
	free(writer->label_places);
	buf_release(&writer->label_bytes);
}

void pprof_write(const struct profile *profile,
		 const struct pprof_options *options, struct buf *out)
{
	struct writer writer = {
		.profile = profile,
		.options = options,
		.string_ids = mem_zalloc(profile->strings.n, sizeof(uint32_t)),
		.location_ids =
			mem_zalloc(profile->locations.n, sizeof(uint32_t)),
	};

	intern_init(&writer.strings);
	slots_init(&writer.mapping_slots, 64);
	slots_init(&writer.function_slots, 1024);
	add_head(&writer);
	number_main_mapping(&writer);
	encode_label_sets(&writer);
	add_samples(&writer);
	add_locations(&writer);
	add_functions(&writer);
	add_mappings(&writer);
	add_strings(&writer);
	gzip_compress(writer.out.bytes, writer.out.size, options->n_threads,
		      out);
	writer_release(&writer);
}
