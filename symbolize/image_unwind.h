/*
 * The unwind table of a module, out of its ELF files. For workers only.
 */
#ifndef SYMBOLIZE_IMAGE_UNWIND_H
#define SYMBOLIZE_IMAGE_UNWIND_H

#include "base/buf.h"
#include "symbolize/intervals.h"
#include "symbolize/module_images.h"

/*
 * Appends the table: what .eh_frame says, and where it says nothing what
 * .debug_frame does, of the module's own file or of its debug file.
 */
void image_unwind_table(const struct module_images *images, struct buf *out);

/* Appends the ranges of all functions that those describe, sorted by start;
 * values: 0. */
void image_unwind_functions(const struct module_images *images,
			    struct intervals *functions);

/* The same of signal frames alone, in their order. */
void image_unwind_signal_frames(const struct module_images *images,
				struct intervals *frames);

#endif
