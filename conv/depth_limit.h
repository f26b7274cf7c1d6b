/*
 * The kernel's limit of frames in a callchain. What it leaves out is not
 * marked, so a callchain of exactly as many frames is taken for cut, unless its
 * outermost function turns out to be one that nobody calls.
 */
#ifndef CONV_DEPTH_LIMIT_H
#define CONV_DEPTH_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

#include "conv/perf_file.h"
#include "conv/samples.h"

/* The limit of each event of a capture, 0: none is known; free() it. */
uint32_t *depth_limits(const struct perf_file *file,
		       const struct samples *samples);

/* Whether a stack was cut. limits: of depth_limits(). */
bool depth_limit_is_reached(const uint32_t *limits,
			    const struct perf_file *file,
			    const struct samples *samples,
			    const struct raw_stack *stack);

#endif
