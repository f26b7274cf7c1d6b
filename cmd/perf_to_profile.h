/*
 * symconv under the name perf_to_profile: what pprof calls to read a perf.data
 * file.
 */
#ifndef CMD_PERF_TO_PROFILE_H
#define CMD_PERF_TO_PROFILE_H

#include <stdbool.h>

/* Whether a program was started under that name. */
bool is_perf_to_profile(const char *program);

/* Takes the options of that of google/perf_data_converter; returns the exit
 * status. */
int perf_to_profile_main(int argc, char **argv);

#endif
