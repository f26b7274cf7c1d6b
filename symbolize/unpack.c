#include "config.h"
#include "symbolize/unpack.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"
#include "symbolize/worker_pool.h"

struct unpacking {
	struct unpacked *unpacked;
	int fd;		/* of the file being written; -1: none */
	uint64_t left;	/* bytes that may be written */
	struct err err; /* what went wrong */
};

/* ---- which files ---- */

/* The signatures of ar, rpm, gzip, bzip2, xz, zstd, and tar, which has one in
 * the middle of its first block. */
bool unpack_is_archive(int fd)
{
	static const struct {
		const char *bytes;
		size_t size;
		size_t at;
	} signatures[] = {
		{ "!<arch>\n", 8, 0 },
		{ "\xed\xab\xee\xdb", 4, 0 },
		{ "\x1f\x8b", 2, 0 },
		{ "BZh", 3, 0 },
		{ "\xfd"
		  "7zXZ",
		  5, 0 },
		{ "\x28\xb5\x2f\xfd", 4, 0 },
		{ "ustar", 5, 257 },
	};
	char head[512];
	ssize_t n = file_read_at(fd, head, sizeof(head), 0);

	for (size_t i = 0; i < sizeof(signatures) / sizeof(*signatures); i++)
		if (n >= (ssize_t)(signatures[i].at + signatures[i].size) &&
		    memcmp(head + signatures[i].at, signatures[i].bytes,
			   signatures[i].size) == 0)
			return true;
	return false;
}

/* ---- taking in members ---- */

static void end_file(struct unpacking *unpacking)
{
	if (unpacking->fd >= 0)
		close(unpacking->fd);
	unpacking->fd = -1;
}

/* Files have numbers here: names in archives may lead anywhere. */
static void begin_file(struct unpacking *unpacking, const char *name,
		       size_t size)
{
	struct unpacked *unpacked = unpacking->unpacked;
	struct unpacked_file file = {
		.path = mem_printf("%s/%zu", unpacked->folder,
				   unpacked->files.n),
		.name = mem_printf("%.*s", (int)(size < 4096 ? size : 4096),
				   name),
	};

	end_file(unpacking);
	unpacking->fd =
		open(file.path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
	if (unpacking->fd < 0)
		err_set_errno(&unpacking->err, "%s", file.path);
	*vec_add(&unpacked->files) = file;
}

static void add_bytes(struct unpacking *unpacking, const unsigned char *bytes,
		      size_t size)
{
	if (size > unpacking->left) {
		err_set(&unpacking->err, "its files are too large");
		end_file(unpacking);
		return;
	}
	unpacking->left -= size;
	if (unpacking->fd >= 0 && !file_write(unpacking->fd, bytes, size)) {
		err_set_errno(&unpacking->err, "%s",
			      unpacking->unpacked->folder);
		end_file(unpacking);
	}
}

static bool take_blob(void *context, const struct worker_blob *blob,
		      const unsigned char *bytes)
{
	struct unpacking *unpacking = context;

	switch (blob->kind) {
	case WORKER_MEMBER:
		begin_file(unpacking, (const char *)bytes, blob->size);
		break;
	case WORKER_DATA:
		add_bytes(unpacking, bytes, blob->size);
		break;
	case WORKER_ERROR:
		worker_error(blob, bytes, &unpacking->err);
		break;
	}
	return !unpacking->err.text[0];
}

static void finish(struct worker_job *job, const struct worker_result *result)
{
	struct unpacking *unpacking = job->context;

	if (!result->is_complete && !unpacking->err.text[0])
		unpacking->err = result->err;
}

/* ---- all of it ---- */

bool unpack(const char *path, struct unpacked *unpacked, struct err *err)
{
	struct unpacking unpacking = { .unpacked = unpacked, .fd = -1 };
	struct worker_job job = {
		.fds = { -1, -1, -1, -1 },
		.context = &unpacking,
		.take_blob = take_blob,
	};
	struct worker_request request = {
		.task = WORKER_UNPACK,
		.files = 1 << FILE_OWN,
	};
	struct stat st;

	*unpacked = (struct unpacked){ 0 };
	job.fds[FILE_OWN] = file_open_regular(path, &st);
	if (job.fds[FILE_OWN] < 0)
		return err_set_errno(err, "%s", path);
	unpacked->folder = file_private_folder("symconv-unpacked", err);
	if (unpacked->folder) {
		/* Nothing but a bomb is packed any tighter. */
		unpacking.left =
			(UINT64_C(1) << 30) + 100 * (uint64_t)st.st_size;
		request.file_size = (uint64_t)st.st_size;
		buf_add(&job.request, &request, sizeof(request));
		worker_pool_run(&job, 1, 1, finish);
		end_file(&unpacking);
		buf_release(&job.request);
		if (unpacking.err.text[0])
			err_set(err, "%s: %s", path, unpacking.err.text);
	}
	close(job.fds[FILE_OWN]);
	return unpacked->folder && !unpacking.err.text[0];
}

void unpacked_remove(struct unpacked *unpacked)
{
	for (size_t i = 0; i < unpacked->files.n; i++) {
		unlink(unpacked->files.items[i].path);
		free(unpacked->files.items[i].path);
		free(unpacked->files.items[i].name);
	}
	vec_release(&unpacked->files);
	if (unpacked->folder)
		rmdir(unpacked->folder);
	free(unpacked->folder);
	unpacked->folder = NULL;
}
