/*
 * What just-in-time compilers write about the code that they make, in two
 * formats. Both readers hand on one piece of code after the other in the order
 * of the file; where pieces overlap, the later one is what was there last.
 *
 * Sources: tools/perf/Documentation/jit-interface.txt and
 * jitdump-specification.txt in the sources of Linux.
 */
#ifndef SYMBOLIZE_JIT_CODE_H
#define SYMBOLIZE_JIT_CODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/reader.h"

struct jit_code {
	uint64_t start; /* avma */
	uint64_t size;	/* bytes */
	const char *name;
	/* The entries of its line table, unread; empty: none. */
	struct reader lines;
	uint64_t n_lines;
	/* Of a jitdump: its .eh_frame section, empty: none; and the machine,
	 * EM_* of elf.h. */
	struct reader unwinding;
	uint32_t machine;
};

struct jit_line {
	uint64_t start; /* avma from which on it holds */
	uint32_t line;
	const char *file;
};

/* What each piece of code is given to; it and its strings are gone after. */
struct jit_taker {
	void (*take)(void *context, const struct jit_code *code);
	void *context;
	/* A place that code was moved to, whatever was there; may be NULL. */
	void (*take_move)(void *context, uint64_t start, uint64_t size);
};

/* Reads the text of a perf-PID.map. Lines that are none are skipped. */
void jit_read_perf_map(char *text, size_t size, const struct jit_taker *taker);

/*
 * Reads a jitdump file. False with a sentence if it is none; what is cut off
 * at its end is left out.
 */
bool jit_read_dump(const void *bytes, size_t size,
		   const struct jit_taker *taker, struct err *err);

/* The next of the n_lines entries of a line table; false at its end. name
 * strings are the file's. */
bool jit_next_line(struct jit_code *code, struct jit_line *line);

#endif
