#include "config.h"
#include "conv/diff_write.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"

/* ---- two profiles side by side ---- */

/* Whole numbers, as in a profile. */
static double scaled(int64_t value, double factor)
{
	return factor == 1 ? (double)value : round((double)value * factor);
}

static void add_base(struct diff *diff, const struct weights *base,
		     const struct weights *new, double factor)
{
	for (size_t i = 0; i < base->rows.n; i++) {
		const struct weight_row *row = &base->rows.items[i], *other;
		struct diff_row both = {
			.name = intern_get(&base->names, row->name),
			.base_flat = (double)row->flat,
			.base_cum = (double)row->cum,
		};

		other = weights_find(new, both.name);
		if (other) {
			both.new_flat = scaled(other->flat, factor);
			both.new_cum = scaled(other->cum, factor);
		}
		*vec_add(&diff->rows) = both;
	}
}

static void add_new(struct diff *diff, const struct weights *base,
		    const struct weights *new, double factor)
{
	for (size_t i = 0; i < new->rows.n; i++) {
		const struct weight_row *row = &new->rows.items[i];
		const char *name = intern_get(&new->names, row->name);

		if (!weights_find(base, name))
			*vec_add(&diff->rows) = (struct diff_row){
				.name = name,
				.new_flat = scaled(row->flat, factor),
				.new_cum = scaled(row->cum, factor),
			};
	}
}

void diff_init(struct diff *diff, const struct weights *base,
	       const struct weights *new, double factor)
{
	*diff = (struct diff){
		.base_total = (double)base->total,
		.new_total = (double)new->total *factor,
	};
	add_base(diff, base, new, factor);
	add_new(diff, base, new, factor);
}

void diff_release(struct diff *diff)
{
	vec_release(&diff->rows);
}

double diff_percent(double base, double new)
{
	if (base == new)
		return 0;
	return base == 0 ? INFINITY : 100 * (new - base) / fabs(base);
}

/* ---- the table ---- */

static int compare(double a, double b, const char *x, const char *y)
{
	if (fabs(a) != fabs(b))
		return fabs(a) > fabs(b) ? -1 : 1;
	return strcmp(x, y);
}

static int compare_flat(const void *a, const void *b)
{
	const struct diff_row *x = a, *y = b;

	return compare(x->new_flat - x->base_flat, y->new_flat - y->base_flat,
		       x->name, y->name);
}

static int compare_cum(const void *a, const void *b)
{
	const struct diff_row *x = a, *y = b;

	return compare(x->new_cum - x->base_cum, y->new_cum - y->base_cum,
		       x->name, y->name);
}

static void add_value(double value, const char *unit, struct buf *out)
{
	char text[32], line[40];

	weight_text(profile_round(value), unit, text, sizeof(text));
	snprintf(line, sizeof(line), "%12s ", text);
	buf_add(out, line, strlen(line));
}

/* "+1.2%" of base; from nothing there is no share. */
static char *share_text(double change, double base, char out[32])
{
	if (base == 0)
		snprintf(out, 32, "-");
	else
		snprintf(out, 32, "%+.2f%%", 100 * change / fabs(base));
	return out;
}

static void add_row(const struct diff *diff, const struct diff_row *row,
		    const struct diff_options *options, struct buf *out)
{
	double base = options->by_cum ? row->base_cum : row->base_flat;
	double new = options->by_cum ? row->new_cum : row->new_flat;
	char name[4096], share[32];

	if (base == new && (options->n != 0 || base == 0))
		return;
	add_value(base, options->unit, out);
	add_value(new, options->unit, out);
	add_value(new - base, options->unit, out);
	buf_printf(out, "%9s  %s\n",
		   share_text(new - base, diff->base_total, share),
		   text_escape(name, sizeof(name), row->name));
}

static void add_head(const struct diff *diff,
		     const struct diff_options *options, struct buf *out)
{
	double change = diff->new_total - diff->base_total;
	char base[32], new[32], share[32];

	buf_printf(out, "%.80s: %s -> %s (%s)\n", options->type,
		   weight_text(profile_round(diff->base_total), options->unit,
			       base, sizeof(base)),
		   weight_text(profile_round(diff->new_total), options->unit,
			       new, sizeof(new)),
		   share_text(change, diff->base_total, share));
	if (options->others)
		buf_printf(out, "also: %s (--type NAME)\n", options->others);
	buf_printf(out, "%12s %12s %12s %9s  %s\n", "base", "new", "change",
		   "of base",
		   options->by_cum ? "function, with what it calls"
				   : "function");
}

void diff_write(const struct diff *diff, const struct diff_options *options,
		struct buf *out)
{
	size_t n = diff->rows.n;
	struct diff_row *rows =
		mem_copy(diff->rows.items, n * sizeof(struct diff_row));

	if (n > 0)
		qsort(rows, n, sizeof(struct diff_row),
		      options->by_cum ? compare_cum : compare_flat);
	add_head(diff, options, out);
	for (size_t i = 0; i < n && (options->n == 0 || i < options->n); i++)
		add_row(diff, &rows[i], options, out);
	free(rows);
}
