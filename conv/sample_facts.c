#include "config.h"
#include "conv/sample_facts.h"

bool sample_facts_answer(const struct sample_facts *facts,
			 const struct read_options *options, const char *name,
			 struct err *err)
{
	const struct sample_filter *filter = options->filter;
	const struct sample_split *split = &options->asked_split;
	const char *what = NULL;

	if (filter->pids.n > 0 && !facts->has_pids)
		what = "processes";
	else if ((filter->tids.n > 0 || split->by_tid) && !facts->has_tids)
		what = "threads";
	else if (filter->comms.n > 0 && !facts->has_comms)
		what = "process names";
	else if ((filter->cpus.n > 0 || split->by_cpu) && !facts->has_cpus)
		what = "CPUs";
	else if ((filter->has_time_range || split->by_time) &&
		 !facts->has_times)
		what = "times";
	else if ((filter->events.n > 0 || split->by_pmu) && facts->lacks_events)
		what = "events";
	return !what || err_set(err,
				"%s: it tells no %s of its samples, so they "
				"cannot be chosen or split by them",
				name, what);
}
