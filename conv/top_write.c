#include "config.h"
#include "conv/top_write.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/intern.h"
#include "base/text.h"
#include "base/vec.h"

/* What is told apart: a name, wherever it stands. */
struct row {
	int64_t flat;
	int64_t cum;
	size_t seen; /* the last sample it was counted for, from 1 on */
	uint32_t name;
};

struct table {
	const struct profile *profile;
	const struct top_options *options;
	struct intern names;
	VEC(struct row) rows; /* by the number of the name */
	int64_t total;
};

static int64_t add_saturating(int64_t a, int64_t b)
{
	int64_t sum;

	return __builtin_add_overflow(a, b, &sum) ? INT64_MAX : sum;
}

static struct row *row_of(struct table *table, const char *name)
{
	uint32_t number = intern_add(&table->names, name);

	while (table->rows.n <= number)
		*vec_add(&table->rows) =
			(struct row){ .name = (uint32_t)table->rows.n - 1 };
	return &table->rows.items[number];
}

static void add_name(struct table *table, const char *name, int64_t value,
		     size_t sample, bool is_leaf)
{
	struct row *row = row_of(table, name);

	if (is_leaf)
		row->flat = add_saturating(row->flat, value);
	if (row->seen != sample)
		row->cum = add_saturating(row->cum, value);
	row->seen = sample;
}

static void add_location(struct table *table, uint32_t number, int64_t value,
			 size_t sample, bool is_leaf)
{
	const struct profile *profile = table->profile;
	const struct location *location = &profile->locations.items[number];
	char raw[RAW_NAME_MAX];

	for (uint32_t i = 0; i < location->n_frames; i++) {
		uint32_t function =
			profile->frames.items[location->first_frame + i]
				.function;

		add_name(
			table,
			profile_string(profile,
				       profile->functions.items[function].name),
			value, sample, is_leaf && i == 0);
	}
	if (location->n_frames == 0)
		add_name(table,
			 location_raw_name(profile, location,
					   table->options->raw, raw),
			 value, sample, is_leaf);
}

static void add_samples(struct table *table)
{
	const struct profile *profile = table->profile;

	for (size_t i = 0; i < profile->samples.n; i++) {
		const struct sample *sample = &profile->samples.items[i];
		const struct stack *stack =
			&profile->stacks.items[sample->stack];
		int64_t value = profile->values.items[sample->first_value +
						      profile->default_type];

		if (value <= 0)
			continue;
		table->total = add_saturating(table->total, value);
		for (uint32_t k = 0; k < stack->n; k++)
			add_location(table,
				     profile->stack_locations
					     .items[stack->first + k],
				     value, i + 1, k == 0);
	}
}

/* ---- printing ---- */

static int compare_flat(const void *a, const void *b)
{
	const struct row *x = a, *y = b;

	if (x->flat != y->flat)
		return x->flat > y->flat ? -1 : 1;
	if (x->cum != y->cum)
		return x->cum > y->cum ? -1 : 1;
	return x->name < y->name ? -1 : x->name > y->name;
}

static int compare_cum(const void *a, const void *b)
{
	const struct row *x = a, *y = b;

	if (x->cum != y->cum)
		return x->cum > y->cum ? -1 : 1;
	return compare_flat(a, b);
}

/* "1.234 s", "5.00 ms" for times, a number for anything else. */
static void print_value(int64_t value, bool is_time, char *out, size_t size)
{
	if (!is_time)
		snprintf(out, size, "%" PRId64, value);
	else if (value >= 1000000000)
		snprintf(out, size, "%.2f s", (double)value / 1e9);
	else
		snprintf(out, size, "%.2f ms", (double)value / 1e6);
}

static void print_row(const struct table *table, const struct row *row,
		      bool is_time, struct buf *out)
{
	double total = table->total > 0 ? (double)table->total : 1;
	char flat[32], cum[32], name[4096], line[4352];

	print_value(row->flat, is_time, flat, sizeof(flat));
	print_value(row->cum, is_time, cum, sizeof(cum));
	snprintf(line, sizeof(line), "%12s %6.2f%% %12s %6.2f%%  %s\n", flat,
		 100 * (double)row->flat / total, cum,
		 100 * (double)row->cum / total,
		 text_escape(name, sizeof(name),
			     intern_get(&table->names, row->name)));
	buf_add(out, line, strlen(line));
}

static void print_table(struct table *table, struct buf *out)
{
	const struct profile *profile = table->profile;
	const struct value_type *type =
		&profile->types.items[profile->default_type];
	const char *unit = profile_string(profile, type->unit);
	bool is_time = strcmp(unit, "nanoseconds") == 0;
	size_t n = table->rows.n;
	char total[32], line[256];

	if (n > 0)
		qsort(table->rows.items, n, sizeof(struct row),
		      table->options->by_cum ? compare_cum : compare_flat);
	print_value(table->total, is_time, total, sizeof(total));
	snprintf(line, sizeof(line), "%s: %s\n%12s %7s %12s %7s  %s\n",
		 profile_string(profile, type->type), total, "flat", "", "cum",
		 "", "function");
	buf_add(out, line, strlen(line));
	for (size_t i = 0;
	     i < n && (table->options->n == 0 || i < table->options->n); i++)
		if (table->rows.items[i].cum > 0)
			print_row(table, &table->rows.items[i], is_time, out);
}

void top_write(const struct profile *profile, const struct top_options *options,
	       struct buf *out)
{
	struct table table = { .profile = profile, .options = options };

	if (profile->types.n == 0)
		return;
	intern_init(&table.names);
	add_samples(&table);
	print_table(&table, out);
	intern_release(&table.names);
	vec_release(&table.rows);
}
