/*
 * The code that the running kernel maps into every process.
 */
#ifndef SYMBOLIZE_VDSO_H
#define SYMBOLIZE_VDSO_H

#include <stddef.h>

/*
 * A file in memory with the running kernel's vdso; close() it. -1 where there
 * is none. size gets its size in bytes.
 */
int vdso_open(size_t *size);

#endif
