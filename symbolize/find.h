/*
 * The files of a module: its own, one with its debug information, and the
 * supplementary one that dwz took common parts out into. Each is believed only
 * if its build id is the captured one, or where none is known if something
 * else proves it: the inode of a module's own file, the CRC of a debuglink.
 *
 *	own file	--symfs DIR/PATH, PATH, perf's build-id cache, build-id
 *			folders, /proc/PID of a process that still runs
 *	debug file	build-id folders, perf's build-id cache, .gnu_debuglink
 *			in the three places of GDB
 *	supplementary	build-id folders, .gnu_debugaltlink
 *	package		FILE.dwp beside its own file or its debug file, or in a
 *			--debug-dir
 *
 * Build-id folders are DIR/.build-id/ab/cdef….debug for each --debug-dir, the
 * system's /usr/lib/debug, and what was downloaded before.
 */
#ifndef SYMBOLIZE_FIND_H
#define SYMBOLIZE_FIND_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/vec.h"
#include "profile/build_id.h"
#include "profile/reason.h"

enum file_role {
	FILE_OWN,	    /* what was mapped */
	FILE_DEBUG,	    /* has .debug_info or .symtab that it lacks */
	FILE_SUPPLEMENTARY, /* what .gnu_debugaltlink leads to */
	FILE_PACKAGE,	    /* split units: FILE.dwp beside one of the others */
	N_FILE_ROLES,
};

struct live;

struct find_places {
	struct live *live; /* processes of the capture that still run, or NULL;
			    * borrowed */
	const char *symfs; /* root of the captured machine's files */
	char *buildid_dir; /* perf's build-id cache */
	VEC(const char *) debug_dirs;
	char *store; /* a folder like a debug_dir, of what was fetched */
	/* Each attempt, in words; may be NULL. */
	void (*tell)(void *context, const char *module, const char *text);
	void *tell_context;
};

/* Whose files are looked for. */
struct find_query {
	const char *path;	  /* as captured; for messages, too */
	struct build_id build_id; /* as captured; size 0: not known */
	uint64_t inode;		  /* as captured; 0: not known */
	bool is_replaced;	  /* another file has taken its place */
	uint64_t size;		  /* of a file without a build id that was used
				   * before; 0: not known */
	bool is_deleted;	  /* path no longer leads to it */
	/* Files may be compressed, as kernel modules are. */
	bool may_be_compressed;
	bool knows_own; /* all that its own file tells: nothing is unpacked */
	bool is_kernel; /* the kernel proper, or one of its loadable modules, */
	bool is_module;
	const char *release; /* of this release as of uname(2); NULL: unknown */
};

struct module_files {
	int fds[N_FILE_ROLES]; /* -1: none */
	uint64_t size;	       /* of all together, bytes */
	struct stat own;
	struct build_id build_id; /* of those that were found, or captured */
	bool has_dwarf;
	bool has_symbols;
};

/* Frees what is not borrowed: the list, buildid_dir and store. */
void find_places_release(struct find_places *places);

void module_files_init(struct module_files *files);
void module_files_close(struct module_files *files);

/* 1 << enum file_role for each that is there. */
uint32_t module_files_mask(const struct module_files *files);

/*
 * Finds all files of a module. False, with a reason and a sentence, if there
 * is neither its own nor one with debug information.
 */
bool find_module_files(const struct find_places *places,
		       const struct find_query *query,
		       struct module_files *files, enum reason *reason,
		       struct err *why);

/*
 * Finds what belongs to a module's own file, which the caller has opened and
 * from here on belongs to files.
 */
void find_debug_of(const struct find_places *places,
		   const struct find_query *query, int fd,
		   struct module_files *files);

/* What a unit says of the file with its rest. */
struct split_name {
	const char *path; /* below the unit's directory */
	const char *name; /* as it stands there */
};

/*
 * Opens a file with the rest of a unit of a module: at its path, beside the
 * module, or in a --debug-dir. Of those that are there the one behind attempt
 * others; -1 if there is none. A reader asks for it, whom nobody trusts: so it
 * has the name of an object file and is an ELF file.
 */
int find_split_file(const struct find_places *places, const char *module,
		    const struct split_name *name, size_t attempt);

/* Opens a file that the user named as one with symbols; -1 with a sentence. */
int find_named_file(const char *path, struct stat *st, struct err *err);

#endif
