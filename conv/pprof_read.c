/*
 * Messages of one kind may stand anywhere among the others, and the string
 * table comes last as a rule. So the profile is walked once for each kind, in
 * the order in which they need each other: strings, mappings, functions,
 * locations, samples.
 */
#include "config.h"
#include "conv/pprof_read.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "conv/gzip.h"
#include "conv/modules.h"
#include "conv/pprof_fields.h"
#include "conv/pprof_ids.h"
#include "conv/proto_read.h"
#include "profile/coverage.h"
#include "profile/file_proof.h"
#include "profile/place.h"
#include "profile/value_shown.h"

/* A mapping: what its addresses are. */
struct mapping_in {
	uint32_t module;
	uint64_t start;
	uint64_t limit;
	uint64_t file_off;
	bool has_offsets;
};

struct pprof_reader {
	const struct read_options *options;
	struct profile *profile;
	struct read_stats *stats;
	struct modules modules;
	struct reader bytes;	    /* of the whole profile */
	VEC(uint32_t) strings;	    /* its number → the profile's */
	struct pprof_ids mappings;  /* → index into mapping_items */
	struct pprof_ids functions; /* → the profile's function */
	struct pprof_ids locations; /* → the profile's location */
	VEC(struct mapping_in) mapping_items;
	/* Of the message at hand: */
	VEC(struct frame) frames;
	VEC(uint32_t) stack;
	VEC(int64_t) values;
	VEC(struct label) labels;
	uint64_t n_without_labels; /* samples that a filter could not judge */
	uint32_t default_type;	   /* string; 0: none named */
	bool is_gzipped;
	struct err *err;
};

/* ---- the file ---- */

/* Of a file, packed or not: more is no profile. */
enum { MAX_SIZE = 1 << 30 };

bool pprof_is_likely(const unsigned char *head, size_t size)
{
	/* A protocol buffer that begins with a sample type. */
	return gzip_is_likely(head, size) || (size >= 3 && head[0] == '\n' &&
					      head[1] < 32 && head[2] == 0x08);
}

static bool load(const struct input *input, bool *is_gzipped, struct buf *out,
		 struct err *err)
{
	/* Profiles shrink to a third or a tenth, repetitive ones to a
	 * fiftieth; a bomb to a thousandth. */
	const size_t room = (size_t)32 << 20, factor = 64;
	struct buf raw = { 0 };
	struct stat st;
	ssize_t n;
	bool ok;

	if (fstat(input->fd, &st) != 0)
		return err_set_errno(err, "cannot be read");
	if (st.st_size > MAX_SIZE)
		return err_set(err, "larger than any profile (%d MB)",
			       MAX_SIZE >> 20);
	n = file_read_at(input->fd, buf_extend(&raw, (size_t)st.st_size),
			 (size_t)st.st_size, 0);
	raw.size = n > 0 ? (size_t)n : 0;
	if (n < 0)
		ok = err_set_errno(err, "cannot be read");
	else if ((*is_gzipped = gzip_is_likely(raw.bytes, raw.size)))
		ok = gzip_expand(raw.bytes, raw.size, room + factor * raw.size,
				 out, err);
	else {
		*out = raw;
		return true;
	}
	buf_release(&raw);
	return ok;
}

/* Which one is told by where it ends. */
static bool refuse_damaged(struct pprof_reader *in, const char *what,
			   const struct reader *bytes)
{
	return err_set(in->err, "%s is damaged (the one that ends at byte %zu)",
		       what, (size_t)(bytes->end - in->bytes.pos));
}

static bool refuse_id(struct pprof_reader *in, const char *what, uint64_t id)
{
	return err_set(in->err, "%s %" PRIu64 " is there twice, or is 0", what,
		       id);
}

/* ---- strings ---- */

/* Strings of the profile hold no NUL: what stands behind one is lost. */
static void add_string(struct pprof_reader *in, const struct reader *bytes)
{
	const char *text = (const char *)bytes->pos;
	size_t size = reader_left(bytes);

	*vec_add(&in->strings) = intern_add_bytes(&in->profile->strings, text,
						  strnlen(text, size));
}

static bool string_of(struct pprof_reader *in, uint64_t number, uint32_t *out)
{
	if (number >= in->strings.n)
		return err_set(in->err,
			       "string %" PRIu64 " is used, and there are %zu",
			       number, in->strings.n);
	*out = in->strings.items[number];
	return true;
}

/* ---- mappings ---- */

struct mapping_message {
	uint64_t id, start, limit, offset;
	uint32_t path, build_id; /* strings */
};

static bool parse_mapping(struct pprof_reader *in, struct reader bytes,
			  struct mapping_message *message)
{
	struct proto_field field;

	*message = (struct mapping_message){ 0 };
	while (proto_next(&bytes, &field)) {
		bool ok = true;

		switch (field.number) {
		case MAPPING_ID:
			message->id = field.value;
			break;
		case MAPPING_MEMORY_START:
			message->start = field.value;
			break;
		case MAPPING_MEMORY_LIMIT:
			message->limit = field.value;
			break;
		case MAPPING_FILE_OFFSET:
			message->offset = field.value;
			break;
		case MAPPING_FILENAME:
			ok = string_of(in, field.value, &message->path);
			break;
		case MAPPING_BUILD_ID:
			ok = string_of(in, field.value, &message->build_id);
			break;
		}
		if (!ok)
			return false;
	}
	return reader_ok(&bytes) || refuse_damaged(in, "a mapping", &bytes);
}

static bool is_kernel_module(const char *path, uint64_t start)
{
	const uint64_t kernel_half = UINT64_C(0x8000000000000000);
	const char *ko = strstr(path, ".ko");

	return start >= kernel_half &&
	       (*path == '[' || (ko && (!ko[3] || ko[3] == '.')));
}

/*
 * Which module a mapping was of, by the names that the writer and perf give:
 * the kernel's end with its reference symbol, which lies where the mapping
 * begins or, as google/perf_data_converter has it, at its file offset.
 */
/* How the writer calls a file that addresses are of, and no one knows where. */
static bool is_bracketed_file(const char *path, uint64_t start)
{
	return *path == '[' && text_ends_with(path, "]") &&
	       !text_starts_with(path, "[kernel.kallsyms]") &&
	       !text_starts_with(path, "[vdso") &&
	       !modules_is_anonymous(path) && !is_kernel_module(path, start);
}

/* The module of what stands between the brackets. */
static uint32_t module_in_brackets(struct pprof_reader *in, const char *path)
{
	char *name = mem_printf("%.*s", (int)strlen(path) - 2, path + 1);
	uint32_t module = modules_of_name(&in->modules, name);

	free(name);
	return module;
}

static uint32_t module_of_path(struct pprof_reader *in,
			       const struct mapping_message *message,
			       const char *path)
{
	static const char of_process[] = "[anon] of process ";
	struct mmap_record mmap = {
		.start = message->start,
		.size = message->limit - message->start,
		.pgoff = message->offset,
		.path = path,
	};
	bool is_kernel = text_starts_with(path, "[kernel.kallsyms]");

	build_id_parse(&mmap.build_id,
		       profile_string(in->profile, message->build_id));
	if (modules_is_guest(path)) {
		if (mmap.pgoff < message->start)
			mmap.pgoff = message->start;
		return modules_of_guest(&in->modules, &mmap);
	}
	if (text_starts_with(path, "[guest") ||
	    text_starts_with(path, "[hypervisor]"))
		return modules_of_name(&in->modules, path);
	if (is_bracketed_file(path, message->start))
		return module_in_brackets(in, path);
	if (text_starts_with(path, of_process)) {
		mmap.path = "//anon";
		mmap.pid =
			(uint32_t)strtoul(path + strlen(of_process), NULL, 10);
	} else if (modules_is_anonymous(path)) {
		/* Whose it was is not told: no process has such a number. */
		mmap.pid = UINT32_MAX - (uint32_t)in->mapping_items.n;
		/* Generated code has no offsets in what the writer wrote. */
		mmap.is_private = message->offset != 0 || message->start == 0;
	}
	if (is_kernel && mmap.pgoff < message->start)
		mmap.pgoff = message->start;
	return modules_of_mapping(&in->modules, &mmap,
				  is_kernel ||
					  is_kernel_module(path, mmap.start));
}

static uint32_t module_of(struct pprof_reader *in,
			  const struct mapping_message *message)
{
	/* Adding strings moves those that are there. */
	char *path = mem_strdup(profile_string(in->profile, message->path));
	uint32_t module = module_of_path(in, message, path);

	free(path);
	return module;
}

static bool add_mapping(struct pprof_reader *in, struct reader bytes)
{
	struct mapping_message message;
	struct mapping_in mapping;
	struct module *module;

	if (!parse_mapping(in, bytes, &message))
		return false;
	/* Some writers do not know where a mapping ends. */
	if (message.limit <= message.start)
		message.limit = UINT64_MAX;
	mapping = (struct mapping_in){
		.module = module_of(in, &message),
		.start = message.start,
		.limit = message.limit,
		.file_off = message.offset,
	};
	module = &in->profile->modules.items[mapping.module];
	mapping.has_offsets = module_has_offsets(module->kind);
	if (mapping.has_offsets)
		module_add_range(module, &(struct mapped_range){
						 mapping.start, mapping.limit,
						 mapping.file_off });
	if (in->mapping_items.n == 0)
		in->profile->main_module = mapping.module;
	if (message.id == 0 || !pprof_ids_add(&in->mappings, message.id,
					      (uint32_t)in->mapping_items.n))
		return refuse_id(in, "mapping", message.id);
	*vec_add(&in->mapping_items) = mapping;
	return true;
}

/* ---- functions ---- */

static bool add_function(struct pprof_reader *in, struct reader bytes)
{
	struct function function = { 0 };
	struct proto_field field;
	uint64_t id = 0;

	while (proto_next(&bytes, &field)) {
		bool ok = true;

		switch (field.number) {
		case FUNCTION_ID:
			id = field.value;
			break;
		case FUNCTION_NAME:
			ok = string_of(in, field.value, &function.name);
			break;
		case FUNCTION_SYSTEM_NAME:
			ok = string_of(in, field.value, &function.system_name);
			break;
		case FUNCTION_FILENAME:
			ok = string_of(in, field.value, &function.filename);
			break;
		case FUNCTION_START_LINE:
			function.start_line = (uint32_t)field.value;
			break;
		}
		if (!ok)
			return false;
	}
	if (!reader_ok(&bytes))
		return refuse_damaged(in, "a function", &bytes);
	if (id == 0 ||
	    !pprof_ids_add(&in->functions, id,
			   profile_add_function(in->profile, &function)))
		return refuse_id(in, "function", id);
	return true;
}

/* ---- locations ---- */

static bool add_line(struct pprof_reader *in, struct reader bytes)
{
	struct frame frame = { 0 };
	struct proto_field field;
	uint64_t function = 0;

	while (proto_next(&bytes, &field)) {
		switch (field.number) {
		case LINE_FUNCTION_ID:
			function = field.value;
			break;
		case LINE_LINE:
			frame.line = (uint32_t)field.value;
			break;
		case LINE_COLUMN:
			frame.column = (uint32_t)field.value;
			break;
		}
	}
	if (!reader_ok(&bytes))
		return refuse_damaged(in, "a line", &bytes);
	if (!pprof_ids_find(&in->functions, function, &frame.function))
		return err_set(in->err,
			       "function %" PRIu64 " is used, and is not there",
			       function);
	*vec_add(&in->frames) = frame;
	return true;
}

/* Turns an address of a mapping into that of a location. What lies outside of
 * its mapping stays what it is, and is looked up nowhere. */
static bool place_location(struct pprof_reader *in, uint64_t mapping_id,
			   struct location *location)
{
	const struct mapping_in *mapping;
	uint32_t number;
	char *path;

	if (mapping_id == 0)
		return true;
	if (!pprof_ids_find(&in->mappings, mapping_id, &number))
		return err_set(in->err,
			       "mapping %" PRIu64 " is used, and is not there",
			       mapping_id);
	mapping = &in->mapping_items.items[number];
	location->module = mapping->module;
	if (!mapping->has_offsets)
		return true;
	if (location->address >= mapping->start &&
	    location->address < mapping->limit &&
	    !__builtin_add_overflow(location->address - mapping->start,
				    mapping->file_off, &location->address))
		return true;
	path = mem_strdup(profile_string(
		in->profile, in->profile->modules.items[mapping->module].path));
	location->module = modules_of_name(&in->modules, path);
	free(path);
	return true;
}

/* Whether the frame is how the writer shows a location without a name; sets
 * the reason if it says that, too. */
static bool is_raw(const struct pprof_reader *in,
		   const struct location *location, enum reason *reason)
{
	static const enum raw_style styles[] = { RAW_ADDRESS, RAW_OFFSET };
	const struct frame *frame = in->frames.items;
	const struct function *function;
	char name[RAW_NAME_MAX];

	if (in->frames.n != 1 || frame->line != 0)
		return false;
	function = &in->profile->functions.items[frame->function];
	raw_mark_parse(profile_string(in->profile, function->system_name),
		       reason);
	for (size_t i = 0; i < sizeof(styles) / sizeof(*styles); i++)
		if (strcmp(location_raw_name(in->profile, location, styles[i],
					     name),
			   profile_string(in->profile, function->name)) == 0)
			return function->filename == 0;
	return false;
}

/* What was found to have no name, for a reason, keeps both: files that are
 * here now say nothing of what was captured. */
static uint32_t raw_location(struct pprof_reader *in,
			     const struct location *location,
			     enum reason reason)
{
	struct profile *profile = in->profile;
	uint32_t number = profile_add_location(profile, location->module,
					       location->address);

	if (reason != REASON_PENDING && location->module != NO_MODULE &&
	    !in->options->resymbolizes) {
		profile->locations.items[number].reason = reason;
		in->stats->n_kept_unnamed++;
	}
	return number;
}

/* How the writer shows the location of all that lies nowhere. An address that
 * it shows was to be kept. */
static bool is_unmapped(const struct pprof_reader *in)
{
	const struct frame *frame = in->frames.items;
	const struct function *function;

	if (in->frames.n != 1 || frame->line != 0)
		return false;
	function = &in->profile->functions.items[frame->function];
	return function->filename == 0 &&
	       strcmp(profile_string(in->profile, function->name),
		      UNMAPPED_NAME) == 0;
}

static uint32_t number_of_location(struct pprof_reader *in,
				   const struct location *location)
{
	struct profile *profile = in->profile;
	bool stays =
		location->module == NO_MODULE || !in->options->resymbolizes;
	enum reason reason = REASON_PENDING;
	uint32_t number;

	if (location->module == NO_MODULE && in->frames.n == 0)
		return profile_add_unmapped(profile, location->address);
	if (location->module == NO_MODULE && is_unmapped(in))
		return profile_add_any_unmapped(profile);
	if (in->frames.n == 0 || is_raw(in, location, &reason))
		return raw_location(in, location, reason);
	number = profile_add_named_location(profile, location, in->frames.items,
					    (uint32_t)in->frames.n);
	if (!stays)
		profile->locations.items[number].reason = REASON_PENDING;
	return number;
}

static bool add_location(struct pprof_reader *in, struct reader bytes)
{
	struct location location = { .module = NO_MODULE };
	uint64_t id = 0, mapping = 0;
	struct proto_field field;

	in->frames.n = 0;
	while (proto_next(&bytes, &field)) {
		switch (field.number) {
		case LOCATION_ID:
			id = field.value;
			break;
		case LOCATION_MAPPING_ID:
			mapping = field.value;
			break;
		case LOCATION_ADDRESS:
			location.address = field.value;
			break;
		case LOCATION_LINE:
			if (field.wire == PROTO_BYTES &&
			    !add_line(in, field.bytes))
				return false;
			break;
		case LOCATION_IS_FOLDED:
			location.is_folded = field.value != 0;
			break;
		}
	}
	if (!reader_ok(&bytes))
		return refuse_damaged(in, "a location", &bytes);
	if (!place_location(in, mapping, &location))
		return false;
	if (id == 0 || !pprof_ids_add(&in->locations, id,
				      number_of_location(in, &location)))
		return refuse_id(in, "location", id);
	return true;
}

/* ---- samples ---- */

static bool add_stack_entry(struct pprof_reader *in, uint64_t id)
{
	uint32_t number;

	if (!pprof_ids_find(&in->locations, id, &number))
		return err_set(in->err,
			       "location %" PRIu64 " is used, and is not there",
			       id);
	*vec_add(&in->stack) = number;
	return true;
}

static bool add_value(struct pprof_reader *in, uint64_t value)
{
	*vec_add(&in->values) = (int64_t)value;
	return true;
}

/* Numbers may stand alone or many in one field. */
static bool add_numbers(struct pprof_reader *in, struct proto_field *field,
			bool (*add)(struct pprof_reader *in, uint64_t number))
{
	if (field->wire != PROTO_BYTES)
		return add(in, field->value);
	while (reader_left(&field->bytes) > 0)
		if (!add(in, proto_varint(&field->bytes)))
			return false;
	return reader_ok(&field->bytes) ||
	       err_set(in->err, "a sample's numbers are damaged");
}

static bool add_label(struct pprof_reader *in, struct reader bytes)
{
	struct label label = { 0 };
	struct proto_field field;

	while (proto_next(&bytes, &field)) {
		bool ok = true;

		switch (field.number) {
		case LABEL_KEY:
			ok = string_of(in, field.value, &label.key);
			break;
		case LABEL_STR:
			ok = string_of(in, field.value, &label.text);
			break;
		case LABEL_NUM:
			label.number = (int64_t)field.value;
			break;
		case LABEL_NUM_UNIT:
			ok = string_of(in, field.value, &label.unit);
			break;
		}
		if (!ok)
			return false;
	}
	*vec_add(&in->labels) = label;
	return reader_ok(&bytes) || refuse_damaged(in, "a label", &bytes);
}

static bool parse_sample(struct pprof_reader *in, struct reader bytes)
{
	struct proto_field field;

	in->stack.n = in->values.n = in->labels.n = 0;
	while (proto_next(&bytes, &field)) {
		bool ok = true;

		switch (field.number) {
		case SAMPLE_LOCATION_ID:
			ok = add_numbers(in, &field, add_stack_entry);
			break;
		case SAMPLE_VALUE:
			ok = add_numbers(in, &field, add_value);
			break;
		case SAMPLE_LABEL:
			ok = field.wire != PROTO_BYTES ||
			     add_label(in, field.bytes);
			break;
		}
		if (!ok)
			return false;
	}
	return reader_ok(&bytes) || refuse_damaged(in, "a sample", &bytes);
}

/* What the labels of the sample at hand say. */
struct about {
	const char *comm, *thread_comm;
	uint32_t pid, tid, cpu;
	uint64_t time;
	bool has_pid, has_tid, has_cpu, has_time, has_comm;
};

static struct about about_sample(const struct pprof_reader *in)
{
	struct about about = { .comm = "", .thread_comm = "" };

	for (size_t i = 0; i < in->labels.n; i++) {
		const struct label *label = &in->labels.items[i];
		const char *key = profile_string(in->profile, label->key);
		const char *text = profile_string(in->profile, label->text);

		if (strcmp(key, "pid") == 0) {
			about.pid = (uint32_t)label->number;
			about.has_pid = true;
		} else if (strcmp(key, "tid") == 0) {
			about.tid = (uint32_t)label->number;
			about.has_tid = true;
		} else if (strcmp(key, "cpu") == 0) {
			about.cpu = (uint32_t)label->number;
			about.has_cpu = true;
		} else if (strcmp(key, "timestamp_ns") == 0) {
			about.time = (uint64_t)label->number;
			about.has_time = true;
		} else if (strcmp(key, "comm") == 0) {
			about.comm = text;
			about.has_comm = true;
		} else if (strcmp(key, "thread_comm") == 0) {
			about.thread_comm = text;
			about.has_comm = true;
		}
	}
	return about;
}

static bool is_wanted(struct pprof_reader *in)
{
	const struct sample_filter *filter = in->options->filter;
	struct about about;

	if (sample_filter_is_empty(filter))
		return true;
	about = about_sample(in);
	if ((filter->pids.n > 0 && !about.has_pid) ||
	    (filter->tids.n > 0 && !about.has_tid) ||
	    (filter->cpus.n > 0 && !about.has_cpu) ||
	    (filter->comms.n > 0 && !about.has_comm) ||
	    (filter->has_time_range && !about.has_time)) {
		in->n_without_labels++;
		return false;
	}
	return sample_filter_wants_numbers(filter, about.pid, about.tid,
					   about.cpu) &&
	       sample_filter_wants_time(filter, about.time) &&
	       sample_filter_wants_comm(filter, about.comm, about.thread_comm);
}

static bool is_unnamed_kernel(const struct profile *profile, uint32_t number)
{
	const struct location *location = &profile->locations.items[number];

	return location->n_frames == 0 && location->module != NO_MODULE &&
	       module_is_kernel(profile->modules.items[location->module].kind);
}

/*
 * What the caller of a kernel's frame without a name is may come out when that
 * gets one (exact.h). Where the input has a name, it has the caller's address,
 * too.
 */
static void mark_returns(struct pprof_reader *in)
{
	struct profile *profile = in->profile;

	for (size_t i = in->stack.n; i-- > 1;) {
		uint32_t *number = &in->stack.items[i];
		struct location location = profile->locations.items[*number];

		if (!is_unnamed_kernel(profile, *number) ||
		    !is_unnamed_kernel(profile, in->stack.items[i - 1]))
			continue;
		*number = profile_add_return_location(profile, location.module,
						      location.address);
		profile->locations.items[*number].reason = location.reason;
	}
}

static bool add_sample(struct pprof_reader *in, struct reader bytes)
{
	struct profile *profile = in->profile;
	uint32_t stack, labels, sample;
	size_t first;

	if (!parse_sample(in, bytes))
		return false;
	mark_returns(in);
	if (in->values.n != profile->types.n)
		return err_set(in->err,
			       "a sample has %zu values, and there are %zu "
			       "types",
			       in->values.n, profile->types.n);
	if (!is_wanted(in)) {
		in->stats->n_filtered++;
		return true;
	}
	stack = profile_add_stack(profile, in->stack.items,
				  (uint32_t)in->stack.n);
	labels = profile_add_labels(profile, in->labels.items,
				    (uint32_t)in->labels.n);
	sample = profile_add_sample(profile, stack, labels);
	first = profile->samples.items[sample].first_value;
	for (size_t i = 0; i < in->values.n; i++)
		profile_add_to_value(profile, first + i, in->values.items[i]);
	in->stats->n_samples++;
	return true;
}

/* ---- what stands beside ---- */

static bool parse_type(struct pprof_reader *in, struct reader bytes,
		       struct value_type *type)
{
	struct proto_field field;

	*type = (struct value_type){ 0 };
	while (proto_next(&bytes, &field))
		if ((field.number == VALUE_TYPE_TYPE &&
		     !string_of(in, field.value, &type->type)) ||
		    (field.number == VALUE_TYPE_UNIT &&
		     !string_of(in, field.value, &type->unit)))
			return false;
	return reader_ok(&bytes) || refuse_damaged(in, "a type", &bytes);
}

static bool add_type(struct pprof_reader *in, struct reader bytes)
{
	struct value_type type;

	if (!parse_type(in, bytes, &type))
		return false;
	*vec_add(&in->profile->types) = type;
	return true;
}

/* How much has no name is told anew. */
static bool add_comment(struct pprof_reader *in, uint64_t number)
{
	uint32_t text = 0;

	if (!string_of(in, number, &text))
		return false;
	if (!text_starts_with(profile_string(in->profile, text),
			      COVERAGE_COMMENT))
		*vec_add(&in->profile->comments) = text;
	return true;
}

static bool take_head_field(struct pprof_reader *in, struct proto_field *field)
{
	struct profile *profile = in->profile;

	switch (field->number) {
	case PROFILE_SAMPLE_TYPE:
		return field->wire != PROTO_BYTES || add_type(in, field->bytes);
	case PROFILE_PERIOD_TYPE:
		return field->wire != PROTO_BYTES ||
		       parse_type(in, field->bytes, &profile->period_type);
	case PROFILE_TIME_NANOS:
		profile->time_ns = (int64_t)field->value;
		return true;
	case PROFILE_DURATION_NANOS:
		profile->duration_ns = (int64_t)field->value;
		return true;
	case PROFILE_PERIOD:
		profile->period = (int64_t)field->value;
		return true;
	case PROFILE_COMMENT:
		return add_numbers(in, field, add_comment);
	case PROFILE_DROP_FRAMES:
		return string_of(in, field->value, &profile->drop_frames);
	case PROFILE_KEEP_FRAMES:
		return string_of(in, field->value, &profile->keep_frames);
	case PROFILE_DOC_URL:
		return string_of(in, field->value, &profile->doc_url);
	case PROFILE_DEFAULT_SAMPLE_TYPE:
		return string_of(in, field->value, &in->default_type);
	}
	return true;
}

/* As pprof does: the last type where none is named. */
static void choose_default_type(struct pprof_reader *in)
{
	struct profile *profile = in->profile;

	for (uint32_t i = 0; i < profile->types.n; i++) {
		profile->default_type = i;
		if (in->default_type &&
		    profile->types.items[i].type == in->default_type)
			return;
	}
}

/* ---- all of it ---- */

static bool walk_head(struct pprof_reader *in)
{
	struct reader r = in->bytes;
	struct proto_field field;

	while (proto_next(&r, &field))
		if (!take_head_field(in, &field))
			return false;
	choose_default_type(in);
	return true;
}

/* Calls take for each message of one kind. */
static bool walk(struct pprof_reader *in, uint32_t number,
		 bool (*take)(struct pprof_reader *in, struct reader bytes))
{
	struct reader r = in->bytes;
	struct proto_field field;

	while (proto_next(&r, &field))
		if (field.number == number && field.wire == PROTO_BYTES &&
		    !take(in, field.bytes))
			return false;
	return true;
}

/* Inputs of other kinds are not unpacked. */
static const char *what_is_packed(const struct pprof_reader *in)
{
	return in->is_gzipped ? "what is inside gzip is " : "";
}

static bool walk_strings(struct pprof_reader *in)
{
	struct reader r = in->bytes;
	struct proto_field field;

	while (proto_next(&r, &field))
		if (field.number == PROFILE_STRING_TABLE &&
		    field.wire == PROTO_BYTES)
			add_string(in, &field.bytes);
	if (!reader_ok(&r))
		return err_set(in->err,
			       "%snot a pprof profile, or damaged at byte %zu "
			       "of its content",
			       what_is_packed(in),
			       (size_t)(in->bytes.end - in->bytes.pos) -
				       reader_left(&r));
	if (in->strings.n == 0 || in->strings.items[0] != 0)
		return err_set(in->err,
			       "%snot a pprof profile: it has no string table "
			       "that begins with \"\"",
			       what_is_packed(in));
	return true;
}

/* A path proves nothing: another file may be there now. */
static void close_unproven(struct pprof_reader *in)
{
	for (size_t i = 0; i < in->profile->modules.n; i++) {
		struct module *module = &in->profile->modules.items[i];

		module->is_unproven = !in->options->resymbolizes &&
				      module->build_id.size == 0 &&
				      (module->kind == MODULE_FILE ||
				       module->kind == MODULE_VDSO ||
				       module->kind == MODULE_ANON);
	}
}

/* Where the profile counts samples, of however many events, that is their
 * number. */
static void count_samples(struct pprof_reader *in)
{
	const struct profile *profile = in->profile;
	int64_t sum = 0;

	for (uint32_t i = 0; i < profile->types.n; i++)
		if (profile_count_type(profile, i) == i &&
		    __builtin_add_overflow(sum, profile_total(profile, i),
					   &sum))
			return;
	if (sum > 0)
		in->stats->n_samples = (uint64_t)sum;
}

static bool read_all(struct pprof_reader *in)
{
	const struct profile *profile = in->profile;

	if (!walk_strings(in) || !walk_head(in))
		return false;
	if (profile->types.n == 0)
		return err_set(in->err, "a profile without sample types");
	if (!walk(in, PROFILE_MAPPING, add_mapping))
		return false;
	file_proof_take_comments(in->profile);
	close_unproven(in);
	if (!walk(in, PROFILE_FUNCTION, add_function) ||
	    !walk(in, PROFILE_LOCATION, add_location) ||
	    !walk(in, PROFILE_SAMPLE, add_sample))
		return false;
	count_samples(in);
	return in->n_without_labels == 0 || in->stats->n_samples > 0 ||
	       err_set(in->err, "its samples have no labels to filter them by");
}

static void reader_release(struct pprof_reader *in)
{
	modules_release(&in->modules);
	vec_release(&in->strings);
	pprof_ids_release(&in->mappings);
	pprof_ids_release(&in->functions);
	pprof_ids_release(&in->locations);
	vec_release(&in->mapping_items);
	vec_release(&in->frames);
	vec_release(&in->stack);
	vec_release(&in->values);
	vec_release(&in->labels);
}

bool pprof_read(const struct input *input, const struct read_options *options,
		struct profile *profile, struct read_stats *stats,
		struct err *err)
{
	struct pprof_reader in = {
		.options = options,
		.profile = profile,
		.stats = stats,
		.err = err,
	};
	uint64_t started = clock_now();
	struct buf bytes = { 0 };
	bool ok;

	if (options->filter->events.n > 0)
		return err_set(err,
			       "%s: a profile has no events to filter by; "
			       "--type NAME chooses what is shown",
			       input->name);
	pprof_ids_init(&in.mappings);
	pprof_ids_init(&in.functions);
	pprof_ids_init(&in.locations);
	modules_init(&in.modules, profile, NULL, 0);
	ok = load(input, &in.is_gzipped, &bytes, err);
	in.bytes =
		reader_over(bytes.bytes, bytes.size, reader_is_swapped(true));
	ok = ok && read_all(&in);
	if (!ok)
		err_prefix(err, "%s", input->name);
	stats->n_records = stats->n_samples + stats->n_filtered;
	stats->n_stacks = profile->stacks.n;
	stats->keeps_labels = true;
	stats->samples_ns = clock_now() - started;
	buf_release(&bytes);
	reader_release(&in);
	return ok;
}
