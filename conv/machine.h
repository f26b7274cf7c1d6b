/*
 * Whose registers a capture holds. Its header names the architecture, but a
 * recorder that was killed has written none of that, nor have pipes of old
 * versions of perf.
 */
#ifndef CONV_MACHINE_H
#define CONV_MACHINE_H

#include "conv/perf_file.h"
#include "conv/user_stack.h"
#include "profile/profile.h"

/*
 * The architecture as uname(2) names it: by the header, by which registers
 * were recorded, by the files that were mapped, last as that of this machine.
 * NULL where none of them can be, or where the capture has no registers and
 * names none. Borrowed. unwind may be NULL; is_guessed: nothing but the
 * last was there.
 */
const char *machine_of_capture(const struct perf_file *file,
			       const struct profile *profile,
			       const struct unwind_source *unwind,
			       bool *is_guessed);

#endif
