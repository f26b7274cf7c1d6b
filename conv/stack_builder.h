/*
 * A profile out of stacks that come one after the other, in the order of their
 * times, with what was mapped told in between: as texts of collectors do.
 */
#ifndef CONV_STACK_BUILDER_H
#define CONV_STACK_BUILDER_H

#include <stdbool.h>
#include <stdint.h>

#include "conv/perf_record.h"
#include "conv/read.h"
#include "conv/told_events.h"
#include "profile/profile.h"

/* A name that the input itself gives; file NULL, line 0: unknown. */
struct stated_frame {
	const char *name;
	const char *file;
	uint32_t line;
};

/* One address of a stack, and what else the input says of it. */
struct raw_frame {
	uint64_t avma;
	bool is_kernel;
	bool is_exact;	   /* no return address: not looked up one byte back */
	bool has_file_off; /* of the module, as the input says */
	bool has_address;  /* false: a name alone */
	bool is_unmapped;  /* the input says that nothing was mapped there */
	uint64_t file_off;
	const char *module; /* path that the input gives; NULL: none. It counts
			     * where nothing is known to be mapped */
	/* Innermost first. They stand in until better names are found. */
	const struct stated_frame *stated;
	uint32_t n_stated;
};

struct raw_sample {
	uint32_t pid;
	uint32_t tid;
	uint32_t cpu;
	uint32_t event; /* of stack_builder_event() */
	uint64_t time;	/* ns */
	bool has_time;
	int64_t n_samples; /* that it stands for; unused if its event has none
			    */
	int64_t weight;	   /* in the unit of its event */
	const char *comm;  /* of its thread; NULL: as told before */
};

struct stack_builder;

/* Fills the profile, leaving out what the filter of the options does not want.
 */
struct stack_builder *stack_builder_new(struct profile *profile,
					const struct read_options *options);
void stack_builder_free(struct stack_builder *builder);

/* Only 32 events can have samples; those of others are counted as damaged. */

/* The number of an event, new or known by its name. unit NULL: as perf's event
 * of that name has it. */
uint32_t stack_builder_event(struct stack_builder *builder, const char *name,
			     const char *unit, bool has_samples);

/* The same, of which nothing but the number of samples is known: its only type,
 * to which weights add nothing. */
uint32_t stack_builder_counted_event(struct stack_builder *builder,
				     const char *name);

/* What each sample of an event weighs; what is told first counts. */
void stack_builder_period(struct stack_builder *builder, uint32_t event,
			  int64_t period);

/* Something is mapped in a process; what was there gives way. Unless it is
 * executable nothing else lies there then. pid -1 (UINT32_MAX): in the kernel.
 */
void stack_builder_map(struct stack_builder *builder,
		       const struct mmap_record *mmap);

/* The same, of something whose end is not known: it ends at the latest where
 * what is mapped behind it begins. */
void stack_builder_map_to_next(struct stack_builder *builder,
			       const struct mmap_record *mmap);

/* Nothing is mapped in a process any more. */
void stack_builder_unmap_all(struct stack_builder *builder, uint32_t pid);

/* A process has ended: its number may be another's from now on. Nothing is
 * mapped in that, and its threads have no names. */
void stack_builder_exit(struct stack_builder *builder, uint32_t pid);

/* What is told from now on is of other processes and another kernel, whose
 * numbers mean nothing here. */
void stack_builder_forget(struct stack_builder *builder);

/* A process is a copy of another. */
void stack_builder_fork(struct stack_builder *builder, uint32_t parent,
			uint32_t child);

/* The name of a thread; of its process if tid is pid. */
void stack_builder_comm(struct stack_builder *builder, uint32_t pid,
			uint32_t tid, const char *name);

/* Equal numbers: equal frames of the process are equal stacks. */
uint32_t stack_builder_space(struct stack_builder *builder, uint32_t pid);

/* The number of a stack of a process, leaf first. A frame with an offset in a
 * file lies in the file that the process has last mapped under that path; where
 * it has none, in the only one that any has. Where
 * nothing is known to be mapped, names that the input states are for good,
 * unless the options say otherwise. */
uint32_t stack_builder_stack(struct stack_builder *builder, uint32_t pid,
			     const struct raw_frame *frames, uint32_t n);

/* Whether a sample is wanted. If not it is counted as left out, and needs no
 * stack. */
bool stack_builder_wants(struct stack_builder *builder,
			 const struct raw_sample *sample);

/* Adds a sample, unless it is not wanted. */
void stack_builder_sample(struct stack_builder *builder,
			  const struct raw_sample *sample, uint32_t stack);

/* Makes the types, samples and times of the profile out of all that was added;
 * stats gets their number. */
void stack_builder_finish(struct stack_builder *builder,
			  struct read_stats *stats);

#endif
