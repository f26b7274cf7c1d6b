#include "config.h"
#include "profile/exact.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "profile/interrupt_entry.h"

/* ---- entries ---- */

/* Entry code is in the kernel proper. Its symbol names the physical function,
 * which is the last of an inline chain. */
static const struct interrupt_entry *entry_at(const struct profile *profile,
					      const struct location *location)
{
	const struct frame *frame;

	if (location->module == NO_MODULE || location->n_frames == 0 ||
	    profile->modules.items[location->module].kind != MODULE_KERNEL)
		return NULL;
	frame = &profile->frames
			 .items[location->first_frame + location->n_frames - 1];
	return interrupt_entry_find(profile_string(
		profile,
		profile->functions.items[frame->function].system_name));
}

/* NULL where a location is no entry; NULL itself if none is. */
static const struct interrupt_entry **find_entries(
	const struct profile *profile)
{
	const struct interrupt_entry **entries = NULL;

	for (size_t i = 0; i < profile->locations.n; i++) {
		const struct interrupt_entry *entry =
			entry_at(profile, &profile->locations.items[i]);

		if (entry && !entries)
			entries = mem_zalloc(profile->locations.n,
					     sizeof(*entries));
		if (entry)
			entries[i] = entry;
	}
	return entries;
}

/* ---- locations ---- */

/* Whether a location of which this is known is to be looked up again one byte
 * on; else what is said of its module holds there, too. */
static bool is_of_address(enum reason reason)
{
	return reason == REASON_NAMED || reason == REASON_NOT_COVERED ||
	       reason == REASON_PENDING;
}

/* A copy of a location's frames, as adding some moves them. */
static struct frame *copy_frames(const struct profile *profile,
				 const struct location *location)
{
	return mem_copy(&profile->frames.items[location->first_frame],
			location->n_frames * sizeof(struct frame));
}

/* Like a location that has frames of the input, at another address. */
static uint32_t add_like(struct profile *profile, const struct location *old,
			 const struct location *exact)
{
	struct frame *frames = copy_frames(profile, old);
	uint32_t added;

	if (old->is_stated) {
		added = profile_add_named_location(profile, exact, frames,
						   old->n_frames);
		profile->locations.items[added].reason = old->reason;
	} else {
		added = profile_add_location(profile, exact->module,
					     exact->address);
		profile_suggest_frames(profile, added, frames, old->n_frames);
	}
	free(frames);
	return added;
}

/* The location of the address that a return location is one byte before. */
static uint32_t exact_location(struct profile *profile, uint32_t number)
{
	struct location old = profile->locations.items[number], exact = old;
	size_t n_before = profile->locations.n;
	bool has_own_frames = old.n_frames > 0 &&
			      (old.is_stated || old.reason != REASON_NAMED);
	uint32_t added;

	exact.address++;
	exact.is_return = false;
	added = has_own_frames ? add_like(profile, &old, &exact)
			       : profile_add_location(profile, exact.module,
						      exact.address);
	if (added >= n_before && !is_of_address(old.reason))
		profile->locations.items[added].reason = old.reason;
	return added;
}

/* Whether a location that follows an entry was interrupted. */
static bool is_interrupted(const struct profile *profile, uint32_t number,
			   const struct interrupt_entry *entry,
			   const struct interrupt_entry *own)
{
	const struct location *location = &profile->locations.items[number];

	return location->is_return &&
	       (location->address + 1) % entry->alignment == 0 &&
	       !(entry->may_be_called && own && !own->may_be_called);
}

/* ---- stacks ---- */

struct correction {
	struct profile *profile;
	const struct interrupt_entry **entries; /* by location, at first */
	uint32_t *exact; /* by location; UINT32_MAX: not needed yet */
	size_t n;	 /* locations that there were */
};

static bool correct_stack(struct correction *correction,
			  const struct stack *stack)
{
	struct profile *profile = correction->profile;
	uint32_t *locations = profile->stack_locations.items + stack->first;
	bool has_changed = false;

	/* From the outermost on, so that each sees what was before it. */
	for (uint32_t i = stack->n; i-- > 1;) {
		uint32_t number = locations[i], *exact;
		const struct interrupt_entry *entry;

		entry = correction->entries[locations[i - 1]];
		if (!entry || !is_interrupted(profile, number, entry,
					      correction->entries[number]))
			continue;
		exact = &correction->exact[number];
		if (*exact == UINT32_MAX)
			*exact = exact_location(profile, number);
		locations[i] = *exact;
		has_changed = true;
	}
	return has_changed;
}

static bool has_pending(const struct profile *profile, size_t first)
{
	for (size_t i = first; i < profile->locations.n; i++)
		if (profile->locations.items[i].reason == REASON_PENDING)
			return true;
	return false;
}

bool exact_correct(struct profile *profile)
{
	struct correction correction = {
		.profile = profile,
		.entries = find_entries(profile),
		.n = profile->locations.n,
	};

	if (!correction.entries)
		return false;
	correction.exact = mem_alloc(correction.n * sizeof(*correction.exact));
	memset(correction.exact, 0xff,
	       correction.n * sizeof(*correction.exact));
	for (uint32_t i = 0; i < profile->stacks.n; i++)
		if (correct_stack(&correction, &profile->stacks.items[i]))
			*vec_add(&profile->changed_stacks) = i;
	free(correction.entries);
	free(correction.exact);
	return has_pending(profile, correction.n);
}

void exact_correct_location(struct profile *profile, uint32_t location)
{
	profile->locations.items[location].address++;
	/* Another may be there: they are put together in the end. */
	profile->locations.items[location].is_return = true;
}
