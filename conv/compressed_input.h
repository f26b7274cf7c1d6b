/*
 * Inputs that are compressed as a whole, with gzip, xz or zstd: recognised by
 * their first bytes and unpacked into an unlinked temporary file, so that
 * every reader takes them for plain ones.
 */
#ifndef CONV_COMPRESSED_INPUT_H
#define CONV_COMPRESSED_INPUT_H

#include <stddef.h>

#include "base/decompress.h"
#include "base/err.h"

/*
 * Unpacks the beginning of a file into out, at most size bytes. Returns their
 * number. damage is a sentence where there are fewer as the data are cut short
 * or damaged, else an empty one.
 */
size_t compressed_input_peek(int fd, enum compression compression, void *out,
			     size_t size, struct err *damage);

/*
 * Unpacks a file, all its members or frames, into an unlinked temporary file.
 * Returns its descriptor, close() it. Where the compressed data end too early
 * it has what they hold, and cut (an empty sentence otherwise) says so. -1
 * with a sentence where they are damaged, or grow beyond all proportion.
 */
int compressed_input_unpack(int fd, enum compression compression,
			    struct err *cut, struct err *err);

#endif
