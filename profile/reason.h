/*
 * Why a location has no name. Every unnamed location has exactly one reason.
 */
#ifndef PROFILE_REASON_H
#define PROFILE_REASON_H

#include <stdbool.h>
#include <stddef.h>

/* X(constant, word for JSON, words for people) */
#define REASONS(X)                                                           \
	X(REASON_NAMED, "named", "named")                                    \
	X(REASON_PENDING, "pending", "not looked up")                        \
	X(REASON_UNMAPPED, "unmapped", "nothing was mapped there")           \
	X(REASON_FILE_MISSING, "file_missing", "file missing")               \
	X(REASON_BUILD_ID_MISMATCH, "build_id_mismatch",                     \
	  "file has another build id")                                       \
	X(REASON_REPLACED, "replaced", "replaced while recording")           \
	X(REASON_UNPROVEN, "unproven",                                       \
	  "the profile does not say which build it was")                     \
	X(REASON_NO_SYMBOLS, "no_symbols", "file has no symbols")            \
	X(REASON_NOT_COVERED, "not_covered", "no symbol covers the address") \
	X(REASON_FETCH_DISABLED, "fetch_disabled", "fetching is off")        \
	X(REASON_FETCH_FAILED, "fetch_failed", "fetching failed")            \
	X(REASON_FETCH_NOT_FOUND, "fetch_not_found", "no server has it")     \
	X(REASON_KERNEL_RESTRICTED, "kernel_restricted",                     \
	  "kernel hides its symbols")                                        \
	X(REASON_KERNEL_DIFFERS, "kernel_differs",                           \
	  "symbols of another kernel")                                       \
	X(REASON_GUEST_KERNEL, "guest_kernel",                               \
	  "no symbols of its guest's kernel")                                \
	X(REASON_OTHER_LOAD, "other_load",                                   \
	  "symbols of another load of the kernel module")                    \
	X(REASON_KERNEL_UNPROVEN, "kernel_unproven",                         \
	  "not proven to be this machine's kernel")                          \
	X(REASON_KERNEL_HIDDEN, "kernel_hidden",                             \
	  "recorded while the kernel's addresses were hidden")               \
	X(REASON_VDSO_DIFFERS, "vdso_differs", "vdso of another kernel")     \
	X(REASON_JIT_NO_MAP, "jit_no_map", "generated code without a map")   \
	X(REASON_JIT_MAP_REFUSED, "jit_map_refused",                         \
	  "the names of generated code are another user's")                  \
	X(REASON_BAD_ELF, "bad_elf", "malformed ELF")                        \
	X(REASON_BAD_DWARF, "bad_dwarf", "malformed DWARF")

enum reason {
#define X(constant, word, words) constant,
	REASONS(X)
#undef X
		N_REASONS
};

/* The word for machines ("file_missing"), and the one for people. */
const char *reason_word(enum reason reason);
const char *reason_text(enum reason reason);

/* The reason of a word for machines; false if it is none. */
bool reason_parse(const char *word, size_t length, enum reason *reason);

#endif
