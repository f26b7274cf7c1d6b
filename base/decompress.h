/*
 * What is compressed with gzip, xz or zstd, as a stream.
 */
#ifndef BASE_DECOMPRESS_H
#define BASE_DECOMPRESS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

enum compression {
	COMPRESSION_NONE,
	COMPRESSION_GZIP,
	COMPRESSION_XZ,
	COMPRESSION_ZSTD,
	N_COMPRESSIONS,
};

/* What bytes that begin so are compressed with. */
enum compression compression_of(const void *head, size_t size);

/* The name of what else bytes that begin so are packed with; NULL: nothing that
 * is known. */
const char *compression_unknown(const void *head, size_t size);

/* Its name: "gzip". Not of COMPRESSION_NONE. */
const char *compression_name(enum compression compression);

/* The command that unpacks it: "gzip -d". */
const char *compression_tool(enum compression compression);

/* Where what comes out goes; false with a sentence to stop. */
typedef bool decompress_sink(void *context, const unsigned char *bytes,
			     size_t n, struct err *err);

/*
 * Unpacks a file, all its members or frames. False with a sentence where it is
 * damaged, or the sink has stopped it; cut is one, else empty, where the file
 * ends too early. Its memory is bounded.
 */
bool decompress(int fd, enum compression compression, decompress_sink *sink,
		void *context, struct err *cut, struct err *err);

#endif
