/*
 * Code of a kernel that is entered by an interrupt or exception, not by a call.
 */
#ifndef PROFILE_INTERRUPT_ENTRY_H
#define PROFILE_INTERRUPT_ENTRY_H

/* Where instructions begin behind a kernel's entry code. */
struct interrupt_entry {
	const char *name;
	/* Instructions are multiples of this apart. */
	unsigned char alignment;
	/* Other entry code may also call it: what is behind it then is a
	 * return address there. */
	unsigned char may_be_called;
};

/*
 * The entry of a symbol's name: the caller of its frame is where execution was
 * interrupted, no return address. NULL: it is no such code.
 */
const struct interrupt_entry *interrupt_entry_find(const char *symbol);

#endif
