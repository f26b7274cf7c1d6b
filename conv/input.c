#include "config.h"
#include "conv/input.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/file.h"
#include "conv/compressed_input.h"
#include "conv/folded_read.h"
#include "conv/gperftools_read.h"
#include "conv/lines.h"
#include "conv/perf_abi.h"
#include "conv/pprof_read.h"
#include "conv/perf_script_read.h"
#include "conv/stacks_read.h"

enum {
	/* How much of an input tells its kind. */
	HEAD_SIZE = 65536,
	/* The same where that is not a line. */
	LONG_HEAD_SIZE = LINE_MAX_SIZE,
};

static const char *const words[N_INPUT_KINDS] = {
	[INPUT_PERF_DATA] = "perf.data",   [INPUT_PERF_SCRIPT] = "perf-script",
	[INPUT_FOLDED] = "folded",	   [INPUT_PPROF] = "pprof",
	[INPUT_STACKS] = "stacks",	   [INPUT_BPFTRACE] = "bpftrace",
	[INPUT_GPERFTOOLS] = "gperftools",
};

const char *input_kind_word(enum input_kind kind)
{
	return words[kind];
}

enum input_kind input_kind_of_word(const char *word)
{
	for (int i = INPUT_BY_CONTENT + 1; i < N_INPUT_KINDS; i++)
		if (strcmp(words[i], word) == 0)
			return (enum input_kind)i;
	return INPUT_BY_CONTENT;
}

/* ---- kinds ---- */

/* The beginning of an input. */
struct head {
	const unsigned char *bytes;
	size_t size;
};

static bool starts_with(const struct head *head, const char *start)
{
	size_t n = strlen(start);

	return head->size >= n && memcmp(head->bytes, start, n) == 0;
}

static bool is_perf_data(const struct head *head)
{
	return starts_with(head, PERF_MAGIC_LITTLE) ||
	       starts_with(head, PERF_MAGIC_BIG);
}

static enum input_kind kind_of_content(const struct head *head)
{
	if (is_perf_data(head))
		return INPUT_PERF_DATA;
	if (pprof_is_likely(head->bytes, head->size))
		return INPUT_PPROF;
	if (stacks_is_likely(head->bytes, head->size))
		return INPUT_STACKS;
	if (bpftrace_is_likely(head->bytes, head->size))
		return INPUT_BPFTRACE;
	if (gperftools_is_likely(head->bytes, head->size))
		return INPUT_GPERFTOOLS;
	if (folded_is_likely((const char *)head->bytes, head->size))
		return INPUT_FOLDED;
	if (perf_script_is_likely((const char *)head->bytes, head->size))
		return INPUT_PERF_SCRIPT;
	return INPUT_BY_CONTENT;
}

/* Folded stacks have lines of any length. */
static bool is_part_of_line(const unsigned char *bytes, ssize_t n)
{
	return n == HEAD_SIZE && !memchr(bytes, '\0', (size_t)n) &&
	       !memchr(bytes, '\n', (size_t)n);
}

/* The first bytes of the input, or of what is compressed in it. */
static ssize_t read_head(const struct input *input,
			 enum compression compression, unsigned char *bytes,
			 size_t size, struct err *damage)
{
	damage->text[0] = '\0';
	if (compression == COMPRESSION_NONE)
		return file_read_at(input->fd, bytes, size, 0);
	return (ssize_t)compressed_input_peek(input->fd, compression, bytes,
					      size, damage);
}

/*
 * A profile in gzip is one that its reader unpacks. So is what is of no kind
 * and no text: fields of a profile may stand in any order.
 */
static bool is_packed_profile(enum input_kind kind, const struct head *head)
{
	return kind == INPUT_PPROF ||
	       (kind == INPUT_BY_CONTENT &&
		(head->size == 0 || memchr(head->bytes, '\0', head->size)));
}

static bool refuse_unknown(enum compression compression,
			   const struct head *head, struct err *err)
{
	const char *packed = compression_unknown(head->bytes, head->size);

	if (packed)
		return err_set(
			err,
			"it is packed with %s, which is not read: unpack "
			"it first",
			packed);
	if (compression == COMPRESSION_NONE)
		return err_set(err,
			       "not a perf.data file, nor another kind that is "
			       "known; --from KIND says what it is");
	return err_set(err,
		       "what is inside %s is not a perf.data file, nor another "
		       "kind that is known; --from KIND says what it is",
		       compression_name(compression));
}

/* What the input is compressed with, and its kind if that is not given. */
static bool recognise(struct input *input, enum compression *compression,
		      struct err *err)
{
	unsigned char *bytes = mem_alloc(LONG_HEAD_SIZE);
	ssize_t n = file_read_at(input->fd, bytes, HEAD_SIZE, 0);
	bool is_empty = n == 0, ok = true;
	struct err damage = { "" };
	struct head head;

	*compression =
		n > 0 ? compression_of(bytes, (size_t)n) : COMPRESSION_NONE;
	if (*compression != COMPRESSION_NONE)
		n = read_head(input, *compression, bytes, HEAD_SIZE, &damage);
	if (is_part_of_line(bytes, n))
		n = read_head(input, *compression, bytes, LONG_HEAD_SIZE,
			      &damage);
	head = (struct head){ bytes, n > 0 ? (size_t)n : 0 };
	if (input->kind == INPUT_BY_CONTENT && n > 0)
		input->kind = kind_of_content(&head);
	if (*compression == COMPRESSION_GZIP &&
	    is_packed_profile(input->kind, &head)) {
		*compression = COMPRESSION_NONE;
		input->kind = INPUT_PPROF;
	}
	if (n < 0)
		ok = err_set_errno(err, "cannot be read");
	else if (is_empty)
		ok = err_set(err, "it is empty");
	else if (input->kind == INPUT_BY_CONTENT && damage.text[0])
		ok = err_set(err, "%s", damage.text);
	else if (input->kind == INPUT_BY_CONTENT)
		ok = refuse_unknown(*compression, &head, err);
	free(bytes);
	return ok;
}

/* ---- compressed inputs ---- */

static bool is_text(enum input_kind kind)
{
	return kind == INPUT_PERF_SCRIPT || kind == INPUT_FOLDED ||
	       kind == INPUT_STACKS || kind == INPUT_BPFTRACE;
}

/* Takes off a line that is not whole: a number cut short is another one. */
static bool drop_cut_line(int fd, struct err *err)
{
	char bytes[4096];
	struct stat st;
	off_t size;

	if (fstat(fd, &st) != 0)
		return err_set_errno(err, "cannot be read");
	for (size = st.st_size; size > 0;) {
		size_t step = (size_t)size < sizeof(bytes) ? (size_t)size
							   : sizeof(bytes);
		const char *end;

		size -= (off_t)step;
		if (file_read_at(fd, bytes, step, (uint64_t)size) !=
		    (ssize_t)step)
			return err_set_errno(err, "cannot be read");
		end = memrchr(bytes, '\n', step);
		if (end) {
			size += end - bytes + 1;
			break;
		}
	}
	return ftruncate(fd, size) == 0 ||
	       err_set_errno(err, "cannot write a temporary copy");
}

/* Puts an unpacked copy in the place of a compressed file. */
static bool unpack(struct input *input, enum compression compression,
		   struct err *err)
{
	struct err cut;
	int fd = compressed_input_unpack(input->fd, compression, &cut, err);

	if (fd < 0)
		return false;
	close(input->fd);
	input->fd = fd;
	if (!cut.text[0])
		return true;
	input->damage = mem_strdup(cut.text);
	return !is_text(input->kind) || drop_cut_line(fd, err);
}

/* ---- opening ---- */

/* Copies what comes out of fd to an unlinked file; returns that, or -1. */
static int spool(int fd, struct err *err)
{
	enum { STEP = 1 << 20 };
	unsigned char *bytes = mem_alloc(STEP);
	int scratch = file_scratch();
	ssize_t n = -1;

	if (scratch < 0) {
		err_set_errno(err, "cannot make a temporary file");
		goto out;
	}
	do {
		n = read(fd, bytes, STEP);
		if (n < 0 && errno != EINTR)
			err_set_errno(err, "cannot be read");
		if (n > 0 && !file_write(scratch, bytes, (size_t)n)) {
			err_set_errno(err, "cannot write a temporary copy");
			n = -2;
		}
	} while (n > 0 || (n == -1 && errno == EINTR));
out:
	free(bytes);
	if (n != 0 && scratch >= 0)
		close(scratch);
	return n == 0 ? scratch : -1;
}

static void note_change(struct input *input, const struct stat *st)
{
	input->written_ns =
		(int64_t)st->st_mtim.tv_sec * 1000000000 + st->st_mtim.tv_nsec;
}

/* A descriptor of the named file, that can be read anywhere. */
static int open_input(struct input *input, const char *path, struct err *err)
{
	struct stat st;
	int fd;

	if (strcmp(path, "-") != 0) {
		fd = file_open_regular(path, &st);
		if (fd >= 0)
			note_change(input, &st);
		if (fd < 0 && errno == EINVAL)
			err_set(err, "not a regular file; to read from a pipe, "
				     "use - and standard input");
		else if (fd < 0)
			err_set_errno(err, "cannot open");
		return fd;
	}
	if (isatty(STDIN_FILENO)) {
		err_set(err, "a terminal is no capture; use "
			     "'perf record -o - ... | symconv -'");
		return -1;
	}
	if (fstat(STDIN_FILENO, &st) == 0 && S_ISREG(st.st_mode) &&
	    lseek(STDIN_FILENO, 0, SEEK_CUR) == 0) {
		note_change(input, &st);
		return fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
	}
	input->read_from_ns = clock_now();
	return spool(STDIN_FILENO, err);
}

/* A directory's file, or the file. */
static bool open_path(struct input *input, const char *path, struct err *err)
{
	struct stat st;
	char *data;

	if (strcmp(path, "-") == 0 || stat(path, &st) != 0 ||
	    !S_ISDIR(st.st_mode)) {
		input->fd = open_input(input, path, err);
		return input->fd >= 0;
	}
	input->directory = path;
	data = mem_printf("%s/data", path);
	input->fd = open_input(input, data, err);
	if (input->fd < 0 && errno == ENOENT)
		err_set(err, "a directory that is no capture (it has no file "
			     "named data)");
	free(data);
	return input->fd >= 0;
}

/* Opens it and finds out what it is; unpacks it where that is wanted. */
static bool open_as(struct input *input, const char *path, enum input_kind kind,
		    bool unpacks, struct err *err)
{
	enum compression compression;

	*input = (struct input){
		.kind = kind,
		.fd = -1,
		.is_stdin = strcmp(path, "-") == 0,
		.name = mem_strdup(strcmp(path, "-") ? path : "standard input"),
	};
	if (open_path(input, path, err) &&
	    recognise(input, &compression, err) &&
	    (compression == COMPRESSION_NONE || !unpacks ||
	     unpack(input, compression, err)))
		return true;
	err_prefix(err, "%s", input->name);
	input_close(input);
	return false;
}

bool input_open(struct input *input, const char *path, enum input_kind kind,
		struct err *err)
{
	return open_as(input, path, kind, true, err);
}

bool input_is_known(const char *path, enum input_kind kind, struct err *err)
{
	struct input input;

	if (!open_as(&input, path, kind, false, err))
		return false;
	input_close(&input);
	return true;
}

void input_close(struct input *input)
{
	if (input->fd >= 0)
		close(input->fd);
	free(input->name);
	free(input->damage);
	*input = (struct input){ .fd = -1 };
}
