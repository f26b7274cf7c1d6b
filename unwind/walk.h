/*
 * A thread's registers and a copy of its stack → the addresses of its frames.
 */
#ifndef UNWIND_WALK_H
#define UNWIND_WALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/vec.h"
#include "unwind/registers.h"
#include "unwind/unwind_table.h"

/* Why a walk ended. */
enum stack_end {
	STACK_OUTERMOST, /* there is no caller */
	STACK_TRUNCATED, /* the copy of the stack ends too early */
	STACK_NO_INFO,	 /* nothing tells where the caller is */
	STACK_BAD_FRAME, /* what is told leads nowhere */
	N_STACK_ENDS,
};

/* What is known of an address. */
struct walk_code {
	const struct unwind_table *table; /* of set */
	const struct unwind_set *set;	  /* NULL: no unwind information */
};

struct walk_input {
	const struct unwind_arch *arch;
	struct unwind_registers registers; /* of the innermost frame */
	const unsigned char *stack;	   /* the copy */
	size_t stack_size;		   /* bytes */
	bool is_full;	 /* the stack may go on behind the copy */
	bool is_swapped; /* words in it, as to this machine */
	/* False where no code is mapped. */
	bool (*find)(void *context, uint64_t avma, struct walk_code *code);
	void *context;
};

struct walk_frame {
	uint64_t avma;
	bool is_exact; /* else a return address: the call is before it */
};

struct walk_frames {
	VEC(struct walk_frame) items; /* innermost first */
};

/*
 * Puts the frames of a stack in place of what is in frames: at least the
 * innermost one where its registers are known. It always ends: each frame is
 * above the one before, but behind a signal's, of which there is a bound.
 */
enum stack_end walk_stack(const struct walk_input *input,
			  struct walk_frames *frames);

/*
 * Whether code holds the return address of its function in the link register:
 * the function has called nobody yet, or does not any more.
 */
bool walk_code_is_leaf(const struct unwind_arch *arch,
		       const struct walk_code *code);

#endif
