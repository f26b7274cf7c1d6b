/*
 * A text input of any kind, line by line. A line that makes no sense to its
 * reader is skipped and counted, and the first one is told of; what cannot be
 * a whole line is left out here.
 */
#ifndef CONV_TEXT_INPUT_H
#define CONV_TEXT_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "conv/input.h"
#include "conv/lines.h"
#include "conv/read.h"

struct text_input {
	struct lines lines;
	const char *name; /* of the input */
	struct read_stats *stats;
	bool has_warned; /* of a line that makes no sense, */
	bool has_cut;	 /* of one that is cut short */
};

void text_input_init(struct text_input *text, const struct input *input,
		     struct read_stats *stats);
void text_input_release(struct text_input *text);

/* The next whole line, as lines_next() has it; NULL at the end. */
char *text_input_next(struct text_input *text, size_t *length);

/* The line that was given last makes no sense: why. */
void text_input_skip(struct text_input *text, const struct err *why);

/* The same of n lines that were given before, of which the first has this
 * number. */
void text_input_skip_lines(struct text_input *text, uint64_t line, uint64_t n,
			   const struct err *why);

/* At the end: false with a sentence if reading failed, or nothing but damage
 * was found. */
bool text_input_end(const struct text_input *text, struct err *err);

/* Adds a warning, made fit for a terminal. */
void read_stats_warn(struct read_stats *stats, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
