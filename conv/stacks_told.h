/*
 * What lines of doc/stacks-format.md tell of processes, events and times; all
 * but the stacks themselves.
 */
#ifndef CONV_STACKS_TOLD_H
#define CONV_STACKS_TOLD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/slots.h"
#include "base/vec.h"
#include "conv/sample_facts.h"
#include "conv/stack_builder.h"
#include "profile/build_id.h"

struct told_file {
	char *path;
	struct build_id id;
};

struct stacks_told {
	struct stack_builder *builder;
	struct profile *profile;
	struct read_stats *stats;
	uint64_t line; /* number of the one that is taken */
	struct sample_facts facts;
	VEC(struct told_file) files;
	struct slots file_slots; /* by path */
	uint32_t maps_pid;	 /* whose mappings follow, line by line */
	bool is_in_maps;
	bool has_kernel; /* it was told which one it is */
	uint32_t event;	 /* of the stacks that follow */
	bool has_event;
	int64_t period; /* of each sample; 0: stacks tell what they weigh */
	uint64_t time;	/* of the stacks that follow, if has_time */
	bool has_time;
};

/* The builder fills the profile; all are borrowed. */
void stacks_told_init(struct stacks_told *told, struct stack_builder *builder,
		      struct profile *profile, struct read_stats *stats);
void stacks_told_release(struct stacks_told *told);

enum told {
	TOLD_NOTHING,  /* the line is of another form, and as it was */
	TOLD_FACT,     /* it was taken */
	TOLD_NONSENSE, /* it has one of the forms, but makes no sense */
};

/* Takes a line; why is set where it makes no sense. */
enum told stacks_told_take(struct stacks_told *told, char *line,
			   struct err *why);

/*
 * Completes a sample: its event is the one that was told last, or of this name.
 * The weight is what the stack says: how often it was seen, or what it weighs.
 * Its pid, tid and comm are set, the rest is as was told. False if it is not
 * wanted, and counted; else stack_builder_sample() adds it.
 */
bool stacks_told_complete(struct stacks_told *told, struct raw_sample *sample,
			  const char *event);

/* What follows is another text, of other processes: nothing is told yet. */
void stacks_told_restart(struct stacks_told *told);

/* Whether a line begins as those of our own do, and not as a name alone. */
bool stacks_told_is_line(const char *line);

/* A word as a process or a thread. */
bool stacks_told_pid(const char *word, uint32_t *pid);

#endif
