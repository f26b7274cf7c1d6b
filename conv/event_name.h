/*
 * Names of events as perf writes them: "cycles", "cycles:upp",
 * "cpu-clock:pppH", "sched:sched_switch".
 */
#ifndef CONV_EVENT_NAME_H
#define CONV_EVENT_NAME_H

#include <stddef.h>

/*
 * The length of a name without its modifiers, which differ between versions of
 * perf and between machines for the same command.
 */
size_t event_base_length(const char *name);

#endif
