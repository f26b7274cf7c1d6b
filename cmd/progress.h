/*
 * A progress bar on standard error, for a person at a terminal and work that
 * takes more than a second.
 */
#ifndef CMD_PROGRESS_H
#define CMD_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct progress {
	bool is_wanted;
	bool is_shown;
	const char *what;
	uint64_t started; /* of clock_now() */
	uint64_t drawn;
};

/* is_quiet: never show anything. */
void progress_init(struct progress *progress, bool is_quiet);

/* Names the work that the next updates are about. */
void progress_stage(struct progress *progress, const char *what);

/* n_done of n parts are done. progress is a void * to serve as a callback. */
void progress_update(void *progress, size_t n_done, size_t n);

/* Takes the bar away; nothing of it stays on the terminal. */
void progress_end(struct progress *progress);

#endif
