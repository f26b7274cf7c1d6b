/*
 * Runs workers, several at once, and takes in what they answer.
 */
#ifndef SYMBOLIZE_WORKER_POOL_H
#define SYMBOLIZE_WORKER_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "symbolize/find.h"
#include "symbolize/worker.h"

struct worker_job {
	int fds[N_FILE_ROLES]; /* -1: none; stay the caller's */
	struct buf request;    /* struct worker_request and what follows */
	void *context;	       /* the caller's */
	/* Opens a file that the worker asks for, or -1, behind attempt others
	 * of those that are there; may be NULL. */
	int (*open_asked)(void *context, const struct split_name *name,
			  size_t attempt);
	/* Takes each blob as it comes, which the result then lacks: for answers
	 * that are too large to keep. False: enough. May be NULL. */
	bool (*take_blob)(void *context, const struct worker_blob *blob,
			  const unsigned char *bytes);
};

/* How a job ended. */
struct worker_result {
	struct buf answer; /* struct worker_blob headers and bytes, unchecked */
	bool is_complete;  /* the worker said all it had to say */
	struct err err;	   /* else why not */
	uint64_t cpu_ns;
};

/*
 * Runs n jobs on at most n_workers processes at once. For each finished one
 * done() is called, in no particular order; the result is gone afterwards.
 */
void worker_pool_run(struct worker_job *jobs, size_t n, unsigned n_workers,
		     void (*done)(struct worker_job *job,
				  const struct worker_result *result));

/*
 * The next blob of an answer, which is advanced; false at its end, also where
 * it was cut off. The bytes are aligned to 8 if the answer's sizes are.
 */
bool worker_next_blob(struct buf *rest, struct worker_blob *blob,
		      const unsigned char **bytes);

/* The sentence in a blob of kind WORKER_ERROR; always false. */
bool worker_error(const struct worker_blob *blob, const unsigned char *bytes,
		  struct err *err);

#endif
