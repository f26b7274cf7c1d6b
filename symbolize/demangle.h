/*
 * Linkage names → names, with libiberty. For workers only: a hostile name can
 * cost libiberty any amount of time and memory.
 */
#ifndef SYMBOLIZE_DEMANGLE_H
#define SYMBOLIZE_DEMANGLE_H

#include <stdbool.h>

/*
 * The name of a C++, Rust or D linkage name, without parameters as perf prints
 * it, or with them; free() it. NULL for names of other languages.
 */
char *demangle(const char *linkage_name, bool with_parameters);

#endif
