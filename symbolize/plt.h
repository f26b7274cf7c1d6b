/*
 * The procedure linkage table: stubs through which a program calls functions of
 * shared libraries. They have no symbols of their own; their code says which
 * slot of the global offset table they jump through, and relocations say whose
 * that slot is. For workers only.
 */
#ifndef SYMBOLIZE_PLT_H
#define SYMBOLIZE_PLT_H

#include <stdint.h>

#include "base/vec.h"
#include "symbolize/image.h"

struct plt_stub {
	uint64_t start; /* svma */
	uint64_t limit;
	const char *function; /* the image's; NULL: known by its resolver, */
	uint64_t resolver;    /* the svma of a function (IFUNC) */
};

struct plt_stubs {
	VEC(struct plt_stub) items; /* in no order */
};

/* Adds all stubs of .plt, .plt.sec and .plt.got whose function is known: of
 * x86 of either size, and AArch64. */
void plt_read(const struct image *image, struct plt_stubs *stubs);
void plt_release(struct plt_stubs *stubs);

#endif
