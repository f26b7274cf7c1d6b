/*
 * Where a kernel's files are: its own ones and their debug information, as perf
 * (vmlinux_path of tools/perf/util/symbol.c) and the packages of distributions
 * have them. Whether a file there is the right one is for others to say.
 */
#ifndef SYMBOLIZE_KERNEL_PATHS_H
#define SYMBOLIZE_KERNEL_PATHS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/vec.h"
#include "symbolize/kallsyms.h"

struct kernel_path {
	char *path;
	/* It counts from a directory of debug files, as /usr/lib/debug is. */
	bool is_debug;
};

struct kernel_paths {
	VEC(struct kernel_path) items;
};

void kernel_paths_release(struct kernel_paths *paths);

/* Adds the places of the kernel proper of a release (as of uname(2)). */
void kernel_paths_add_vmlinux(struct kernel_paths *paths, const char *release);

/* Adds those of a loadable module's file, whose name may end in .xz and the
 * like, by the name that it would have on its own machine. */
void kernel_paths_add_module(struct kernel_paths *paths, const char *path);

/* The release in a path below /lib/modules, else other; false if that is none,
 * or leads elsewhere. */
bool kernel_paths_release_of(const char *path, const char *other,
			     char release[64]);

/*
 * Finds the path of a module, below /lib/modules/RELEASE, in the text of
 * modules.dep there, by its name in kallsyms. False if it is not there.
 */
bool kernel_paths_find_module(const char *modules_dep, size_t size,
			      const char *name, char *path, size_t room);

/* "[ext4]" or "/lib/modules/…/ext4.ko.xz" → "ext4"; kallsyms has _ for -. */
void kernel_module_name(const char *path, char name[KERNEL_MODULE_NAME_MAX]);

#endif
