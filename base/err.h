/*
 * What went wrong, as a sentence for the user: what, where, what to do. The
 * function that notices writes it, callers may put where in front of it.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <stdbool.h>

struct err {
	char text[512];
};

/*
 * Writes the sentence, without a final full stop or newline; always returns
 * false, so that a failing function can end with it. Bytes that could harm a
 * terminal are escaped as \xNN.
 */
bool err_set(struct err *err, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* err_set() with ": " and the text of errno behind it. */
bool err_set_errno(struct err *err, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Puts text and ": " in front of what is there; returns false. */
bool err_prefix(struct err *err, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
