/*
 * What a capture says was lost while it was recorded. One loss is told up to
 * twice:
 *
 *	LOST          the kernel's, in the ring buffer: so many records found no
 *	              room in it since the last that did
 *	LOST_SAMPLES  perf record's (6.1 and later), when it ends: what each
 *	              event's counter says it lost in all (PERF_FORMAT_LOST).
 *	              The kernel counts the same failure in both, and what is
 *	              lost after the last LOST here only.
 *	LOST_SAMPLES  the kernel's: samples of a precise event (PEBS) that the
 *	              processor could not tell apart. They never came to the
 *	              ring buffer, so that nothing else counts them.
 *	LOST_SAMPLES  with MISC_LOST_SAMPLES_BPF: what a filter of perf record
 *	              left out, as was asked
 */
#ifndef CONV_PERF_LOSSES_H
#define CONV_PERF_LOSSES_H

#include <stdbool.h>
#include <stdint.h>

#include "conv/perf_file.h"
#include "conv/perf_walk.h"

/* Each UINT64_MAX at most. */
struct perf_losses {
	uint64_t in_buffers; /* LOST */
	uint64_t of_events;  /* LOST_SAMPLES of perf's */
	uint64_t of_kernel;  /* LOST_SAMPLES of the kernel's own */
	uint64_t by_filter;
};

/* Adds a RECORD_LOST or RECORD_LOST_SAMPLES; false if it is damaged. */
bool perf_losses_add(struct perf_losses *losses, const struct perf_file *file,
		     const struct record *record);

/* How many records and samples were lost. */
uint64_t perf_losses_total(const struct perf_losses *losses);

#endif
