/*
 * Memory that is always there: running out of it ends the program, in one
 * place, with one line. So no caller checks for NULL, and sizes that come from
 * input are bounded before they get here.
 */
#ifndef BASE_ALLOC_H
#define BASE_ALLOC_H

#include <stddef.h>

/* What ends the program; for libraries' allocations that failed. */
_Noreturn void mem_exhausted(void);

/* Uninitialised bytes; free() them. */
void *mem_alloc(size_t size);

/* n items of size bytes each, zeroed; ends the program if n * size wraps. */
void *mem_zalloc(size_t n, size_t size);

/* Grows or shrinks p to n items of size bytes each. */
void *mem_resize(void *p, size_t n, size_t size);

/* Copies of size bytes, of a string. */
void *mem_copy(const void *p, size_t size);
char *mem_strdup(const char *s);

/* A formatted string; free() it. */
char *mem_printf(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
