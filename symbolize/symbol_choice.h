/*
 * Which of several symbols at one address names it. The rule is perf's
 * (choose_best_symbol() of tools/perf/util/symbol.c), so that profiles read
 * alike:
 *
 *	a size before none, strong before weak, global before local, fewer
 *	leading underscores, then the longer name, then the first
 *
 * The kernel needs another, as its symbols are had from kallsyms, where they
 * have no size and those of modules no binding, and from ELF files, and must
 * be the same from both. perf takes there whichever kallsyms lists last, which
 * is the last in the alphabet of those that are weak, or have most underscores.
 *
 *	1. the kind of name: that of a function; then that of a system call's
 *	   entry for another ABI (__ia32_sys_, compat_), its inner parts
 *	   (__se_sys_, __do_sys_, SyS_), a copy that runs before relocation or
 *in the hypervisor (__pi_, __kvm_nvhe_), padding (__pfx_, __cfi_), and at last
 *what marks the bounds of sections and tables (_stext,
 *	   __sched_text_start, init_module)
 *	2. fewer leading underscores
 *	3. strong before weak
 *	4. the last in the alphabet
 */
#ifndef SYMBOLIZE_SYMBOL_CHOICE_H
#define SYMBOLIZE_SYMBOL_CHOICE_H

#include <stdbool.h>
#include <stdint.h>

struct symbol_candidate {
	const char *name;
	uint64_t size; /* 0: unknown */
	bool is_weak;
	bool is_global;
};

/* Whether b is better than a, which came first. */
bool symbol_is_better(const struct symbol_candidate *b,
		      const struct symbol_candidate *a);

/* The same for symbols of the kernel and its modules. */
bool symbol_is_better_in_kernel(const struct symbol_candidate *b,
				const struct symbol_candidate *a);

#endif
