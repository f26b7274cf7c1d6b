/*
 * Label sets are read once each, into a thread and a time. Then one sort by
 * thread and key does it, where the key is the time or the stack's place among
 * all stacks.
 */
#include "config.h"
#include "conv/sample_order.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/slots.h"

/* What the labels of a sample say. */
struct described {
	struct sample_thread thread;
	int64_t time;
	bool has_time;
};

struct labels_reader {
	struct sample_order *order;
	enum thread_style style;
	struct slots slots;  /* of the threads */
	uint32_t *thread_of; /* each label set */
	bool *is_used;	     /* each label set */
	bool all_have_times;
};

/* ---- labels ---- */

static struct described describe(const struct profile *profile,
				 const struct label_set *set)
{
	struct described said = { 0 };

	for (uint32_t i = 0; i < set->n; i++) {
		const struct label *label =
			&profile->labels.items[set->first + i];
		const char *key = profile_string(profile, label->key);

		if (strcmp(key, "pid") == 0) {
			said.thread.pid = label->number;
		} else if (strcmp(key, "tid") == 0) {
			said.thread.tid = label->number;
		} else if (strcmp(key, "comm") == 0) {
			said.thread.comm = label->text;
		} else if (strcmp(key, "thread_comm") == 0) {
			said.thread.thread_comm = label->text;
		} else if (strcmp(key, "timestamp_ns") == 0) {
			said.time = label->number;
			said.has_time = label->text == 0;
		}
	}
	return said;
}

static bool thread_equal(const void *context, const void *key, uint32_t number)
{
	const struct labels_reader *reader = context;
	const struct sample_thread *a = key;
	const struct sample_thread *b = &reader->order->threads.items[number];

	if (a->tid != b->tid)
		return false;
	if (a->tid == 0 && reader->style == THREADS_BY_TID)
		return true;
	return a->pid == b->pid &&
	       (a->tid != 0 || a->thread_comm == b->thread_comm);
}

static uint32_t thread_hash(const struct labels_reader *reader,
			    const struct sample_thread *thread)
{
	uint32_t hash = (uint32_t)thread->tid;

	if (thread->tid == 0 && reader->style == THREADS_BY_TID_OR_NAME)
		hash = (uint32_t)thread->pid * 31 + thread->thread_comm;
	return hash * UINT32_C(2654435761);
}

static uint32_t thread_number(struct labels_reader *reader,
			      const struct sample_thread *thread)
{
	struct sample_order *order = reader->order;
	uint32_t next = (uint32_t)order->threads.n;
	uint32_t number =
		slots_find_or_add(&reader->slots, thread_hash(reader, thread),
				  thread_equal, reader, thread, next);

	if (number == next)
		*vec_add(&order->threads) = *thread;
	return number;
}

static void read_labels(struct labels_reader *reader, uint32_t number)
{
	struct sample_order *order = reader->order;
	struct described said = describe(
		order->profile, &order->profile->label_sets.items[number]);

	reader->thread_of[number] = thread_number(reader, &said.thread);
	reader->is_used[number] = true;
	order->times[number] = said.time;
	order->has_tids |= said.thread.tid != 0;
	reader->all_have_times &= said.has_time;
}

static void read_all_labels(struct labels_reader *reader)
{
	const struct profile *profile = reader->order->profile;

	for (size_t i = 0; i < profile->samples.n; i++) {
		uint32_t labels = profile->samples.items[i].labels;

		if (!reader->is_used[labels])
			read_labels(reader, labels);
	}
}

/* Times count from the first of them on. */
static void shift_times(struct labels_reader *reader)
{
	struct sample_order *order = reader->order;
	size_t n = order->profile->label_sets.n;
	int64_t first = INT64_MAX;

	if (!reader->all_have_times) {
		free(order->times);
		order->times = NULL;
		return;
	}
	for (size_t i = 0; i < n; i++)
		if (reader->is_used[i] && order->times[i] < first)
			first = order->times[i];
	for (size_t i = 0; i < n; i++)
		if (__builtin_sub_overflow(order->times[i], first,
					   &order->times[i]))
			order->times[i] = INT64_MAX;
}

/* ---- stacks ---- */

/*
 * Functions are compared by where they are first used: their own numbers depend
 * on which was named first.
 */
struct stack_ranking {
	const struct profile *profile;
	uint32_t *function_uses; /* 0: none yet */
	uint32_t n_uses;
};

struct ranked_stack {
	const struct stack_ranking *ranking;
	uint32_t number;
};

static uint32_t function_of(const struct profile *profile,
			    const struct location *location, uint32_t depth)
{
	uint32_t frame = location->first_frame + location->n_frames - 1 - depth;

	return profile->frames.items[frame].function;
}

/* By their functions, the outermost first. */
static int compare_locations(const struct stack_ranking *ranking, uint32_t a,
			     uint32_t b)
{
	const struct profile *profile = ranking->profile;
	const struct location *x = &profile->locations.items[a];
	const struct location *y = &profile->locations.items[b];

	for (uint32_t i = 0; i < x->n_frames && i < y->n_frames; i++) {
		uint32_t f = ranking->function_uses[function_of(profile, x, i)];
		uint32_t g = ranking->function_uses[function_of(profile, y, i)];

		if (f != g)
			return f < g ? -1 : 1;
	}
	if (x->n_frames != y->n_frames)
		return x->n_frames < y->n_frames ? -1 : 1;
	return x->n_frames > 0 ? 0 : a < b ? -1 : a > b;
}

static int compare_stacks(const void *a, const void *b)
{
	const struct ranked_stack *left = a, *right = b;
	const struct profile *profile = left->ranking->profile;
	const uint32_t *locations = profile->stack_locations.items;
	const struct stack *x = &profile->stacks.items[left->number];
	const struct stack *y = &profile->stacks.items[right->number];

	for (uint32_t i = 1; i <= x->n && i <= y->n; i++) {
		uint32_t p = locations[x->first + x->n - i];
		uint32_t q = locations[y->first + y->n - i];
		int order = p == q ? 0 : compare_locations(left->ranking, p, q);

		if (order)
			return order;
	}
	if (x->n != y->n)
		return x->n < y->n ? -1 : 1;
	return left->number < right->number ? -1 : left->number > right->number;
}

static void number_functions(struct stack_ranking *ranking)
{
	const struct profile *profile = ranking->profile;

	for (size_t i = 0; i < profile->stack_locations.n; i++) {
		const struct location *location =
			&profile->locations
				 .items[profile->stack_locations.items[i]];

		for (uint32_t k = 0; k < location->n_frames; k++) {
			uint32_t *use = &ranking->function_uses[function_of(
				profile, location, k)];

			if (*use == 0)
				*use = ++ranking->n_uses;
		}
	}
}

/* The place of each stack among all of them; free() it. */
static uint32_t *rank_stacks(const struct profile *profile)
{
	size_t n = profile->stacks.n;
	struct ranked_stack *stacks = mem_zalloc(n, sizeof(*stacks));
	uint32_t *ranks = mem_zalloc(n, sizeof(*ranks));
	struct stack_ranking ranking = {
		.profile = profile,
		.function_uses =
			mem_zalloc(profile->functions.n, sizeof(uint32_t)),
	};

	number_functions(&ranking);
	for (uint32_t i = 0; i < n; i++)
		stacks[i] = (struct ranked_stack){ &ranking, i };
	if (n > 0)
		qsort(stacks, n, sizeof(*stacks), compare_stacks);
	for (uint32_t i = 0; i < n; i++)
		ranks[stacks[i].number] = i;
	free(ranking.function_uses);
	free(stacks);
	return ranks;
}

/* ---- samples ---- */

struct placed_sample {
	int64_t key; /* time or rank */
	uint32_t thread;
	uint32_t number;
};

static int compare_samples(const void *a, const void *b)
{
	const struct placed_sample *x = a, *y = b;

	if (x->thread != y->thread)
		return x->thread < y->thread ? -1 : 1;
	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return x->number < y->number ? -1 : x->number > y->number;
}

/* All samples, in their order; free() them. */
static struct placed_sample *place_samples(const struct labels_reader *reader)
{
	const struct sample_order *order = reader->order;
	const struct profile *profile = order->profile;
	size_t n = profile->samples.n;
	struct placed_sample *placed = mem_zalloc(n, sizeof(*placed));
	uint32_t *ranks = order->times ? NULL : rank_stacks(profile);

	for (uint32_t i = 0; i < n; i++) {
		const struct sample *sample = &profile->samples.items[i];

		placed[i] = (struct placed_sample){
			.key = order->times ? order->times[sample->labels]
					    : ranks[sample->stack],
			.thread = reader->thread_of[sample->labels],
			.number = i,
		};
	}
	if (n > 0)
		qsort(placed, n, sizeof(*placed), compare_samples);
	free(ranks);
	return placed;
}

/* Names change, as a thread starts as a copy of another: the last one tells. */
static void name_threads(struct sample_order *order)
{
	const struct profile *profile = order->profile;

	for (size_t i = 0; i < order->threads.n; i++) {
		struct sample_thread *thread = &order->threads.items[i];
		uint32_t last = order->samples[thread->first + thread->n - 1];
		struct described said = describe(
			profile,
			&profile->label_sets
				 .items[profile->samples.items[last].labels]);

		thread->comm = said.thread.comm;
		thread->thread_comm = said.thread.thread_comm;
	}
}

static void fill(struct sample_order *order, const struct placed_sample *placed)
{
	size_t n = order->profile->samples.n;

	order->samples = mem_zalloc(n, sizeof(*order->samples));
	for (size_t i = 0; i < n; i++) {
		struct sample_thread *thread =
			&order->threads.items[placed[i].thread];

		if (thread->n++ == 0)
			thread->first = i;
		order->samples[i] = placed[i].number;
	}
	name_threads(order);
}

void sample_order_init(struct sample_order *order,
		       const struct profile *profile, enum thread_style style)
{
	size_t n = profile->label_sets.n;
	struct labels_reader reader = {
		.order = order,
		.style = style,
		.thread_of = mem_zalloc(n, sizeof(uint32_t)),
		.is_used = mem_zalloc(n, sizeof(bool)),
		.all_have_times = true,
	};
	struct placed_sample *placed;

	*order = (struct sample_order){
		.profile = profile,
		.times = mem_zalloc(n, sizeof(int64_t)),
	};
	slots_init(&reader.slots, 256);
	read_all_labels(&reader);
	shift_times(&reader);
	placed = place_samples(&reader);
	fill(order, placed);
	free(placed);
	slots_release(&reader.slots);
	free(reader.thread_of);
	free(reader.is_used);
}

void sample_order_release(struct sample_order *order)
{
	vec_release(&order->threads);
	free(order->samples);
	free(order->times);
	*order = (struct sample_order){ 0 };
}

int64_t sample_order_time(const struct sample_order *order, uint32_t sample)
{
	return order->times ? order->times[order->profile->samples.items[sample]
						   .labels]
			    : 0;
}
