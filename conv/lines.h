/*
 * The lines of a text that we do not trust, one after the other, of a file of
 * any size. A line that is longer than LINE_MAX_SIZE is cut there.
 */
#ifndef CONV_LINES_H
#define CONV_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LINE_MAX_SIZE = 1 << 20 };

struct lines {
	int fd;
	char *bytes; /* what is read of the file; NUL behind its end */
	size_t size;
	size_t at;	   /* where the next line begins in bytes */
	uint64_t offset;   /* of bytes in the file */
	uint64_t n_lines;  /* given so far: the number of the last one */
	bool is_at_end;	   /* nothing is left to be read */
	bool has_failed;   /* reading did; errno says why */
	bool is_cut_short; /* the last line given has no newline */
};

void lines_init(struct lines *lines, int fd);
void lines_release(struct lines *lines);

/*
 * The next line, without its newline (and a carriage return), NUL-terminated;
 * the caller may write to it until the next call. NULL at the end, and where
 * reading fails. length may be NULL.
 */
char *lines_next(struct lines *lines, size_t *length);

#endif
