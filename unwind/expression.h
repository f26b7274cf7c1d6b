/*
 * DWARF expressions (DWARF 5, 2.5) in rules of unwinding: those of PLT stubs,
 * signal frames and realigned stacks.
 */
#ifndef UNWIND_EXPRESSION_H
#define UNWIND_EXPRESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "unwind/registers.h"

struct expression_input {
	const unsigned char *bytes;
	size_t size;
	const struct unwind_registers *registers;
	unsigned word_size; /* of addresses, bytes */
	bool is_swapped;    /* numbers in it, as to this machine */
	/* Reads size (1, 2, 4, 8) bytes of the process's memory. */
	bool (*read)(void *context, uint64_t avma, unsigned size,
		     uint64_t *value);
	void *context;
};

/*
 * The value that an expression ends with; initial is on its stack at first if
 * it is not NULL. False if it is damaged, needs what is not known, or does not
 * end.
 */
bool expression_evaluate(const struct expression_input *input,
			 const uint64_t *initial, uint64_t *value);

#endif
