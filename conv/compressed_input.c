/*
 * Damage is no sentence beside a half of the input, as it is for records: which
 * of the bytes that came out before are wrong is unknown.
 */
#include "config.h"
#include "conv/compressed_input.h"

#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

/* How much may come out of a byte. Captures with copies of stacks of 64 KB
 * shrink to a nine-hundredth with xz; zeros to a 1,030th with gzip, a 7,000th
 * with xz and a 30,000th with zstd. */
enum { MAX_RATIO = 1024 };

/* More may come out of a small file. */
static const uint64_t always_allowed = UINT64_C(64) << 20;

/* ---- the beginning ---- */

struct beginning {
	unsigned char *bytes;
	size_t n;
	size_t size;
};

static bool keep_beginning(void *context, const unsigned char *bytes, size_t n,
			   struct err *err)
{
	struct beginning *beginning = context;
	size_t left = beginning->size - beginning->n;

	if (n > left)
		n = left;
	memcpy(beginning->bytes + beginning->n, bytes, n);
	beginning->n += n;
	return beginning->n < beginning->size || err_set(err, "enough");
}

size_t compressed_input_peek(int fd, enum compression compression, void *out,
			     size_t size, struct err *damage)
{
	struct beginning beginning = { .bytes = out, .size = size };
	struct err cut;

	damage->text[0] = '\0';
	if (decompress(fd, compression, keep_beginning, &beginning, &cut,
		       damage))
		*damage = cut;
	if (beginning.n == size)
		damage->text[0] = '\0';
	return beginning.n;
}

/* ---- the whole ---- */

struct copy {
	enum compression compression;
	int fd;
	uint64_t size;
	uint64_t max_size;
};

static bool write_copy(void *context, const unsigned char *bytes, size_t n,
		       struct err *err)
{
	struct copy *copy = context;

	copy->size += n;
	if (copy->size > copy->max_size)
		return err_set(err,
			       "its %s data grow to more than %" PRIu64
			       " bytes (%d for each); if that is meant, "
			       "unpack it with %s",
			       compression_name(copy->compression),
			       copy->max_size, MAX_RATIO,
			       compression_tool(copy->compression));
	return file_write(copy->fd, bytes, n) ||
	       err_set_errno(err, "cannot write a temporary copy");
}

int compressed_input_unpack(int fd, enum compression compression,
			    struct err *cut, struct err *err)
{
	struct copy copy = { .compression = compression };
	struct stat st;

	if (fstat(fd, &st) != 0) {
		err_set_errno(err, "cannot be read");
		return -1;
	}
	copy.max_size = (uint64_t)st.st_size * MAX_RATIO + always_allowed;
	copy.fd = file_scratch();
	if (copy.fd < 0) {
		err_set_errno(err, "cannot make a temporary file");
		return -1;
	}
	if (decompress(fd, compression, write_copy, &copy, cut, err))
		return copy.fd;
	close(copy.fd);
	return -1;
}
