/*
 * The user part of a sample's stack, where the capture has the process's
 * registers and a copy of its stack instead (perf record --call-graph dwarf).
 */
#ifndef CONV_USER_STACK_H
#define CONV_USER_STACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conv/perf_file.h"
#include "conv/perf_record.h"
#include "conv/timeline.h"
#include "unwind/walk.h"

/* Where the unwind tables of modules come from. */
struct unwind_source {
	/* The table of a module of the profile; NULL: none. It stays as long
	 * as the source. Called by several threads. */
	const struct unwind_table *(*get)(void *context, uint32_t module);
	/* Tries to get tables that were asked for and are not on this machine.
	 * True if there are new ones: then another walk goes further. */
	bool (*fetch)(void *context);
	void *context;
};

/* What became of user stacks. */
struct unwind_stats {
	uint64_t n_ends[N_STACK_ENDS];
	uint64_t n_unsupported; /* of an architecture that is not */
	uint64_t n_unknown;	/* of nobody knows which */
};

/* What was found at an address, to be found again at once. */
struct known_code {
	uint64_t avma;
	uint32_t space;
	bool is_known;
	bool is_code;
	struct walk_code code;
};

/* For one thread. */
struct user_stack {
	const struct timeline *timeline;
	const struct profile *profile;
	const struct unwind_source *source;
	const char *machine; /* as machine_of_capture() has it */
	uint32_t space;	     /* of the process at hand */
	struct walk_frames frames;
	struct known_code *known;
	struct unwind_stats stats;
};

/* machine: whose registers they are; NULL: nobody knows. All are borrowed. */
void user_stack_init(struct user_stack *stack, const char *machine,
		     const struct timeline *timeline,
		     const struct profile *profile,
		     const struct unwind_source *source);
void user_stack_release(struct user_stack *stack);

/* Whether a sample has what user_stack_walk() needs. */
bool user_stack_is_recorded(const struct perf_sample *sample);

/*
 * Finds the frames of a sample into stack->frames. False where its
 * architecture is not supported.
 */
bool user_stack_walk(struct user_stack *stack, const struct perf_sample *sample,
		     uint64_t registers, uint32_t space, enum stack_end *end);

/*
 * The caller of a function without a frame, which is in the link register: perf
 * records that on arm64 beside callchains of frame pointers, which do not know
 * it. pc is where the process was. False where the caller is on the stack, or
 * nobody knows.
 */
bool user_stack_leaf_caller(struct user_stack *stack,
			    const struct perf_sample *sample,
			    uint64_t registers, uint32_t space, uint64_t pc,
			    uint64_t *caller);

#endif
