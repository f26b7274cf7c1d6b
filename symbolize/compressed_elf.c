#include "config.h"
#include "symbolize/compressed_elf.h"

#include <inttypes.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/decompress.h"
#include "base/file.h"
#include "symbolize/worker_pool.h"

/* Code and debug information shrink to a tenth at most, so this is a bomb's;
 * more may come out of a small file. */
enum { MAX_RATIO = 100 };
static const uint64_t always_allowed = UINT64_C(64) << 20;

struct unpacking {
	int fd;
	uint64_t left; /* bytes that may be written */
	struct err err;
};

bool compressed_elf_is_likely(int fd)
{
	char head[16];
	ssize_t n = file_read_at(fd, head, sizeof(head), 0);

	return n > 0 && compression_of(head, (size_t)n) != COMPRESSION_NONE;
}

static bool take_blob(void *context, const struct worker_blob *blob,
		      const unsigned char *bytes)
{
	struct unpacking *unpacking = context;

	if (blob->kind == WORKER_ERROR)
		return worker_error(blob, bytes, &unpacking->err);
	if (blob->kind != WORKER_DATA)
		return true;
	if (blob->size > unpacking->left)
		return err_set(&unpacking->err,
			       "it unpacks to more than %d times its size",
			       MAX_RATIO);
	unpacking->left -= blob->size;
	return file_write(unpacking->fd, bytes, blob->size) ||
	       err_set_errno(&unpacking->err, "cannot write a temporary copy");
}

static void finish(struct worker_job *job, const struct worker_result *result)
{
	struct unpacking *unpacking = job->context;

	if (!result->is_complete && !unpacking->err.text[0])
		unpacking->err = result->err;
}

int compressed_elf_open(int fd, struct err *err)
{
	struct unpacking unpacking = { .fd = file_scratch() };
	struct worker_job job = {
		.context = &unpacking,
		.take_blob = take_blob,
	};
	struct worker_request request = {
		.task = WORKER_DECOMPRESS,
		.files = 1 << FILE_OWN,
	};
	struct stat st;

	if (unpacking.fd < 0 || fstat(fd, &st) != 0) {
		err_set_errno(err, "cannot be unpacked");
		if (unpacking.fd >= 0)
			close(unpacking.fd);
		return -1;
	}
	unpacking.left = always_allowed + MAX_RATIO * (uint64_t)st.st_size;
	request.file_size = (uint64_t)st.st_size;
	for (int i = 0; i < N_FILE_ROLES; i++)
		job.fds[i] = i == FILE_OWN ? fd : -1;
	buf_add(&job.request, &request, sizeof(request));
	worker_pool_run(&job, 1, 1, finish);
	buf_release(&job.request);
	if (!unpacking.err.text[0])
		return unpacking.fd;
	*err = unpacking.err;
	close(unpacking.fd);
	return -1;
}
