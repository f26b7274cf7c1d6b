/*
 * The first of the two walks over a capture: counts its records, keeps the few
 * that are no samples, and notes where the samples can be divided among
 * threads.
 */
#ifndef CONV_PERF_SCAN_H
#define CONV_PERF_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/vec.h"
#include "conv/perf_abi.h"
#include "conv/perf_file.h"
#include "conv/perf_losses.h"

/* A kept record: its payload is bytes.bytes[at .. at + size). */
struct sideband {
	uint32_t type;
	uint16_t misc;
	uint16_t size;
	uint32_t source;
	uint64_t offset; /* in the source */
	size_t at;
};

/* A run of whole records. */
struct perf_chunk {
	uint32_t source;
	uint64_t start;
	uint64_t limit;
};

struct perf_scan {
	VEC(struct sideband) sideband;
	struct buf bytes;
	VEC(struct perf_chunk) chunks;
	uint64_t n_records[RECORD_USER_LIMIT]; /* by type */
	uint32_t trace_kind; /* of RECORD_AUXTRACE_INFO; 0: none */
	uint64_t n_unknown;  /* records of types that we do not know */
	uint64_t n_damaged;  /* records whose contents made no sense */
	struct perf_losses losses;
	bool has_last_time; /* time of the samples that stand last, the latest
			     */
	uint64_t last_time;
	VEC(char *) warnings; /* sentences for the user */
};

/*
 * Walks all sources of a capture, unpacking those that are compressed, and
 * adds to the file what its records tell of it. False when nothing can be
 * read at all.
 */
bool perf_scan_run(struct perf_scan *scan, struct perf_file *file,
		   struct err *err);
void perf_scan_release(struct perf_scan *scan);

/* Adds a sentence to the warnings; at most a handful of one conversion. */
void perf_scan_warn(struct perf_scan *scan, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
