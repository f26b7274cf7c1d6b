/*
 * Captures of `perf record -z`: their compressed records unpacked once, into
 * an unlinked temporary file of plain records.
 */
#ifndef CONV_PERF_UNPACK_H
#define CONV_PERF_UNPACK_H

#include <stdbool.h>

#include "base/err.h"
#include "conv/perf_file.h"

/*
 * Replaces a source by its unpacked copy. When the compressed data end early
 * or are damaged, the copy holds what came before, and damage (an empty
 * sentence otherwise) says so. False where there is no copy.
 */
bool perf_unpack(struct perf_source *source, bool is_swapped,
		 struct err *damage, struct err *err);

#endif
