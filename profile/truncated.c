#include "config.h"
#include "profile/truncated.h"

#include <string.h>

#include "profile/value_shown.h"

#define TRUNCATED_NAME "[truncated]"

uint32_t profile_add_truncated(struct profile *profile, uint64_t address)
{
	uint32_t name = profile_add_string(profile, TRUNCATED_NAME);
	struct function function = { .name = name, .system_name = name };
	uint32_t location = profile_add_location(profile, NO_MODULE, address);

	if (profile->locations.items[location].n_frames == 0) {
		struct frame frame = {
			.function = profile_add_function(profile, &function),
		};

		profile_name_location(profile, location, &frame, 1);
	}
	return location;
}

/* The function of a location that is not inlined; NULL: it has no name. */
static const char *outer_function(const struct profile *profile,
				  uint32_t number)
{
	const struct location *location = &profile->locations.items[number];
	const struct frame *frame;

	if (location->n_frames == 0)
		return NULL;
	frame = &profile->frames
			 .items[location->first_frame + location->n_frames - 1];
	return profile_string(profile,
			      profile->functions.items[frame->function].name);
}

/* The location of a stack, counted from its outermost one. */
static uint32_t outer_location(const struct profile *profile,
			       const struct stack *stack, uint32_t number)
{
	return profile->stack_locations
		.items[stack->first + stack->n - 1 - number];
}

static bool is_truncated(const struct profile *profile,
			 const struct stack *stack)
{
	uint32_t number;
	const char *name;

	if (stack->n == 0)
		return false;
	number = outer_location(profile, stack, 0);
	if (profile->locations.items[number].module != NO_MODULE)
		return false;
	name = outer_function(profile, number);
	return name && strcmp(name, TRUNCATED_NAME) == 0;
}

/* Where programs, threads and tasks of the kernel begin. */
static bool is_outermost(const char *name)
{
	static const char *const names[] = {
		"_start",
		"clone",
		"__clone",
		"clone3",
		"__clone3",
		"__clone_internal",
		"thread_start",
		"runtime.goexit",
		"runtime.goexit.abi0",
		"runtime.mstart",
		"runtime.rt0_go",
		"ret_from_fork",
		"ret_from_fork_asm",
		"secondary_startup_64",
		"secondary_startup_64_no_verify",
		"__primary_switched",
		"__secondary_switched",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

void profile_settle_truncated(struct profile *profile)
{
	bool has_changed = false;

	for (uint32_t i = 0; i < profile->stacks.n; i++) {
		struct stack *stack = &profile->stacks.items[i];
		const char *name;

		if (stack->n < 2 || !is_truncated(profile, stack))
			continue;
		name = outer_function(profile,
				      outer_location(profile, stack, 1));
		if (!name || !is_outermost(name))
			continue;
		stack->n--;
		*vec_add(&profile->changed_stacks) = i;
		has_changed = true;
	}
	if (has_changed)
		profile_merge_stacks(profile);
}

/* How many samples one of the profile stands for: what its types say that
 * count them, 1 where none does. */
static uint64_t count_samples(const struct profile *profile,
			      const struct sample *sample)
{
	bool is_counted = false;
	uint64_t n = 0;

	for (uint32_t i = 0; i < profile->types.n; i++) {
		int64_t value = profile->values.items[sample->first_value + i];

		if (profile_count_type(profile, i) != i)
			continue;
		is_counted = true;
		n += value > 0 ? (uint64_t)value : 0;
	}
	return is_counted ? n : 1;
}

uint64_t profile_count_truncated(const struct profile *profile)
{
	uint64_t n = 0;

	for (size_t i = 0; i < profile->samples.n; i++) {
		const struct sample *sample = &profile->samples.items[i];

		if (is_truncated(profile,
				 &profile->stacks.items[sample->stack]))
			n += count_samples(profile, sample);
	}
	return n;
}
