/*
 * JSON, written by hand into a buf: for files of millions of numbers, which a
 * tree of objects would be too slow for. What is between the values, the caller
 * writes.
 */
#ifndef CONV_JSON_TEXT_H
#define CONV_JSON_TEXT_H

#include <stdint.h>

#include "base/buf.h"

/* JSON as it stands. */
void json_add(struct buf *out, const char *json);

/*
 * A string, in quotes, of any bytes: text that is no UTF-8 is shown as in all
 * formats, by text_escape().
 */
void json_add_string(struct buf *out, const char *text);

void json_add_number(struct buf *out, int64_t number);

/* Nanoseconds, as milliseconds with the decimals that it takes. */
void json_add_ms(struct buf *out, int64_t ns);

#endif
