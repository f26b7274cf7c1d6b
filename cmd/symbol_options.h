/*
 * The options of every command that looks symbols up: where they come from, how
 * names read, how much is used for it.
 */
#ifndef CMD_SYMBOL_OPTIONS_H
#define CMD_SYMBOL_OPTIONS_H

#include <getopt.h>
#include <stdbool.h>

#include "symbolize/symbolizer.h"

struct symbol_options {
	char *cache;	    /* folders, with colons between them; NULL: none */
	uint64_t cache_max; /* bytes */
	bool is_quiet;
	bool is_verbose;
	unsigned n_jobs;
	struct symbolizer_options symbolizer;
};

/* A command's own long options are numbered from the first of these on, and
 * stay below the second. */
enum { FIRST_OPTION = 256, FIRST_SYMBOL_OPTION = 512 };

enum {
	OPTION_BUILDID_DIR = FIRST_SYMBOL_OPTION,
	OPTION_CACHE,
	OPTION_CACHE_MAX,
	OPTION_DEBUG_DIR,
	OPTION_DEMANGLE,
	OPTION_FETCH_BUDGET,
	OPTION_GUEST_KALLSYMS,
	OPTION_GUEST_VMLINUX,
	OPTION_KALLSYMS,
	OPTION_KALLSYMS_UNCHECKED,
	OPTION_NO_CACHE,
	OPTION_NO_INLINE,
	OPTION_OFFLINE,
	OPTION_PERF_MAP_DIR,
	OPTION_SYMFS,
	OPTION_VMLINUX,
};

/* For the table of a command's long options, and its short ones. */
#define SYMBOL_SHORT_OPTIONS "j:qv"
#define SYMBOL_LONG_OPTIONS                                                 \
	{ "buildid-dir", required_argument, NULL, OPTION_BUILDID_DIR },     \
		{ "cache", required_argument, NULL, OPTION_CACHE },         \
		{ "cache-max", required_argument, NULL, OPTION_CACHE_MAX }, \
		{ "debug-dir", required_argument, NULL, OPTION_DEBUG_DIR }, \
		{ "demangle", required_argument, NULL, OPTION_DEMANGLE },   \
		{ "fetch-budget", required_argument, NULL,                  \
		  OPTION_FETCH_BUDGET },                                    \
		{ "guest-kallsyms", required_argument, NULL,                \
		  OPTION_GUEST_KALLSYMS },                                  \
		{ "guest-vmlinux", required_argument, NULL,                 \
		  OPTION_GUEST_VMLINUX },                                   \
		{ "jobs", required_argument, NULL, 'j' },                   \
		{ "kallsyms", required_argument, NULL, OPTION_KALLSYMS },   \
		{ "kallsyms-unchecked", required_argument, NULL,            \
		  OPTION_KALLSYMS_UNCHECKED },                              \
		{ "no-cache", no_argument, NULL, OPTION_NO_CACHE },         \
		{ "no-inline", no_argument, NULL, OPTION_NO_INLINE },       \
		{ "offline", no_argument, NULL, OPTION_OFFLINE },           \
		{ "perf-map-dir", required_argument, NULL,                  \
		  OPTION_PERF_MAP_DIR },                                    \
		{ "quiet", no_argument, NULL, 'q' },                        \
		{ "symfs", required_argument, NULL, OPTION_SYMFS },         \
		{ "verbose", no_argument, NULL, 'v' },                      \
	{                                                                   \
		"vmlinux", required_argument, NULL, OPTION_VMLINUX          \
	}

/* Their part of a help text. */
extern const char symbol_options_help[];

void symbol_options_init(struct symbol_options *options);
void symbol_options_release(struct symbol_options *options);

/* Applies one of them; false, with one line printed, if its value is wrong. */
bool symbol_options_apply(struct symbol_options *options, int option,
			  char *value);

/* Completes them from the environment, when all are applied. */
void symbol_options_complete(struct symbol_options *options);

#endif
