/*
 * A stack is its frames, each on a line, with a line behind it that says where
 * in the source it is, if that was asked for. Functions that are inlined stand
 * in front of the one whose code they are in.
 */
#include "config.h"
#include "conv/perf_script_stack.h"

#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/text.h"

/* The pid of what is mapped in the kernel. */
#define KERNEL_PID UINT32_MAX

void script_stacks_init(struct script_stacks *stacks,
			struct stack_builder *builder, bool has_offsets)
{
	*stacks = (struct script_stacks){
		.builder = builder,
		.has_offsets = has_offsets,
	};
	slots_init(&stacks->slots, 1024);
}

void script_stacks_release(struct script_stacks *stacks)
{
	vec_release(&stacks->known);
	slots_release(&stacks->slots);
	vec_release(&stacks->frames);
	vec_release(&stacks->raw_frames);
	vec_release(&stacks->stated);
}

/* ---- frames ---- */

static struct text_frame *last_frame(struct script_stacks *stacks)
{
	return &stacks->frames.items[stacks->frames.n - 1];
}

/* The first of a stack, and where the kernel was entered, are no return
 * addresses. */
static bool is_exact(const struct script_stacks *stacks, bool is_kernel)
{
	size_t n = stacks->frames.n;

	return n == 1 ||
	       (stacks->frames.items[n - 2].raw.is_kernel && !is_kernel);
}

/* Makes the last frame the one of a line; its names stay. */
static void set_frame(struct script_stacks *stacks,
		      const struct script_frame *frame, bool is_one_line)
{
	struct raw_frame *raw = &last_frame(stacks)->raw;
	bool is_offset = stacks->has_offsets && !is_one_line &&
			 !frame->has_file_off && script_frame_is_of_file(frame);

	*raw = (struct raw_frame){
		.avma = is_offset ? 0 : frame->address,
		.file_off = is_offset ? frame->address : frame->file_off,
		.has_file_off = is_offset || frame->has_file_off,
		.has_address = true,
		.is_kernel = frame->is_kernel,
		.is_exact = is_exact(stacks, frame->is_kernel),
		.is_unmapped = frame->is_unmapped,
		.module = frame->dso,
	};
}

static bool add_frame(struct script_stacks *stacks, char *line,
		      bool is_one_line)
{
	struct script_frame frame;

	if (!script_frame_parse(&frame, line))
		return false;
	if (!stacks->is_inlined)
		*vec_add(&stacks->frames) =
			(struct text_frame){ .first_stated = stacks->stated.n };
	set_frame(stacks, &frame, is_one_line);
	if (frame.name)
		*vec_add(&stacks->stated) =
			(struct stated_frame){ .name = frame.name };
	stacks->is_inlined = frame.is_inlined;
	return true;
}

/* Behind a frame; and only here perf says of some that they are inlined. */
static void add_source(struct script_stacks *stacks, char *line)
{
	struct stated_frame *stated;
	const char *file;
	uint32_t number;

	if (stacks->frames.n == 0 ||
	    stacks->stated.n == last_frame(stacks)->first_stated)
		return;
	if (text_ends_with(line, " (inlined)"))
		stacks->is_inlined = true;
	stated = &stacks->stated.items[stacks->stated.n - 1];
	if (!stated->file && script_source_parse(line, &file, &number)) {
		stated->file = file;
		stated->line = number;
	}
}

/* ---- stacks ---- */

/* Names no longer move: frames learn where theirs are. */
static uint32_t end_stack(struct script_stacks *stacks, uint32_t pid)
{
	size_t limit = stacks->stated.n;

	stacks->raw_frames.n = 0;
	vec_reserve(&stacks->raw_frames, stacks->frames.n);
	for (size_t i = stacks->frames.n; i > 0; i--) {
		struct text_frame *frame = &stacks->frames.items[i - 1];

		frame->raw.n_stated = (uint32_t)(limit - frame->first_stated);
		if (frame->raw.n_stated > 0)
			frame->raw.stated =
				&stacks->stated.items[frame->first_stated];
		limit = frame->first_stated;
	}
	for (size_t i = 0; i < stacks->frames.n; i++)
		*vec_add(&stacks->raw_frames) = stacks->frames.items[i].raw;
	return stack_builder_stack(stacks->builder, pid,
				   stacks->raw_frames.items,
				   (uint32_t)stacks->raw_frames.n);
}

static void read_stack(struct script_stacks *stacks, struct known_stack *known,
		       struct buf *lines, bool is_one_line)
{
	char *line = (char *)lines->bytes, *end = line + lines->size;

	stacks->frames.n = 0;
	stacks->stated.n = 0;
	stacks->is_inlined = false;
	for (uint32_t number = 0; line < end; number++) {
		char *next = line + strlen(line) + 1;
		bool is_frame = *line == '\t' || script_line_is_frame(line) ||
				(is_one_line && number == 0);

		if (!is_frame)
			add_source(stacks, line);
		else if (!add_frame(stacks, line, is_one_line) &&
			 known->n_damaged++ == 0)
			known->damaged = number;
		line = next;
	}
	known->stack = end_stack(stacks, known->pid);
}

static bool known_equal(const void *context, const void *key, uint32_t number)
{
	const struct script_stacks *stacks = context;
	const struct known_stack *a = key, *b = &stacks->known.items[number];

	return a->hash[0] == b->hash[0] && a->hash[1] == b->hash[1] &&
	       a->space == b->space && a->kernel_space == b->kernel_space &&
	       a->pid == b->pid;
}

const struct known_stack *script_stacks_find(struct script_stacks *stacks,
					     uint32_t pid, struct buf *lines,
					     bool is_one_line)
{
	XXH128_hash_t hash =
		XXH3_128bits_withSeed(lines->bytes, lines->size, is_one_line);
	struct known_stack wanted = {
		.hash = { hash.low64, hash.high64 },
		.space = stack_builder_space(stacks->builder, pid),
		.kernel_space =
			stack_builder_space(stacks->builder, KERNEL_PID),
		.pid = pid,
	};
	uint32_t next = (uint32_t)stacks->known.n, number;

	number = slots_find_or_add(&stacks->slots,
				   (uint32_t)hash.low64 ^
					   wanted.space * 0x9e3779b1U ^
					   pid * 0x85ebca6bU,
				   known_equal, stacks, &wanted, next);
	if (number == next) {
		read_stack(stacks, &wanted, lines, is_one_line);
		*vec_add(&stacks->known) = wanted;
	}
	return &stacks->known.items[number];
}
