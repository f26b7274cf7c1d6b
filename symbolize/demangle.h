/*
 * Linkage names → names, with libiberty. For workers only, but for
 * demangle_java(): a hostile name can cost libiberty any amount of time and
 * memory.
 */
#ifndef SYMBOLIZE_DEMANGLE_H
#define SYMBOLIZE_DEMANGLE_H

#include <stdbool.h>

/*
 * The name of a C++, Rust, D, OCaml or Java linkage name, without parameters as
 * perf prints it, or with them; free() it. NULL for names of other languages.
 */
char *demangle(const char *linkage_name, bool with_parameters);

/* "Lpackage/Class;method(I)V" as "package.Class.method"; free() it. NULL if it
 * is no such name. */
char *demangle_java(const char *linkage_name);

#endif
