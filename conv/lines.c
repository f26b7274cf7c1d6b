#include "config.h"
#include "conv/lines.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/file.h"

/* Room for the longest line, as much again to read at once, and a NUL. */
enum { CAPACITY = 2 * LINE_MAX_SIZE };

void lines_init(struct lines *lines, int fd)
{
	*lines = (struct lines){
		.fd = fd,
		.bytes = mem_alloc(CAPACITY + 1),
	};
}

void lines_release(struct lines *lines)
{
	free(lines->bytes);
	*lines = (struct lines){ .fd = -1 };
}

/* Moves what is left to the front and reads on behind it. */
static void refill(struct lines *lines)
{
	ssize_t n;

	memmove(lines->bytes, lines->bytes + lines->at,
		lines->size - lines->at);
	lines->offset += lines->at;
	lines->size -= lines->at;
	lines->at = 0;
	n = file_read_at(lines->fd, lines->bytes + lines->size,
			 CAPACITY - lines->size, lines->offset + lines->size);
	lines->has_failed = n < 0;
	lines->is_at_end = n < (ssize_t)(CAPACITY - lines->size);
	if (n > 0)
		lines->size += (size_t)n;
}

static char *find_newline(const struct lines *lines)
{
	size_t left = lines->size - lines->at;

	return memchr(lines->bytes + lines->at, '\n',
		      left < LINE_MAX_SIZE ? left : LINE_MAX_SIZE);
}

char *lines_next(struct lines *lines, size_t *length)
{
	char *newline = find_newline(lines), *line;
	size_t n;

	if (!newline && !lines->is_at_end &&
	    lines->size - lines->at < LINE_MAX_SIZE) {
		refill(lines);
		newline = find_newline(lines);
	}
	n = lines->size - lines->at;
	if (lines->has_failed || n == 0)
		return NULL;
	line = lines->bytes + lines->at;
	lines->is_cut_short = !newline;
	if (newline)
		n = (size_t)(newline - line);
	else if (n > LINE_MAX_SIZE - 1)
		n = LINE_MAX_SIZE - 1;
	lines->at += n + (newline != NULL);
	/* Of a line that goes on only its end is lost, which nobody reads. */
	if (!newline && lines->at < lines->size)
		lines->at++;
	line[n] = '\0';
	if (n > 0 && line[n - 1] == '\r')
		line[--n] = '\0';
	lines->n_lines++;
	if (length)
		*length = n;
	return line;
}
