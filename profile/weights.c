/*
 * Names are looked up once for each location: a stack then leads to rows by
 * numbers alone. Samples of one stack are added up first.
 */
#include "config.h"
#include "profile/weights.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

struct weighing {
	const struct profile *profile;
	const struct weights_options *options;
	struct weights *weights;
	/* The rows of a location: row_numbers[first[location]] …, up to those
	 * of the next one. */
	VEC(uint32_t) row_numbers;
	uint32_t *first;
};

static int64_t add_saturating(int64_t a, int64_t b)
{
	int64_t sum;

	if (__builtin_add_overflow(a, b, &sum))
		return b > 0 ? INT64_MAX : INT64_MIN;
	return sum;
}

static uint32_t row_of(struct weights *weights, const char *name)
{
	uint32_t number = intern_add(&weights->names, name);

	while (weights->rows.n <= number)
		*vec_add(&weights->rows) = (struct weight_row){
			.name = (uint32_t)weights->rows.n - 1,
		};
	return number;
}

static uint32_t row_of_frame(struct weighing *weighing,
			     const struct frame *frame)
{
	const struct profile *profile = weighing->profile;
	const struct function *function =
		&profile->functions.items[frame->function];
	const char *name = profile_string(profile, function->name);
	uint32_t row;
	char *line;

	if (!weighing->options->by_line || function->filename == 0)
		return row_of(weighing->weights, name);
	line = mem_printf("%s %s:%" PRIu32, name,
			  profile_string(profile, function->filename),
			  frame->line);
	row = row_of(weighing->weights, line);
	free(line);
	return row;
}

static void find_rows(struct weighing *weighing)
{
	const struct profile *profile = weighing->profile;

	weighing->first =
		mem_zalloc(profile->locations.n + 1, sizeof(uint32_t));
	for (size_t i = 0; i < profile->locations.n; i++) {
		const struct location *location = &profile->locations.items[i];
		char raw[RAW_NAME_MAX];

		for (uint32_t k = 0; k < location->n_frames; k++) {
			uint32_t row = row_of_frame(
				weighing,
				&profile->frames
					 .items[location->first_frame + k]);

			*vec_add(&weighing->row_numbers) = row;
		}
		if (location->n_frames == 0) {
			uint32_t row = row_of(
				weighing->weights,
				location_raw_name(profile, location,
						  weighing->options->raw, raw));

			*vec_add(&weighing->row_numbers) = row;
		}
		weighing->first[i + 1] = (uint32_t)weighing->row_numbers.n;
	}
}

static int64_t *weigh_stacks(const struct weighing *weighing)
{
	const struct profile *profile = weighing->profile;
	int64_t *sums = mem_zalloc(profile->stacks.n, sizeof(*sums));

	for (size_t i = 0; i < profile->samples.n; i++) {
		const struct sample *sample = &profile->samples.items[i];
		int64_t value = profile->values.items[sample->first_value +
						      weighing->options->type];
		int64_t *sum = &sums[sample->stack];

		*sum = add_saturating(*sum, value);
		weighing->weights->total =
			add_saturating(weighing->weights->total, value);
	}
	return sums;
}

static void add_stack(struct weighing *weighing, uint32_t number, int64_t value)
{
	const struct profile *profile = weighing->profile;
	const struct stack *stack = &profile->stacks.items[number];
	struct weight_row *rows = weighing->weights->rows.items;

	for (uint32_t i = 0; i < stack->n; i++) {
		uint32_t location =
			profile->stack_locations.items[stack->first + i];

		for (uint32_t k = weighing->first[location];
		     k < weighing->first[location + 1]; k++) {
			struct weight_row *row =
				&rows[weighing->row_numbers.items[k]];

			if (i == 0 && k == weighing->first[location])
				row->flat = add_saturating(row->flat, value);
			if (row->stack != number + 1)
				row->cum = add_saturating(row->cum, value);
			row->stack = number + 1;
		}
	}
}

void weights_init(struct weights *weights, const struct profile *profile,
		  const struct weights_options *options)
{
	struct weighing weighing = {
		.profile = profile,
		.options = options,
		.weights = weights,
	};
	int64_t *sums;

	*weights = (struct weights){ 0 };
	intern_init(&weights->names);
	find_rows(&weighing);
	sums = weigh_stacks(&weighing);
	for (uint32_t i = 0; i < profile->stacks.n; i++)
		if (sums[i] != 0)
			add_stack(&weighing, i, sums[i]);
	free(sums);
	free(weighing.first);
	vec_release(&weighing.row_numbers);
}

void weights_release(struct weights *weights)
{
	intern_release(&weights->names);
	vec_release(&weights->rows);
}

const struct weight_row *weights_find(const struct weights *weights,
				      const char *name)
{
	uint32_t number;

	return intern_find(&weights->names, name, &number) &&
			       number < weights->rows.n
		       ? &weights->rows.items[number]
		       : NULL;
}

char *weight_text(int64_t value, const char *unit, char *out, size_t size)
{
	bool is_time = strcmp(unit, "nanoseconds") == 0;

	if (!is_time)
		snprintf(out, size, "%" PRId64, value);
	else if (value >= 1000000000 || value <= -1000000000)
		snprintf(out, size, "%.2f s", (double)value / 1e9);
	else
		snprintf(out, size, "%.2f ms", (double)value / 1e6);
	return out;
}
