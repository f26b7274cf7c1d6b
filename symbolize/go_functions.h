/*
 * The functions of a Go program by the table that its runtime has for stack
 * traces, which is there also when the program is stripped. For workers only.
 */
#ifndef SYMBOLIZE_GO_FUNCTIONS_H
#define SYMBOLIZE_GO_FUNCTIONS_H

#include <stdint.h>

#include "base/vec.h"
#include "symbolize/image.h"

struct go_function {
	uint64_t start; /* svma */
	uint64_t limit;
	const char *name; /* the image's */
};

struct go_functions {
	VEC(struct go_function) items; /* by address */
};

/* Adds the functions of the section .gopclntab, if there is one of a version
 * that is known: of Go 1.2 to 1.15, 1.16, 1.18 and those since 1.20. */
void go_functions_read(const struct image *image,
		       struct go_functions *functions);

#endif
