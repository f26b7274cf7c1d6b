#include "config.h"
#include "conv/value_types.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "conv/event_name.h"

/* perf adds dummy events to learn of processes; they never count anything. */
static bool has_real_events(const struct counted_event *events, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!events[i].is_dummy)
			return true;
	return false;
}

static bool have_equal_base(const char *a, const char *b)
{
	size_t n = event_base_length(a);

	return n == event_base_length(b) && strncmp(a, b, n) == 0;
}

/* The event's name in the profile, which no event before it has; free() it. */
static char *type_name(const struct counted_event *events, size_t n,
		       size_t number)
{
	const char *name = events[number].name;
	size_t length = event_base_length(name), n_before = 0;

	for (size_t i = 0; i < n; i++)
		if (i != number && have_equal_base(name, events[i].name))
			length = strlen(name);
	for (size_t i = 0; i < number; i++)
		if (strcmp(name, events[i].name) == 0)
			n_before++;
	if (n_before > 0)
		return mem_printf("%s#%zu", name, n_before + 1);
	return mem_printf("%.*s", (int)length, name);
}

static bool has_type(const struct profile *profile, uint32_t type)
{
	for (size_t i = 0; i < profile->types.n; i++)
		if (profile->types.items[i].type == type)
			return true;
	return false;
}

/* pprof knows types by their names: an event may be called "samples", too. */
static void add_type(struct profile *profile, const char *name,
		     const char *unit)
{
	uint32_t type = profile_add_string(profile, name);

	for (unsigned i = 2; has_type(profile, type); i++) {
		char *other = mem_printf("%s#%u", name, i);

		type = profile_add_string(profile, other);
		free(other);
	}
	*vec_add(&profile->types) = (struct value_type){
		.type = type,
		.unit = profile_add_string(profile, unit),
	};
}

static void add_types_of_one(struct profile *profile,
			     const struct counted_event *event,
			     const char *name)
{
	if (event->has_samples)
		add_type(profile, "samples", "count");
	add_type(profile, event->is_clock ? "cpu" : name, event->unit);
}

static void add_types_of_many(struct profile *profile,
			      const struct counted_event *event,
			      const char *name)
{
	char *samples = mem_printf("%s_samples", name);

	if (event->has_samples)
		add_type(profile, samples, "count");
	add_type(profile, name, event->unit);
	free(samples);
}

static void add_types_as_perf_to_profile(struct profile *profile,
					 const char *name)
{
	char *sample = mem_printf("%s_sample", name);
	char *weight = mem_printf("%s_event", name);

	add_type(profile, sample, "count");
	add_type(profile, weight, "count");
	free(sample);
	free(weight);
}

static size_t count_events(const struct counted_event *events, size_t n,
			   bool has_real)
{
	size_t count = 0;

	for (size_t i = 0; i < n; i++)
		count += !(has_real && events[i].is_dummy);
	return count;
}

uint32_t *value_types_add(struct profile *profile,
			  const struct counted_event *events, size_t n,
			  enum type_style style)
{
	uint32_t *type_of_event = mem_zalloc(n, sizeof(uint32_t));
	bool has_real = has_real_events(events, n);
	bool is_single = count_events(events, n, has_real) == 1;
	uint32_t first = 0;

	for (size_t i = 0; i < n; i++) {
		char *name;

		/* Should a dummy have samples after all, they are not lost:
		 * they count for the first event. */
		if (has_real && events[i].is_dummy)
			continue;
		if (profile->types.n == 0)
			first = (uint32_t)i;
		name = type_name(events, n, i);
		type_of_event[i] = (uint32_t)profile->types.n;
		if (style == TYPES_PERF_TO_PROFILE)
			add_types_as_perf_to_profile(profile, name);
		else if (is_single)
			add_types_of_one(profile, &events[i], name);
		else
			add_types_of_many(profile, &events[i], name);
		free(name);
	}
	value_types_set_default(profile, events, type_of_event, first);
	return type_of_event;
}

void value_types_set_default(struct profile *profile,
			     const struct counted_event *events,
			     const uint32_t *type_of_event, uint32_t first)
{
	profile->default_type =
		type_of_event[first] + events[first].has_samples;
	profile->period_type = profile->types.items[profile->default_type];
}
