/*
 * The build id of a module: the bytes of its NT_GNU_BUILD_ID note.
 */
#ifndef PROFILE_BUILD_ID_H
#define PROFILE_BUILD_ID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* As many as perf.data carries (BUILD_ID_SIZE of tools/perf); usual: SHA-1. */
enum { BUILD_ID_MAX = 20, BUILD_ID_HEX_MAX = 2 * BUILD_ID_MAX + 1 };

/* size 0: none known. */
struct build_id {
	uint8_t size;
	uint8_t bytes[BUILD_ID_MAX];
};

/*
 * A build id from the size bytes of a note or a record, cut to BUILD_ID_MAX.
 * Recorders before perf 5.12 had no size field and padded shorter ids (MD5 and
 * UUID have 16 bytes, lld's fast ones 8) with zeros to 20: that padding is
 * taken off again, so that ids from both sides compare equal. All zeros: none.
 */
struct build_id build_id_from(const void *bytes, size_t size);

bool build_id_equal(const struct build_id *a, const struct build_id *b);

/* Lower-case hexadecimal into out; returns out. Empty for no build id. */
char *build_id_hex(const struct build_id *id, char out[BUILD_ID_HEX_MAX]);

/* Reads hexadecimal digits; false if text is anything else or too long. */
bool build_id_parse(struct build_id *id, const char *text);

#endif
