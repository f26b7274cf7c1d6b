/*
 * The values of options: read, or refused in one line.
 */
#ifndef CMD_OPTION_VALUE_H
#define CMD_OPTION_VALUE_H

#include <stdbool.h>
#include <stdint.h>

#include "profile/build_id.h"

/* A wrong value of an option, in one line; always false. */
bool option_refuse(const char *option, const char *value, const char *wanted);

/* A whole number up to max that fills text up to end. */
bool option_number(const char *text, const char *end, unsigned long max,
		   uint32_t *number);

/* A size in bytes, or with K, M or G behind it. */
bool option_size(const char *text, const char *end, uint64_t *size);

/* The value of --build-id; refused if it is none. */
bool option_build_id(const char *value, struct build_id *id);

#endif
