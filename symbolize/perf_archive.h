/*
 * What perf archive makes: the files of perf's build-id cache that a capture
 * needs, packed.
 */
#ifndef SYMBOLIZE_PERF_ARCHIVE_H
#define SYMBOLIZE_PERF_ARCHIVE_H

#include <stdbool.h>

#include "base/err.h"
#include "symbolize/unpack.h"

/*
 * Unpacks an archive and lays its files out like perf's build-id cache, in
 * unpacked->folder. False with a sentence if it cannot be read as a whole.
 */
bool perf_archive_open(const char *path, struct unpacked *unpacked,
		       struct err *err);

/* Deletes all of it. */
void perf_archive_close(struct unpacked *unpacked);

#endif
