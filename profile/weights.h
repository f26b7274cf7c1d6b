/*
 * What each function, or each line of one, weighs in a profile.
 */
#ifndef PROFILE_WEIGHTS_H
#define PROFILE_WEIGHTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/intern.h"
#include "base/vec.h"
#include "profile/place.h"
#include "profile/profile.h"

/* What is told apart: a name, wherever it stands. */
struct weight_row {
	int64_t flat;	/* of stacks whose leaf it is */
	int64_t cum;	/* of stacks that it is in, each once */
	uint32_t name;	/* of weights.names */
	uint32_t stack; /* the last one that it was counted for, from 1 on */
};

struct weights {
	struct intern names;
	VEC(struct weight_row) rows;
	int64_t total;
};

struct weights_options {
	uint32_t type; /* of the values */
	bool by_line;  /* "name file:line" */
	enum raw_style raw;
};

void weights_init(struct weights *weights, const struct profile *profile,
		  const struct weights_options *options);
void weights_release(struct weights *weights);

/* The row of a name; NULL if there is none. */
const struct weight_row *weights_find(const struct weights *weights,
				      const char *name);

/* "1.23 s", "5.00 ms" for nanoseconds, a number for anything else. */
char *weight_text(int64_t value, const char *unit, char *out, size_t size);

#endif
