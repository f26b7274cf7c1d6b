/*
 * User stacks that the kernel recorded after the samples they belong to, once
 * the thread was back in user space (perf record --call-graph fp,defer). A
 * sample's callchain then ends with CONTEXT_USER_DEFERRED and a cookie; the
 * RECORD_CALLCHAIN_DEFERRED with the same cookie has the rest.
 */
#ifndef CONV_DEFERRED_H
#define CONV_DEFERRED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slots.h"
#include "base/vec.h"
#include "conv/perf_file.h"
#include "conv/perf_scan.h"

struct deferred_chain {
	uint64_t cookie;
	size_t first; /* into words */
	size_t n;
};

struct deferred {
	VEC(struct deferred_chain) chains;
	VEC(uint64_t) words;
	struct slots slots;
};

/* Damaged records are counted in scan->n_damaged. */
void deferred_init(struct deferred *deferred, struct perf_scan *scan,
		   const struct perf_file *file);
void deferred_release(struct deferred *deferred);

/* The callchain of a cookie, n entries; NULL if it was never recorded. */
const uint64_t *deferred_find(const struct deferred *deferred, uint64_t cookie,
			      size_t *n);

#endif
