/*
 * One loop for all three: a piece of the file goes in, what comes out is handed
 * over, and between members (gzip), streams (xz) and frames (zstd) another one
 * may begin.
 */
#include "config.h"
#include "base/decompress.h"

#include <inttypes.h>
#include <lzma.h>
#include <stdlib.h>
#include <string.h>
#define ZLIB_CONST
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "base/alloc.h"
#include "base/file.h"

enum { STEP_SIZE = 256 * 1024 };

/* What xz -9 and zstd --ultra -22 need and a little more; a header that asks
 * for the most there is would take gigabytes. */
static const uint64_t max_memory = UINT64_C(256) << 20;

struct unpacker {
	const struct codec *codec;
	z_stream gzip;
	lzma_stream xz;
	ZSTD_DStream *zstd;
	bool is_at_end;	     /* nothing is missing if the file ends here */
	unsigned char *room; /* STEP_SIZE bytes for what comes out */
};

/* Bytes to unpack, and room for what comes out. */
struct step {
	const unsigned char *in;
	size_t n_in;
	unsigned char *out;
	size_t n_out;
	bool is_last; /* no bytes come after these */
};

struct codec {
	const char *name;
	const char *tool; /* the command that unpacks what we refuse */
	const char *magic;
	size_t magic_size;
	void (*begin)(struct unpacker *u);
	/* Takes from in and adds to out until one is used up; without any in,
	 * adds what is still inside. */
	bool (*run)(struct unpacker *u, struct step *step, struct err *err);
	void (*end)(struct unpacker *u);
};

static bool refuse_damaged(const struct unpacker *u, const char *why,
			   struct err *err)
{
	return err_set(err, "its %s data are damaged (%s)", u->codec->name,
		       why);
}

static bool refuse_large(const struct unpacker *u, const char *option,
			 struct err *err)
{
	return err_set(err,
		       "unpacking it takes more than %" PRIu64
		       " MB of memory; unpack it with %s%s",
		       max_memory >> 20, u->codec->tool, option);
}

/* ---- gzip ---- */

static void gzip_begin(struct unpacker *u)
{
	if (inflateInit2(&u->gzip, MAX_WBITS + 16) != Z_OK)
		mem_exhausted();
}

static int gzip_inflate(struct unpacker *u, struct step *step)
{
	z_stream *z = &u->gzip;
	int status;

	z->next_in = step->in;
	z->avail_in = (uInt)step->n_in;
	z->next_out = step->out;
	z->avail_out = (uInt)step->n_out;
	status = inflate(z, Z_NO_FLUSH);
	step->in = z->next_in;
	step->n_in = z->avail_in;
	step->out = z->next_out;
	step->n_out = z->avail_out;
	return status;
}

/* Tapes and block devices pad with zeros behind the last member. */
static void skip_padding(struct step *step)
{
	while (step->n_in > 0 && *step->in == 0) {
		step->in++;
		step->n_in--;
	}
}

static bool gzip_run(struct unpacker *u, struct step *step, struct err *err)
{
	do {
		int status;

		if (u->is_at_end)
			skip_padding(step);
		if (u->is_at_end && step->n_in == 0)
			return true;
		u->is_at_end = false;
		status = gzip_inflate(u, step);
		if (status == Z_MEM_ERROR)
			mem_exhausted();
		if (status == Z_STREAM_END) {
			u->is_at_end = true;
			inflateReset(&u->gzip);
		} else if (status != Z_OK && status != Z_BUF_ERROR) {
			return refuse_damaged(u,
					      u->gzip.msg ? u->gzip.msg
							  : "no reason given",
					      err);
		}
	} while (step->n_in > 0 && step->n_out > 0);
	return true;
}

static void gzip_end(struct unpacker *u)
{
	inflateEnd(&u->gzip);
}

/* ---- xz ---- */

static void xz_begin(struct unpacker *u)
{
	u->xz = (lzma_stream)LZMA_STREAM_INIT;
	if (lzma_stream_decoder(&u->xz, max_memory, LZMA_CONCATENATED) !=
	    LZMA_OK)
		mem_exhausted();
}

static bool xz_run(struct unpacker *u, struct step *step, struct err *err)
{
	lzma_stream *z = &u->xz;
	lzma_ret status;

	z->next_in = step->in;
	z->avail_in = step->n_in;
	z->next_out = step->out;
	z->avail_out = step->n_out;
	status = lzma_code(z, step->is_last ? LZMA_FINISH : LZMA_RUN);
	step->in = z->next_in;
	step->n_in = z->avail_in;
	step->out = z->next_out;
	step->n_out = z->avail_out;
	if (status == LZMA_MEM_ERROR)
		mem_exhausted();
	if (status == LZMA_MEMLIMIT_ERROR)
		return refuse_large(u, "", err);
	u->is_at_end = status == LZMA_STREAM_END;
	return u->is_at_end || status == LZMA_OK || status == LZMA_BUF_ERROR ||
	       refuse_damaged(u, "they do not decode", err);
}

static void xz_end(struct unpacker *u)
{
	lzma_end(&u->xz);
}

/* ---- zstd ---- */

static void zstd_begin(struct unpacker *u)
{
	u->zstd = ZSTD_createDStream();
	if (!u->zstd)
		mem_exhausted();
}

static bool zstd_run(struct unpacker *u, struct step *step, struct err *err)
{
	ZSTD_inBuffer in = { step->in, step->n_in, 0 };
	ZSTD_outBuffer out = { step->out, step->n_out, 0 };

	if (u->is_at_end && in.size == 0)
		return true;
	do {
		size_t hint = ZSTD_decompressStream(u->zstd, &out, &in);

		if (ZSTD_getErrorCode(hint) ==
		    ZSTD_error_frameParameter_windowTooLarge)
			return refuse_large(u, " --long=31", err);
		if (ZSTD_isError(hint))
			return refuse_damaged(u, ZSTD_getErrorName(hint), err);
		u->is_at_end = hint == 0;
	} while (in.pos < in.size && out.pos < out.size);
	step->in += in.pos;
	step->n_in -= in.pos;
	step->out += out.pos;
	step->n_out -= out.pos;
	return true;
}

static void zstd_end(struct unpacker *u)
{
	ZSTD_freeDStream(u->zstd);
}

/* ---- all of them ---- */

/* clang-format off */
static const struct codec codecs[N_COMPRESSIONS] = {
	[COMPRESSION_GZIP] = { "gzip", "gzip -d", "\x1f\x8b", 2,
			       gzip_begin, gzip_run, gzip_end },
	[COMPRESSION_XZ] = { "xz", "xz -d", "\xfd" "7zXZ\0", 6,
			     xz_begin, xz_run, xz_end },
	[COMPRESSION_ZSTD] = { "zstd", "zstd -d", "\x28\xb5\x2f\xfd", 4,
			       zstd_begin, zstd_run, zstd_end },
};
/* clang-format on */

/* A frame of zstd to be skipped, which pzstd puts in front of each other. */
static bool is_skippable_frame(const unsigned char *head, size_t size)
{
	return size >= 4 && (head[0] & 0xf0) == 0x50 &&
	       memcmp(head + 1, "\x2a\x4d\x18", 3) == 0;
}

enum compression compression_of(const void *head, size_t size)
{
	for (int i = COMPRESSION_NONE + 1; i < N_COMPRESSIONS; i++)
		if (size >= codecs[i].magic_size &&
		    memcmp(head, codecs[i].magic, codecs[i].magic_size) == 0)
			return (enum compression)i;
	return is_skippable_frame(head, size) ? COMPRESSION_ZSTD
					      : COMPRESSION_NONE;
}

const char *compression_unknown(const void *head, size_t size)
{
	static const struct {
		const char *name;
		const char *magic;
		size_t size;
	} others[] = {
		{ "bzip2", "BZh", 3 },
		{ "lz4", "\x04\x22\x4d\x18", 4 },
		{ "zip", "PK\x03\x04", 4 },
	};

	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		if (size >= others[i].size &&
		    memcmp(head, others[i].magic, others[i].size) == 0)
			return others[i].name;
	return NULL;
}

const char *compression_name(enum compression compression)
{
	return codecs[compression].name;
}

const char *compression_tool(enum compression compression)
{
	return codecs[compression].tool;
}

/* Runs the codec on n bytes until all that comes out of them is gone. */
static bool feed(struct unpacker *u, const unsigned char *in, size_t n,
		 decompress_sink *sink, void *context, struct err *err)
{
	struct step step = { .in = in, .n_in = n, .is_last = n == 0 };

	do {
		step.out = u->room;
		step.n_out = STEP_SIZE;
		if (!u->codec->run(u, &step, err) ||
		    !sink(context, u->room, STEP_SIZE - step.n_out, err))
			return false;
	} while (step.n_in > 0 || step.n_out == 0);
	return true;
}

bool decompress(int fd, enum compression compression, decompress_sink *sink,
		void *context, struct err *cut, struct err *err)
{
	struct unpacker u = {
		.codec = &codecs[compression],
		.room = mem_alloc(STEP_SIZE),
	};
	unsigned char *in = mem_alloc(STEP_SIZE);
	uint64_t offset = 0;
	bool ok = true;
	ssize_t n = 1;

	cut->text[0] = '\0';
	u.codec->begin(&u);
	while (ok && n > 0) {
		n = file_read_at(fd, in, STEP_SIZE, offset);
		ok = n >= 0 ? feed(&u, in, (size_t)n, sink, context, err)
			    : err_set_errno(err, "cannot be read");
		offset += n > 0 ? (uint64_t)n : 0;
	}
	if (ok && !u.is_at_end)
		err_set(cut, "its %s data are cut short", u.codec->name);
	u.codec->end(&u);
	free(in);
	free(u.room);
	return ok;
}
