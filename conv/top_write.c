#include "config.h"
#include "conv/top_write.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "profile/value_shown.h"
#include "profile/weights.h"

static int compare_flat(const void *a, const void *b)
{
	const struct weight_row *x = a, *y = b;

	if (x->flat != y->flat)
		return x->flat > y->flat ? -1 : 1;
	if (x->cum != y->cum)
		return x->cum > y->cum ? -1 : 1;
	return x->name < y->name ? -1 : x->name > y->name;
}

static int compare_cum(const void *a, const void *b)
{
	const struct weight_row *x = a, *y = b;

	if (x->cum != y->cum)
		return x->cum > y->cum ? -1 : 1;
	return compare_flat(a, b);
}

static void print_row(const struct weights *weights,
		      const struct weight_row *row, const char *unit,
		      struct buf *out)
{
	double total = weights->total != 0 ? fabs((double)weights->total) : 1;
	char flat[32], cum[32], name[4096], line[4352];

	snprintf(line, sizeof(line), "%12s %6.2f%% %12s %6.2f%%  %s\n",
		 weight_text(row->flat, unit, flat, sizeof(flat)),
		 100 * (double)row->flat / total,
		 weight_text(row->cum, unit, cum, sizeof(cum)),
		 100 * (double)row->cum / total,
		 text_escape(name, sizeof(name),
			     intern_get(&weights->names, row->name)));
	buf_add(out, line, strlen(line));
}

static void add_others(const struct profile *profile, struct buf *out)
{
	char *others = value_shown_others(profile, profile->default_type);

	if (others)
		buf_printf(out, "also: %s (--type NAME)\n", others);
	free(others);
}

static void print_table(struct weights *weights, const struct profile *profile,
			const struct top_options *options, struct buf *out)
{
	const struct value_type *type =
		&profile->types.items[profile->default_type];
	const char *unit = profile_string(profile, type->unit);
	size_t n = weights->rows.n;
	char total[32], line[256];

	if (n > 0)
		qsort(weights->rows.items, n, sizeof(struct weight_row),
		      options->by_cum ? compare_cum : compare_flat);
	snprintf(line, sizeof(line), "%.160s: %s\n",
		 profile_string(profile, type->type),
		 weight_text(weights->total, unit, total, sizeof(total)));
	buf_add(out, line, strlen(line));
	add_others(profile, out);
	snprintf(line, sizeof(line), "%12s %7s %12s %7s  %s\n", "flat", "",
		 "cum", "", "function");
	buf_add(out, line, strlen(line));
	for (size_t i = 0; i < n && (options->n == 0 || i < options->n); i++)
		if (weights->rows.items[i].cum != 0)
			print_row(weights, &weights->rows.items[i], unit, out);
}

void top_write(const struct profile *profile, const struct top_options *options,
	       struct buf *out)
{
	struct weights_options how = {
		.type = profile->default_type,
		.by_line = options->by_line,
		.raw = options->raw,
	};
	struct weights weights;

	if (profile->types.n == 0)
		return;
	weights_init(&weights, profile, &how);
	print_table(&weights, profile, options, out);
	weights_release(&weights);
}
