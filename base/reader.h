/*
 * A cursor over bytes that we do not trust. The first read past the end makes
 * it fail for good; every later read gives zero, and the caller asks once, at
 * the end, with reader_ok(). Integers are read in the byte order of the
 * machine that wrote them.
 */
#ifndef BASE_READER_H
#define BASE_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Whether this machine is of the other byte order than a writer was. */
static inline bool reader_is_swapped(bool is_written_little)
{
	const uint16_t one = 1;

	return is_written_little != (*(const unsigned char *)&one == 1);
}

struct reader {
	const unsigned char *pos;
	const unsigned char *end;
	bool is_swapped; /* written in the other byte order */
	bool has_failed;
};

static inline struct reader reader_over(const void *bytes, size_t size,
					bool is_swapped)
{
	static const unsigned char nothing[1];
	struct reader r = { .pos = nothing,
			    .end = nothing,
			    .is_swapped = is_swapped };

	/* Nothing may be at no address at all, which nothing can be added
	 * to. */
	if (size > 0) {
		r.pos = bytes;
		r.end = r.pos + size;
	}
	return r;
}

static inline bool reader_ok(const struct reader *r)
{
	return !r->has_failed;
}

static inline size_t reader_left(const struct reader *r)
{
	return (size_t)(r->end - r->pos);
}

/* The next n bytes, or NULL if there are fewer. */
static inline const unsigned char *reader_bytes(struct reader *r, size_t n)
{
	const unsigned char *p = r->pos;

	if (n > reader_left(r)) {
		r->has_failed = true;
		r->pos = r->end;
		return NULL;
	}
	r->pos += n;
	return p;
}

static inline uint8_t reader_u8(struct reader *r)
{
	const unsigned char *p = reader_bytes(r, 1);

	return p ? *p : 0;
}

static inline uint16_t reader_u16(struct reader *r)
{
	const unsigned char *p = reader_bytes(r, 2);
	uint16_t value;

	if (!p)
		return 0;
	memcpy(&value, p, sizeof(value));
	return r->is_swapped ? __builtin_bswap16(value) : value;
}

static inline uint32_t reader_u32(struct reader *r)
{
	const unsigned char *p = reader_bytes(r, 4);
	uint32_t value;

	if (!p)
		return 0;
	memcpy(&value, p, sizeof(value));
	return r->is_swapped ? __builtin_bswap32(value) : value;
}

static inline uint64_t reader_u64(struct reader *r)
{
	const unsigned char *p = reader_bytes(r, 8);
	uint64_t value;

	if (!p)
		return 0;
	memcpy(&value, p, sizeof(value));
	return r->is_swapped ? __builtin_bswap64(value) : value;
}

/*
 * A reader over the next n items of item_size bytes, which are skipped; an
 * empty, failed one if they are not all there.
 */
static inline struct reader reader_items(struct reader *r, uint64_t n,
					 size_t item_size)
{
	struct reader items = *r;
	const unsigned char *p = NULL;

	if (n > reader_left(r) / item_size)
		r->has_failed = true;
	else
		p = reader_bytes(r, (size_t)n * item_size);
	items.pos = p ? p : r->end;
	items.end = p ? r->pos : r->end;
	items.has_failed = r->has_failed;
	return items;
}

/*
 * The string that fills the next n bytes up to its NUL; NULL where no NUL is
 * among them. Skips all n.
 */
static inline const char *reader_string(struct reader *r, size_t n)
{
	const unsigned char *p = reader_bytes(r, n);

	if (!p || !memchr(p, 0, n)) {
		r->has_failed = true;
		return NULL;
	}
	return (const char *)p;
}

#endif
