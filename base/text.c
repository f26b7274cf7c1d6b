#include "config.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"

/* The table of well-formed sequences: Unicode 15.0, section 3.9, table 3-7. */
size_t text_utf8_length(const unsigned char *p, size_t left)
{
	unsigned char low = 0x80, high = 0xbf;
	size_t length;

	if (left == 0)
		return 0;
	if (p[0] < 0x80)
		return 1;
	if (p[0] >= 0xc2 && p[0] <= 0xdf)
		length = 2;
	else if (p[0] >= 0xe0 && p[0] <= 0xef)
		length = 3;
	else if (p[0] >= 0xf0 && p[0] <= 0xf4)
		length = 4;
	else
		return 0;
	if (left < length)
		return 0;
	if (p[0] == 0xe0)
		low = 0xa0;
	else if (p[0] == 0xed)
		high = 0x9f;
	else if (p[0] == 0xf0)
		low = 0x90;
	else if (p[0] == 0xf4)
		high = 0x8f;
	if (p[1] < low || p[1] > high)
		return 0;
	for (size_t i = 2; i < length; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	return length;
}

bool text_is_utf8(const char *p, size_t size)
{
	const unsigned char *bytes = (const unsigned char *)p;
	size_t length;

	for (size_t i = 0; i < size; i += length) {
		uint64_t eight;

		/* Nearly all text is ASCII, which has no highest bits. */
		if (size - i >= sizeof(eight)) {
			memcpy(&eight, bytes + i, sizeof(eight));
			if (!(eight & UINT64_C(0x8080808080808080))) {
				length = sizeof(eight);
				continue;
			}
		}
		length = text_utf8_length(bytes + i, size - i);
		if (length == 0)
			return false;
	}
	return true;
}

bool text_cut_deleted(char *path)
{
	static const char deleted[] = " (deleted)";

	if (!text_ends_with(path, deleted))
		return false;
	path[strlen(path) - strlen(deleted)] = '\0';
	return true;
}

char *text_escape(char *out, size_t size, const char *text)
{
	const unsigned char *p = (const unsigned char *)text;
	size_t left = strlen(text), used = 0;

	while (left > 0) {
		size_t length = text_utf8_length(p, left);
		bool is_control = p[0] < 0x20 || p[0] == 0x7f ||
				  (p[0] == 0xc2 && length == 2 && p[1] < 0xa0);

		if (length == 0 || is_control) {
			if (size - used < 5)
				break;
			snprintf(out + used, 5, "\\x%02x", p[0]);
			used += 4;
			length = 1;
		} else {
			if (size - used <= length)
				break;
			memcpy(out + used, p, length);
			used += length;
		}
		p += length;
		left -= length;
	}
	out[used] = '\0';
	return out;
}

char *text_shorten(const char *text, size_t limit)
{
	size_t length = strlen(text), n = limit;

	if (length <= limit)
		return mem_strdup(text);
	/* Not in the middle of a character. */
	while (n > 0 && ((unsigned char)text[n] & 0xc0) == 0x80)
		n--;
	return mem_printf("%.*s... [cut, %zu bytes]", (int)n, text, length);
}
