#include "config.h"
#include "profile/build_id.h"

#include <stdio.h>
#include <string.h>

static bool is_zero(const uint8_t *p, size_t n)
{
	while (n > 0)
		if (p[--n])
			return false;
	return true;
}

struct build_id build_id_from(const void *bytes, size_t size)
{
	static const uint8_t shorter[] = { 16, 8 };
	struct build_id id = { 0 };

	if (size > BUILD_ID_MAX)
		size = BUILD_ID_MAX;
	memcpy(id.bytes, bytes, size);
	if (is_zero(id.bytes, size))
		return id;
	id.size = (uint8_t)size;
	if (size != BUILD_ID_MAX)
		return id;
	for (size_t i = 0; i < sizeof(shorter); i++)
		if (is_zero(id.bytes + shorter[i], size - shorter[i]))
			id.size = shorter[i];
	return id;
}

bool build_id_equal(const struct build_id *a, const struct build_id *b)
{
	return a->size == b->size && memcmp(a->bytes, b->bytes, a->size) == 0;
}

char *build_id_hex(const struct build_id *id, char out[BUILD_ID_HEX_MAX])
{
	out[0] = '\0';
	for (size_t i = 0; i < id->size; i++)
		snprintf(out + 2 * i, 3, "%02x", id->bytes[i]);
	return out;
}

static int digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool build_id_parse(struct build_id *id, const char *text)
{
	uint8_t bytes[BUILD_ID_MAX];
	size_t n = strlen(text);

	if (n == 0 || n % 2 != 0 || n / 2 > BUILD_ID_MAX)
		return false;
	for (size_t i = 0; i < n / 2; i++) {
		int high = digit_value(text[2 * i]);
		int low = digit_value(text[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		bytes[i] = (uint8_t)(high << 4 | low);
	}
	*id = build_id_from(bytes, n / 2);
	return true;
}
