/*
 * Files: opened only if they are regular ones, read with pread() so that one
 * that shrinks is a short read and never a signal, and written whole or not
 * at all.
 */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"

struct stat;

/*
 * Opens a regular file for reading: never a device, a FIFO, a directory, or
 * anything below /proc, /sys or /dev, and without waiting for any of them.
 * Fills st where it is not NULL. Returns the descriptor, close() it, or -1
 * with errno (EINVAL stands for "not a regular file").
 */
int file_open_regular(const char *path, struct stat *st);

/*
 * The same below a folder that stands for the root of another machine's files:
 * its absolute paths and links lead to places in the folder, never outside.
 * ENOSYS where the kernel cannot do that (before Linux 5.6).
 */
int file_open_regular_in(const char *root, const char *path, struct stat *st);

/* The same for the file that a descriptor opened with O_PATH stands for. */
int file_reopen_regular(int place, struct stat *st);

/*
 * Reads size bytes at offset, or as many as there are before the end of the
 * file. Returns their number, or -1 with errno.
 */
ssize_t file_read_at(int fd, void *bytes, size_t size, uint64_t offset);

/*
 * Appends what the open descriptor still gives to out; it may be a special
 * file of the kernel. False with a sentence when reading fails or it holds
 * more than limit bytes.
 */
bool file_read_all(int fd, const char *name, size_t limit, struct buf *out,
		   struct err *err);

/* Writes all bytes; false with errno. */
bool file_write(int fd, const void *bytes, size_t size);

/*
 * Puts size bytes in the place of path: written to a temporary file in the
 * same folder and renamed, so that path is the old or the new file and nothing
 * in between. A path that exists and is not a regular file (a pipe, /dev/null)
 * is written to directly.
 */
bool file_replace(const char *path, const void *bytes, size_t size,
		  struct err *err);

/* Writes size bytes to what path leads to, which is made where it is missing:
 * for readers who have it open already. */
bool file_overwrite(const char *path, const void *bytes, size_t size,
		    struct err *err);

/* A new folder in TMPDIR or /tmp, for this user alone, whose name begins with
 * start; free() it. NULL with a sentence. */
char *file_private_folder(const char *start, struct err *err);

/* An unlinked file for scratch data in TMPDIR or /tmp; -1 with errno. */
int file_scratch(void);

/*
 * Deletes the temporary file of a file_replace() that is under way. Safe in a
 * signal handler.
 */
void file_discard_temporary(void);

#endif
