/*
 * gzip by several threads: the input is cut into blocks of a fixed size that
 * are compressed apart, each with the end of the one before as its dictionary.
 * So the output does not depend on the number of threads.
 */
#ifndef CONV_GZIP_H
#define CONV_GZIP_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

/* Appends one gzip member (RFC 1952, without a time) of all bytes to out. */
void gzip_compress(const void *bytes, size_t size, unsigned n_threads,
		   struct buf *out);

/* Whether bytes begin as a gzip member does. */
bool gzip_is_likely(const void *bytes, size_t size);

/*
 * Appends what all gzip members in bytes hold to out. False with a sentence
 * where they are damaged, cut short, or hold more than limit bytes.
 */
bool gzip_expand(const void *bytes, size_t size, size_t limit, struct buf *out,
		 struct err *err);

#endif
