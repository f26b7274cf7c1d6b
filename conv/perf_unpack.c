/*
 * perf compresses what it takes out of its ring buffers with one zstd stream
 * per source, flushed at each record but never ended. So a record's payload
 * makes sense only behind the ones before it, and a plain record may begin in
 * one and end in the next; what perf writes itself stands between them.
 *
 *	│COMPRESSED: rec rec re│FINISHED_ROUND│COMPRESSED: c rec│ …
 *
 * Only whole records go into the copy; the beginning of one waits for its end.
 */
#include "config.h"
#include "conv/perf_unpack.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/file.h"
#include "conv/perf_abi.h"
#include "conv/perf_walk.h"

enum {
	WRITE_SIZE = 1 << 20,
	/* Real captures shrink to a tenth; a bomb of zeros to a 30,000th. */
	MAX_RATIO = 64,
	BLOCK_HEADER_SIZE = 3, /* RFC 8878, 3.1.1.2 */
	MAX_PADDING = 7,
};

static const uint64_t always_allowed = UINT64_C(64) << 20;

struct unpacker {
	ZSTD_DStream *stream;
	bool is_swapped;
	int fd;	       /* the copy */
	uint64_t size; /* of the copy */
	uint64_t max_size;
	struct buf out;	    /* whole records, not yet written */
	struct buf pending; /* unpacked, with a record at its end cut off */
	struct err *err;
};

static bool write_out(struct unpacker *u)
{
	if (!file_write(u->fd, u->out.bytes, u->out.size))
		return err_set_errno(u->err, "cannot write a temporary copy");
	u->size += u->out.size;
	u->out.size = 0;
	return true;
}

static bool add_record(struct unpacker *u, const void *bytes, size_t size)
{
	buf_add(&u->out, bytes, size);
	return u->out.size < WRITE_SIZE || write_out(u);
}

/* Moves the whole records among the pending bytes to the copy. */
static bool add_pending(struct unpacker *u, struct err *damage)
{
	size_t at = 0;

	while (u->pending.size - at >= RECORD_HEADER_SIZE) {
		struct reader r =
			reader_over(u->pending.bytes + at, RECORD_HEADER_SIZE,
				    u->is_swapped);
		uint16_t size;

		reader_bytes(&r, 6);
		size = reader_u16(&r);
		if (size < RECORD_HEADER_SIZE) {
			err_set(damage,
				"a compressed record's size %u is "
				"below %d",
				size, RECORD_HEADER_SIZE);
			break;
		}
		if (size > u->pending.size - at)
			break;
		if (!add_record(u, u->pending.bytes + at, size))
			return false;
		at += size;
	}
	memmove(u->pending.bytes, u->pending.bytes + at, u->pending.size - at);
	u->pending.size -= at;
	return true;
}

/*
 * Unpacks in->size bytes to the end of pending and further. Returns zstd's
 * hint of how many bytes it wants next.
 */
static size_t unpack_bytes(struct unpacker *u, ZSTD_inBuffer *in,
			   struct err *damage)
{
	size_t step = ZSTD_DStreamOutSize(), hint = 0;
	bool is_full = true;

	while (in->pos < in->size || is_full) {
		ZSTD_outBuffer out = { buf_extend(&u->pending, step), step, 0 };

		hint = ZSTD_decompressStream(u->stream, &out, in);
		u->pending.size -= step - out.pos;
		is_full = out.pos == step;
		if (ZSTD_isError(hint)) {
			err_set(damage, "compressed data are damaged (%s)",
				ZSTD_getErrorName(hint));
			break;
		}
		if (u->size + u->out.size + u->pending.size > u->max_size) {
			err_set(damage,
				"compressed data grow to more than "
				"%" PRIu64 " bytes",
				u->max_size);
			break;
		}
		if (!add_pending(u, damage) || damage->text[0])
			break;
	}
	return hint;
}

static bool is_zero(const unsigned char *p, size_t n)
{
	while (n > 0)
		if (p[--n])
			return false;
	return true;
}

/*
 * RECORD_COMPRESSED2 is padded with zeros to a multiple of 8. Its field for
 * the size without them cannot be trusted: perf 6.16 wrote the size of all
 * records of one flush into the first (KDAB/hotspot#736). But the stream tells
 * where it ends: there it wants the header of the next block.
 */
static void unpack_padded(struct unpacker *u, const unsigned char *bytes,
			  size_t size, struct err *damage)
{
	size_t sure = size > MAX_PADDING ? size - MAX_PADDING : 0;
	ZSTD_inBuffer in = { bytes, sure, 0 };
	size_t hint = unpack_bytes(u, &in, damage);

	while (in.size < size && !damage->text[0]) {
		bool at_block = hint == BLOCK_HEADER_SIZE || hint == 0;

		if (at_block && is_zero(bytes + in.size, size - in.size))
			return;
		in.size++;
		hint = unpack_bytes(u, &in, damage);
	}
}

static void unpack_record(struct unpacker *u, const struct record *record,
			  struct err *damage)
{
	struct reader r = record_payload(record, u->is_swapped);
	ZSTD_inBuffer in = { r.pos, reader_left(&r), 0 };

	if (record->type == RECORD_COMPRESSED) {
		unpack_bytes(u, &in, damage);
		return;
	}
	reader_u64(&r); /* size without padding */
	unpack_padded(u, r.pos, reader_left(&r), damage);
}

static bool unpack_all(struct unpacker *u, const struct perf_source *source,
		       struct err *damage)
{
	struct perf_walk walk;
	struct record record;

	perf_walk_init(&walk, source->fd, u->is_swapped, source->start,
		       source->limit);
	while (!damage->text[0] && !u->err->text[0] &&
	       perf_walk_next(&walk, &record)) {
		uint64_t trailing =
			record_trailing_bytes(&record, u->is_swapped);

		if (record.type == RECORD_COMPRESSED ||
		    record.type == RECORD_COMPRESSED2)
			unpack_record(u, &record, damage);
		else if (trailing > 0)
			/* Of no use to us, and not to be taken for records. */
			perf_walk_skip(&walk, trailing);
		else
			add_record(u, record.bytes, record.size);
		if (damage->text[0])
			err_prefix(damage, "record at 0x%" PRIx64,
				   record.offset);
	}
	if (!damage->text[0] && walk.end != WALK_DONE)
		*damage = walk.err;
	perf_walk_release(&walk);
	if (!damage->text[0] && u->pending.size > 0)
		err_set(damage, "cut short in a compressed record");
	return !u->err->text[0] && write_out(u);
}

bool perf_unpack(struct perf_source *source, bool is_swapped,
		 struct err *damage, struct err *err)
{
	uint64_t packed = source->limit - source->start;
	struct unpacker u = {
		.stream = ZSTD_createDStream(),
		.is_swapped = is_swapped,
		.fd = file_scratch(),
		.max_size = packed * MAX_RATIO + always_allowed,
		.err = err,
	};
	bool ok;

	damage->text[0] = err->text[0] = '\0';
	if (u.fd < 0)
		ok = err_set_errno(err, "cannot make a temporary file");
	else if (!u.stream)
		ok = err_set(err, "out of memory");
	else
		ok = unpack_all(&u, source, damage);
	ZSTD_freeDStream(u.stream);
	buf_release(&u.out);
	buf_release(&u.pending);
	if (!ok) {
		if (u.fd >= 0)
			close(u.fd);
		return false;
	}
	if (source->is_owned)
		close(source->fd);
	source->fd = u.fd;
	source->is_owned = true;
	source->start = 0;
	source->limit = u.size;
	return true;
}
