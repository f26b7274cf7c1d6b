/*
 * Where the symbols of a loadable module lie for a capture, and whether they
 * are believed there.
 */
#ifndef SYMBOLIZE_KERNEL_MODULES_H
#define SYMBOLIZE_KERNEL_MODULES_H

#include <stdint.h>

#include "profile/profile.h"
#include "symbolize/kernel_symbols.h"

/* How the addresses of a module are looked up. */
struct kernel_lookup {
	enum reason reason;		   /* REASON_PENDING: they are */
	uint64_t shift;			   /* to add to a captured address */
	char name[KERNEL_MODULE_NAME_MAX]; /* "": the kernel proper */
};

/* The same for a loadable module, by usable symbols. */
struct kernel_lookup kernel_module_lookup(const struct kernel_symbols *symbols,
					  const struct profile *profile,
					  const struct module *module);

#endif
