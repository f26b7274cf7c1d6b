/*
 * Location → frames. The folder's face to the others: give it a profile, and
 * every location gets frames or a reason why not.
 *
 * ELF and DWARF are not read in this process but in workers, which are this
 * program started anew (see worker.h); what they give is what the cache holds.
 */
#ifndef SYMBOLIZE_SYMBOLIZER_H
#define SYMBOLIZE_SYMBOLIZER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "cache/cache.h"
#include "profile/profile.h"
#include "symbolize/fetch.h"
#include "symbolize/find.h"

enum demangle_style {
	DEMANGLE_SHORT, /* template arguments, no parameters: as perf script */
	DEMANGLE_FULL,	/* with parameters */
	DEMANGLE_NONE,	/* linkage names */
};

struct symbolizer_options {
	unsigned n_workers; /* at once, at least 1 */
	bool keeps_lines;   /* also of code that no function covers: frames
			     * with an empty name */
	bool no_inline;	    /* only the physical function of each location */
	enum demangle_style demangle;
	const char
		*kallsyms; /* file to use instead of /proc/kallsyms, or NULL */
	bool is_kallsyms_unchecked; /* also where nothing in the capture tells
				     * whether it is the right one */
	struct find_places places;
	const char *perf_map_dir; /* of perf-PID.map; NULL: /tmp */
	const char *vmlinux;	  /* file with the kernel's symbols, or NULL */
	const char *guest_kallsyms; /* the same two of a guest's kernel */
	const char *guest_vmlinux;
	bool hide_kernel; /* act as on a machine that hides kernel symbols */
	struct fetch_options fetch;
	/* Called now and then with the modules done so far; may be NULL. */
	void (*progress)(void *context, size_t n_done, size_t n_modules);
	void *progress_context;
};

struct symbolizer_stats {
	size_t n_workers_started;
	size_t n_workers_failed;
	size_t n_units_lacking; /* split units of which the rest was not found
				 */
	uint32_t sandbox;	/* what all workers had, of sandbox.h */
	uint64_t worker_cpu_ns; /* user and system time of all workers */
};

/*
 * Names all locations that it can. False only where a file that the options
 * name cannot be used at all; everything else is a reason at the location and
 * a note at the module.
 */
bool symbolizer_run(struct profile *profile, struct cache *cache,
		    const struct symbolizer_options *options,
		    struct symbolizer_stats *stats, struct err *err);

#endif
