/*
 * Function descriptors of powerpc64's first ABI (ELFv1): symbols of functions
 * lie in section .opd, where the address of their code is ("Function
 * Descriptors" in the 64-bit PowerPC ELF Application Binary Interface
 * Supplement). For workers only.
 */
#ifndef SYMBOLIZE_DESCRIPTORS_H
#define SYMBOLIZE_DESCRIPTORS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/reader.h"
#include "symbolize/image.h"

struct descriptors {
	struct reader bytes; /* of .opd; empty: there are none */
	uint64_t start;	     /* its svma */
};

/* Those of a module's own file: a debug file has none of their bytes. Borrows
 * the image's bytes. */
struct descriptors descriptors_of(const struct image *image);

/* Where the code of the function with a descriptor lies; false if there is no
 * descriptor at that svma. */
bool descriptors_find(const struct descriptors *descriptors, uint64_t svma,
		      uint64_t *code);

#endif
