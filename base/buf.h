/*
 * Bytes that grow at the end. A zeroed struct buf is empty.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stddef.h>
#include <stdint.h>

struct buf {
	unsigned char *bytes;
	size_t size;
	size_t capacity;
};

void buf_release(struct buf *buf);

/* Room for n more bytes: returns where they go; buf->size grows by n. */
unsigned char *buf_extend(struct buf *buf, size_t n);

void buf_add(struct buf *buf, const void *bytes, size_t n);
void buf_add_text(struct buf *buf, const char *text); /* without its NUL */
void buf_printf(struct buf *buf, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void buf_add_u32(struct buf *buf, uint32_t value); /* native byte order */
void buf_add_u64(struct buf *buf, uint64_t value);

/* Appends zero bytes until size is a multiple of alignment, a power of two. */
void buf_align(struct buf *buf, size_t alignment);

#endif
