/*
 * Finds the files that a just-in-time compiler wrote about a process's code:
 *
 *	perf-PID.map	DIR of --perf-map-dir; else /tmp as the process sees it,
 *			while it runs, by the pid that it knows itself by; /tmp
 *	jitdump		DIR of --perf-map-dir, and where the capture has it: in
 *			--symfs, as the process sees it, and here
 *
 * Anybody can leave such a file in /tmp. So no link is followed there, and it
 * has to belong to root, to this user, or, where this user is root, to the user
 * of the process; but in the places that options name it may be anybody's.
 */
#ifndef SYMBOLIZE_JIT_FILES_H
#define SYMBOLIZE_JIT_FILES_H

#include <stdint.h>

#include "profile/profile.h"
#include "symbolize/find.h"

/* Bytes of such a file; Node.js and JVMs write some megabytes. */
enum { JIT_MAX_FILE = 1 << 30 };

/* The search for the files of one process. */
struct jit_files {
	const struct profile *profile;
	const struct find_places *places;
	const char *map_dir; /* of --perf-map-dir, or NULL */
	uint32_t pid;
	const struct live_process *process; /* NULL: it is gone */
	/* What was found and not used, with the reason; NULL: nothing. */
	char *refused;
};

void jit_files_init(struct jit_files *files, const struct profile *profile,
		    const struct find_places *places, const char *map_dir,
		    uint32_t pid);
void jit_files_release(struct jit_files *files);

/* Each opens a file; -1: there is none that is used. */
int jit_files_open_map(struct jit_files *files);
int jit_files_open_dump(struct jit_files *files);

#endif
