/*
 * Stacks as bpftrace prints them, as keys of maps, and bcc's program "profile":
 *
 *	@[					    main
 *	    7f12a0c01b15			    [unknown]
 *	    main+12				    -                demo (1234)
 *	, demo, 1234]: 12			        12
 *
 * Of the numbers in a key the first is the process, the second the thread; the
 * text is the thread's name.
 */
#ifndef CONV_BPFTRACE_TEXT_H
#define CONV_BPFTRACE_TEXT_H

#include <stdbool.h>

#include "conv/stacks_told.h"
#include "conv/text_input.h"

struct bpftrace_text;

/* Stacks go where the lines told before say; what makes no sense is skipped in
 * text. Both are borrowed. */
struct bpftrace_text *bpftrace_text_new(struct stacks_told *told,
					struct text_input *text);
void bpftrace_text_free(struct bpftrace_text *bpftrace);

/* Whether a line is of bpftrace or bcc; then it was taken. */
bool bpftrace_text_take(struct bpftrace_text *bpftrace, char *line);

/* No more lines come. */
void bpftrace_text_end(struct bpftrace_text *bpftrace);

#endif
