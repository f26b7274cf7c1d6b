/*
 * The model in the middle: readers fill it, the symbolizer annotates it,
 * writers print it. Everything in it is unique, is kept in an array and known
 * by its index: strings, modules, locations, functions, stacks, label sets,
 * samples. The profile owns all of it.
 *
 *	sample ─▶ stack ─▶ locations (leaf first) ─▶ module
 *	   └────▶ labels            └──▶ frames (innermost first) ─▶ function
 *
 * A location is (module, address). What the address counts depends on the
 * module's kind: see module_has_offsets(). Input that is symbolized already
 * gives locations their frames, too: then those tell locations apart as well.
 */
#ifndef PROFILE_PROFILE_H
#define PROFILE_PROFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/intern.h"
#include "base/vec.h"
#include "profile/build_id.h"
#include "profile/reason.h"
#include "profile/recording.h"

/* The module of a location where nothing was mapped. */
#define NO_MODULE UINT32_MAX

/* How the one location is called that stands for all of those. */
#define UNMAPPED_NAME "[unmapped]"

/* The type of an event that has none. */
#define NO_TYPE UINT32_MAX

enum module_kind {
	MODULE_FILE,   /* an ELF file, or any other that was mapped */
	MODULE_IMAGE,  /* an ELF file that is mapped nowhere: addresses are
			* its own */
	MODULE_VDSO,   /* [vdso] */
	MODULE_KERNEL, /* the kernel proper, [kernel.kallsyms] */
	MODULE_KERNEL_MODULE, /* a loadable module of the kernel, [ext4] or .ko
			       */
	MODULE_KERNEL_CODE,  /* what a KSYMBOL record named: BPF, trampolines */
	MODULE_GUEST_KERNEL, /* the same of a virtual machine */
	MODULE_GUEST_MODULE,
	MODULE_ANON,  /* memory without a file: generated code, heap, stack */
	MODULE_OTHER, /* guests, the hypervisor: nothing of ours can name it */
};

/* A part of a module's file that is loaded: one PT_LOAD program header. */
struct segment {
	uint64_t file_off;
	uint64_t file_size; /* bytes in the file */
	uint64_t svma;	    /* where the module says it belongs */
};

/* Whether no segment wraps around. */
bool segments_are_sound(const struct segment *segments, size_t n);

/* Where an offset of the file is loaded; false if it is not. */
bool segments_svma(const struct segment *segments, size_t n, uint64_t file_off,
		   uint64_t *svma);

/* Where a profile that was read had a part of a module: what its addresses
 * there count from. */
struct mapped_range {
	uint64_t start;
	uint64_t limit; /* exclusive */
	uint64_t file_off;
};

/*
 * One ELF image or other backing of code. Readers set all above the line; the
 * symbolizer what is below.
 */
struct module {
	uint32_t path;		  /* string: as captured */
	struct build_id build_id; /* as captured, or the running kernel's, where
				   * that is proven to be the captured one */
	enum module_kind kind;
	uint32_t pid;	 /* of MODULE_ANON, and of a file in memory (memfd)
			  * without a build id: whose; else 0 */
	bool is_deleted; /* of MODULE_FILE without a build id: path no longer
			  * leads to it */
	uint64_t inode; /* of MODULE_FILE, where nothing better tells which file
			 * it was; 0: unknown */
	uint64_t file_size; /* likewise, of a file without a build id that was
			     * used, by this conversion or an earlier one; 0:
			     * unknown */
	bool is_replaced;   /* the build id in the capture is of what took its
			     * place: it is known by its inode alone */
	bool is_unproven;   /* the input is a profile that has no build id of
			     * it: nothing is looked up by its path alone */
	/*
	 * Kernel kinds: the range it had in memory. Others: the range of file
	 * offsets that were mapped executable. limit is exclusive.
	 */
	uint64_t start;
	uint64_t limit;
	/* MODULE_KERNEL and _GUEST_KERNEL: the reference symbol ("_text",
	 * "_stext"; string 0 if unknown) and its avma in the capture. */
	uint32_t ref_symbol;
	uint64_t ref_avma;
	/* MODULE_KERNEL_CODE: the name that the record gave (string). */
	uint32_t ksymbol;
	VEC(struct mapped_range)
	ranges; /* of a profile that was read, and of
		 * a file in memory */
	/* -------- */
	struct build_id found_build_id; /* of the file used, where the capture
					 * had none */
	VEC(struct segment) segments;	/* by file offset; empty: no ELF read */
	uint64_t text_avma; /* MODULE_KERNEL without ref_symbol: where its _text
			     * was found to lie; 0: not known */
	uint32_t belief;    /* string: why symbols were used that no build id
			     * or reference symbol proves; 0: there were none */
	uint32_t note; /* string: what a user should know of how it was read,
			* such as the build id found; 0: nothing */
};

/* Adds a range, unless it tells nothing new; a module has a bounded number. */
void module_add_range(struct module *module, const struct mapped_range *range);

/* Whether code of this kind is a kernel's, the machine's or a guest's. */
static inline bool module_is_kernel(enum module_kind kind)
{
	return kind == MODULE_KERNEL || kind == MODULE_KERNEL_MODULE ||
	       kind == MODULE_KERNEL_CODE || kind == MODULE_GUEST_KERNEL ||
	       kind == MODULE_GUEST_MODULE;
}

/*
 * Whether a location's address in a module of this kind is an offset into its
 * file. Of images it is the svma; in the others it is the avma: the kernel's
 * code has no file offsets, and anonymous memory no file.
 */
static inline bool module_has_offsets(enum module_kind kind)
{
	return kind == MODULE_FILE || kind == MODULE_VDSO;
}

/* Where the reference symbol of a MODULE_KERNEL lies; 0: not known. */
static inline uint64_t module_kernel_base(const struct module *module)
{
	return module->ref_symbol ? module->ref_avma : module->text_avma;
}

/* One function activation: what pprof calls a Line. */
struct frame {
	uint32_t function;
	uint32_t line;	 /* 0: unknown */
	uint32_t column; /* 0: unknown */
};

struct location {
	uint32_t module;      /* NO_MODULE: nothing was mapped there */
	enum reason reason;   /* REASON_NAMED: frames are set for good; others:
			       * they stand in until better ones are found */
	uint64_t address;     /* callers: already one byte back */
	uint32_t first_frame; /* into profile.frames */
	uint32_t n_frames;    /* innermost first; 0: raw */
	bool is_folded;	      /* others share its code: pprof's is_folded */
	/* A return address in the kernel, one byte back, that may turn out not
	 * to be one: see exact.h. Such are apart from others until then. */
	bool is_return;
	bool is_stated; /* its frames are the input's own */
	/* Of NO_MODULE: any address at all; what profile_add_unmapped() gives
	 */
	bool is_unmapped;
	/* Seen only in memory that cannot be executed: without a name it is as
	 * good as unmapped. */
	bool is_data;
};

struct function {
	uint32_t name; /* strings; name is the demangled one */
	uint32_t system_name;
	uint32_t filename;   /* string 0: unknown */
	uint32_t start_line; /* 0: unknown */
};

struct stack {
	uint32_t first; /* into profile.stack_locations */
	uint32_t n;	/* leaf first */
};

/* What is said of a sample beside its stack. A number label needs a unit. */
struct label {
	uint32_t key;  /* strings */
	uint32_t text; /* string 0: the value is the number */
	uint32_t unit;
	int64_t number;
};

struct label_set {
	uint32_t first; /* into profile.labels */
	uint32_t n;
};

struct sample {
	uint32_t stack;
	uint32_t labels;    /* a label set */
	size_t first_value; /* profile.n_types of them, in profile.values */
};

/* A kind of value that each sample has. */
struct value_type {
	uint32_t type; /* strings */
	uint32_t unit;
};

/* Where one of a process's files was mapped as code. */
struct landmark {
	uint64_t start; /* avma */
	uint64_t inode; /* 0: unknown */
};

enum { MAX_LANDMARKS = 4 };

/*
 * The first files that a program had mapped. Where they lie differs from one
 * start of a program to the next: so they tell whether a process that bears
 * the pid today is the one that was captured.
 */
struct landmarks {
	uint32_t pid; /* who mapped them; the processes that it forked share
		       * them */
	uint32_t n;
	struct landmark items[MAX_LANDMARKS];
};

#define NO_LANDMARKS UINT32_MAX

struct captured_process {
	uint32_t pid;
	uint32_t landmarks; /* index into profile.landmarks: at its end */
	uint32_t jit_dump;  /* string: the path of the jitdump file that its
			     * compiler mapped last; 0: none */
};

/* An event that the input declares. */
struct profile_event {
	uint32_t name; /* string: as the recorder has it */
	uint32_t type; /* what its samples weigh; NO_TYPE: it counts nothing */
	uint64_t n_samples;
};

struct profile {
	struct intern strings;
	VEC(struct value_type) types;
	VEC(struct profile_event) events; /* in the input's order */
	uint32_t default_type; /* index into types: the one that is shown */
	bool is_type_chosen;   /* it is the one that the user named */
	bool keeps_unmapped;   /* addresses where nothing was mapped stay apart;
				* set before any is added */
	VEC(struct module) modules;
	VEC(struct location) locations;
	VEC(struct frame) frames;
	VEC(struct function) functions;
	VEC(uint32_t) stack_locations;
	VEC(struct stack) stacks;
	VEC(struct label) labels;
	VEC(struct label_set) label_sets;
	VEC(struct sample) samples;
	VEC(int64_t) values;
	VEC(uint32_t) comments;	      /* strings */
	VEC(uint32_t) changed_stacks; /* see profile_merge_changed_stacks() */
	uint32_t drop_frames;	      /* strings: expressions for pprof, */
	uint32_t keep_frames;
	uint32_t doc_url;     /* and a place to read about the profile */
	uint32_t main_module; /* NO_MODULE: unknown */
	VEC(struct landmarks) landmarks;
	VEC(struct captured_process) processes; /* by pid */
	struct value_type period_type;
	int64_t period;
	int64_t time_ns;     /* since the epoch; 0: unknown */
	int64_t duration_ns; /* 0: unknown */
	struct recording recording;
	uint32_t unmapped;	     /* its location, plus 1; 0: none yet */
	struct profile_index *index; /* what finds the unique things */
};

void profile_init(struct profile *profile);
void profile_release(struct profile *profile);

static inline const char *profile_string(const struct profile *profile,
					 uint32_t number)
{
	return intern_get(&profile->strings, number);
}

/* Each finds or adds a unique thing and returns its index. */
uint32_t profile_add_string(struct profile *profile, const char *text);
uint32_t profile_add_location(struct profile *profile, uint32_t module,
			      uint64_t address);
/* The same, of a return address in the kernel; address is one byte back. */
uint32_t profile_add_return_location(struct profile *profile, uint32_t module,
				     uint64_t address);
/* The same, seen in memory that cannot be executed: see is_data. */
uint32_t profile_add_data_location(struct profile *profile, uint32_t module,
				   uint64_t address);
/*
 * The location of an address where nothing was mapped: one for all of them, or,
 * where the profile keeps them, that address; the former at once.
 */
uint32_t profile_add_unmapped(struct profile *profile, uint64_t address);
uint32_t profile_add_any_unmapped(struct profile *profile);
uint32_t profile_add_function(struct profile *profile,
			      const struct function *function);
/* A location that input gives frames: apart from others, also at the same
 * address, with other frames. It is REASON_NAMED. */
uint32_t profile_add_named_location(struct profile *profile,
				    const struct location *location,
				    const struct frame *frames, uint32_t n);
uint32_t profile_add_stack(struct profile *profile, const uint32_t *locations,
			   uint32_t n);
uint32_t profile_add_labels(struct profile *profile, const struct label *labels,
			    uint32_t n);

/* The sample of a stack and a label set, new ones with all values 0. */
uint32_t profile_add_sample(struct profile *profile, uint32_t stack,
			    uint32_t labels);

/* What is known of a process of the capture; NULL: nothing. */
const struct captured_process *profile_process(const struct profile *profile,
					       uint32_t pid);

/*
 * Puts stacks together that are equal since locations of some were replaced,
 * and samples that only they told apart. The stacks that have changed are in
 * changed_stacks; it is emptied.
 */
void profile_merge_changed_stacks(struct profile *profile);

/* The same, and locations that no stack has any more are gone. */
void profile_merge_stacks(struct profile *profile);

/* Puts other locations into the place of each, and together what is equal
 * then; those that no stack has any more are gone. */
void profile_replace_locations(struct profile *profile,
			       const uint32_t *numbers);

/* Appends a module; readers tell modules apart by themselves. */
uint32_t profile_add_module(struct profile *profile,
			    const struct module *module);

/*
 * Gives a location its frames, copied, innermost first, and REASON_NAMED. A
 * location is named at most once.
 */
void profile_name_location(struct profile *profile, uint32_t location,
			   const struct frame *frames, uint32_t n);

/* Frames that stand in unless better ones are found; the first ones count. */
void profile_suggest_frames(struct profile *profile, uint32_t location,
			    const struct frame *frames, uint32_t n);

/* Where nothing better was found, frames that stand in are for good. */
void profile_settle_frames(struct profile *profile);

/* A value that was computed, INT64_MAX at most, INT64_MIN at least. */
int64_t profile_round(double value);

/* Adds n to a value, INT64_MAX at most, INT64_MIN at least. */
void profile_add_to_value(struct profile *profile, size_t value, int64_t n);

/*
 * Takes the labels of these keys (strings) away; samples that only they told
 * apart are added up.
 */
void profile_drop_labels(struct profile *profile, const uint32_t *keys,
			 size_t n);

#endif
