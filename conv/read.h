/*
 * A capture or profile of any kind in: each kind has a reader, which fills the
 * profile; nothing is symbolized yet.
 */
#ifndef CONV_READ_H
#define CONV_READ_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/vec.h"
#include "conv/input.h"
#include "conv/modules.h"
#include "conv/samples.h"
#include "conv/value_types.h"
#include "profile/profile.h"

struct read_options {
	const struct sample_filter *filter;
	struct sample_split split;
	struct sample_split asked_split; /* by the user: what cannot be told
					  * is refused, not left out */
	enum type_style types;		 /* of perf.data */
	bool resymbolizes; /* names that the input has only stand in */
	unsigned n_threads;
	/* Asked once the profile has its modules; may be NULL: then stacks are
	 * not unwound. */
	const struct unwind_source *unwind;
	/* Of files that a capture's header has build ids of; may be NULL. */
	const struct mapped_file_judge *judge;
	/* Called now and then with the parts of the input read so far. */
	void (*progress)(void *context, size_t n_done, size_t n_parts);
	void *progress_context;
};

/* What became of what the input holds. */
struct read_stats {
	uint64_t n_samples;  /* in the profile */
	uint64_t n_stacks;   /* unique raw ones */
	uint64_t n_records;  /* of all types, or lines */
	uint64_t n_filtered; /* samples left out as was asked */
	uint64_t n_damaged;  /* samples, records and lines that made no sense
			      */
	uint64_t n_kept_unnamed; /* locations of a profile, as it has them */
	uint64_t n_unknown;	 /* records of unknown types, skipped */
	uint64_t n_lost;	 /* dropped by the kernel while recording */
	uint64_t n_bpf_filtered; /* left out by perf record --filter */
	uint64_t n_throttled;	 /* times the kernel slowed an event down */
	uint64_t n_not_joined;	 /* samples whose user stack never came */
	struct unwind_stats unwound;
	char *machine;	  /* architecture of the capture; NULL: unknown */
	uint64_t scan_ns; /* time spent in each stage */
	uint64_t samples_ns;
	uint64_t resolve_ns;
	VEC(char *) warnings;	/* sentences */
	bool keeps_labels;	/* they are the input's own, none is added */
	char *kallsyms;		/* file that the input names; NULL: none */
	uint64_t kallsyms_line; /* where it does */
};

/*
 * Reads an input ("-": standard input), of the given kind or as its content
 * says, into an initialised profile. False with a sentence when there is
 * nothing to convert. stats is filled in any case; release it.
 */
bool read_input(const char *path, enum input_kind kind,
		const struct read_options *options, struct profile *profile,
		struct read_stats *stats, struct err *err);
void read_stats_release(struct read_stats *stats);

#endif
