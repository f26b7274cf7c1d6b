/*
 * Which module a mapping belongs to: the kinds that perf's file names stand
 * for, and one module for each (path, build id).
 */
#ifndef CONV_MODULES_H
#define CONV_MODULES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slots.h"
#include "conv/perf_file.h"
#include "conv/perf_record.h"
#include "profile/mapped_file.h"
#include "profile/profile.h"

/* Whether the build id that a capture's header has of a file is another
 * file's, as far as can be told; may be NULL. */
struct mapped_file_judge {
	bool (*is_replaced)(void *context, const struct mapped_file *file);
	void *context;
};

/* What the judge said of a mapped file. */
struct judged_file {
	uint32_t path; /* string */
	uint32_t major, minor;
	uint64_t inode;
	bool is_replaced;
};

struct modules {
	struct profile *profile;
	const struct mapped_file_judge *judge;
	const struct recorded_build_id *ids;
	size_t n_ids;
	bool *is_ambiguous; /* for each id: others are of the same path */
	VEC(struct judged_file) judged;
	struct slots judged_slots;
	struct slots slots;	/* of profile->modules */
	struct slots build_ids; /* of ids, by path */
};

/* Modules are added to the profile; all are borrowed. */
void modules_init(struct modules *modules, struct profile *profile,
		  const struct recorded_build_id *ids, size_t n_ids);
void modules_release(struct modules *modules);

/*
 * The module of a mapping in a process (pid -1: in the kernel). Its range
 * grows with its mappings.
 */
uint32_t modules_of_mapping(struct modules *modules,
			    const struct mmap_record *mmap, bool is_kernel);

/*
 * The module of a mapping in a guest's kernel, as perf kvm records it: the
 * kernel proper by its name, else a module of it. mmap->pid is of the process
 * that the guest runs in, or 0; a path that modules_is_guest() is complete.
 */
uint32_t modules_of_guest(struct modules *modules,
			  const struct mmap_record *mmap);

/* Whether a path is what modules_of_guest() gives a module. */
bool modules_is_guest(const char *path);

/* The module of what a KSYMBOL record announced. */
uint32_t modules_of_ksymbol(struct modules *modules,
			    const struct ksymbol_record *ksymbol);

/* Whether a mapping of this name is memory that no file is behind. */
bool modules_is_anonymous(const char *path);

/* The module of a name alone: of its addresses nothing can be said. */
uint32_t modules_of_name(struct modules *modules, const char *path);

/*
 * The module for an address of a context in which nothing was mapped there: of
 * the kernel, when its mappings were hidden from the recorder, or when it is
 * behind what perf maps of the kernel, as its start-up code is; of guests and
 * the hypervisor. cpumode is MISC_KERNEL …; NO_MODULE for user addresses.
 */
uint32_t modules_of_context(struct modules *modules, uint16_t cpumode,
			    uint64_t avma);

/*
 * The same for an address of the kernel, where it is known which one runs:
 * kernel is its module if any is mapped, else NO_MODULE.
 */
uint32_t modules_of_kernel(struct modules *modules, uint32_t kernel,
			   uint64_t avma);

#endif
