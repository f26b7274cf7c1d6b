/*
 * The labels that samples of captures have: their keys are those of
 * google/perf_data_converter.
 */
#ifndef CONV_SAMPLE_LABELS_H
#define CONV_SAMPLE_LABELS_H

#include <stdint.h>

#include "profile/profile.h"

/* By what samples are told apart beside their stack, pid and names. */
struct sample_split {
	bool by_tid;
	bool by_cpu;
	bool by_time;
	bool by_cgroup;
	bool by_mode;
	bool by_pmu;
};

/* What a label can say of a sample; strings are the profile's, 0: unknown. */
struct sample_about {
	uint32_t pid;
	uint32_t tid;
	uint32_t comm; /* of the process */
	uint32_t thread_comm;
	uint32_t cpu;
	uint64_t time;	 /* ns */
	bool lacks_time; /* then there is no label of it */
	uint32_t cgroup; /* its path */
	uint32_t mode;
	uint32_t pmu; /* whose event it is: of a kind of core, … */
};

struct sample_labels {
	struct profile *profile;
	struct sample_split split;
	/* Keys: */
	uint32_t pid, tid, comm, thread_comm, cpu, time, cgroup, mode, pmu;
	uint32_t nanoseconds;
};

void sample_labels_init(struct sample_labels *labels, struct profile *profile,
			struct sample_split split);

/* The label set of a sample. */
uint32_t sample_labels_add(struct sample_labels *labels,
			   const struct sample_about *about);

#endif
