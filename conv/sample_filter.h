/*
 * Which samples of an input are wanted.
 */
#ifndef CONV_SAMPLE_FILTER_H
#define CONV_SAMPLE_FILTER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/vec.h"

/* Zeroed: all. */
struct sample_filter {
	VEC(uint32_t) pids; /* empty: any */
	VEC(uint32_t) tids;
	VEC(uint32_t) cpus;
	VEC(const char *) comms;  /* of the process or the thread */
	VEC(const char *) events; /* see event_name_matches() */
	bool has_time_range;
	uint64_t time_from; /* ns, of the capture's clock, both inclusive */
	uint64_t time_to;
};

/* Whether the filter says nothing at all. */
bool sample_filter_is_empty(const struct sample_filter *filter);

bool sample_filter_wants_numbers(const struct sample_filter *filter,
				 uint32_t pid, uint32_t tid, uint32_t cpu);
bool sample_filter_wants_time(const struct sample_filter *filter,
			      uint64_t time);

/* comm is the process's name, thread_comm the thread's. */
bool sample_filter_wants_comm(const struct sample_filter *filter,
			      const char *comm, const char *thread_comm);
/* pmu: where the event's name does not say it; or NULL. */
bool sample_filter_wants_event(const struct sample_filter *filter,
			       const char *name, const char *pmu);

#endif
