#include "config.h"
#include "conv/gzip.h"

#include <stdlib.h>
#include <string.h>
#define ZLIB_CONST
#include <zlib.h>

#include "base/alloc.h"
#include "base/pool.h"

enum {
	BLOCK_SIZE = 256 * 1024,
	WINDOW_SIZE = 32 * 1024, /* of deflate */
	/* Profiles shrink little more at 6, and take twice as long. */
	LEVEL = 4,
	MEMORY_LEVEL = 8, /* zlib's default */
	RAW = -MAX_WBITS, /* deflate without zlib's header */
};

struct block {
	struct buf out;
	uint32_t crc;
};

struct job {
	const unsigned char *bytes;
	size_t size;
	size_t n_blocks;
	struct block *blocks;
};

static size_t block_start(size_t number)
{
	return number * BLOCK_SIZE;
}

static size_t block_size(const struct job *job, size_t number)
{
	size_t left = job->size - block_start(number);

	return left < BLOCK_SIZE ? left : BLOCK_SIZE;
}

static void compress_block(void *context, size_t number)
{
	struct job *job = context;
	struct block *block = &job->blocks[number];
	const unsigned char *start = job->bytes + block_start(number);
	size_t size = block_size(job, number), room;
	bool is_last = number == job->n_blocks - 1;
	z_stream z = { 0 };

	block->crc = (uint32_t)crc32_z(0, start, size);
	if (deflateInit2(&z, LEVEL, Z_DEFLATED, RAW, MEMORY_LEVEL,
			 Z_DEFAULT_STRATEGY) != Z_OK)
		mem_exhausted();
	if (number > 0)
		deflateSetDictionary(&z, start - WINDOW_SIZE, WINDOW_SIZE);
	/* The bound, and room for the marker of a flush. */
	room = deflateBound(&z, (uLong)size) + 16;
	z.next_in = start;
	z.avail_in = (uInt)size;
	z.next_out = buf_extend(&block->out, room);
	z.avail_out = (uInt)room;
	deflate(&z, is_last ? Z_FINISH : Z_SYNC_FLUSH);
	block->out.size -= z.avail_out;
	deflateEnd(&z);
}

static void add_u32(struct buf *out, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		*buf_extend(out, 1) = (unsigned char)(value >> 8 * i);
}

void gzip_compress(const void *bytes, size_t size, unsigned n_threads,
		   struct buf *out)
{
	static const unsigned char header[] = { 0x1f, 0x8b, 8, 0, 0,
						0,    0,    0, 0, 255 };
	struct job job = {
		.bytes = bytes,
		.size = size,
		.n_blocks = size ? (size - 1) / BLOCK_SIZE + 1 : 1,
	};
	uLong crc = 0;

	job.blocks = mem_zalloc(job.n_blocks, sizeof(*job.blocks));
	pool_run(n_threads, job.n_blocks, compress_block, &job);
	buf_add(out, header, sizeof(header));
	for (size_t i = 0; i < job.n_blocks; i++) {
		struct block *block = &job.blocks[i];

		crc = crc32_combine(crc, block->crc,
				    (z_off_t)block_size(&job, i));
		buf_add(out, block->out.bytes, block->out.size);
		buf_release(&block->out);
	}
	add_u32(out, (uint32_t)crc);
	add_u32(out, (uint32_t)size);
	free(job.blocks);
}

/* ---- expanding ---- */

bool gzip_is_likely(const void *bytes, size_t size)
{
	return size >= 2 && memcmp(bytes, "\x1f\x8b", 2) == 0;
}

/* Room for more, at least for one byte beyond the limit. */
static void add_room(z_stream *z, struct buf *out, size_t limit)
{
	enum { STEP = 1 << 20 };
	size_t room = limit - out->size < STEP ? limit - out->size + 1 : STEP;

	z->next_out = buf_extend(out, room);
	z->avail_out = (uInt)room;
}

/* One member; z->next_in is where it begins, and then where it ends. */
static bool expand_member(z_stream *z, size_t limit, struct buf *out,
			  struct err *err)
{
	int status = Z_OK;

	while (status == Z_OK) {
		add_room(z, out, limit);
		status = inflate(z, Z_NO_FLUSH);
		out->size -= z->avail_out;
		if (out->size > limit)
			return err_set(err, "it expands to more than %zu bytes",
				       limit);
		/* Output was left, and still it asks for more input. */
		if (status == Z_BUF_ERROR ||
		    (status == Z_OK && z->avail_in == 0 && z->avail_out > 0))
			return err_set(err, "its gzip data are cut short");
	}
	if (status == Z_MEM_ERROR)
		mem_exhausted();
	return status == Z_STREAM_END ||
	       err_set(err, "its gzip data are damaged (%s)",
		       z->msg ? z->msg : "no reason given");
}

bool gzip_expand(const void *bytes, size_t size, size_t limit, struct buf *out,
		 struct err *err)
{
	z_stream z = { .next_in = bytes, .avail_in = (uInt)size };
	bool ok = true;

	if (size > UINT32_MAX)
		return err_set(err, "its %zu bytes of gzip data are too many",
			       size);
	if (inflateInit2(&z, MAX_WBITS + 16) != Z_OK)
		mem_exhausted();
	while (ok && z.avail_in > 0) {
		ok = expand_member(&z, limit, out, err);
		inflateReset(&z);
	}
	inflateEnd(&z);
	return ok;
}
