/*
 * gzip by several threads: the input is cut into blocks of a fixed size that
 * are compressed apart, each with the end of the one before as its dictionary.
 * So the output does not depend on the number of threads.
 */
#ifndef CONV_GZIP_H
#define CONV_GZIP_H

#include <stddef.h>

#include "base/buf.h"

/* Appends one gzip member (RFC 1952, without a time) of all bytes to out. */
void gzip_compress(const void *bytes, size_t size, unsigned n_threads,
		   struct buf *out);

#endif
