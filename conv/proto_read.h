/*
 * The fields of a protocol buffer, one after the other.
 *
 * Format: protobuf.dev/programming-guides/encoding
 */
#ifndef CONV_PROTO_READ_H
#define CONV_PROTO_READ_H

#include <stdbool.h>
#include <stdint.h>

#include "base/reader.h"

enum proto_wire {
	PROTO_VARINT = 0,
	PROTO_FIXED64 = 1,
	PROTO_BYTES = 2,
	PROTO_FIXED32 = 5,
};

struct proto_field {
	uint32_t number;
	enum proto_wire wire;
	uint64_t value;	     /* of a number */
	struct reader bytes; /* of PROTO_BYTES */
};

static inline uint64_t proto_varint(struct reader *r)
{
	uint64_t value = 0;

	for (unsigned shift = 0; shift < 64; shift += 7) {
		uint8_t byte = reader_u8(r);

		value |= (uint64_t)(byte & 0x7f) << shift;
		if (byte < 0x80)
			return value;
	}
	r->has_failed = true;
	r->pos = r->end;
	return 0;
}

/*
 * The next field; false at the end, and where the bytes make no sense: then r
 * has failed. Numbers are little endian: r is not swapped on such a machine.
 */
static inline bool proto_next(struct reader *r, struct proto_field *field)
{
	uint64_t key, size;

	if (reader_left(r) == 0)
		return false;
	key = proto_varint(r);
	field->number = (uint32_t)(key >> 3);
	field->wire = (enum proto_wire)(key & 7);
	field->value = 0;
	switch (field->wire) {
	case PROTO_VARINT:
		field->value = proto_varint(r);
		break;
	case PROTO_FIXED64:
		field->value = reader_u64(r);
		break;
	case PROTO_FIXED32:
		field->value = reader_u32(r);
		break;
	case PROTO_BYTES:
		size = proto_varint(r);
		field->bytes = reader_items(r, size, 1);
		break;
	default:
		r->has_failed = true;
	}
	return reader_ok(r);
}

#endif
