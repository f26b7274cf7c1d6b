/*
 * Work spread over threads: a fixed number of independent tasks, each run
 * once, in no particular order.
 */
#ifndef BASE_POOL_H
#define BASE_POOL_H

#include <stddef.h>

/*
 * Calls run(context, i) for each i below n_tasks, on at most n_threads threads
 * of which the caller's is one. Returns when all are done.
 */
void pool_run(unsigned n_threads, size_t n_tasks,
	      void (*run)(void *context, size_t task), void *context);

/* The processors this process may use, at least 1. */
unsigned pool_processors(void);

#endif
