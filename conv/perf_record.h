/*
 * One record's bytes → one struct. The layout of a sample is computed from its
 * event's attributes, never assumed.
 *
 * Format: include/uapi/linux/perf_event.h, enum perf_event_type.
 */
#ifndef CONV_PERF_RECORD_H
#define CONV_PERF_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/reader.h"
#include "conv/perf_file.h"
#include "conv/perf_walk.h"

/* What a sample holds of the fields that we use; pointers borrow from it. */
struct perf_sample {
	uint64_t ip;   /* 0 where event_has_off_cpu_data() */
	uint64_t time; /* ns */
	uint64_t period;
	uint64_t cgroup;
	uint32_t pid;
	uint32_t tid;
	uint32_t cpu;
	uint32_t event;		 /* index into perf_file.events */
	uint16_t cpumode;	 /* MISC_KERNEL … */
	struct reader callchain; /* u64 each */
	struct reader branches;	 /* from, to, flags: u64 each; newest first */
	struct reader values;  /* of SAMPLE_READ: value, id as read_values_next
				* gives them */
	uint64_t value_format; /* of values: the event's read_format */
	/* The process's registers and a copy of its stack, from the stack
	 * pointer up. The ABI tells its word size: 1: 32 bits, 2: 64; 0: there
	 * are none. */
	uint64_t user_abi;
	struct reader user_registers; /* u64 each, of the event's regs_user */
	struct reader user_stack;     /* bytes; only the first are copied, */
	uint64_t user_stack_copied;   /* this many */
};

/*
 * Reads a RECORD_SAMPLE. False when its event is unknown or it is shorter than
 * its event says.
 */
bool perf_sample_parse(struct perf_sample *sample, const struct perf_file *file,
		       const struct record *record);

/* Takes the next counter value out of sample->values; false at their end. */
bool perf_sample_next_value(struct perf_sample *sample, uint64_t *value,
			    uint64_t *id);

/* What the trailer of a record that is no sample says; 0 where it is silent. */
struct record_id {
	uint64_t time;
	uint32_t pid;
	uint32_t tid;
};

/*
 * Reads the trailer and takes it off the payload. Records written by perf, and
 * those of a capture without sample_id_all, have none.
 */
struct record_id record_take_id(const struct perf_file *file, uint32_t type,
				struct reader *payload);

struct mmap_record {
	uint32_t pid;
	uint64_t start;
	uint64_t size;
	uint64_t pgoff;
	bool is_executable;
	bool is_data;	 /* it is known that nothing in it can be executed */
	bool is_private; /* known not to be shared with other processes */
	bool is_deleted; /* path no longer leads to the file */
	struct build_id build_id;
	/* What tells files of one name apart; all 0 where not recorded. */
	uint32_t major, minor;
	uint64_t inode, generation;
	const char *path;
};

struct comm_record {
	uint32_t pid;
	uint32_t tid;
	bool is_exec;
	const char *comm;
};

struct fork_record {
	uint32_t pid;
	uint32_t parent_pid;
	uint32_t tid;
	uint32_t parent_tid;
	bool is_made_up; /* by perf, for a process older than the capture */
};

struct ksymbol_record {
	uint64_t start;
	uint32_t size;
	bool is_removal;
	const char *name;
};

struct cgroup_record {
	uint64_t id;
	const char *path;
};

/*
 * Each reads the payload of a record whose trailer has been taken off; misc is
 * the header's. False when it is damaged. Strings borrow from the payload.
 */
bool mmap_record_parse(struct mmap_record *mmap, uint32_t type, uint16_t misc,
		       struct reader payload);
bool comm_record_parse(struct comm_record *comm, uint16_t misc,
		       struct reader payload);
bool fork_record_parse(struct fork_record *fork, uint16_t misc,
		       struct reader payload);
bool ksymbol_record_parse(struct ksymbol_record *ksymbol,
			  struct reader payload);
bool cgroup_record_parse(struct cgroup_record *cgroup, struct reader payload);

#endif
