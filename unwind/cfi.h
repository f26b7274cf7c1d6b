/*
 * Call frame information → rows of an unwind table: .eh_frame (System V psABI
 * and LSB, "Exception Frames") and .debug_frame (DWARF 5, 6.4).
 */
#ifndef UNWIND_CFI_H
#define UNWIND_CFI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "unwind/unwind_table.h"

struct cfi_section {
	const unsigned char *bytes;
	size_t size;
	uint64_t svma;	  /* of the section: .eh_frame counts from places */
	bool is_eh_frame; /* else .debug_frame */
	bool is_swapped;  /* numbers in it, as to this machine */
	uint8_t word_size;
	/* What it says of code elsewhere is left out; 0, 0: nothing is. */
	uint64_t code_start;
	uint64_t code_limit;
};

/*
 * Calls take() for each function that the section describes, in its order,
 * with the range of its code; what is damaged is skipped. Nothing of how to
 * unwind is read.
 */
void cfi_each_function(const struct cfi_section *section,
		       void (*take)(void *context, uint64_t start,
				    uint64_t limit),
		       void *context);

/* The same of signal frames alone: of code that handlers return to. */
void cfi_each_signal_frame(const struct cfi_section *section,
			   void (*take)(void *context, uint64_t start,
					uint64_t limit),
			   void *context);

/*
 * Adds the rows of all functions. What is damaged, or of a kind that is not
 * supported, has none, and what stands behind it is read all the same.
 */
void cfi_read(const struct cfi_section *section,
	      struct unwind_table_builder *builder);

#endif
