#include "config.h"
#include "conv/value_types.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "conv/event_name.h"
#include "conv/perf_abi.h"

/* perf adds dummy events to learn of processes; they never count anything. */
static bool is_dummy(const struct event *event)
{
	return event->type == TYPE_SOFTWARE && event->config == SOFTWARE_DUMMY;
}

static bool has_real_events(const struct perf_file *file)
{
	for (size_t i = 0; i < file->events.n; i++)
		if (!is_dummy(&file->events.items[i]))
			return true;
	return false;
}

static bool have_equal_base(const char *a, const char *b)
{
	size_t n = event_base_length(a);

	return n == event_base_length(b) && strncmp(a, b, n) == 0;
}

/* The event's name in the profile, which no event before it has; free() it. */
static char *type_name(const struct perf_file *file, size_t number)
{
	const char *name = file->events.items[number].name;
	size_t length = event_base_length(name), n_before = 0;

	for (size_t i = 0; i < file->events.n; i++)
		if (i != number &&
		    have_equal_base(name, file->events.items[i].name))
			length = strlen(name);
	for (size_t i = 0; i < number; i++)
		if (strcmp(name, file->events.items[i].name) == 0)
			n_before++;
	if (n_before > 0)
		return mem_printf("%s#%zu", name, n_before + 1);
	return mem_printf("%.*s", (int)length, name);
}

static void add_type(struct profile *profile, const char *type,
		     const char *unit)
{
	*vec_add(&profile->types) = (struct value_type){
		.type = profile_add_string(profile, type),
		.unit = profile_add_string(profile, unit),
	};
}

static void add_types_of_one(struct profile *profile,
			     const struct perf_file *file, size_t number)
{
	const struct event *event = &file->events.items[number];
	char *name = type_name(file, number);

	add_type(profile, "samples", "count");
	if (event_is_clock(event))
		add_type(profile, "cpu", "nanoseconds");
	else
		add_type(profile, name, "count");
	free(name);
}

static void add_types_of_many(struct profile *profile,
			      const struct perf_file *file, size_t number)
{
	const struct event *event = &file->events.items[number];
	char *name = type_name(file, number);
	char *samples = mem_printf("%s_samples", name);

	add_type(profile, samples, "count");
	add_type(profile, name,
		 event_is_clock(event) ? "nanoseconds" : "count");
	free(samples);
	free(name);
}

static void add_types_as_perf_to_profile(struct profile *profile,
					 const struct perf_file *file,
					 size_t number)
{
	char *name = type_name(file, number);
	char *sample = mem_printf("%s_sample", name);
	char *weight = mem_printf("%s_event", name);

	add_type(profile, sample, "count");
	add_type(profile, weight, "count");
	free(sample);
	free(weight);
	free(name);
}

static size_t count_events(const struct perf_file *file, bool has_real)
{
	size_t n = 0;

	for (size_t i = 0; i < file->events.n; i++)
		n += !(has_real && is_dummy(&file->events.items[i]));
	return n;
}

uint32_t *value_types_add(struct profile *profile, const struct perf_file *file,
			  enum type_style style)
{
	uint32_t *type_of_event = mem_zalloc(file->events.n, sizeof(uint32_t));
	bool has_real = has_real_events(file);
	bool is_single = count_events(file, has_real) == 1;

	for (size_t i = 0; i < file->events.n; i++) {
		/* Should a dummy have samples after all, they are not lost:
		 * they count for the first event. */
		if (has_real && is_dummy(&file->events.items[i]))
			continue;
		type_of_event[i] = (uint32_t)profile->types.n;
		if (style == TYPES_PERF_TO_PROFILE)
			add_types_as_perf_to_profile(profile, file, i);
		else if (is_single)
			add_types_of_one(profile, file, i);
		else
			add_types_of_many(profile, file, i);
	}
	profile->default_type = 1;
	profile->period_type = profile->types.items[1];
	return type_of_event;
}

void value_types_set_default(struct profile *profile,
			     const uint32_t *type_of_event,
			     const struct samples *samples)
{
	uint32_t first = UINT32_MAX;

	for (size_t i = 0; i < samples->stacks.n; i++) {
		uint32_t type =
			type_of_event[samples->stacks.items[i].key.event];

		if (type < first)
			first = type;
	}
	if (first != UINT32_MAX) {
		profile->default_type = first + 1;
		profile->period_type = profile->types.items[first + 1];
	}
}
