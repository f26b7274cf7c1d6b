/*
 * Events are put into groups, each of which is what was asked for by one name:
 * an event alone, or one event on several kinds of core. Whatever else differs
 * (the mode, the unit) makes another group, and so does the second time that
 * the same is counted on the same kind of core.
 */
#include "config.h"
#include "conv/value_types.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/intern.h"
#include "conv/event_name.h"
#include "profile/value_shown.h"

struct event_group {
	uint32_t first; /* event */
	uint32_t n;
	uint32_t type; /* the first of its types */
	char *base;    /* name without modifiers */
};

struct grouping {
	const struct counted_event *events;
	size_t n;
	bool has_real; /* events that are no dummies */
	VEC(struct event_group) groups;
	uint32_t *group_of; /* of each event; UINT32_MAX: of none */
};

/* ---- groups ---- */

/* perf adds dummy events to learn of processes; they never count anything. */
static bool has_real_events(const struct counted_event *events, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!events[i].is_dummy)
			return true;
	return false;
}

/* Tells how often a text has been seen before. */
static uint32_t count_text(struct intern *texts, uint32_t *counts,
			   const char *text)
{
	return counts[intern_add(texts, text)]++;
}

/* What is equal for one event on several kinds of core. */
static char *key_of(const struct counted_event *event)
{
	struct event_name name = event_name_parse(event->name);

	return mem_printf("%" PRIx64 " %d%d%d %s %.*s",
			  name.modifiers & event_counting_modifiers,
			  event->is_clock, event->has_samples,
			  event->is_counted, event->unit, (int)name.n_event,
			  name.event);
}

static void group_events(struct grouping *grouping)
{
	size_t n = grouping->n;
	/* The empty text is in every table. */
	uint32_t *counts = mem_zalloc(n + 1, sizeof(*counts));
	struct intern kinds, keys; /* of groups; with their kinds of core */

	intern_init(&kinds);
	intern_init(&keys);
	grouping->group_of = mem_zalloc(n, sizeof(uint32_t));
	for (uint32_t i = 0; i < n; i++) {
		const struct counted_event *event = &grouping->events[i];
		char *key, *kind;
		uint32_t number;

		grouping->group_of[i] = UINT32_MAX;
		if (grouping->has_real && event->is_dummy)
			continue;
		key = key_of(event);
		if (event->core) {
			kind = mem_printf("%s %s", event->core, key);
			number = count_text(&kinds, counts, kind);
			free(kind);
			kind = mem_printf("%" PRIu32 " %s", number, key);
		} else {
			kind = mem_printf("#%" PRIu32, i);
		}
		number = intern_add(&keys, kind) - 1;
		if (number == grouping->groups.n)
			*vec_add(&grouping->groups) =
				(struct event_group){ .first = i };
		grouping->groups.items[number].n++;
		grouping->group_of[i] = number;
		free(key);
		free(kind);
	}
	intern_release(&kinds);
	intern_release(&keys);
	free(counts);
}

/* ---- names ---- */

/* What tells it from others whose names are equal without modifiers. */
static char *full_name(const struct grouping *grouping,
		       const struct event_group *group)
{
	const char *text = grouping->events[group->first].name;
	struct event_name name = event_name_parse(text);

	if (group->n == 1)
		return mem_strdup(text);
	return mem_printf("%.*s%s%.*s", (int)name.n_event, name.event,
			  name.modifiers ? ":" : "", (int)name.n_modifier_text,
			  name.modifier_text ? name.modifier_text : "");
}

static char *base_name(const struct grouping *grouping,
		       const struct event_group *group)
{
	const char *text = grouping->events[group->first].name;
	struct event_name name = event_name_parse(text);

	return group->n == 1
		       ? event_name_base(text)
		       : mem_printf("%.*s", (int)name.n_event, name.event);
}

/* The names of the groups in the profile, all different. */
static void name_groups(struct grouping *grouping, char **names)
{
	size_t n = grouping->groups.n;
	uint32_t *counts = mem_zalloc(n + 1, sizeof(*counts));
	uint32_t *name_counts = mem_zalloc(n + 1, sizeof(*counts));
	struct intern bases, full_names;

	intern_init(&bases);
	intern_init(&full_names);
	for (size_t i = 0; i < n; i++) {
		struct event_group *group = &grouping->groups.items[i];

		group->base = base_name(grouping, group);
		count_text(&bases, counts, group->base);
	}
	for (size_t i = 0; i < n; i++) {
		struct event_group *group = &grouping->groups.items[i];
		char *full = full_name(grouping, group);
		uint32_t before = count_text(&full_names, name_counts, full);

		if (before > 0)
			names[i] = mem_printf("%s#%" PRIu32, full, before + 1);
		else if (counts[intern_add(&bases, group->base)] > 1)
			names[i] = mem_strdup(full);
		else
			names[i] = mem_strdup(group->base);
		free(full);
	}
	intern_release(&bases);
	intern_release(&full_names);
	free(counts);
	free(name_counts);
}

/* ---- types ---- */

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
	if (event->has_samples || event->is_counted)
		add_type(profile, "samples", "count");
	if (!event->is_counted)
		add_type(profile, event->is_clock ? "cpu" : name, event->unit);
}

static void add_types_of_many(struct profile *profile,
			      const struct counted_event *event,
			      const char *name)
{
	char *samples = mem_printf("%s_samples", name);

	if (event->has_samples || event->is_counted)
		add_type(profile, samples, "count");
	if (!event->is_counted)
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

static void add_types(struct profile *profile, struct grouping *grouping,
		      enum type_style style)
{
	size_t n = grouping->groups.n;
	char **names = mem_zalloc(n, sizeof(*names));

	name_groups(grouping, names);
	for (size_t i = 0; i < n; i++) {
		struct event_group *group = &grouping->groups.items[i];
		const struct counted_event *event =
			&grouping->events[group->first];

		group->type = (uint32_t)profile->types.n;
		if (style == TYPES_PERF_TO_PROFILE)
			add_types_as_perf_to_profile(profile, names[i]);
		else if (n == 1)
			add_types_of_one(profile, event, names[i]);
		else
			add_types_of_many(profile, event, names[i]);
		free(names[i]);
	}
	free(names);
}

/* Should a dummy have samples after all, they are not lost: they count for the
 * first event. */
static uint32_t *add_events(struct profile *profile,
			    const struct grouping *grouping)
{
	uint32_t *type_of_event = mem_zalloc(grouping->n, sizeof(uint32_t));

	for (size_t i = 0; i < grouping->n; i++) {
		const struct counted_event *event = &grouping->events[i];
		uint32_t group = grouping->group_of[i];
		uint32_t type = NO_TYPE;

		if (group != UINT32_MAX) {
			type_of_event[i] = grouping->groups.items[group].type;
			type = type_of_event[i] + event->has_samples;
		}
		*vec_add(&profile->events) = (struct profile_event){
			.name = profile_add_string(profile, event->name),
			.type = type,
		};
	}
	return type_of_event;
}

uint32_t *value_types_add(struct profile *profile,
			  const struct counted_event *events, size_t n,
			  enum type_style style)
{
	struct grouping grouping = {
		.events = events,
		.n = n,
		.has_real = has_real_events(events, n),
	};
	uint32_t *type_of_event;

	group_events(&grouping);
	add_types(profile, &grouping, style);
	type_of_event = add_events(profile, &grouping);
	value_types_set_default(profile, events, n);
	for (size_t i = 0; i < grouping.groups.n; i++)
		free(grouping.groups.items[i].base);
	vec_release(&grouping.groups);
	free(grouping.group_of);
	return type_of_event;
}

/* ---- the one that is shown ---- */

void value_types_set_default(struct profile *profile,
			     const struct counted_event *events, size_t n)
{
	uint64_t *sums = mem_zalloc(profile->types.n, sizeof(*sums));
	uint32_t most = NO_TYPE;

	for (size_t i = 0; i < n; i++) {
		struct profile_event *event = &profile->events.items[i];

		event->n_samples = events[i].n_samples;
		if (event->type != NO_TYPE &&
		    __builtin_add_overflow(sums[event->type], event->n_samples,
					   &sums[event->type]))
			sums[event->type] = UINT64_MAX;
	}
	for (size_t i = 0; i < n; i++) {
		uint32_t type = profile->events.items[i].type;

		if (type != NO_TYPE &&
		    (most == NO_TYPE || sums[type] > sums[most]))
			most = type;
	}
	profile->default_type = most;
	profile->period_type = profile->types.items[most];
	free(sums);
}

static bool refuse_type(const struct profile *profile, const char *wanted,
			struct err *err)
{
	struct buf list = { 0 };

	for (size_t i = 0; i < profile->types.n; i++)
		buf_printf(
			&list, "%s%s", i > 0 ? ", " : "",
			profile_string(profile, profile->types.items[i].type));
	buf_add(&list, "", 1);
	err_set(err, "no value of type %s; it has %s", wanted,
		profile->types.n > 0 ? (const char *)list.bytes : "none");
	buf_release(&list);
	return false;
}

/*
 * The type of the events that a name means: NO_TYPE where there is none, or
 * are several. is_part: samples of other kinds of core count for it, too.
 */
static uint32_t type_of_events(const struct profile *profile,
			       const char *wanted, bool *is_part)
{
	uint32_t type = NO_TYPE;

	for (size_t i = 0; i < profile->events.n; i++) {
		const struct profile_event *event = &profile->events.items[i];

		if (event->type == NO_TYPE || event->type == type ||
		    !event_name_matches(
			    wanted, profile_string(profile, event->name), NULL))
			continue;
		if (type != NO_TYPE)
			return NO_TYPE;
		type = event->type;
	}
	*is_part = false;
	for (size_t i = 0; i < profile->events.n; i++) {
		const struct profile_event *event = &profile->events.items[i];

		*is_part |= event->type == type && event->n_samples > 0 &&
			    !event_name_matches(
				    wanted,
				    profile_string(profile, event->name), NULL);
	}
	return type;
}

bool value_types_choose(struct profile *profile, const char *wanted,
			struct err *err)
{
	uint32_t type = NO_TYPE;
	bool is_part = false;

	for (uint32_t i = 0; i < profile->types.n && type == NO_TYPE; i++)
		if (strcmp(wanted,
			   profile_string(profile,
					  profile->types.items[i].type)) == 0)
			type = i;
	if (type == NO_TYPE && strcmp(wanted, "samples") == 0)
		type = profile_count_type(profile, profile->default_type);
	if (type == NO_TYPE)
		type = type_of_events(profile, wanted, &is_part);
	if (type == NO_TYPE)
		return refuse_type(profile, wanted, err);
	if (is_part)
		return err_set(err,
			       "%s is one kind of core of %s; --event %s "
			       "chooses it",
			       wanted,
			       profile_string(profile,
					      profile->types.items[type].type),
			       wanted);
	profile->default_type = type;
	profile->is_type_chosen = true;
	return true;
}
