/*
 * Whether a capture was recorded on this machine since it was booted: by what
 * the capture says of its machine, and by the times of its samples.
 */
#ifndef SYMBOLIZE_SAME_BOOT_H
#define SYMBOLIZE_SAME_BOOT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "profile/profile.h"

/* A machine and its boot: uname(2), and what its clocks say now. */
struct this_boot {
	const char *host, *release, *machine;
	uint64_t awake_ns; /* CLOCK_MONOTONIC: without times of suspension */
	uint64_t up_ns;	   /* CLOCK_BOOTTIME: with them */
	int64_t wall_ns;
};

enum boot_verdict {
	BOOT_IS_OTHER, /* of the machine, or of another one */
	BOOT_MAY_BE_THIS,
	BOOT_IS_THIS, /* the times say so */
};

struct boot_judgement {
	enum boot_verdict verdict;
	bool is_named;	/* host, release and machine are known and equal */
	struct err why; /* of BOOT_IS_OTHER */
};

struct boot_judgement same_boot(const struct profile *profile,
				const struct this_boot *boot);

/* The same for the machine that this runs on. */
struct boot_judgement same_boot_here(const struct profile *profile);

#endif
