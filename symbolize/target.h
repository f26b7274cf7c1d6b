/*
 * A target is a module whose addresses are looked up in ELF files: what is
 * known of it, what it needs next, and its reading by workers. For the
 * symbolizer alone.
 */
#ifndef SYMBOLIZE_TARGET_H
#define SYMBOLIZE_TARGET_H

#include "symbolize/fetch.h"
#include "symbolize/find.h"
#include "symbolize/kernel_modules.h"
#include "symbolize/module_tables.h"
#include "symbolize/symbolizer.h"

/* A location of a module, by its address there. */
struct wanted {
	uint64_t address;
	uint32_t location;
};

/* A module whose locations are looked up in an ELF file. */
struct target {
	struct run *run;
	uint32_t module;
	const struct wanted *wanted; /* sorted by address */
	size_t n_wanted;
	bool is_fetched; /* servers were asked for what was not found, */
	struct build_id fetch_id; /* which is of this */
	bool lacks_own_file;
	bool is_vmlinux;	 /* addresses count from the reference symbol */
	struct kernel_text text; /* of a kernel module: what kallsyms says */
	struct module_tables tables;
	struct module_files files;
	size_t n_parts;	    /* that workers are reading */
	bool is_whole;	    /* all of them said all they had to say */
	enum reason reason; /* why it has no names at all, if it has none */
};

/* A run of the symbolizer over a profile. */
struct run {
	struct profile *profile;
	struct cache *cache;
	const struct symbolizer_options *options;
	struct symbolizer_stats *stats;
	struct find_places places; /* borrowed, but for a store of our own */
	struct fetch fetch;
	struct kernel *kernel;
	unsigned n_rounds;	    /* that have named what they could */
	struct module_tables *kept; /* by module: for the next round */
	size_t n_done;
	size_t n_modules;
};

/* What a user should know of how a module was read. */
void target_set_note(struct profile *profile, uint32_t module,
		     const char *text);

/*
 * Finds the files of a module, also of the one that the running kernel maps
 * into every process. False, with a reason and a sentence, if there are none.
 */
bool target_find_files(const struct profile *profile, uint32_t module,
		       const struct find_places *places,
		       struct module_files *files, enum reason *reason,
		       struct err *why);

/* The reason why a kernel's file is not used; reason: of the host's. */
enum reason target_kernel_reason(const struct target *target,
				 enum reason reason);

/* Whose files are looked for. */
struct find_query target_query(const struct profile *profile, uint32_t module);

/* The svma of an address; false if it lies in no segment. The index is known.
 */
bool target_svma(const struct run *run, const struct target *target,
		 uint64_t address, uint64_t *svma);

/* Of a kernel: the svma of the symbol that its addresses count from; 0: it has
 * none. */
uint64_t target_text_svma(const struct run *run, const struct target *target);

/* Take what the cache knows; false if it knows nothing. */
bool target_load_by_build_id(struct run *run, struct target *target);
bool target_load_by_file(struct target *target, const struct stat *st);

/* Remembers the key of a file, for captures that have no build id of it. */
void target_remember_file(struct target *target);

/* Whether all tables that the module's addresses need are at hand. */
bool target_has_all_tables(struct run *run, struct target *target);

/* What a target needs next; finds its files, and loads what is known unless it
 * is loaded already. */
enum need {
	NEED_NOTHING, /* it is named, as far as it can be */
	NEED_WORKER,
	NEED_FETCH, /* files that are not on this machine */
};

enum need target_need(struct run *run, struct target *target);

/* Reads n targets, several at once, names them and ends them. */
void target_read_all(struct run *run, struct target *targets, size_t n);

/* Names what can be named, and gives the rest its reason. */
void target_name_locations(struct run *run, struct target *target);

/* Forgets what is known. */
void target_forget_tables(struct target *target);

/* Closes its files. What is known of the kernel's code is kept for the next
 * round; a target takes it before it is looked at. */
void target_end(struct target *target);
void target_take_kept(struct target *target);

#endif
