#include "config.h"
#include "base/pool.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/alloc.h"

struct pool {
	atomic_size_t next;
	size_t n_tasks;
	void (*run)(void *context, size_t task);
	void *context;
};

static void *work(void *arg)
{
	struct pool *pool = arg;
	size_t task;

	while ((task = atomic_fetch_add(&pool->next, 1)) < pool->n_tasks)
		pool->run(pool->context, task);
	return NULL;
}

void pool_run(unsigned n_threads, size_t n_tasks,
	      void (*run)(void *context, size_t task), void *context)
{
	struct pool pool = { .n_tasks = n_tasks,
			     .run = run,
			     .context = context };
	size_t n_helpers = n_threads ? n_threads - 1 : 0, n_started = 0;
	sigset_t all, before;
	pthread_t *helpers;

	if (n_tasks && n_helpers > n_tasks - 1)
		n_helpers = n_tasks - 1;
	helpers = mem_zalloc(n_helpers, sizeof(*helpers));
	/* Signals are the main thread's. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	/* A thread that cannot be had costs speed and nothing else. */
	while (n_started < n_helpers &&
	       pthread_create(&helpers[n_started], NULL, work, &pool) == 0)
		n_started++;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	work(&pool);
	for (size_t i = 0; i < n_started; i++)
		pthread_join(helpers[i], NULL);
	free(helpers);
}

unsigned pool_processors(void)
{
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set) != 0)
		return 1;
	return CPU_COUNT(&set) > 0 ? (unsigned)CPU_COUNT(&set) : 1;
}
