/*
 * Which address of a callchain is looked up where, in the one place that
 * decides it:
 *
 *	sample.ip            as it is: where execution was
 *	CONTEXT_KERNEL
 *	  ip                 the same frame once more: left out
 *	  return address     one byte back, inside the call, unless it turns
 *	  …                  out to be where an interrupt came (exact.h)
 *	CONTEXT_USER
 *	  ip                 as it is: an interrupt or a system call came here
 *	  return address     one byte back
 *	  …
 *
 * The sampled address and the chain may be of different moments: a precise
 * event's is where it happened, the chain begins where the processor was
 * interrupted for it. Then the sampled address goes in front of the first frame
 * of its own mode or of one further out, so that the kernel's frames stay above
 * the user's:
 *
 *	sample.ip in user mode, CONTEXT_KERNEL k, CONTEXT_USER a, b: k, ip, a, b
 *
 * and is a frame of its own there, unless a is the same address.
 */
#include "config.h"
#include "conv/resolve.h"

#include <stdio.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/alloc.h"
#include "base/slots.h"
#include "conv/depth_limit.h"
#include "conv/perf_abi.h"
#include "profile/truncated.h"

/* Where the upper half of a 64-bit address space begins at the latest: no
 * process has anything there. */
static const uint64_t KERNEL_HALF = UINT64_C(0xffff800000000000);

/* An address that was resolved before. */
struct memo {
	uint64_t avma;
	uint32_t space; /* SPACE_EMPTY where it does not matter */
	uint32_t kernel_space;
	uint16_t cpumode;
	bool is_return; /* in a kernel */
	uint8_t padding;
	uint32_t location;
};

struct resolver {
	const struct resolve_input *input;
	struct profile *profile;
	VEC(struct memo) memos;
	struct slots slots;
	VEC(uint32_t) locations; /* of the stack at hand */
	struct sample_labels labels;
	uint32_t *depth_limits;
};

/* ---- addresses ---- */

static bool memo_equal(const void *context, const void *key, uint32_t number)
{
	const struct resolver *resolver = context;
	const struct memo *a = key, *b = &resolver->memos.items[number];

	return a->avma == b->avma && a->space == b->space &&
	       a->kernel_space == b->kernel_space && a->cpumode == b->cpumode &&
	       a->is_return == b->is_return;
}

static uint32_t add_location(struct resolver *resolver, uint32_t module,
			     uint64_t address, bool is_return)
{
	return is_return ? profile_add_return_location(resolver->profile,
						       module, address)
			 : profile_add_location(resolver->profile, module,
						address);
}

/*
 * What lies in a file's mapping that cannot be executed is no code, as if there
 * was nothing; in memory without a file a map may tell of code there after all.
 */
static uint32_t location_in(struct resolver *resolver,
			    const struct mapping *mapping,
			    const struct memo *memo)
{
	struct profile *profile = resolver->profile;
	enum module_kind kind = profile->modules.items[mapping->module].kind;
	uint64_t address = memo->avma;

	if (mapping->is_data)
		return kind == MODULE_ANON
			       ? profile_add_data_location(
					 profile, mapping->module, address)
			       : profile_add_unmapped(profile, address);
	if (module_has_offsets(kind))
		address = memo->avma - mapping->start + mapping->pgoff;
	return add_location(resolver, mapping->module, address,
			    memo->is_return);
}

/*
 * A user address is looked up among the process's mappings, and where there is
 * none among the kernel's: its addresses leak into user stacks, and on a 32-bit
 * machine nothing else tells them apart.
 */
static uint32_t locate_anew(struct resolver *resolver, const struct memo *memo)
{
	const struct resolve_input *input = resolver->input;
	uint16_t cpumode = memo->cpumode;
	const struct mapping *mapping = NULL;
	uint32_t module;

	if (memo->space != SPACE_EMPTY)
		mapping = timeline_mapping(input->timeline, memo->space,
					   memo->avma);
	if (!mapping && memo->cpumode <= MISC_USER)
		mapping = timeline_mapping(input->timeline, memo->kernel_space,
					   memo->avma);
	if (mapping)
		return location_in(resolver, mapping, memo);
	if (cpumode == MISC_USER && memo->avma >= KERNEL_HALF)
		cpumode = MISC_KERNEL;
	module = modules_of_context(input->modules, cpumode, memo->avma);
	if (module == NO_MODULE)
		return profile_add_unmapped(resolver->profile, memo->avma);
	return add_location(resolver, module, memo->avma, memo->is_return);
}

/* Of captures without frame pointers that is most addresses, each seen once or
 * twice: to look is less than to remember. */
static bool is_nowhere(const struct resolver *resolver, const struct memo *memo)
{
	const struct timeline *timeline = resolver->input->timeline;

	return memo->cpumode == MISC_USER && memo->avma < KERNEL_HALF &&
	       !timeline_mapping(timeline, memo->space, memo->avma) &&
	       !timeline_mapping(timeline, memo->kernel_space, memo->avma);
}

static uint32_t locate(struct resolver *resolver, const struct memo *wanted)
{
	uint32_t next = (uint32_t)resolver->memos.n, number;
	struct memo memo = *wanted;

	number = slots_find_or_add(
		&resolver->slots,
		(uint32_t)XXH3_64bits(&memo, offsetof(struct memo, location)),
		memo_equal, resolver, &memo, next);
	if (number == next) {
		memo.location = locate_anew(resolver, &memo);
		*vec_add(&resolver->memos) = memo;
	}
	return resolver->memos.items[number].location;
}

static void add_address(struct resolver *resolver,
			const struct thread_state *thread, uint16_t cpumode,
			uint64_t avma, bool is_exact)
{
	struct memo memo = { .cpumode = cpumode };

	if (!is_exact && avma > 0) {
		avma--;
		memo.is_return =
			cpumode == MISC_KERNEL || cpumode == MISC_GUEST_KERNEL;
	}
	memo.avma = avma;
	if (memo.cpumode <= MISC_USER)
		memo.kernel_space = thread->kernel_space;
	if (memo.cpumode == MISC_USER)
		memo.space = thread->space;
	else if (memo.cpumode == MISC_GUEST_KERNEL)
		memo.space = timeline_guest_space(resolver->input->timeline,
						  thread->pid);
	*vec_add(&resolver->locations) =
		is_nowhere(resolver, &memo)
			? profile_add_unmapped(resolver->profile, avma)
			: locate(resolver, &memo);
}

/* ---- stacks ---- */

/* The mode that a context marker announces; mode if it announces none. */
static uint16_t mode_of_marker(uint64_t marker, uint16_t mode)
{
	switch (marker) {
	case CONTEXT_HV:
		return MISC_HYPERVISOR;
	case CONTEXT_KERNEL:
		return MISC_KERNEL;
	case CONTEXT_USER:
	case CONTEXT_USER_DEFERRED:
		return MISC_USER;
	case CONTEXT_GUEST:
	case CONTEXT_GUEST_KERNEL:
		return MISC_GUEST_KERNEL;
	case CONTEXT_GUEST_USER:
		return MISC_GUEST_USER;
	}
	return mode;
}

/*
 * How far out the frames of a mode are: a guest runs in its host's kernel,
 * which runs for a process, and so they call each other.
 */
static unsigned depth_of(uint16_t mode)
{
	switch (mode) {
	case MISC_GUEST_KERNEL:
		return 0;
	case MISC_GUEST_USER:
		return 1;
	case MISC_HYPERVISOR:
		return 2;
	case MISC_KERNEL:
		return 3;
	}
	return 4;
}

static bool is_marker(uint64_t word)
{
	return word >= CONTEXT_MAX;
}

static uint32_t resolve_stack(struct resolver *resolver,
			      const struct raw_stack *stack)
{
	const struct resolve_input *input = resolver->input;
	const struct raw_key *key = &stack->key;
	const uint64_t *words = input->samples->words.items + stack->first_word;
	const struct event *event = &input->file->events.items[key->event];
	bool has_ip = event->sample_type & SAMPLE_IP &&
		      !event_has_off_cpu_data(event);
	uint16_t leaf_mode = key->cpumode ? key->cpumode : MISC_USER;
	uint16_t mode = leaf_mode;
	bool is_ip_due = has_ip, is_first = true, is_first_of_mode = true;

	resolver->locations.n = 0;
	for (uint32_t i = 0; i < key->n_words; i++) {
		bool is_lbr = key->is_lbr && mode == MISC_USER, is_same;

		if (is_marker(words[i]) && words[i] != CONTEXT_TRUNCATED) {
			mode = mode_of_marker(words[i], mode);
			is_first_of_mode = true;
			continue;
		}
		is_same = false;
		if (is_ip_due && depth_of(mode) >= depth_of(leaf_mode)) {
			add_address(resolver, &key->thread, leaf_mode, key->ip,
				    true);
			is_ip_due = false;
			is_same = mode == leaf_mode &&
				  (is_first || words[i] == key->ip);
		}
		if (words[i] == CONTEXT_TRUNCATED) {
			*vec_add(&resolver->locations) = profile_add_truncated(
				resolver->profile, CONTEXT_TRUNCATED);
			continue;
		}
		if (!is_same)
			add_address(resolver, &key->thread, mode, words[i],
				    is_first_of_mode || is_lbr);
		is_first = is_first_of_mode = false;
	}
	if (is_ip_due)
		add_address(resolver, &key->thread, leaf_mode, key->ip, true);
	/* No address: those end before the markers. */
	if (depth_limit_is_reached(resolver->depth_limits, input->file,
				   input->samples, stack))
		*vec_add(&resolver->locations) = profile_add_truncated(
			resolver->profile, CONTEXT_TRUNCATED);
	return profile_add_stack(resolver->profile, resolver->locations.items,
				 (uint32_t)resolver->locations.n);
}

/* ---- labels ---- */

static const char *mode_name(uint16_t cpumode)
{
	switch (cpumode) {
	case MISC_KERNEL:
		return "Host Kernel";
	case MISC_USER:
		return "Host User";
	case MISC_HYPERVISOR:
		return "Hypervisor";
	case MISC_GUEST_KERNEL:
		return "Guest Kernel";
	case MISC_GUEST_USER:
		return "Guest User";
	}
	return "Unknown";
}

static uint32_t labels_of(struct resolver *resolver, const struct raw_key *key)
{
	const struct resolve_input *input = resolver->input;
	const char *pmu = input->file->events.items[key->event].pmu;
	struct sample_about about = {
		.pid = key->thread.pid,
		.tid = key->tid,
		.comm = key->thread.comm,
		.thread_comm = key->thread.thread_comm,
		.cpu = key->cpu,
		.time = key->time,
	};

	if (input->split.by_cgroup)
		about.cgroup = timeline_cgroup(input->timeline, key->cgroup);
	if (input->split.by_mode)
		about.mode = profile_add_string(resolver->profile,
						mode_name(key->cpumode));
	if (input->split.by_pmu && pmu)
		about.pmu = profile_add_string(resolver->profile, pmu);
	return sample_labels_add(&resolver->labels, &about);
}

/* ---- all of them ---- */

/* Values are signed in the profile: more than fits stays the most that does. */
static void add_to_value(struct profile *profile, size_t value, uint64_t n)
{
	profile_add_to_value(profile, value,
			     n > INT64_MAX ? INT64_MAX : (int64_t)n);
}

static void resolver_init(struct resolver *resolver, struct profile *profile,
			  const struct resolve_input *input)
{
	*resolver = (struct resolver){
		.input = input,
		.profile = profile,
	};
	resolver->depth_limits = depth_limits(input->file, input->samples);
	sample_labels_init(&resolver->labels, profile, input->split);
	slots_init(&resolver->slots, 4096);
}

static struct counted_event *counted_events(const struct perf_file *file)
{
	struct counted_event *events =
		mem_zalloc(file->events.n, sizeof(*events));

	for (size_t i = 0; i < file->events.n; i++) {
		const struct event *event = &file->events.items[i];

		events[i] = (struct counted_event){
			.name = event->name,
			.unit = event_is_clock(event) || event->is_off_cpu
					? "nanoseconds"
					: "count",
			.core = event->is_of_core ? event->pmu : NULL,
			.is_clock = event_is_clock(event),
			.is_dummy = event_is_dummy(event),
			.has_samples = true,
		};
	}
	return events;
}

void resolve_samples(struct profile *profile, const struct resolve_input *input)
{
	struct counted_event *events = counted_events(input->file);
	uint32_t *type_of_event = value_types_add(
		profile, events, input->file->events.n, input->types);
	struct resolver resolver;

	resolver_init(&resolver, profile, input);
	for (size_t i = 0; i < input->samples->stacks.n; i++) {
		const struct raw_stack *stack =
			&input->samples->stacks.items[i];
		uint32_t number = resolve_stack(&resolver, stack);
		uint32_t labels = labels_of(&resolver, &stack->key);
		uint32_t sample = profile_add_sample(profile, number, labels);
		size_t first = profile->samples.items[sample].first_value +
			       type_of_event[stack->key.event];

		add_to_value(profile, first, stack->n_samples);
		add_to_value(profile, first + 1, stack->weight);
		events[stack->key.event].n_samples += stack->n_samples;
	}
	value_types_set_default(profile, events, input->file->events.n);
	slots_release(&resolver.slots);
	vec_release(&resolver.memos);
	vec_release(&resolver.locations);
	free(resolver.depth_limits);
	free(type_of_event);
	free(events);
}
