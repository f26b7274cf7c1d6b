/*
 * Who had what mapped when. Built once from the records that say so, ordered
 * by time; then any sample can be resolved alone, in any order and by several
 * threads, against what its process had mapped at its time.
 */
#ifndef CONV_TIMELINE_H
#define CONV_TIMELINE_H

#include <stdbool.h>
#include <stdint.h>

#include "conv/modules.h"
#include "conv/perf_file.h"
#include "conv/perf_scan.h"
#include "conv/space.h"
#include "profile/profile.h"

/* Where the bytes of a mapping come from. */
struct mapping {
	uint64_t start; /* avma */
	uint64_t pgoff; /* of start in the module's file */
	uint32_t module;
	bool is_data; /* nothing in it can be executed */
};

/*
 * A thread at one time. Numbers stay the same as long as what they stand for
 * does, so equal numbers mean that equal addresses are equal locations.
 */
struct thread_state {
	uint32_t pid;
	uint32_t space;	       /* the process's mappings */
	uint32_t kernel_space; /* the kernel's */
	uint32_t comm;	       /* of the process; string 0: unknown */
	uint32_t thread_comm;
};

struct timeline;

/*
 * Builds the timeline of a scanned capture; modules and names go into the
 * profile. Records that make no sense are counted in scan->n_damaged.
 */
struct timeline *timeline_new(struct perf_scan *scan,
			      const struct perf_file *file,
			      struct modules *modules, struct profile *profile);
void timeline_free(struct timeline *timeline);

/*
 * The time of a record: what its clock says, or, in a capture whose records
 * have no times, its place in the file.
 */
uint64_t timeline_clock(const struct timeline *timeline, uint64_t time,
			uint32_t source, uint64_t offset);

/* The thread at a time of timeline_clock(). Safe from several threads. */
void timeline_find(const struct timeline *timeline, uint32_t pid, uint32_t tid,
		   uint64_t clock, struct thread_state *state);

/* Whether anything is known of a process of this number. */
bool timeline_has_process(const struct timeline *timeline, uint32_t pid);

/* What is mapped in the kernel of the guest that runs in a process: its own, or
 * that of any guest; SPACE_EMPTY where nothing is. */
uint32_t timeline_guest_space(const struct timeline *timeline, uint32_t pid);

/* What is mapped at an address of a space; NULL if nothing is. */
const struct mapping *timeline_mapping(const struct timeline *timeline,
				       uint32_t space, uint64_t avma);

/* The module that a process was started from, as last known; or NO_MODULE. */
uint32_t timeline_main_module(const struct timeline *timeline, uint32_t pid);

/* The path of a cgroup (string of the profile; 0: unknown). */
uint32_t timeline_cgroup(const struct timeline *timeline, uint64_t id);

#endif
