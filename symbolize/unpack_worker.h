/*
 * The part of a worker that reads archives: packages of distributions, tar and
 * cpio archives, of any compression.
 */
#ifndef SYMBOLIZE_UNPACK_WORKER_H
#define SYMBOLIZE_UNPACK_WORKER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

/* libarchive, or why it cannot be had: to be loaded before a worker gives up
 * its rights. */
bool unpack_worker_load(struct err *err);

/* Where the members go that are ELF files: their names, then their bytes in
 * pieces. */
struct unpack_sink {
	void (*member)(const char *name);
	void (*bytes)(const void *bytes, size_t size);
};

/* Reads the archive on a descriptor; false where it is damaged or none. */
bool unpack_worker_run(int fd, const struct unpack_sink *sink, struct err *err);

#endif
