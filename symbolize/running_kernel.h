/*
 * What the running kernel says of itself.
 */
#ifndef SYMBOLIZE_RUNNING_KERNEL_H
#define SYMBOLIZE_RUNNING_KERNEL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "profile/build_id.h"

/* Appends what a file below /proc or /sys has, at most limit bytes of it. */
bool running_kernel_read(const char *path, size_t limit, struct buf *out,
			 struct err *err);

/* Its build id; size 0 where it does not tell. */
struct build_id running_kernel_build_id(void);

#endif
