/*
 * A CPU profile of gperftools, in words of the size and byte order of the
 * program that wrote it:
 *
 *	0, 3, 0, PERIOD, 0		microseconds between two samples
 *	COUNT, N, PC...			a stack, leaf first; and so on
 *	0, 1, 0				no more stacks
 *	text				the program's /proc/self/maps
 *
 * What is mapped stands at the end, so the stacks are walked twice. The program
 * says nothing of itself but that: its name is that of the first file that is
 * mapped to be executed.
 */
#include "config.h"
#include "conv/gperftools_read.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/reader.h"
#include "conv/maps_line.h"
#include "conv/sample_facts.h"
#include "conv/stack_builder.h"
#include "conv/text_input.h"
#include "conv/words.h"

enum {
	MAX_HEADER = 64, /* words behind the first two */
	MAX_DEPTH = 1 << 20,
	MAX_SIZE = 1 << 30,	 /* of a file */
	MAX_PERIOD = 1000000000, /* in microseconds */
};

/* Words of the size and order that the header tells. */
struct layout {
	bool is_wide; /* 8 bytes */
	bool is_swapped;
	uint64_t n_header; /* words, all in all */
	uint64_t period;   /* in microseconds */
};

static uint64_t read_word(struct reader *r, bool is_wide)
{
	return is_wide ? reader_u64(r) : reader_u32(r);
}

static bool parse_header(struct layout *layout, struct reader r)
{
	uint64_t zero = read_word(&r, layout->is_wide);
	uint64_t n = read_word(&r, layout->is_wide);
	uint64_t version = read_word(&r, layout->is_wide);

	layout->is_swapped = r.is_swapped;
	layout->period = read_word(&r, layout->is_wide);
	layout->n_header = 2 + n;
	return reader_ok(&r) && zero == 0 && version == 0 && n >= 3 &&
	       n <= MAX_HEADER && layout->period > 0 &&
	       layout->period <= MAX_PERIOD;
}

static bool find_layout(struct layout *layout, const void *bytes, size_t size)
{
	for (int i = 0; i < 4; i++) {
		*layout = (struct layout){ .is_wide = i & 1 };
		if (parse_header(layout, reader_over(bytes, size, i & 2)))
			return true;
	}
	return false;
}

bool gperftools_is_likely(const unsigned char *head, size_t size)
{
	struct layout layout;

	return find_layout(&layout, head, size);
}

struct profile_file {
	const struct input *input;
	struct read_stats *stats;
	struct buf bytes;
	struct layout layout;
	struct stack_builder *builder;
	char *build; /* what $build stands for */
	char *name;  /* of the program */
	VEC(struct raw_frame) frames;
};

/* ---- stacks ---- */

struct counted_stack {
	uint64_t count;
	struct reader pcs;
};

enum next {
	NEXT_RECORD,
	NEXT_END,     /* what comes is text */
	NEXT_CUT,     /* the file ends within a record */
	NEXT_DAMAGED, /* this can be no record */
};

static struct reader first_record(const struct profile_file *file)
{
	const struct layout *layout = &file->layout;
	struct reader r = reader_over(file->bytes.bytes, file->bytes.size,
				      layout->is_swapped);

	reader_items(&r, layout->n_header, layout->is_wide ? 8 : 4);
	return r;
}

static enum next next_record(const struct profile_file *file, struct reader *r,
			     struct counted_stack *record)
{
	bool is_wide = file->layout.is_wide;
	uint64_t n;

	record->count = read_word(r, is_wide);
	n = read_word(r, is_wide);
	if (reader_ok(r) && n > MAX_DEPTH)
		return NEXT_DAMAGED;
	record->pcs = reader_items(r, n, is_wide ? 8 : 4);
	if (!reader_ok(r))
		return NEXT_CUT;
	if (record->count == 0 && n == 1) {
		struct reader pcs = record->pcs;

		return read_word(&pcs, is_wide) == 0 ? NEXT_END : NEXT_DAMAGED;
	}
	if (record->count == 0 || record->count > INT64_MAX || n == 0)
		return NEXT_DAMAGED;
	return NEXT_RECORD;
}

/* How the records end, and where. */
static enum next walk(const struct profile_file *file, struct reader *r)
{
	struct counted_stack record;
	enum next next;

	do {
		struct reader before = *r;

		next = next_record(file, r, &record);
		if (next == NEXT_CUT || next == NEXT_DAMAGED)
			*r = before;
	} while (next == NEXT_RECORD);
	return next;
}

/* Unwinding may begin with the signal's frame: the leaf stands there twice. */
static void read_pcs(struct profile_file *file, struct reader pcs)
{
	file->frames.n = 0;
	while (reader_left(&pcs) > 0) {
		uint64_t pc = read_word(&pcs, file->layout.is_wide);
		bool is_leaf = file->frames.n == 0;

		if (file->frames.n == 1 && file->frames.items[0].avma == pc)
			continue;
		*vec_add(&file->frames) = (struct raw_frame){
			.avma = pc,
			.is_exact = is_leaf,
			.has_address = true,
		};
	}
}

static void add_sample(struct profile_file *file,
		       const struct counted_stack *record, uint32_t event)
{
	int64_t period = (int64_t)file->layout.period * 1000;
	struct raw_sample sample = {
		.event = event,
		.n_samples = (int64_t)record->count,
	};
	uint32_t stack;

	if (__builtin_mul_overflow(sample.n_samples, period, &sample.weight))
		sample.weight = INT64_MAX;
	if (!stack_builder_wants(file->builder, &sample))
		return;
	read_pcs(file, record->pcs);
	stack = stack_builder_stack(file->builder, 0, file->frames.items,
				    (uint32_t)file->frames.n);
	stack_builder_sample(file->builder, &sample, stack);
}

static void add_samples(struct profile_file *file)
{
	uint32_t event =
		stack_builder_event(file->builder, "cpu", "nanoseconds", true);
	struct reader r = first_record(file);
	struct counted_stack record;

	while (next_record(file, &r, &record) == NEXT_RECORD) {
		file->stats->n_records++;
		add_sample(file, &record, event);
	}
}

/* ---- mappings ---- */

/* "$build/demo" → "/home/me/demo"; the path or a new string in made. */
static const char *replace_build(const struct profile_file *file,
				 const char *path, char **made)
{
	static const char variable[] = "$build";
	const char *at = strstr(path, variable);

	*made = NULL;
	if (!at || !file->build)
		return path;
	*made = mem_printf("%.*s%s%s", (int)(at - path), path, file->build,
			   at + strlen(variable));
	return *made;
}

static void take_name(struct profile_file *file, const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!file->name && slash && slash[1])
		file->name = mem_strdup(slash + 1);
}

static void take_line(struct profile_file *file, char *line)
{
	struct mmap_record mmap;
	char *made;

	line = words_skip_spaces(line);
	if (words_start_with(line, "build=")) {
		free(file->build);
		file->build = mem_strdup(line + strlen("build="));
	} else if (maps_line_parse(&mmap, line)) {
		mmap.path = replace_build(file, mmap.path, &made);
		if (mmap.is_executable)
			take_name(file, mmap.path);
		stack_builder_map(file->builder, &mmap);
		free(made);
	}
}

/* Whole lines; others than those of mappings are no damage. */
static void take_text(struct profile_file *file, struct reader r)
{
	const char *at = (const char *)r.pos, *end = (const char *)r.end;
	const char *newline;

	for (; (newline = memchr(at, '\n', (size_t)(end - at)));
	     at = newline + 1) {
		size_t n = (size_t)(newline - at);
		char *line = mem_alloc(n + 1);

		memcpy(line, at, n);
		line[n] = '\0';
		take_line(file, line);
		free(line);
	}
	if (at < end) {
		file->stats->n_damaged++;
		read_stats_warn(file->stats,
				"%s: its list of what is mapped is cut short",
				file->input->name);
	}
	if (file->name)
		stack_builder_comm(file->builder, 0, 0, file->name);
}

/* ---- the file ---- */

static bool read_bytes(struct profile_file *file, struct err *err)
{
	struct stat st;
	ssize_t n;

	if (fstat(file->input->fd, &st) != 0)
		return err_set_errno(err, "%s: cannot be read",
				     file->input->name);
	if (st.st_size > MAX_SIZE)
		return err_set(err, "%s: larger than %d bytes",
			       file->input->name, MAX_SIZE);
	n = file_read_at(file->input->fd,
			 buf_extend(&file->bytes, (size_t)st.st_size),
			 (size_t)st.st_size, 0);
	if (n < 0)
		return err_set_errno(err, "%s: cannot be read",
				     file->input->name);
	file->bytes.size = (size_t)n;
	return find_layout(&file->layout, file->bytes.bytes,
			   file->bytes.size) ||
	       err_set(err, "%s: no CPU profile of gperftools",
		       file->input->name);
}

static bool read_all(struct profile_file *file, struct err *err)
{
	struct reader r = first_record(file), start = r;
	enum next end = walk(file, &r);
	size_t offset = file->bytes.size - reader_left(&r);

	if (end == NEXT_DAMAGED)
		return err_set(err, "%s: what is at 0x%zx is no stack",
			       file->input->name, offset);
	if (end == NEXT_CUT && reader_left(&r) == reader_left(&start))
		return err_set(err, "%s: cut short, and no sample can be read",
			       file->input->name);
	if (end == NEXT_CUT) {
		file->stats->n_damaged++;
		read_stats_warn(file->stats,
				"%s: cut short at 0x%zx: nothing tells what "
				"was mapped; what comes before is converted",
				file->input->name, offset);
	} else {
		take_text(file, r);
	}
	add_samples(file);
	return true;
}

static bool convert(struct profile_file *file, struct profile *profile,
		    const struct read_options *options, struct err *err)
{
	struct sample_facts facts = { .has_comms = file->name != NULL };

	stack_builder_finish(file->builder, file->stats);
	/* The program is what is mapped first. */
	profile->main_module = profile->modules.n > 0 ? 0 : NO_MODULE;
	profile->period = (int64_t)file->layout.period * 1000;
	return sample_facts_answer(&facts, options, file->input->name, err);
}

bool gperftools_read(const struct input *input,
		     const struct read_options *options,
		     struct profile *profile, struct read_stats *stats,
		     struct err *err)
{
	struct profile_file file = {
		.input = input,
		.stats = stats,
		.builder = stack_builder_new(profile, options),
	};
	uint64_t started = clock_now();
	bool ok = read_bytes(&file, err) && read_all(&file, err) &&
		  convert(&file, profile, options, err);

	stats->samples_ns = clock_now() - started;
	stack_builder_free(file.builder);
	buf_release(&file.bytes);
	vec_release(&file.frames);
	free(file.build);
	free(file.name);
	return ok;
}
