/*
 * Names for the kernels of virtual machines, out of the file that
 * --guest-kallsyms names.
 */
#ifndef SYMBOLIZE_KERNEL_GUESTS_H
#define SYMBOLIZE_KERNEL_GUESTS_H

#include <stdbool.h>

#include "base/err.h"
#include "cache/cache.h"
#include "profile/profile.h"
#include "symbolize/symbolizer.h"

/*
 * Names all pending locations in guests' kernels and their modules, or says
 * why not. False only where options->guest_kallsyms cannot be read.
 */
bool kernel_guests_run(struct profile *profile, struct cache *cache,
		       const struct symbolizer_options *options,
		       struct err *err);

#endif
