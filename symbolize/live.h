/*
 * The processes of a capture that still run on this machine: who they are, and
 * the files that they have mapped, however their mount namespaces name those.
 * A process is the captured one if its first files lie where the capture has
 * them; its pid alone says nothing. Only what this user may see is seen.
 */
#ifndef SYMBOLIZE_LIVE_H
#define SYMBOLIZE_LIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "profile/profile.h"

struct live_process {
	uint32_t pid;
	uint32_t inner_pid; /* as it knows itself, in its own pid namespace */
	uid_t uid;	    /* that its files belong to */
};

/* A file that a process has mapped as code. */
struct live_file {
	uint32_t pid;
	char *path; /* without " (deleted)" */
	bool is_deleted;
	uint64_t inode;
	uint64_t start, limit; /* avma */
};

struct live;

/* Looks at nothing before it is asked. The profile is borrowed. */
struct live *live_new(const struct profile *profile);
void live_free(struct live *live);

/* The process of the capture with a pid; NULL if it does not run any more, or
 * cannot be known to. */
const struct live_process *live_find(struct live *live, uint32_t pid);

/*
 * The files that running processes of the capture have mapped and whose names
 * end like the path does; each once. Their number goes to *n.
 */
const struct live_file *live_files(struct live *live, const char *path,
				   size_t *n);

/* Whether the capture says enough to know its processes by, and is of this
 * machine, as far as it says. */
bool live_is_usable(const struct live *live);

/* Whether there are processes of the capture's pids that this user may not look
 * at. */
bool live_has_hidden(const struct live *live);

#endif
