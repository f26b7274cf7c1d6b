/*
 * What an input tells of its samples. What it does not tell cannot be chosen
 * or told apart by: that is refused, as any answer would be wrong.
 */
#ifndef CONV_SAMPLE_FACTS_H
#define CONV_SAMPLE_FACTS_H

#include <stdbool.h>

#include "base/err.h"
#include "conv/read.h"

struct sample_facts {
	bool has_pids;
	bool has_tids;
	bool has_comms;
	bool has_cpus;
	bool has_times;
	bool lacks_events; /* their names, that is */
};

/* False with a sentence where the options ask for what is not known; name is
 * the input's. */
bool sample_facts_answer(const struct sample_facts *facts,
			 const struct read_options *options, const char *name,
			 struct err *err);

#endif
