/*
 * Lines of /proc/PID/maps.
 */
#ifndef CONV_MAPS_LINE_H
#define CONV_MAPS_LINE_H

#include <stdbool.h>

#include "conv/perf_record.h"

/*
 *	55d0c0a00000-55d0c0a25000 r-xp 00002000 fd:01 1837   /usr/bin/demo
 *
 * Reads one; false if the line has another form, and then it is unchanged.
 * The path is the line's; pid is not set. What is said of a file that was
 * deleted since is taken off its path: the inode tells whether another has
 * taken its place.
 */
bool maps_line_parse(struct mmap_record *mmap, char *line);

#endif
