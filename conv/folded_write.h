/*
 * The profile as folded stacks, a line each: what flame graph tools read.
 *
 *	comm;root;…;leaf COUNT
 *	comm-PID/TID;root_[k];…;leaf_[i] COUNT
 *
 * Lines are sorted, and each is there once. Semicolons in names become colons.
 * The count is of samples, of the event that the profile's default type is of.
 */
#ifndef CONV_FOLDED_WRITE_H
#define CONV_FOLDED_WRITE_H

#include <stdbool.h>

#include "base/buf.h"
#include "profile/place.h"
#include "profile/profile.h"

/* What stands in a line beside functions, as stackcollapse-perf.pl of
 * github.com/brendangregg/FlameGraph has it. */
struct folded_options {
	enum raw_style raw;
	bool has_comm;	    /* the thread's name, */
	bool has_pid;	    /* with the number of its process, */
	bool has_tid;	    /* and its own: of the labels */
	bool marks_kernel;  /* _[k] */
	bool marks_inlined; /* _[i] */
	bool marks_jit;	    /* _[j]: generated code */
};

/* Appends the lines to out. */
void folded_write(const struct profile *profile,
		  const struct folded_options *options, struct buf *out);

#endif
