/*
 * What the runtime of Go knows of its own code, which every Go program carries,
 * stripped or not: section .gopclntab. For workers only.
 *
 * The layout is that of debug/gosym/pclntab.go and runtime/symtab.go in Go's
 * sources:
 *
 *	u32 magic, 2 zeros, u8 quantum, u8 pointer size
 *	since 1.16  words: functions, files, [since 1.18: start of the text,]
 *	            offsets of names, units, files, values, functions
 *	before      word: functions; the functions follow, offsets count from
 *	            the start of the section
 *	functions   pairs of (entry, offset of the function's data), and one
 *	            more entry where the last one ends; since 1.18 u32, the
 *	            entry from the start of the text; before, words
 *	data        entry (u32 since 1.18, before a word), i32 offset of name, …
 */
#ifndef SYMBOLIZE_GO_PCLNTAB_H
#define SYMBOLIZE_GO_PCLNTAB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/reader.h"
#include "base/vec.h"
#include "symbolize/image.h"

enum go_version {
	GO_1_2,
	GO_1_16,
	GO_1_18, /* the first with entries of 32 bits */
	GO_1_20, /* and all later ones so far */
};

struct go_pclntab {
	enum go_version version;
	struct reader names; /* from the first name on */
	struct reader units; /* u32 each: a unit's files, as offsets in files */
	struct reader files;
	struct reader values;	 /* tables of values by address */
	struct reader functions; /* the list; offsets of data count from here */
	struct reader data;
	uint64_t n;	  /* functions */
	uint64_t text;	  /* svma that entries count from */
	uint64_t go_func; /* svma that function data count from; 0: unknown */
	uint32_t quantum; /* bytes that addresses in values count by */
	bool is_64;	  /* words */
};

/* Its bytes are the image's. False: there is none that can be read. */
bool go_pclntab_open(struct go_pclntab *table, const struct image *image);

/* A function; name is the section's, "" where it has none. */
struct go_function {
	uint64_t start; /* svma */
	uint64_t limit;
	const char *name;
	struct reader data; /* from its data's start on */
};

struct go_functions {
	VEC(struct go_function) items;
};

/* Appends all functions, in the order of the section, which is that of their
 * addresses; up to the first that is damaged. */
void go_pclntab_functions(const struct go_pclntab *table,
			  struct go_functions *functions);

/* The string at an offset of names or files; NULL: none ends there. */
const char *go_string(const struct reader *strings, uint64_t offset);

#endif
