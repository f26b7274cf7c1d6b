#include "config.h"
#include "conv/perf_walk.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/file.h"
#include "conv/perf_abi.h"

/* Small enough to stay in a core's second-level cache. */
enum { WINDOW_SIZE = 512 * 1024 };

void perf_walk_init(struct perf_walk *walk, int fd, bool is_swapped,
		    uint64_t start, uint64_t limit)
{
	*walk = (struct perf_walk){
		.fd = fd,
		.is_swapped = is_swapped,
		.limit = limit,
		.next = start,
		.window_start = start,
		.window = mem_alloc(WINDOW_SIZE),
	};
}

void perf_walk_release(struct perf_walk *walk)
{
	free(walk->window);
	walk->window = NULL;
}

static bool end_walk(struct perf_walk *walk, enum walk_end end)
{
	walk->end = end;
	return false;
}

/* Makes the window begin at the next record. */
static bool refill(struct perf_walk *walk)
{
	uint64_t behind = walk->next - walk->window_start;
	uint64_t left = walk->limit - walk->next;
	size_t kept = 0, wanted;
	ssize_t n;

	if (behind < walk->window_size) {
		kept = walk->window_size - (size_t)behind;
		memmove(walk->window, walk->window + behind, kept);
	}
	wanted = WINDOW_SIZE - kept;
	if (wanted > left - kept)
		wanted = (size_t)(left - kept);
	n = file_read_at(walk->fd, walk->window + kept, wanted,
			 walk->next + kept);
	walk->window_start = walk->next;
	walk->window_size = kept;
	if (n < 0) {
		err_set_errno(&walk->err, "cannot read at 0x%" PRIx64,
			      walk->next + kept);
		return end_walk(walk, WALK_UNREADABLE);
	}
	walk->window_size += (size_t)n;
	if ((size_t)n < wanted)
		walk->limit = walk->next + walk->window_size;
	return true;
}

/* Whether n bytes at the next record are in the window, read if need be. */
static bool have(struct perf_walk *walk, size_t n)
{
	if (walk->next - walk->window_start + n <= walk->window_size)
		return true;
	if (!refill(walk))
		return false;
	if (n <= walk->window_size)
		return true;
	err_set(&walk->err, "cut short in the record at 0x%" PRIx64,
		walk->next);
	return end_walk(walk, WALK_CUT_SHORT);
}

bool perf_walk_next(struct perf_walk *walk, struct record *record)
{
	struct reader r;

	if (walk->end != WALK_GOES_ON)
		return false;
	if (walk->next >= walk->limit)
		return end_walk(walk, WALK_DONE);
	if (!have(walk, RECORD_HEADER_SIZE))
		return false;
	record->bytes = walk->window + (walk->next - walk->window_start);
	r = reader_over(record->bytes, RECORD_HEADER_SIZE, walk->is_swapped);
	record->type = reader_u32(&r);
	record->misc = reader_u16(&r);
	record->size = reader_u16(&r);
	record->offset = walk->next;
	if (record->size < RECORD_HEADER_SIZE) {
		err_set(&walk->err,
			"record at 0x%" PRIx64 ": size %u is below %d",
			walk->next, record->size, RECORD_HEADER_SIZE);
		return end_walk(walk, WALK_DAMAGED);
	}
	if (!have(walk, record->size))
		return false;
	record->bytes = walk->window + (walk->next - walk->window_start);
	walk->next += record->size;
	return true;
}

void perf_walk_skip(struct perf_walk *walk, uint64_t n)
{
	if (n > walk->limit - walk->next) {
		err_set(&walk->err,
			"cut short: %" PRIu64 " bytes of other data announced "
			"at 0x%" PRIx64 " are not there",
			n, walk->next);
		end_walk(walk, WALK_CUT_SHORT);
		return;
	}
	walk->next += n;
}

uint64_t record_trailing_bytes(const struct record *record, bool is_swapped)
{
	struct reader r = record_payload(record, is_swapped);

	if (record->type == RECORD_AUXTRACE)
		return reader_u64(&r);
	if (record->type == RECORD_HEADER_TRACING_DATA)
		return ((uint64_t)reader_u32(&r) + 7) & ~UINT64_C(7);
	return 0;
}
