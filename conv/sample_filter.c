#include "config.h"
#include "conv/sample_filter.h"

#include <string.h>

#include "conv/event_name.h"

#define IS_AMONG(v, wanted) \
	((v)->n == 0 || is_among((v)->items, (v)->n, (wanted)))

static bool is_among(const uint32_t *items, size_t n, uint32_t wanted)
{
	for (size_t i = 0; i < n; i++)
		if (items[i] == wanted)
			return true;
	return false;
}

bool sample_filter_is_empty(const struct sample_filter *filter)
{
	return filter->pids.n == 0 && filter->tids.n == 0 &&
	       filter->cpus.n == 0 && filter->comms.n == 0 &&
	       filter->events.n == 0 && !filter->has_time_range;
}

bool sample_filter_wants_numbers(const struct sample_filter *filter,
				 uint32_t pid, uint32_t tid, uint32_t cpu)
{
	return IS_AMONG(&filter->pids, pid) && IS_AMONG(&filter->tids, tid) &&
	       IS_AMONG(&filter->cpus, cpu);
}

bool sample_filter_wants_time(const struct sample_filter *filter, uint64_t time)
{
	return !filter->has_time_range ||
	       (time >= filter->time_from && time <= filter->time_to);
}

bool sample_filter_wants_comm(const struct sample_filter *filter,
			      const char *comm, const char *thread_comm)
{
	for (size_t i = 0; i < filter->comms.n; i++)
		if (strcmp(filter->comms.items[i], comm) == 0 ||
		    strcmp(filter->comms.items[i], thread_comm) == 0)
			return true;
	return filter->comms.n == 0;
}

bool sample_filter_wants_event(const struct sample_filter *filter,
			       const char *name, const char *pmu)
{
	for (size_t i = 0; i < filter->events.n; i++)
		if (event_name_matches(filter->events.items[i], name, pmu))
			return true;
	return filter->events.n == 0;
}
