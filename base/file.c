#include "config.h"
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/alloc.h"

/* Whether the file lies in a file system whose files are the kernel's own. */
static bool is_of_kernel(int fd)
{
	struct statfs fs;

	if (fstatfs(fd, &fs) != 0)
		return true;
	return fs.f_type == PROC_SUPER_MAGIC || fs.f_type == SYSFS_MAGIC ||
	       fs.f_type == DEBUGFS_MAGIC || fs.f_type == TRACEFS_MAGIC;
}

int file_open_regular(const char *path, struct stat *st)
{
	struct stat own;
	int fd;

	if (!st)
		st = &own;
	/* Looked at before it is opened: opening a device can act on it. */
	if (stat(path, st) != 0)
		return -1;
	if (!S_ISREG(st->st_mode)) {
		errno = S_ISDIR(st->st_mode) ? EISDIR : EINVAL;
		return -1;
	}
	fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	/* And once more, as it may have been exchanged. */
	if (fstat(fd, st) != 0 || !S_ISREG(st->st_mode) || is_of_kernel(fd)) {
		close(fd);
		errno = EINVAL;
		return -1;
	}
	return fd;
}

int file_reopen_regular(int place, struct stat *st)
{
	char name[64];

	if (place < 0)
		return -1;
	snprintf(name, sizeof(name), "/proc/self/fd/%d", place);
	return file_open_regular(name, st);
}

int file_open_regular_in(const char *root, const char *path, struct stat *st)
{
	struct open_how how = {
		.flags = O_PATH | O_CLOEXEC,
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
	};
	int folder = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC), place = -1,
	    fd = -1, saved;

	if (folder >= 0)
		place = (int)syscall(SYS_openat2, folder, path, &how,
				     sizeof(how));
	fd = file_reopen_regular(place, st);
	saved = errno;
	if (place >= 0)
		close(place);
	if (folder >= 0)
		close(folder);
	errno = saved;
	return fd;
}

ssize_t file_read_at(int fd, void *bytes, size_t size, uint64_t offset)
{
	unsigned char *p = bytes;
	size_t done = 0;

	if (offset > INT64_MAX || size > (uint64_t)INT64_MAX - offset)
		return 0;
	while (done < size) {
		ssize_t n = pread(fd, p + done, size - done,
				  (off_t)(offset + done));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (n == 0)
			break;
		done += (size_t)n;
	}
	return (ssize_t)done;
}

bool file_read_all(int fd, const char *name, size_t limit, struct buf *out,
		   struct err *err)
{
	enum { STEP = 256 * 1024 };
	size_t total = 0;

	for (;;) {
		unsigned char *place = buf_extend(out, STEP);
		ssize_t n = read(fd, place, STEP);

		out->size -= n > 0 ? STEP - (size_t)n : STEP;
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_set_errno(err, "%s", name);
		if (n == 0)
			return true;
		total += (size_t)n;
		if (total > limit)
			return err_set(err, "%s: larger than %zu bytes", name,
				       limit);
	}
}

bool file_write(int fd, const void *bytes, size_t size)
{
	const unsigned char *p = bytes;

	while (size > 0) {
		ssize_t n = write(fd, p, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		p += n;
		size -= (size_t)n;
	}
	return true;
}

/* What file_discard_temporary() deletes; empty when there is nothing. */
static char temporary[PATH_MAX];

void file_discard_temporary(void)
{
	if (temporary[0])
		unlink(temporary);
}

bool file_overwrite(const char *path, const void *bytes, size_t size,
		    struct err *err)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY,
		      0666);
	bool ok;

	if (fd < 0)
		return err_set_errno(err, "%s: cannot write", path);
	ok = file_write(fd, bytes, size);
	if (close(fd) != 0)
		ok = false;
	return ok || err_set_errno(err, "%s: cannot write", path);
}

/* The mode that open(path, O_CREAT, 0666) would give. */
static mode_t mode_of_new_file(void)
{
	mode_t mask = umask(0);

	umask(mask);
	return 0666 & ~mask;
}

bool file_replace(const char *path, const void *bytes, size_t size,
		  struct err *err)
{
	mode_t mode = mode_of_new_file();
	char real[PATH_MAX];
	struct stat st;
	bool ok;
	int fd;

	if (stat(path, &st) == 0) {
		if (S_ISDIR(st.st_mode)) {
			errno = EISDIR;
			return err_set_errno(err, "%s: cannot write", path);
		}
		if (!S_ISREG(st.st_mode))
			return file_overwrite(path, bytes, size, err);
		mode = st.st_mode & 07777;
		/* A link stays a link: what it leads to is replaced. */
		if (realpath(path, real))
			path = real;
	}
	if (snprintf(temporary, sizeof(temporary), "%s.XXXXXX", path) >=
	    (int)sizeof(temporary)) {
		temporary[0] = '\0';
		errno = ENAMETOOLONG;
		return err_set_errno(err, "%s: cannot write", path);
	}
	fd = mkostemp(temporary, O_CLOEXEC);
	if (fd < 0) {
		temporary[0] = '\0';
		return err_set_errno(err, "%s: cannot write", path);
	}
	ok = file_write(fd, bytes, size) && fchmod(fd, mode) == 0;
	if (close(fd) != 0)
		ok = false;
	ok = ok && rename(temporary, path) == 0;
	if (!ok) {
		err_set_errno(err, "%s: cannot write", path);
		unlink(temporary);
	}
	temporary[0] = '\0';
	return ok;
}

static const char *temporary_folder(void)
{
	const char *folder = getenv("TMPDIR");

	return folder && *folder ? folder : "/tmp";
}

char *file_private_folder(const char *start, struct err *err)
{
	char *folder = mem_printf("%s/%s.XXXXXX", temporary_folder(), start);

	if (mkdtemp(folder))
		return folder;
	err_set_errno(err, "%s", folder);
	free(folder);
	return NULL;
}

int file_scratch(void)
{
	const char *folder = temporary_folder();
	char *template;
	int fd;

	fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd >= 0)
		return fd;
	/* Not every file system knows O_TMPFILE. */
	template = mem_printf("%s/symconv.XXXXXX", folder);
	fd = mkostemp(template, O_CLOEXEC);
	if (fd >= 0)
		unlink(template);
	free(template);
	return fd;
}
