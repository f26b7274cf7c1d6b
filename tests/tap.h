/*
 * The smallest TAP producer: ok(condition, "fact") for each fact, and
 * `return tap_done();` at the end of main().
 */
#ifndef TESTS_TAP_H
#define TESTS_TAP_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static int tap_n_run, tap_n_failed;

__attribute__((format(printf, 4, 5))) static inline bool tap_ok(
	bool is_ok, const char *file, int line, const char *format, ...)
{
	va_list args;

	printf("%sok %d - ", is_ok ? "" : "not ", ++tap_n_run);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
	if (!is_ok) {
		tap_n_failed++;
		printf("# failed at %s:%d\n", file, line);
	}
	fflush(stdout);
	return is_ok;
}

#define ok(condition, ...) tap_ok((condition), __FILE__, __LINE__, __VA_ARGS__)

/* Integers, shown when they differ. */
#define ok_equal(got, want, ...)                              \
	(ok((got) == (want), __VA_ARGS__) ||                  \
	 (printf("# got %lld, want %lld\n", (long long)(got), \
		 (long long)(want)),                          \
	  false))

/* Strings, shown when they differ. */
#define ok_string(got, want, ...)                       \
	(ok(strcmp((got), (want)) == 0, __VA_ARGS__) || \
	 (printf("# got \"%s\", want \"%s\"\n", (got), (want)), false))

static inline int tap_done(void)
{
	printf("1..%d\n", tap_n_run);
	return tap_n_failed != 0;
}

#endif
