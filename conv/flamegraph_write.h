/*
 * The profile as a flame graph: one file that a browser shows and that needs
 * nothing else, neither network nor fonts nor libraries.
 *
 * The call tree is in it as data, every node of it; a script draws what is wide
 * enough to be seen, searches and zooms. The SVG has a picture beside, for
 * where scripts do not run.
 */
#ifndef CONV_FLAMEGRAPH_WRITE_H
#define CONV_FLAMEGRAPH_WRITE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "profile/place.h"
#include "profile/profile.h"

enum flamegraph_format { FLAMEGRAPH_HTML, FLAMEGRAPH_SVG };

struct flamegraph_options {
	enum flamegraph_format format;
	const char *title; /* any bytes */
	size_t type;	   /* which of the profile's types */
	enum raw_style raw;
	bool per_thread; /* each thread has a subtree of its own */
	bool is_icicle;	 /* at first the root is at the top */
	/*
	 * What the profile is compared with, or NULL: frames that weigh more
	 * are red then, those that weigh less blue. Values are multiplied by
	 * their profile's factor before they are compared.
	 */
	const struct profile *base;
	size_t base_type; /* which of its types */
	double factor, base_factor;
};

/*
 * Appends the file. Equal profiles give equal bytes. Whatever names hold, they
 * are shown as text: bytes that are none stand as \xNN.
 */
void flamegraph_write(const struct profile *profile,
		      const struct flamegraph_options *options,
		      struct buf *out);

#endif
