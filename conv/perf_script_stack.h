/*
 * The lines of a stack, as perf script prints them, in; its number out. Most
 * stacks were seen before: then a hash of their bytes finds the number without
 * looking at them. What is remembered counts for one state of a process's
 * mappings.
 */
#ifndef CONV_PERF_SCRIPT_STACK_H
#define CONV_PERF_SCRIPT_STACK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/slots.h"
#include "base/vec.h"
#include "conv/perf_script_line.h"
#include "conv/stack_builder.h"

/* A stack that was seen. */
struct known_stack {
	uint64_t hash[2]; /* of its lines */
	uint32_t space;
	uint32_t kernel_space;
	uint32_t pid;
	uint32_t stack;
	uint32_t n_damaged; /* lines in it that make no sense, */
	uint32_t damaged;   /* and the first one of them, counted from 0 */
};

/* A frame whose names are not all there. */
struct text_frame {
	struct raw_frame raw;
	size_t first_stated;
};

struct script_stacks {
	struct stack_builder *builder;
	bool has_offsets; /* user addresses in callchains are offsets */
	VEC(struct known_stack) known;
	struct slots slots;
	VEC(struct text_frame) frames; /* of the stack at hand */
	VEC(struct raw_frame) raw_frames;
	VEC(struct stated_frame) stated;
	bool is_inlined; /* the last frame waits for its function */
};

void script_stacks_init(struct script_stacks *stacks,
			struct stack_builder *builder, bool has_offsets);
void script_stacks_release(struct script_stacks *stacks);

/*
 * Finds or reads the stack of a process in lines, each with a NUL; they may be
 * changed. is_one_line: the first line is the sampled address, of no callchain.
 * Stays until the next call.
 */
const struct known_stack *script_stacks_find(struct script_stacks *stacks,
					     uint32_t pid, struct buf *lines,
					     bool is_one_line);

#endif
