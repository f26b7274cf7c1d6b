/*
 * The unwind table of a process's generated code, out of its jitdump file. For
 * workers only, and their tests.
 */
#ifndef SYMBOLIZE_JIT_UNWIND_H
#define SYMBOLIZE_JIT_UNWIND_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

/*
 * Appends the table: what the file's unwinding records say of each piece of
 * code that no later piece overlaps. Its addresses are avmas, and it has no
 * segments. False with a sentence if the file is no jitdump.
 */
bool jit_unwind_table(const void *bytes, size_t size, struct buf *out,
		      struct err *err);

#endif
