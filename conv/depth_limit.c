/*
 * Which limit there was, perf says in the event's attributes where it was
 * chosen (--call-graph fp,N; the term max-stack), else it is the sysctl
 * kernel.perf_event_max_stack, which is not recorded: 127 as a rule. Where
 * callchains are longer it was raised, and what several of them end at is taken
 * for it. Kernel and user frames count together, context markers only before
 * Linux 4.7 (perf_callchain_store() of include/linux/perf_event.h).
 */
#include "config.h"
#include "conv/depth_limit.h"

#include <stdio.h>

#include "base/alloc.h"
#include "conv/perf_abi.h"

enum { DEFAULT_LIMIT = 127 }; /* PERF_MAX_STACK_DEPTH */

static bool counts_markers(const struct perf_file *file)
{
	unsigned major, minor;

	return file->os_release &&
	       sscanf(file->os_release, "%u.%u", &major, &minor) == 2 &&
	       (major < 4 || (major == 4 && minor < 7));
}

/* The frames that the kernel has counted; 0 where others made the stack. */
static uint32_t depth_of(const struct perf_file *file,
			 const struct samples *samples,
			 const struct raw_stack *stack)
{
	const struct event *event = &file->events.items[stack->key.event];
	const uint64_t *words = samples->words.items + stack->first_word;
	bool has_markers = counts_markers(file);
	uint32_t depth = 0;

	if (stack->key.is_lbr || event->sample_type & SAMPLE_STACK_USER ||
	    event_has_off_cpu_data(event))
		return 0;
	for (uint32_t i = 0; i < stack->key.n_words; i++) {
		if (words[i] == CONTEXT_USER_DEFERRED)
			return 0;
		depth += words[i] < CONTEXT_MAX || has_markers;
	}
	return depth - stack->key.has_leaf_caller;
}

uint32_t *depth_limits(const struct perf_file *file,
		       const struct samples *samples)
{
	uint32_t *limits = mem_zalloc(file->events.n, sizeof(*limits));
	uint32_t longest = DEFAULT_LIMIT, n_longest = 0;

	for (size_t i = 0; i < samples->stacks.n; i++) {
		const struct raw_stack *stack = &samples->stacks.items[i];
		uint32_t depth;

		/* Most are shorter, and not looked at. */
		if (stack->key.n_words < longest ||
		    file->events.items[stack->key.event].max_stack > 0)
			continue;
		depth = depth_of(file, samples, stack);
		if (depth < longest)
			continue;
		n_longest = depth > longest ? 1 : n_longest + 1;
		longest = depth;
	}
	if (longest > DEFAULT_LIMIT && n_longest < 2)
		longest = 0;
	for (size_t i = 0; i < file->events.n; i++)
		limits[i] = file->events.items[i].max_stack > 0
				    ? file->events.items[i].max_stack
				    : longest;
	return limits;
}

bool depth_limit_is_reached(const uint32_t *limits,
			    const struct perf_file *file,
			    const struct samples *samples,
			    const struct raw_stack *stack)
{
	uint32_t limit = limits[stack->key.event];

	return limit > 0 && stack->key.n_words >= limit &&
	       depth_of(file, samples, stack) == limit;
}
