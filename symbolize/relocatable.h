/*
 * Relocatable files, which kernel modules are: nothing in them has an address
 * until they are loaded. For workers only.
 */
#ifndef SYMBOLIZE_RELOCATABLE_H
#define SYMBOLIZE_RELOCATABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * How the code of a kernel module lies. Sections of jumps to what branches do
 * not reach, and of the tracer's, get their size when the module is loaded
 * (module_frob_arch_sections() of arch/arm64/kernel/module-plts.c); where code
 * follows them, the file does not tell how far behind the start that lies:
 *
 *	│ front: .plt, .text.ftrace_trampoline │ .text │ .exit.text │
 *
 * It is placed as if there was no front.
 */
struct relocatable_layout {
	uint64_t code_size; /* 0: it is no relocatable file */
	/* Where the lowest and the highest function lie, of those that stay
	 * when the module has started; both 0: there are none. */
	uint64_t text_first;
	uint64_t text_last;
	bool has_open_front;
	/* What the front's size is between; both 0: nothing is known of it. */
	uint64_t front_least;
	uint64_t front_most;
};

/*
 * Gives the code sections of a file in memory addresses, its symbols too, and
 * carries out the relocations of its debug information, so that it reads as if
 * it was linked. Code lies as the kernel loads it (layout_sections() of
 * kernel/module/main.c): from 0 on, in the order of the file, what is only
 * needed to start behind the rest. Nothing is changed of what is no relocatable
 * file.
 *
 * False where the debug information has relocations that are not known: it is
 * of no use then.
 */
bool relocatable_place(unsigned char *bytes, size_t size,
		       struct relocatable_layout *layout);

#endif
