/*
 * Where the symbols of a loadable module lie for a capture, and whether they
 * are believed there.
 */
#ifndef SYMBOLIZE_KERNEL_MODULES_H
#define SYMBOLIZE_KERNEL_MODULES_H

#include <stdbool.h>
#include <stdint.h>

#include "profile/profile.h"
#include "symbolize/image_index.h"
#include "symbolize/kernel_symbols.h"

/* How the addresses of a module are looked up. */
struct kernel_lookup {
	enum reason reason;		   /* REASON_PENDING: they are */
	uint64_t shift;			   /* to add to a captured address */
	char name[KERNEL_MODULE_NAME_MAX]; /* "": the kernel proper */
};

/* Where kallsyms has the functions of a loadable module, as distances from the
 * start that the capture has; all 0: it is not known, or nowhere near. */
struct kernel_text {
	uint64_t first;
	uint64_t last;
	bool is_believed; /* they are surely of the same load */
};

/* Whether a module's code may lie behind jumps whose number its file does not
 * tell. */
bool kernel_module_may_have_front(const struct module *module);

struct kernel_text kernel_module_find_text(const struct kernel_symbols *symbols,
					   const struct profile *profile,
					   const struct module *module);

/* Whether a module's file has its functions where kallsyms has them: then the
 * one proves the other. */
bool kernel_module_agrees(const struct image_index_header *index,
			  const struct kernel_text *text);

/* Where something so far behind a module's start lies in its file, as
 * relocatable_place() has placed that; false if that is not known. */
bool kernel_module_svma(const struct image_index_header *index,
			const struct kernel_text *text, uint64_t distance,
			uint64_t *svma);

/* The same for a loadable module, by usable symbols. */
struct kernel_lookup kernel_module_lookup(const struct kernel_symbols *symbols,
					  const struct profile *profile,
					  const struct module *module);

#endif
