#include "config.h"
#include "conv/json_text.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"

void json_add(struct buf *out, const char *json)
{
	buf_add(out, json, strlen(json));
}

/* Whether a byte stands for itself in a string. */
static bool is_plain(unsigned char c)
{
	return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

/* What is not plain: a character of UTF-8. Returns its length. */
static size_t add_special(struct buf *out, const unsigned char *p, size_t left)
{
	size_t length = text_utf8_length(p, left);
	char escape[8];

	if (length > 1) {
		buf_add(out, p, length);
		return length;
	}
	if (*p == '"' || *p == '\\')
		snprintf(escape, sizeof(escape), "\\%c", *p);
	else
		snprintf(escape, sizeof(escape), "\\u%04x", *p);
	json_add(out, escape);
	return 1;
}

static void add_utf8(struct buf *out, const char *text, size_t left)
{
	const unsigned char *p = (const unsigned char *)text;

	buf_add(out, "\"", 1);
	while (left > 0) {
		size_t n = 0;

		while (n < left && is_plain(p[n]))
			n++;
		if (n > 0)
			buf_add(out, p, n);
		else
			n = add_special(out, p, left);
		p += n;
		left -= n;
	}
	buf_add(out, "\"", 1);
}

void json_add_string(struct buf *out, const char *text)
{
	size_t size = strlen(text);
	char *escaped;

	if (text_is_utf8(text, size)) {
		add_utf8(out, text, size);
		return;
	}
	escaped = mem_alloc(4 * size + 1);
	text_escape(escaped, 4 * size + 1, text);
	add_utf8(out, escaped, strlen(escaped));
	free(escaped);
}

/* Writes the digits before end; returns where they begin. */
static char *digits_before(char *end, uint64_t number)
{
	do {
		*--end = (char)('0' + number % 10);
		number /= 10;
	} while (number > 0);
	return end;
}

void json_add_number(struct buf *out, int64_t number)
{
	char text[24], *end = text + sizeof(text);
	char *start = digits_before(end, number < 0 ? -(uint64_t)number
						    : (uint64_t)number);

	if (number < 0)
		*--start = '-';
	buf_add(out, start, (size_t)(end - start));
}

void json_add_ms(struct buf *out, int64_t ns)
{
	const int64_t per_ms = 1000000;
	int64_t rest = ns % per_ms;
	char text[8];
	size_t n = 7;

	if (ns < 0) {
		buf_add(out, "-", 1);
		rest = -rest;
	}
	json_add_number(out, ns < 0 ? -(ns / per_ms) : ns / per_ms);
	if (rest == 0)
		return;
	/* A 1 in front keeps the zeros behind the point. */
	digits_before(text + n, (uint64_t)(per_ms + rest));
	text[0] = '.';
	while (text[n - 1] == '0')
		n--;
	buf_add(out, text, n);
}
