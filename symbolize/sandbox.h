/*
 * Takes away from a process everything but its memory and the files that it has
 * open: for workers, once they have their request.
 */
#ifndef SYMBOLIZE_SANDBOX_H
#define SYMBOLIZE_SANDBOX_H

#include <stdint.h>

enum {
	SANDBOX_LANDLOCK = 1 << 0, /* no file can be opened, by any path */
	SANDBOX_SECCOMP = 1 << 1,  /* no system call but to read, write what is
				    * open, and to get memory */
};

/* For good; returns which of the two the kernel has done. */
uint32_t sandbox_enter(void);

#endif
