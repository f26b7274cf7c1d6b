/*
 * Text that came from input, made fit for a terminal, a log or a file whose
 * readers insist on UTF-8.
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline bool text_starts_with(const char *text, const char *start)
{
	return strncmp(text, start, strlen(start)) == 0;
}

static inline bool text_ends_with(const char *text, const char *ending)
{
	size_t length = strlen(text), n = strlen(ending);

	return length >= n && strcmp(text + length - n, ending) == 0;
}

/* Cuts off " (deleted)", which the kernel appends to the name of a mapped file
 * that no longer has one. Whether it was there. */
bool text_cut_deleted(char *path);

/*
 * Copies text into out (size bytes, at least 1), cut to fit, with control
 * bytes, DEL, C1 controls and everything that is not valid UTF-8 as \xNN.
 * Returns out.
 */
char *text_escape(char *out, size_t size, const char *text);

/*
 * A copy of text, free() it; of one that is longer than limit bytes so much as
 * fits, and behind it how long it was.
 */
char *text_shorten(const char *text, size_t limit);

/* Length in bytes of the valid UTF-8 sequence at p, 0 if there is none. */
size_t text_utf8_length(const unsigned char *p, size_t left);

/* Whether all size bytes at p are valid UTF-8. */
bool text_is_utf8(const char *p, size_t size);

#endif
