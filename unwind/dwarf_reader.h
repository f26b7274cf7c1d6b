/*
 * The numbers of DWARF that have no fixed size (DWARF 5, 7.6).
 */
#ifndef UNWIND_DWARF_READER_H
#define UNWIND_DWARF_READER_H

#include "base/reader.h"

/* The bits of a number, how many those are, and its last byte. Bits beyond 64
 * are dropped. */
static inline uint64_t reader_leb128(struct reader *r, unsigned *n_bits,
				     uint8_t *last)
{
	uint64_t value = 0;

	*n_bits = 0;
	do {
		*last = reader_u8(r);
		if (*n_bits < 64)
			value |= (uint64_t)(*last & 0x7f) << *n_bits;
		*n_bits += 7;
	} while (*last & 0x80);
	return value;
}

static inline uint64_t reader_uleb128(struct reader *r)
{
	unsigned n_bits;
	uint8_t last;

	return reader_leb128(r, &n_bits, &last);
}

static inline int64_t reader_sleb128(struct reader *r)
{
	unsigned n_bits;
	uint8_t last;
	uint64_t value = reader_leb128(r, &n_bits, &last);

	if (n_bits < 64 && (last & 0x40))
		value |= ~UINT64_C(0) << n_bits;
	return (int64_t)value;
}

/* A number of size bytes: 1, 2, 4 or 8; any other fails. */
static inline uint64_t reader_sized(struct reader *r, unsigned size)
{
	switch (size) {
	case 1:
		return reader_u8(r);
	case 2:
		return reader_u16(r);
	case 4:
		return reader_u32(r);
	case 8:
		return reader_u64(r);
	}
	r->has_failed = true;
	return 0;
}

/* The same, of a signed one. */
static inline int64_t reader_signed(struct reader *r, unsigned size)
{
	uint64_t value = reader_sized(r, size);

	switch (size) {
	case 1:
		return (int8_t)value;
	case 2:
		return (int16_t)value;
	case 4:
		return (int32_t)value;
	}
	return (int64_t)value;
}

#endif
