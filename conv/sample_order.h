/*
 * The samples of a profile as tools with a time line want them: those of each
 * thread together, by time where their times are known. Where they are not, by
 * stack, root first, so that those of one caller are neighbours.
 *
 * Threads and times are what the samples' labels say: pid, tid, comm,
 * thread_comm, timestamp_ns.
 */
#ifndef CONV_SAMPLE_ORDER_H
#define CONV_SAMPLE_ORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/vec.h"
#include "profile/profile.h"

struct sample_thread {
	int64_t pid;   /* 0: unknown */
	int64_t tid;   /* 0: unknown */
	uint32_t comm; /* strings, as they last were; 0: unknown */
	uint32_t thread_comm;
	size_t first; /* into the order's samples */
	size_t n;
};

/* What samples without tid are told apart by. */
enum thread_style {
	THREADS_BY_TID,		/* not at all */
	THREADS_BY_TID_OR_NAME, /* by pid and thread_comm */
};

struct sample_order {
	const struct profile *profile;
	VEC(struct sample_thread) threads; /* by their first samples */
	bool has_tids;			   /* some of them */
	uint32_t *samples;
	int64_t *times; /* of each label set, in nanoseconds from the first
			 * one on; NULL: not all samples have times */
};

void sample_order_init(struct sample_order *order,
		       const struct profile *profile, enum thread_style style);
void sample_order_release(struct sample_order *order);

/* When a sample was taken; 0 where times are not known. */
int64_t sample_order_time(const struct sample_order *order, uint32_t sample);

#endif
