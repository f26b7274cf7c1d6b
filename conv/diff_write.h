/*
 * What functions weigh in two profiles, as a table.
 */
#ifndef CONV_DIFF_WRITE_H
#define CONV_DIFF_WRITE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "profile/weights.h"

/* A name in both: what it weighs there; 0 where it is not. */
struct diff_row {
	const char *name; /* borrowed from the weights */
	double base_flat, new_flat;
	double base_cum, new_cum;
};

struct diff {
	VEC(struct diff_row) rows;
	double base_total;
	double new_total;
};

/* All names of either. What is new is multiplied by a factor. */
void diff_init(struct diff *diff, const struct weights *base,
	       const struct weights *new, double factor);
void diff_release(struct diff *diff);

/* The change from base to new in percent of base; infinite from nothing. */
double diff_percent(double base, double new);

struct diff_options {
	const char *type; /* of the values, and its unit */
	const char *unit;
	const char *others; /* what else could be shown; NULL: nothing */
	uint32_t n;	    /* lines at most; 0: all */
	bool by_cum;	    /* with what functions call */
};

/* Appends the table, what changed most first. */
void diff_write(const struct diff *diff, const struct diff_options *options,
		struct buf *out);

#endif
