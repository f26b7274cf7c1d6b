#include "config.h"
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

void buf_release(struct buf *buf)
{
	free(buf->bytes);
	*buf = (struct buf){ 0 };
}

unsigned char *buf_extend(struct buf *buf, size_t n)
{
	unsigned char *place;

	if (buf->capacity - buf->size < n || !buf->bytes) {
		size_t bigger = buf->capacity + buf->capacity / 2;

		if (bigger - buf->size < n || bigger < buf->size)
			bigger = buf->size + n;
		if (bigger < 64)
			bigger = 64;
		buf->bytes = mem_resize(buf->bytes, bigger, 1);
		buf->capacity = bigger;
	}
	place = buf->bytes + buf->size;
	buf->size += n;
	return place;
}

void buf_add(struct buf *buf, const void *bytes, size_t n)
{
	if (n)
		memcpy(buf_extend(buf, n), bytes, n);
}

void buf_add_text(struct buf *buf, const char *text)
{
	buf_add(buf, text, strlen(text));
}

void buf_printf(struct buf *buf, const char *format, ...)
{
	va_list arguments;
	char *text;
	int n;

	va_start(arguments, format);
	n = vasprintf(&text, format, arguments);
	va_end(arguments);
	if (n < 0)
		mem_exhausted();
	buf_add(buf, text, (size_t)n);
	free(text);
}

void buf_add_u32(struct buf *buf, uint32_t value)
{
	buf_add(buf, &value, sizeof(value));
}

void buf_add_u64(struct buf *buf, uint64_t value)
{
	buf_add(buf, &value, sizeof(value));
}

void buf_align(struct buf *buf, size_t alignment)
{
	size_t padding = -buf->size & (alignment - 1);

	memset(buf_extend(buf, padding), 0, padding);
}
