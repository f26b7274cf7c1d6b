#include "config.h"
#include "conv/sample_labels.h"

#include <stdio.h>

void sample_labels_init(struct sample_labels *labels, struct profile *profile,
			struct sample_split split)
{
	*labels = (struct sample_labels){
		.profile = profile,
		.split = split,
		.pid = profile_add_string(profile, "pid"),
		.tid = profile_add_string(profile, "tid"),
		.comm = profile_add_string(profile, "comm"),
		.thread_comm = profile_add_string(profile, "thread_comm"),
		.cpu = profile_add_string(profile, "cpu"),
		.time = profile_add_string(profile, "timestamp_ns"),
		.cgroup = profile_add_string(profile, "cgroup"),
		.mode = profile_add_string(profile, "execution_mode"),
		.pmu = profile_add_string(profile, "pmu"),
		.nanoseconds = profile_add_string(profile, "nanoseconds"),
	};
}

/* A name, or perf's word for the lack of one. */
static struct label name_label(struct sample_labels *labels, uint32_t key,
			       uint32_t name, uint32_t number)
{
	char made[16];

	if (name == 0) {
		snprintf(made, sizeof(made), ":%d", (int32_t)number);
		name = profile_add_string(labels->profile, made);
	}
	return (struct label){ .key = key, .text = name };
}

static struct label number_label(uint32_t key, uint32_t unit, int64_t number)
{
	return (struct label){ .key = key, .unit = unit, .number = number };
}

uint32_t sample_labels_add(struct sample_labels *labels,
			   const struct sample_about *about)
{
	const struct sample_split *split = &labels->split;
	struct label made[9];
	uint32_t n = 0;

	made[n++] = number_label(labels->pid, labels->pid, (int32_t)about->pid);
	if (split->by_tid)
		made[n++] = number_label(labels->tid, labels->tid,
					 (int32_t)about->tid);
	made[n++] = name_label(labels, labels->comm, about->comm, about->pid);
	made[n++] = name_label(labels, labels->thread_comm, about->thread_comm,
			       about->tid);
	if (split->by_cpu)
		made[n++] = number_label(labels->cpu, labels->cpu, about->cpu);
	if (split->by_time && !about->lacks_time)
		made[n++] = number_label(labels->time, labels->nanoseconds,
					 (int64_t)about->time);
	if (split->by_cgroup && about->cgroup)
		made[n++] = (struct label){ .key = labels->cgroup,
					    .text = about->cgroup };
	if (split->by_mode && about->mode)
		made[n++] = (struct label){ .key = labels->mode,
					    .text = about->mode };
	if (split->by_pmu && about->pmu)
		made[n++] = (struct label){ .key = labels->pmu,
					    .text = about->pmu };
	return profile_add_labels(labels->profile, made, n);
}
