#include "config.h"
#include "conv/told_events.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "conv/event_name.h"
#include "conv/perf_abi.h"

static void free_event(struct told_event *event)
{
	free(event->name);
	free(event->unit);
}

void told_events_release(struct told_events *events)
{
	for (size_t i = 0; i < events->items.n; i++)
		free_event(&events->items.items[i]);
	vec_release(&events->items);
}

/* ---- adding ---- */

static bool is_called(const char *event, const char *name)
{
	size_t n = event_base_length(event);

	return n == strlen(name) && memcmp(event, name, n) == 0;
}

static bool is_clock(const char *name)
{
	return is_called(name, "cpu-clock") || is_called(name, "task-clock");
}

uint32_t told_events_add(struct told_events *events, const char *name,
			 const char *unit, bool has_samples, bool is_early)
{
	for (uint32_t i = 0; i < events->items.n; i++)
		if (strcmp(events->items.items[i].name, name) == 0)
			return i;
	if (events->items.n >= MAX_EVENTS)
		return NO_EVENT;
	if (!unit)
		unit = is_clock(name) || is_called(name, OFF_CPU_EVENT)
			       ? "nanoseconds"
			       : "count";
	if (events->items.n > 0 && is_early)
		events->has_order = true;
	*vec_add(&events->items) = (struct told_event){
		.name = mem_strdup(name),
		.unit = mem_strdup(unit),
		.has_samples = has_samples,
	};
	return (uint32_t)events->items.n - 1;
}

bool told_events_is_beyond(const struct told_events *events, uint32_t number)
{
	return number == NO_EVENT ||
	       (events->items.items[number].n_added == 0 &&
		events->n_sampled >= MAX_SAMPLED_EVENTS);
}

void told_events_note_sample(struct told_events *events, uint32_t number)
{
	struct told_event *event = &events->items.items[number];

	events->n_sampled += event->n_added == 0;
	event->n_added++;
}

/* ---- what becomes of them ---- */

uint32_t told_events_main(const struct told_events *events)
{
	const struct told_event *items = events->items.items;
	uint32_t main = 0;

	for (uint32_t i = 1; i < events->items.n; i++)
		if (events->has_order ? items[main].n_added == 0
				      : items[i].n_added > items[main].n_added)
			main = i;
	return main;
}

void told_events_drop_idle(struct told_events *events, uint32_t *numbers)
{
	struct told_event *items = events->items.items;
	bool are_many = events->items.n > MAX_SAMPLED_EVENTS;
	size_t n = 0;

	for (size_t i = 0; i < events->items.n; i++) {
		numbers[i] = (uint32_t)n;
		/* One must be left. */
		if (!are_many || items[i].n_added > 0 ||
		    (events->n_sampled == 0 && i == 0))
			items[n++] = items[i];
		else
			free_event(&items[i]);
	}
	events->items.n = n;
}

/* The name of the type that counts an event's samples; free() it. */
static char *count_name(const struct told_events *events,
			const struct told_event *event)
{
	int length = (int)event_base_length(event->name);

	return events->items.n == 1
		       ? mem_strdup("samples")
		       : mem_printf("%.*s_samples", length, event->name);
}

struct counted_event *told_events_counted(struct told_events *events)
{
	struct counted_event *counted =
		mem_zalloc(events->items.n, sizeof(*counted));

	for (size_t i = 0; i < events->items.n; i++) {
		struct told_event *event = &events->items.items[i];

		if (event->is_counted) {
			char *name = count_name(events, event);

			free(event->name);
			event->name = name;
		}
		counted[i] = (struct counted_event){
			.name = event->name,
			.unit = event->unit,
			.is_clock = is_clock(event->name),
			.is_dummy = event->n_added == 0 &&
				    is_called(event->name, "dummy"),
			.has_samples = event->has_samples,
		};
	}
	return counted;
}
