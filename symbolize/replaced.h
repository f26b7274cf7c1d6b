/*
 * Whether a program was replaced while it was recorded. perf looks up the build
 * ids in a capture's header when recording ends, at the paths that were mapped
 * before: of a program that was replaced meanwhile, or that ran in a chroot,
 * they are another file's. On the machine that recorded, the inode that was
 * mapped tells; elsewhere nothing does.
 */
#ifndef SYMBOLIZE_REPLACED_H
#define SYMBOLIZE_REPLACED_H

#include <stdbool.h>

#include "profile/mapped_file.h"
#include "profile/profile.h"

/*
 * Judges a file for a profile whose recording is known by then. True if
 * what lies at the path now has the recorded build id, lay there when recording
 * ended, and is not the file that was mapped. May be called by one thread.
 */
bool replaced_since_mapped(void *profile, const struct mapped_file *file);

#endif
