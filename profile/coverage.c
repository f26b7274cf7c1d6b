#include "config.h"
#include "profile/coverage.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "profile/sample_weights.h"

/* What the samples that lead to a location weigh. */
struct weights {
	double any;
	double leaf;
};

double coverage_percent(double part, double whole)
{
	return whole > 0 ? 100 * part / whole : 0;
}

static struct weights *weigh_locations(const struct profile *profile)
{
	struct weights *weights =
		mem_zalloc(profile->locations.n, sizeof(*weights));
	double *of_samples = sample_weights(profile);

	for (size_t i = 0; i < profile->samples.n; i++) {
		const struct sample *sample = &profile->samples.items[i];
		const struct stack *stack =
			&profile->stacks.items[sample->stack];

		for (uint32_t j = 0; j < stack->n; j++) {
			uint32_t location = profile->stack_locations
						    .items[stack->first + j];

			weights[location].any += of_samples[i];
			if (j == 0)
				weights[location].leaf += of_samples[i];
		}
	}
	free(of_samples);
	return weights;
}

/* By module, then by reason. */
static int compare_places(const void *a, const void *b)
{
	const struct coverage_row *x = a, *y = b;

	if (x->module != y->module)
		return x->module < y->module ? -1 : 1;
	return x->reason < y->reason ? -1 : x->reason > y->reason;
}

/* The heaviest first, and the same order on every run. */
static int compare_weights(const void *a, const void *b)
{
	const struct coverage_row *x = a, *y = b;

	if (x->weight != y->weight)
		return x->weight > y->weight ? -1 : 1;
	return compare_places(a, b);
}

/* Puts rows of one module and reason together. */
static void add_up_rows(struct coverage *coverage)
{
	struct coverage_row *rows = coverage->rows.items;
	size_t n = 0;

	if (coverage->rows.n == 0)
		return;
	qsort(rows, coverage->rows.n, sizeof(*rows), compare_places);
	for (size_t i = 1; i < coverage->rows.n; i++) {
		if (compare_places(&rows[n], &rows[i]) != 0) {
			rows[++n] = rows[i];
			continue;
		}
		rows[n].n_locations += rows[i].n_locations;
		rows[n].weight += rows[i].weight;
		rows[n].leaf_weight += rows[i].leaf_weight;
	}
	coverage->rows.n = n + 1;
	qsort(rows, coverage->rows.n, sizeof(*rows), compare_weights);
}

static void add_location(struct coverage *coverage,
			 const struct location *location,
			 const struct weights *weights)
{
	struct coverage_row row = {
		.module = location->module,
		.reason = location->reason,
		.n_locations = 1,
		.weight = weights->any,
		.leaf_weight = weights->leaf,
	};
	struct coverage_row *sum = &coverage->by_reason[location->reason];

	coverage->n_locations++;
	coverage->weight += weights->any;
	coverage->leaf_weight += weights->leaf;
	sum->n_locations++;
	sum->weight += weights->any;
	sum->leaf_weight += weights->leaf;
	if (location->reason == REASON_NAMED) {
		coverage->n_named++;
		return;
	}
	coverage->leaf_unnamed += weights->leaf;
	*vec_add(&coverage->rows) = row;
}

static size_t count_modules(const struct profile *profile)
{
	bool *is_used = mem_zalloc(profile->modules.n, sizeof(*is_used));
	size_t n = 0;

	for (size_t i = 0; i < profile->locations.n; i++) {
		uint32_t module = profile->locations.items[i].module;

		if (module != NO_MODULE && !is_used[module]) {
			is_used[module] = true;
			n++;
		}
	}
	free(is_used);
	return n;
}

void coverage_init(struct coverage *coverage, const struct profile *profile)
{
	struct weights *weights = weigh_locations(profile);

	*coverage = (struct coverage){ 0 };
	for (int i = 0; i < N_REASONS; i++)
		coverage->by_reason[i].reason = (enum reason)i;
	for (size_t i = 0; i < profile->locations.n; i++)
		add_location(coverage, &profile->locations.items[i],
			     &weights[i]);
	add_up_rows(coverage);
	coverage->n_modules = count_modules(profile);
	free(weights);
}

void coverage_release(struct coverage *coverage)
{
	vec_release(&coverage->rows);
}

void coverage_add_comments(const struct coverage *coverage,
			   struct profile *profile)
{
	for (int i = REASON_NAMED + 1; i < N_REASONS; i++) {
		const struct coverage_row *row = &coverage->by_reason[i];
		char *text;

		if (row->n_locations == 0)
			continue;
		text = mem_printf(
			COVERAGE_COMMENT "%.2f%% of the weight: %s",
			coverage_percent(row->weight, coverage->weight),
			reason_text((enum reason)i));
		*vec_add(&profile->comments) =
			profile_add_string(profile, text);
		free(text);
	}
}
