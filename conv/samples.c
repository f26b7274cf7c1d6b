/*
 * Each thread takes runs of records from a common counter and keeps unique
 * stacks of its own; at the end they are put together and ordered by where
 * each was first seen, so that nothing depends on which thread saw what.
 *
 * Samples that carry counter values (SAMPLE_READ: perf record -e '{a,b}:S')
 * are worth the difference to the value before: they are read in order, by one
 * thread.
 */
#include "config.h"
#include "conv/samples.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/alloc.h"
#include "base/pool.h"
#include "base/slots.h"
#include "conv/event_name.h"
#include "conv/perf_abi.h"
#include "conv/perf_record.h"
#include "conv/perf_walk.h"

/* The last value of a counter, by its id. */
struct counter {
	uint64_t id;
	uint64_t value;
};

/* What one thread has collected. */
struct collector {
	const struct samples_input *input;
	struct samples samples;
	struct slots slots;
	VEC(uint64_t) scratch; /* a callchain that had to be made */
	bool has_leaf_caller;  /* one word of it, from the link register */
	VEC(struct counter) counters;
	struct slots counter_slots;
	struct user_stack user_stack;
	struct err err;
	bool has_failed;
};

/* ---- unique stacks ---- */

struct chain {
	const void *words; /* as in memory of this machine, maybe unaligned */
	size_t n;
};

struct stack_key {
	const struct raw_key *key;
	struct chain chain;
};

static bool stack_equal(const void *context, const void *key, uint32_t number)
{
	const struct samples *samples = context;
	const struct raw_stack *known = &samples->stacks.items[number];
	const struct stack_key *wanted = key;

	return memcmp(&known->key, wanted->key, sizeof(known->key)) == 0 &&
	       (wanted->chain.n == 0 ||
		memcmp(&samples->words.items[known->first_word],
		       wanted->chain.words, wanted->chain.n * 8) == 0);
}

static void add_saturating(uint64_t *sum, uint64_t n)
{
	if (__builtin_add_overflow(*sum, n, sum))
		*sum = UINT64_MAX;
}

/* The stack that equals the key; a new one with nothing counted yet. */
static struct raw_stack *find_or_add(struct collector *collector,
				     const struct raw_key *key,
				     struct chain chain, uint64_t seen)
{
	struct samples *samples = &collector->samples;
	struct stack_key wanted = { key, chain };
	uint64_t hash = XXH3_64bits_withSeed(chain.words, chain.n * 8,
					     XXH3_64bits(key, sizeof(*key)));
	uint32_t next = (uint32_t)samples->stacks.n;
	uint32_t number =
		slots_find_or_add(&collector->slots, (uint32_t)hash,
				  stack_equal, samples, &wanted, next);

	if (number == next) {
		size_t first = samples->words.n;

		vec_reserve(&samples->words, first + chain.n + 1);
		if (chain.n)
			memcpy(samples->words.items + first, chain.words,
			       chain.n * 8);
		samples->words.n += chain.n;
		*vec_add(&samples->stacks) = (struct raw_stack){
			.key = *key,
			.first_seen = seen,
			.first_word = first,
		};
	}
	return &samples->stacks.items[number];
}

/* ---- callchains ---- */

static struct chain own_chain(struct collector *collector, size_t n)
{
	vec_reserve(&collector->scratch, n + 1);
	return (struct chain){ collector->scratch.items, n };
}

/* The sample's callchain in this machine's byte order. */
static struct chain plain_chain(struct collector *collector,
				const struct perf_sample *sample)
{
	struct reader r = sample->callchain;
	struct chain chain = { r.pos, reader_left(&r) / 8 };

	if (!r.is_swapped || chain.n == 0)
		return chain;
	chain = own_chain(collector, chain.n);
	for (size_t i = 0; i < chain.n; i++)
		collector->scratch.items[i] = reader_u64(&r);
	return chain;
}

static uint64_t word_at(struct chain chain, size_t i)
{
	uint64_t word;

	memcpy(&word, (const char *)chain.words + i * 8, 8);
	return word;
}

/* Puts the user stack that was recorded later in the place of its cookie. */
static struct chain join_deferred(struct collector *collector,
				  struct chain chain)
{
	size_t kept = chain.n - 1, n = 0; /* with the marker */
	const uint64_t *words = deferred_find(collector->input->deferred,
					      word_at(chain, kept), &n);

	if (!words) {
		collector->samples.n_not_joined++;
		return (struct chain){ chain.words, kept };
	}
	vec_reserve(&collector->scratch, kept + n + 1);
	if (chain.words != collector->scratch.items)
		memcpy(collector->scratch.items, chain.words, kept * 8);
	memcpy(collector->scratch.items + kept, words, n * 8);
	return (struct chain){ collector->scratch.items, kept + n };
}

/*
 * perf record --call-graph lbr: the processor's branch records are the user
 * part of the stack, each branch a call: its origin is the caller. The
 * callchain has the kernel's part and the user address where that began
 * (resolve_lbr_callchain_sample() of tools/perf/util/machine.c).
 */
static struct chain lbr_chain(struct collector *collector, struct chain chain,
			      const struct perf_sample *sample)
{
	struct reader r = sample->branches;
	size_t n_branches = reader_left(&r) / 24, kept = 0, n;
	uint64_t *words;

	while (kept < chain.n && word_at(chain, kept) != CONTEXT_USER)
		kept++;
	if (kept == chain.n || n_branches == 0)
		return chain;
	/* The marker and the address behind it. */
	kept = kept + 2 <= chain.n ? kept + 2 : kept + 1;
	vec_reserve(&collector->scratch, kept + n_branches + 1);
	words = collector->scratch.items;
	if (chain.words != words)
		memcpy(words, chain.words, kept * 8);
	n = kept;
	while (reader_left(&r) >= 24) {
		uint64_t from = reader_u64(&r), to = reader_u64(&r);

		reader_u64(&r); /* flags */
		if (words[kept - 1] == CONTEXT_USER && n == kept)
			words[n++] = to;
		words[n++] = from;
	}
	return (struct chain){ words, n };
}

/* Appends the frames of a walk. What is no return address is like the first
 * behind a marker: exact. */
static size_t add_frames(uint64_t *words, const struct walk_frames *frames,
			 enum stack_end end)
{
	size_t n = 0;

	for (size_t i = 0; i < frames->items.n; i++) {
		if (frames->items.items[i].is_exact)
			words[n++] = CONTEXT_USER;
		words[n++] = frames->items.items[i].avma;
	}
	if (end == STACK_TRUNCATED)
		words[n++] = CONTEXT_TRUNCATED;
	return n;
}

/*
 * perf record --call-graph dwarf: the callchain has the kernel's part, the
 * user's is found by unwinding. Where that fails at once, a user part that the
 * kernel did record is better.
 */
static struct chain unwound_chain(struct collector *collector,
				  struct chain chain,
				  const struct perf_sample *sample,
				  const struct raw_key *key)
{
	const struct perf_file *file = collector->input->file;
	struct user_stack *stack = &collector->user_stack;
	uint64_t mask = file->events.items[key->event].regs_user;
	enum stack_end end = STACK_NO_INFO;
	size_t kept = 0;

	if (!user_stack_walk(stack, sample, mask, key->thread.space, &end))
		return chain;
	while (kept < chain.n && word_at(chain, kept) != CONTEXT_USER)
		kept++;
	if (stack->frames.items.n <= 1 && end != STACK_OUTERMOST &&
	    chain.n > kept + 2)
		return chain;
	vec_reserve(&collector->scratch, kept + 2 * stack->frames.items.n + 2);
	if (kept > 0 && chain.words != collector->scratch.items)
		memcpy(collector->scratch.items, chain.words, kept * 8);
	return (struct chain){
		collector->scratch.items,
		kept + add_frames(collector->scratch.items + kept,
				  &stack->frames, end),
	};
}

/*
 * The user part of a callchain of frame pointers lacks the caller of a function
 * without a frame: it goes behind the first address
 * (get_leaf_frame_caller_aarch64() of tools/perf/util). If what follows is the
 * same address, that is a recursion.
 */
static struct chain leaf_chain(struct collector *collector, struct chain chain,
			       const struct perf_sample *sample,
			       const struct raw_key *key)
{
	uint64_t mask =
		collector->input->file->events.items[key->event].regs_user;
	size_t kept = 0, left;
	uint64_t caller, *words;

	while (kept < chain.n && word_at(chain, kept) != CONTEXT_USER)
		kept++;
	kept += 2; /* the marker and the address behind it */
	if (kept > chain.n || word_at(chain, kept - 1) >= CONTEXT_MAX ||
	    !user_stack_leaf_caller(&collector->user_stack, sample, mask,
				    key->thread.space, word_at(chain, kept - 1),
				    &caller))
		return chain;
	left = chain.n - kept;
	vec_reserve(&collector->scratch, chain.n + 1);
	words = collector->scratch.items;
	if (chain.words != words)
		memcpy(words, chain.words, kept * 8);
	memmove(words + kept + 1, (const char *)chain.words + kept * 8,
		left * 8);
	words[kept] = caller;
	collector->has_leaf_caller = true;
	return (struct chain){ words, chain.n + 1 };
}

static struct chain chain_of(struct collector *collector,
			     const struct perf_sample *sample,
			     const struct raw_key *key)
{
	struct chain chain = plain_chain(collector, sample);

	if (chain.n >= 2 &&
	    word_at(chain, chain.n - 2) == CONTEXT_USER_DEFERRED)
		chain = join_deferred(collector, chain);
	if (key->is_lbr)
		return lbr_chain(collector, chain, sample);
	if (!collector->input->unwind || sample->user_abi == 0)
		return chain;
	return user_stack_is_recorded(sample)
		       ? unwound_chain(collector, chain, sample, key)
		       : leaf_chain(collector, chain, sample, key);
}

/* ---- counter values ---- */

static bool counter_equal(const void *context, const void *key, uint32_t number)
{
	const struct collector *collector = context;

	return collector->counters.items[number].id == *(const uint64_t *)key;
}

/* What a counter grew by since it was last seen. */
static uint64_t growth(struct collector *collector, uint64_t id, uint64_t value)
{
	uint32_t next = (uint32_t)collector->counters.n, number;
	struct counter *counter;
	uint64_t before;

	number = slots_find_or_add(&collector->counter_slots,
				   (uint32_t)XXH3_64bits(&id, sizeof(id)),
				   counter_equal, collector, &id, next);
	if (number == next)
		*vec_add(&collector->counters) = (struct counter){ id, 0 };
	counter = &collector->counters.items[number];
	before = counter->value;
	counter->value = value;
	return value > before ? value - before : 0;
}

/* ---- samples ---- */

static bool is_wanted(const struct samples_input *input,
		      const struct perf_sample *sample)
{
	return sample_filter_wants_numbers(input->filter, sample->pid,
					   sample->tid, sample->cpu) &&
	       sample_filter_wants_time(input->filter, sample->time);
}

static bool is_wanted_comm(const struct samples_input *input,
			   const struct thread_state *thread)
{
	return sample_filter_wants_comm(
		input->filter, profile_string(input->profile, thread->comm),
		profile_string(input->profile, thread->thread_comm));
}

static void add(struct collector *collector, struct raw_key *key,
		struct chain chain, uint64_t seen, uint64_t weight)
{
	const struct event *event =
		&collector->input->file->events.items[key->event];
	struct raw_stack *stack;

	if (!sample_filter_wants_event(collector->input->filter, event->name,
				       event->pmu)) {
		collector->samples.n_filtered++;
		return;
	}
	stack = find_or_add(collector, key, chain, seen);
	stack->n_samples++;
	add_saturating(&stack->weight, weight);
}

/*
 * A sample of a group stands for a sample of each member whose counter moved,
 * weighing what it moved by (deliver_sample_group() of
 * tools/perf/util/session.c).
 */
static void add_each_value(struct collector *collector,
			   struct perf_sample *sample, struct raw_key *key,
			   struct chain chain, uint64_t seen)
{
	uint64_t value, id;

	while (perf_sample_next_value(sample, &value, &id)) {
		uint32_t event =
			perf_file_event_of_id(collector->input->file, id);
		uint64_t weight = growth(collector, id, value);

		key->event = event == UINT32_MAX ? sample->event : event;
		if (weight > 0)
			add(collector, key, chain, seen, weight);
	}
}

static void note_time(struct samples *samples, uint64_t time)
{
	if (!samples->has_times || time < samples->first_time)
		samples->first_time = time;
	if (!samples->has_times || time > samples->last_time)
		samples->last_time = time;
	samples->has_times = true;
}

/* Which of the two is the process's number: that of one that is known. */
static void settle_off_cpu(const struct timeline *timeline,
			   struct perf_sample *sample)
{
	uint32_t pid = sample->pid;

	if (timeline_has_process(timeline, pid) ||
	    !timeline_has_process(timeline, sample->tid))
		return;
	sample->pid = sample->tid;
	sample->tid = pid;
}

static struct raw_key key_of(const struct samples_input *input,
			     const struct perf_sample *sample)
{
	const struct sample_split *split = &input->split;

	return (struct raw_key){
		.ip = sample->ip,
		.time = split->by_time ? sample->time : 0,
		.cgroup = split->by_cgroup ? sample->cgroup : 0,
		.tid = split->by_tid ? sample->tid : 0,
		.cpu = split->by_cpu ? sample->cpu : 0,
		.event = sample->event,
		.cpumode = sample->cpumode,
	};
}

static void collect_record(struct collector *collector,
			   const struct record *record, uint32_t source)
{
	const struct samples_input *input = collector->input;
	const struct event *event;
	struct perf_sample sample;
	struct raw_key key;
	struct chain chain;
	uint64_t clock, seen = (uint64_t)source << 48 | record->offset;

	if (!perf_sample_parse(&sample, input->file, record)) {
		collector->samples.n_damaged++;
		return;
	}
	event = &input->file->events.items[sample.event];
	if (event_has_off_cpu_data(event))
		settle_off_cpu(input->timeline, &sample);
	/* Those that perf makes up at the end have no time. */
	if (event->sample_type & SAMPLE_TIME &&
	    !(event->is_off_cpu && sample.time == OFF_CPU_TIME))
		note_time(&collector->samples, sample.time);
	key = key_of(input, &sample);
	clock = timeline_clock(input->timeline, sample.time, source,
			       record->offset);
	timeline_find(input->timeline, sample.pid, sample.tid, clock,
		      &key.thread);
	if (!is_wanted(input, &sample) || !is_wanted_comm(input, &key.thread)) {
		collector->samples.n_filtered++;
		return;
	}
	/* Without names of their own, threads are told apart by number. */
	if (key.thread.thread_comm == 0)
		key.tid = sample.tid;
	key.is_lbr = (event->branch_sample_type & BRANCH_CALL_STACK) != 0;
	collector->has_leaf_caller = false;
	chain = chain_of(collector, &sample, &key);
	key.n_words = (uint32_t)chain.n;
	key.has_leaf_caller = collector->has_leaf_caller;
	if (event->sample_type & SAMPLE_READ)
		add_each_value(collector, &sample, &key, chain, seen);
	else
		add(collector, &key, chain, seen, sample.period);
}

static void collect_chunk(struct collector *collector,
			  const struct perf_chunk *chunk)
{
	const struct perf_file *file = collector->input->file;
	struct perf_walk walk;
	struct record record;

	perf_walk_init(&walk, file->sources.items[chunk->source].fd,
		       file->is_swapped, chunk->start, chunk->limit);
	while (perf_walk_next(&walk, &record))
		if (record.type == RECORD_SAMPLE)
			collect_record(collector, &record, chunk->source);
	if (walk.end != WALK_DONE && !collector->has_failed) {
		collector->has_failed = true;
		collector->err = walk.err;
		err_prefix(&collector->err, "%s: changed while it was read",
			   file->sources.items[chunk->source].name);
	}
	perf_walk_release(&walk);
}

/* ---- threads ---- */

struct collection {
	const struct samples_input *input;
	struct collector *collectors;
	atomic_size_t next_chunk;
	atomic_size_t n_done;
};

static void collector_init(struct collector *collector,
			   const struct samples_input *input)
{
	*collector = (struct collector){ .input = input };
	slots_init(&collector->slots, 4096);
	slots_init(&collector->counter_slots, 64);
	user_stack_init(&collector->user_stack, input->machine, input->timeline,
			input->profile, input->unwind);
}

static void collector_release(struct collector *collector)
{
	samples_release(&collector->samples);
	slots_release(&collector->slots);
	slots_release(&collector->counter_slots);
	vec_release(&collector->scratch);
	vec_release(&collector->counters);
	user_stack_release(&collector->user_stack);
}

static void run_collector(void *context, size_t number)
{
	struct collection *collection = context;
	const struct samples_input *input = collection->input;
	size_t n_chunks = input->scan->chunks.n, i, n_done;

	while ((i = atomic_fetch_add(&collection->next_chunk, 1)) < n_chunks) {
		collect_chunk(&collection->collectors[number],
			      &input->scan->chunks.items[i]);
		n_done = atomic_fetch_add(&collection->n_done, 1) + 1;
		if (number == 0 && input->progress)
			input->progress(input->progress_context, n_done,
					n_chunks);
	}
}

/* Whether some event's samples are worth something only in their order. */
static bool needs_order(const struct perf_file *file)
{
	for (size_t i = 0; i < file->events.n; i++)
		if (file->events.items[i].sample_type & SAMPLE_READ)
			return true;
	return false;
}

static void add_unwind_stats(struct unwind_stats *sum,
			     const struct unwind_stats *stats)
{
	for (int i = 0; i < N_STACK_ENDS; i++)
		sum->n_ends[i] += stats->n_ends[i];
	sum->n_unsupported += stats->n_unsupported;
	sum->n_unknown += stats->n_unknown;
}

/* Adds what one thread has collected to what another has. */
static void merge(struct collector *into, const struct collector *from)
{
	const struct samples *other = &from->samples;

	for (size_t i = 0; i < other->stacks.n; i++) {
		const struct raw_stack *stack = &other->stacks.items[i];
		struct chain chain = { &other->words.items[stack->first_word],
				       stack->key.n_words };
		struct raw_stack *known = find_or_add(into, &stack->key, chain,
						      stack->first_seen);

		known->n_samples += stack->n_samples;
		add_saturating(&known->weight, stack->weight);
		if (stack->first_seen < known->first_seen)
			known->first_seen = stack->first_seen;
	}
	into->samples.n_damaged += other->n_damaged;
	into->samples.n_filtered += other->n_filtered;
	into->samples.n_not_joined += other->n_not_joined;
	if (other->has_times) {
		note_time(&into->samples, other->first_time);
		note_time(&into->samples, other->last_time);
	}
	if (from->has_failed && !into->has_failed) {
		into->has_failed = true;
		into->err = from->err;
	}
}

/* A group's sample is one stack for each of its events: they follow theirs. */
static int compare_first_seen(const void *a, const void *b)
{
	const struct raw_stack *x = a, *y = b;

	if (x->first_seen != y->first_seen)
		return x->first_seen < y->first_seen ? -1 : 1;
	return x->key.event < y->key.event ? -1 : x->key.event > y->key.event;
}

/* What slept until the end, or was summed up there, is of that time. */
static void settle_times(struct samples *samples)
{
	for (size_t i = 0; i < samples->stacks.n; i++)
		if (samples->stacks.items[i].key.time == OFF_CPU_TIME)
			samples->stacks.items[i].key.time = samples->last_time;
}

bool samples_collect(struct samples *samples, const struct samples_input *input,
		     struct err *err)
{
	unsigned n = needs_order(input->file) ? 1 : input->n_threads;
	struct collection collection = {
		.input = input,
		.collectors = mem_zalloc(n, sizeof(struct collector)),
	};
	struct collector *first = &collection.collectors[0];
	bool ok;

	for (unsigned i = 0; i < n; i++)
		collector_init(&collection.collectors[i], input);
	pool_run(n, n, run_collector, &collection);
	for (unsigned i = 1; i < n; i++)
		merge(first, &collection.collectors[i]);
	for (unsigned i = 0; i < n; i++)
		add_unwind_stats(&first->samples.unwound,
				 &collection.collectors[i].user_stack.stats);
	settle_times(&first->samples);
	ok = !first->has_failed;
	if (!ok)
		*err = first->err;
	if (first->samples.stacks.n > 0)
		qsort(first->samples.stacks.items, first->samples.stacks.n,
		      sizeof(struct raw_stack), compare_first_seen);
	*samples = first->samples;
	first->samples = (struct samples){ 0 };
	for (unsigned i = 0; i < n; i++)
		collector_release(&collection.collectors[i]);
	free(collection.collectors);
	return ok;
}

void samples_release(struct samples *samples)
{
	vec_release(&samples->stacks);
	vec_release(&samples->words);
	*samples = (struct samples){ 0 };
}
