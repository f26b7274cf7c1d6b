/*
 * The function symbols of a module, chosen and sized as perf does it, in
 * pages that become tables. For workers only.
 */
#ifndef SYMBOLIZE_ELF_SYMBOLS_H
#define SYMBOLIZE_ELF_SYMBOLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "symbolize/module_images.h"
#include "symbolize/intervals.h"

/* Intervals of a page: a table is built, kept and read by whole pages. */
enum { SYMBOLS_PER_PAGE = 1024 };

struct elf_symbol {
	const char *name; /* the images', or of made_names */
	bool is_sizeless; /* its end is a guess */
};

struct elf_symbols {
	VEC(struct elf_symbol) items;
	struct intervals ranges; /* values: numbers of items */
	VEC(char *) made_names;	 /* those that stand in no file */
	bool is_full;		 /* not only what the module exports */
};

void elf_symbols_init(struct elf_symbols *symbols,
		      const struct module_images *images);
void elf_symbols_release(struct elf_symbols *symbols);

size_t elf_symbols_n_pages(const struct elf_symbols *symbols);

/* Appends the table of a page to out. */
void elf_symbols_page(const struct elf_symbols *symbols, size_t page,
		      struct buf *out);

/* The address of a symbol of .symtab by its name, of any type; false if it is
 * not there. */
bool elf_symbols_address(const struct image *image, const char *name,
			 uint64_t *svma);

#endif
