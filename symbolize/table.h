/*
 * A table answers, for the addresses of one part of a module, "which functions
 * is this in, from which source line": for a unit of DWARF with its inline
 * chains and lines, for a page of a symbol table with names alone. It is one
 * flat blob, built once by a worker, checked once when it comes in from a
 * worker or the cache, and then searched in place.
 *
 *	ranges     sorted, disjoint [start, limit) → innermost scope
 *	scopes     a function's body or an inlined call; parent scope, function,
 *	           and for an inlined call the file, line and column of the call
 *	functions  name, linkage name, file, line of the declaration
 *	lines      sorted addresses → file, line, column, up to the next one
 *	strings    each once, each with its NUL
 *
 * Addresses are svma (for kernel symbols: avma).
 */
#ifndef SYMBOLIZE_TABLE_H
#define SYMBOLIZE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

/* The scope that is nobody's child: a function's own body. */
#define NO_SCOPE UINT32_MAX

/* More inlined calls in one another than any compiler makes. */
enum { TABLE_MAX_DEPTH = 256 };

/* Names longer than this are cut, with "..." at the end. */
enum { TABLE_MAX_NAME = 4096 };

/* ---- building ---- */

struct table_builder;

struct table_builder *table_builder_new(void);
void table_builder_free(struct table_builder *builder);

/* NULL and "" both mean unknown. Equal functions get one number. */
uint32_t table_builder_add_function(struct table_builder *builder,
				    const char *name, const char *linkage_name,
				    const char *file, uint32_t line);

/*
 * One whose name is given later, as the same string as the linkage name until
 * then; those of different keys, below 2^31 and not 0, stay apart.
 */
uint32_t table_builder_add_unnamed(struct table_builder *builder,
				   const char *linkage_name, const char *file,
				   uint32_t line, uint32_t key);
void table_builder_name_function(struct table_builder *builder,
				 uint32_t function, const char *name);

/* A symbol without a size, whose range ends at a guess. */
uint32_t table_builder_add_label(struct table_builder *builder,
				 const char *name, const char *linkage_name);

/* The number of a source file for scopes and lines; 0: unknown. */
uint32_t table_builder_add_file(struct table_builder *builder,
				const char *path);

/*
 * A scope below parent, or NO_SCOPE; call_* are where parent calls it. A
 * parent is added before its children.
 */
uint32_t table_builder_add_scope(struct table_builder *builder, uint32_t parent,
				 uint32_t function, uint32_t call_file,
				 uint32_t call_line, uint32_t call_column);

/*
 * The scope covers [low, limit). Ranges may overlap: an address belongs to the
 * deepest scope that covers it, among equals to the one that starts last, then
 * to the one added first.
 */
void table_builder_add_range(struct table_builder *builder, uint32_t scope,
			     uint64_t low, uint64_t limit);

/* From address on the code is of this line. Line 0: of none of the file, as the
 * compiler made it up; file 0, too: the code has ended. */
void table_builder_add_line(struct table_builder *builder, uint64_t address,
			    uint32_t file, uint32_t line, uint32_t column);

/* Appends the finished table to out. */
void table_builder_finish(struct table_builder *builder, struct buf *out);

/* ---- searching ---- */

/* A checked view of a table's bytes, which are borrowed. */
struct table {
	const unsigned char *bytes;
	size_t size;
};

/* Looks at every number in the bytes (aligned to 8) once; false if any of them
 * leads outside, upwards or in circles. */
bool table_open(struct table *table, const void *bytes, size_t size,
		struct err *err);

/* Strings are the table's, "" where unknown. */
struct table_frame {
	const char *name;
	const char *linkage_name;
	const char *file; /* of line */
	uint32_t line;	  /* being executed, 0 unknown */
	uint32_t column;
	const char *function_file; /* of the declaration */
	uint32_t start_line;
	bool is_label;	/* a symbol without a size; and where */
	uint64_t start; /* the range that the address lies in begins */
};

/*
 * The inline chain at an address, innermost first, at most TABLE_MAX_DEPTH
 * frames into frames[]. Returns their number; 0 where nothing covers it.
 */
uint32_t table_find(const struct table *table, uint64_t address,
		    struct table_frame *frames);

/* Whether a function covers anything of [start, limit). */
bool table_has_function(const struct table *table, uint64_t start,
			uint64_t limit);

/* The line at an address whatever covers it; false if there is none. */
bool table_find_line(const struct table *table, uint64_t address,
		     const char **file, uint32_t *line, uint32_t *column);

#endif
