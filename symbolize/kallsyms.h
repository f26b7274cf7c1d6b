/*
 * The text of /proc/kallsyms → tables. The file of a function in them is its
 * kernel module's name, without brackets; empty for the kernel proper.
 */
#ifndef SYMBOLIZE_KALLSYMS_H
#define SYMBOLIZE_KALLSYMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/vec.h"

enum { KERNEL_MODULE_NAME_MAX = 64 }; /* MODULE_NAME_LEN, with its NUL */

/* Where the code of a kernel module lies, as far as its symbols tell. */
struct kallsyms_module {
	char name[KERNEL_MODULE_NAME_MAX];
	uint64_t start; /* its lowest symbol */
	uint64_t last;	/* its highest symbol */
	uint64_t base;	/* where the kernel says that its text begins; 0: not
			 * known */
};

/* What is kept of all symbols to find the page for an address. */
struct kallsyms_header {
	uint32_t magic;
	uint32_t version;
	uint64_t text; /* addresses of _text and _stext; 0: not there */
	uint64_t stext;
	uint64_t etext; /* of _etext and _edata; 0: not there */
	uint64_t edata;
	uint64_t limit; /* end of the last page */
	uint32_t n_pages;
	uint32_t n_modules;
};

/* A checked view of an index's bytes, which are borrowed. */
struct kallsyms_index {
	const struct kallsyms_header *header;
	const uint64_t *pages;		       /* where each begins */
	const struct kallsyms_module *modules; /* by name */
};

struct kallsyms {
	struct buf index;
	VEC(struct buf) pages; /* tables */
};

/*
 * Parses size bytes. False with a sentence if there is no symbol at all or all
 * addresses are zero, as kernels show them to those who may not see them;
 * *is_restricted tells that from text that is no kallsyms.
 */
bool kallsyms_parse(struct kallsyms *kallsyms, const char *text, size_t size,
		    bool *is_restricted, struct err *err);
void kallsyms_release(struct kallsyms *kallsyms);

/*
 * Adds what the text of /proc/modules says of where the kernel modules begin.
 */
void kallsyms_add_bases(struct kallsyms *kallsyms, const char *text,
			size_t size);

bool kallsyms_index_open(struct kallsyms_index *index, const void *bytes,
			 size_t size);

/* What is known of a kernel module by its name, in which _ stands for -; NULL:
 * there is none. */
const struct kallsyms_module *kallsyms_index_module(
	const struct kallsyms_index *index, const char *name);

/* The page that may cover an address. */
bool kallsyms_index_page(const struct kallsyms_index *index, uint64_t address,
			 uint64_t *page);

#endif
