/*
 * The bytes of a fuzz target as a file, for readers that take a path. One file
 * serves all runs; a memfd could not be opened by its name.
 */
#ifndef FUZZ_SCRATCH_H
#define FUZZ_SCRATCH_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"

/* Its path, until the next call. */
static inline const char *scratch_path(const void *bytes, size_t size)
{
	static int fd = -1;
	static char path[64];

	if (fd < 0) {
		fd = file_scratch();
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	}
	if (fd < 0 || ftruncate(fd, 0) != 0 || lseek(fd, 0, SEEK_SET) != 0 ||
	    !file_write(fd, bytes, size))
		abort();
	return path;
}

#endif
