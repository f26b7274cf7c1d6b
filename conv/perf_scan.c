#include "config.h"
#include "conv/perf_scan.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/text.h"
#include "conv/perf_record.h"
#include "conv/perf_unpack.h"
#include "conv/perf_walk.h"

enum {
	MAX_WARNINGS = 20,
	/* Small enough to share out evenly, large enough to cost nothing. */
	CHUNK_SIZE = 2 << 20,
};

void perf_scan_warn(struct perf_scan *scan, const char *format, ...)
{
	char raw[2048], text[1024];
	va_list args;

	if (scan->warnings.n >= MAX_WARNINGS)
		return;
	va_start(args, format);
	vsnprintf(raw, sizeof(raw), format, args);
	va_end(args);
	*vec_add(&scan->warnings) =
		mem_strdup(text_escape(text, sizeof(text), raw));
}

static void keep(struct perf_scan *scan, uint32_t source,
		 const struct record *record)
{
	*vec_add(&scan->sideband) = (struct sideband){
		.type = record->type,
		.misc = record->misc,
		.size = (uint16_t)(record->size - RECORD_HEADER_SIZE),
		.source = source,
		.offset = record->offset,
		.at = scan->bytes.size,
	};
	buf_add(&scan->bytes, record->bytes + RECORD_HEADER_SIZE,
		record->size - (size_t)RECORD_HEADER_SIZE);
}

/* What a record tells of the capture itself; false if it is damaged. */
static bool describe(struct perf_file *file, const struct record *record,
		     struct reader payload, struct err *err)
{
	uint64_t feature;

	switch (record->type) {
	case RECORD_HEADER_ATTR:
		return perf_file_add_attr(file, payload, err);
	case RECORD_HEADER_BUILD_ID:
		return perf_file_add_build_id(file, record->misc, payload, err);
	case RECORD_EVENT_UPDATE:
		return perf_file_add_event_update(file, payload, err);
	case RECORD_HEADER_FEATURE:
		feature = reader_u64(&payload);
		return reader_ok(&payload)
			       ? perf_file_add_feature(file, feature, payload,
						       err)
			       : err_set(err, "feature record is damaged");
	}
	return true;
}

static void look_at(struct perf_scan *scan, struct perf_file *file,
		    uint32_t source, const struct record *record)
{
	struct reader payload = record_payload(record, file->is_swapped);
	struct err err;

	switch (record->type) {
	case RECORD_MMAP:
	case RECORD_MMAP2:
	case RECORD_COMM:
	case RECORD_FORK:
	case RECORD_KSYMBOL:
	case RECORD_CGROUP:
	case RECORD_CALLCHAIN_DEFERRED:
		keep(scan, source, record);
		break;
	case RECORD_LOST:
	case RECORD_LOST_SAMPLES:
		if (!perf_losses_add(&scan->losses, file, record))
			scan->n_damaged++;
		break;
	case RECORD_AUXTRACE_INFO:
		scan->trace_kind = reader_u32(&payload);
		break;
	default:
		if (describe(file, record, payload, &err))
			break;
		scan->n_damaged++;
		perf_scan_warn(scan, "%s: record at 0x%" PRIx64 ": %s",
			       file->sources.items[source].name, record->offset,
			       err.text);
	}
}

static void count(struct perf_scan *scan, uint32_t type)
{
	bool is_known =
		type < RECORD_KERNEL_LIMIT ||
		(type >= RECORD_HEADER_ATTR && type < RECORD_USER_LIMIT);

	if (is_known && type > 0)
		scan->n_records[type]++;
	else
		scan->n_unknown++;
}

static void add_chunk(struct perf_scan *scan, uint32_t source, uint64_t start,
		      uint64_t limit)
{
	if (start < limit)
		*vec_add(&scan->chunks) =
			(struct perf_chunk){ source, start, limit };
}

/* Looks at the last sample of a source, which begins at an offset. */
static void note_last_time(struct perf_scan *scan, const struct perf_file *file,
			   int fd, uint64_t offset, uint64_t limit)
{
	struct perf_sample sample;
	struct perf_walk walk;
	struct record record;

	perf_walk_init(&walk, fd, file->is_swapped, offset, limit);
	if (perf_walk_next(&walk, &record) &&
	    perf_sample_parse(&sample, file, &record) &&
	    (file->events.items[sample.event].sample_type & SAMPLE_TIME) &&
	    (!scan->has_last_time || sample.time > scan->last_time)) {
		scan->has_last_time = true;
		scan->last_time = sample.time;
	}
	perf_walk_release(&walk);
}

static void scan_source(struct perf_scan *scan, struct perf_file *file,
			uint32_t number)
{
	struct perf_source *source = &file->sources.items[number];
	uint64_t chunk_start = source->start, last_sample = UINT64_MAX;
	struct perf_walk walk;
	struct record record;

	perf_walk_init(&walk, source->fd, file->is_swapped, source->start,
		       source->limit);
	while (perf_walk_next(&walk, &record)) {
		uint64_t trailing;

		count(scan, record.type);
		if (record.type != RECORD_SAMPLE)
			look_at(scan, file, number, &record);
		else
			last_sample = record.offset;
		if (record.offset - chunk_start >= CHUNK_SIZE) {
			add_chunk(scan, number, chunk_start, record.offset);
			chunk_start = record.offset;
		}
		trailing = record_trailing_bytes(&record, file->is_swapped);
		if (trailing > 0) {
			/* Chunks hold records only. */
			add_chunk(scan, number, chunk_start, walk.next);
			perf_walk_skip(&walk, trailing);
			chunk_start = walk.next;
		}
	}
	add_chunk(scan, number, chunk_start, walk.next);
	if (last_sample != UINT64_MAX)
		note_last_time(scan, file, source->fd, last_sample, walk.next);
	if (walk.end != WALK_DONE)
		perf_scan_warn(scan, "%s: %s; what comes before is converted",
			       source->name, walk.err.text);
	perf_walk_release(&walk);
}

/*
 * Whether the first samples of a source are compressed: perf compresses all
 * that comes out of its ring buffers or none of it.
 */
static bool is_compressed(const struct perf_source *source, bool is_swapped)
{
	struct perf_walk walk;
	struct record record;
	bool found = false;

	perf_walk_init(&walk, source->fd, is_swapped, source->start,
		       source->limit);
	while (!found && perf_walk_next(&walk, &record) &&
	       record.type != RECORD_SAMPLE) {
		found = record.type == RECORD_COMPRESSED ||
			record.type == RECORD_COMPRESSED2;
		perf_walk_skip(&walk,
			       record_trailing_bytes(&record, is_swapped));
	}
	perf_walk_release(&walk);
	return found;
}

static bool unpack_if_compressed(struct perf_scan *scan,
				 struct perf_source *source, bool is_swapped,
				 struct err *err)
{
	struct err damage;

	if (!is_compressed(source, is_swapped))
		return true;
	if (!perf_unpack(source, is_swapped, &damage, err))
		return err_prefix(err, "%s", source->name);
	if (damage.text[0])
		perf_scan_warn(scan, "%s: %s; what comes before is converted",
			       source->name, damage.text);
	return true;
}

bool perf_scan_run(struct perf_scan *scan, struct perf_file *file,
		   struct err *err)
{
	*scan = (struct perf_scan){ 0 };
	/* Payloads of no bytes lie somewhere, too. */
	buf_extend(&scan->bytes, 0);
	if (file->is_cut_short)
		perf_scan_warn(scan,
			       "%s: cut short: its header announces more "
			       "data; what is there is converted",
			       file->path);
	if (file->is_unfinished)
		perf_scan_warn(scan,
			       "%s: never finished (the recorder was "
			       "killed?); what is there is converted",
			       file->path);
	for (uint32_t i = 0; i < file->sources.n; i++) {
		if (!unpack_if_compressed(scan, &file->sources.items[i],
					  file->is_swapped, err))
			return false;
		scan_source(scan, file, i);
	}
	if (file->events.n == 0)
		return err_set(err, "%s: it describes no event", file->path);
	perf_file_name_events(file);
	return true;
}

void perf_scan_release(struct perf_scan *scan)
{
	for (size_t i = 0; i < scan->warnings.n; i++)
		free(scan->warnings.items[i]);
	vec_release(&scan->sideband);
	buf_release(&scan->bytes);
	vec_release(&scan->chunks);
	vec_release(&scan->warnings);
	*scan = (struct perf_scan){ 0 };
}
