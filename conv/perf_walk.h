/*
 * Walks the records of a run of bytes in a file, one after the other, through
 * a window: a file of any size costs the same memory, and one that shrinks is
 * a short read.
 */
#ifndef CONV_PERF_WALK_H
#define CONV_PERF_WALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/reader.h"

struct record {
	uint32_t type; /* enum record_type */
	uint16_t misc;
	uint16_t size; /* with the header, at least RECORD_HEADER_SIZE */
	const unsigned char *bytes; /* the header's first; aligned to 8 */
	uint64_t offset;	    /* in the file */
};

/* How a walk ended. */
enum walk_end {
	WALK_GOES_ON,
	WALK_DONE,	 /* at its limit */
	WALK_CUT_SHORT,	 /* in the middle of a record */
	WALK_DAMAGED,	 /* at a record whose size cannot be */
	WALK_UNREADABLE, /* the system could not read */
};

struct perf_walk {
	int fd;
	bool is_swapped;
	enum walk_end end;
	uint64_t limit;	       /* file offset */
	uint64_t next;	       /* file offset of the next record */
	uint64_t window_start; /* file offset of window[0] */
	size_t window_size;    /* bytes in it */
	unsigned char *window;
	struct err err; /* how, unless WALK_DONE */
};

/* Begins at the file offset start; records that begin below limit are given
 * if they also end there. */
void perf_walk_init(struct perf_walk *walk, int fd, bool is_swapped,
		    uint64_t start, uint64_t limit);
void perf_walk_release(struct perf_walk *walk);

/* The next record, valid until the next call; false at the end, see end. */
bool perf_walk_next(struct perf_walk *walk, struct record *record);

/*
 * Skips bytes between records: what a RECORD_AUXTRACE or
 * RECORD_HEADER_TRACING_DATA announces.
 */
void perf_walk_skip(struct perf_walk *walk, uint64_t n);

/* A record's bytes behind its header. */
static inline struct reader record_payload(const struct record *record,
					   bool is_swapped)
{
	return reader_over(record->bytes + 8, record->size - 8U, is_swapped);
}

/*
 * How many bytes that are no records follow this one in a capture of the given
 * byte order: the data of tracepoint formats and of AUX areas.
 */
uint64_t record_trailing_bytes(const struct record *record, bool is_swapped);

#endif
