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
	free(event->pmu);
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
	struct event_name parts = event_name_parse(event);

	return parts.n_pmu == 0 && parts.n_event == strlen(name) &&
	       memcmp(parts.event, name, parts.n_event) == 0;
}

static bool is_clock(const char *name)
{
	return is_called(name, "cpu-clock") || is_called(name, "task-clock");
}

uint32_t told_events_add(struct told_events *events, const char *name,
			 const char *unit, bool has_samples)
{
	struct event_name parts;

	for (uint32_t i = 0; i < events->items.n; i++)
		if (strcmp(events->items.items[i].name, name) == 0)
			return i;
	if (events->items.n >= MAX_EVENTS)
		return NO_EVENT;
	if (!unit)
		unit = is_clock(name) || is_called(name, OFF_CPU_EVENT)
			       ? "nanoseconds"
			       : "count";
	parts = event_name_parse(name);
	*vec_add(&events->items) = (struct told_event){
		.name = mem_strdup(name),
		.unit = mem_strdup(unit),
		.pmu = parts.n_pmu > 0
			       ? mem_printf("%.*s", (int)parts.n_pmu, parts.pmu)
			       : NULL,
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

void told_events_note_sample(struct told_events *events, uint32_t number,
			     uint64_t n)
{
	struct told_event *event = &events->items.items[number];

	events->n_sampled += event->n_added == 0;
	event->n_added++;
	if (__builtin_add_overflow(event->n_samples, n, &event->n_samples))
		event->n_samples = UINT64_MAX;
}

/* ---- what becomes of them ---- */

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

struct counted_event *told_events_counted(const struct told_events *events)
{
	struct counted_event *counted =
		mem_zalloc(events->items.n, sizeof(*counted));

	for (size_t i = 0; i < events->items.n; i++) {
		const struct told_event *event = &events->items.items[i];
		const char *pmu = event->pmu;

		counted[i] = (struct counted_event){
			.name = event->name,
			.unit = event->unit,
			.core = pmu && event_pmu_is_core(pmu, strlen(pmu))
					? pmu
					: NULL,
			.is_clock = is_clock(event->name),
			.is_dummy = event->n_added == 0 &&
				    is_called(event->name, "dummy"),
			.has_samples = event->has_samples,
			.is_counted = event->is_counted,
			.n_samples = event->n_samples,
		};
	}
	return counted;
}
