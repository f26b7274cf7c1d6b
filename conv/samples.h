/*
 * The second walk over a capture: all samples, by several threads, into the
 * few unique raw stacks among them. A stack that was seen before costs one
 * look-up and no allocation; only new ones are kept.
 */
#ifndef CONV_SAMPLES_H
#define CONV_SAMPLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/vec.h"
#include "conv/deferred.h"
#include "conv/perf_file.h"
#include "conv/perf_scan.h"
#include "conv/sample_filter.h"
#include "conv/sample_labels.h"
#include "conv/timeline.h"
#include "conv/user_stack.h"

/*
 * All that makes raw stacks equal but the callchain itself. Holds no padding:
 * it is hashed and compared as bytes. What samples are not split by is 0.
 */
struct raw_key {
	uint64_t ip;
	uint64_t time; /* ns */
	uint64_t cgroup;
	struct thread_state thread;
	uint32_t tid;
	uint32_t cpu;
	uint32_t event;
	uint32_t n_words;
	uint16_t cpumode;
	uint8_t is_lbr; /* user callers are call instructions, not returns */
	uint8_t has_leaf_caller; /* from the link register, no word of the
				  * kernel's */
};

_Static_assert(sizeof(struct raw_key) == 64, "no padding in raw_key");

struct raw_stack {
	struct raw_key key;
	uint64_t first_seen; /* where in the capture; orders the output */
	uint64_t n_samples;
	uint64_t weight; /* sum of the periods; UINT64_MAX at most */
	size_t first_word;
};

struct samples {
	VEC(struct raw_stack) stacks; /* in the order of first_seen */
	VEC(uint64_t) words;	      /* callchains, with context markers */
	uint64_t n_damaged;	      /* samples that could not be read */
	uint64_t n_filtered;	      /* samples that were not wanted */
	uint64_t n_not_joined;	      /* deferred user stacks never recorded */
	struct unwind_stats unwound;
	bool has_times;
	uint64_t first_time; /* ns, of all samples, wanted or not */
	uint64_t last_time;
};

struct samples_input {
	const struct perf_file *file;
	const struct perf_scan *scan;
	const struct timeline *timeline;
	const struct deferred *deferred;
	const struct profile *profile; /* for the names in the timeline */
	const struct unwind_source *unwind;
	const char *machine; /* for unwinding; NULL: unknown */
	const struct sample_filter *filter;
	struct sample_split split;
	unsigned n_threads;
	/* Called by one thread with the chunks done so far; may be NULL. */
	void (*progress)(void *context, size_t n_done, size_t n_chunks);
	void *progress_context;
};

/* Collects all samples; false where the capture cannot be read any more. */
bool samples_collect(struct samples *samples, const struct samples_input *input,
		     struct err *err);
void samples_release(struct samples *samples);

#endif
