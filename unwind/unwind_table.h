/*
 * How to find the caller's frame at each address of a module: what .eh_frame
 * and .debug_frame say, compiled into rows that are searched in place. A flat
 * blob: made by a worker, kept in the cache, checked when it is opened.
 *
 *	rows   address ─▶ set, sorted by address
 *	sets   the frame's address (CFA), and rules, each set once
 *	rules  where a register of the caller is found
 *
 * Compilers use few sets: a row is eight bytes, and the sets stay in the
 * processor's cache. Registers have their DWARF numbers.
 */
#ifndef UNWIND_UNWIND_TABLE_H
#define UNWIND_UNWIND_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "profile/build_id.h"
#include "profile/profile.h"

/* Registers beyond these are none that addresses are kept in. */
enum { UNWIND_MAX_REGISTERS = 64 };

enum unwind_cfa {
	CFA_REGISTER = 1,   /* cfa_register + cfa_value */
	CFA_EXPRESSION = 2, /* what the one at cfa_value gives */
};

enum unwind_rule_kind {
	RULE_UNDEFINED = 1,  /* the caller has none: of the return address: it
			      * is the outermost frame */
	RULE_OFFSET = 2,     /* in memory at CFA + value */
	RULE_VALUE = 3,	     /* CFA + value */
	RULE_REGISTER = 4,   /* in the register value */
	RULE_EXPRESSION = 5, /* in memory, where the one at value says */
	RULE_VALUE_EXPRESSION = 6,
};

/* A register without a rule has the same value in the caller. */
struct unwind_rule {
	uint16_t reg;
	uint16_t kind;
	int32_t value;
};

enum {
	UNWIND_SIGNAL_FRAME = 1 << 0, /* what it returns to was interrupted */
};

/* Holds no padding: sets are hashed and compared as bytes. */
struct unwind_set {
	uint32_t first_rule;
	uint16_t n_rules;
	uint8_t cfa_kind; /* 0: nothing is known here */
	uint8_t cfa_register;
	int32_t cfa_value;
	uint8_t return_register; /* the column of the return address */
	uint8_t flags;
	uint16_t zero;
};

_Static_assert(sizeof(struct unwind_set) == 16, "no padding in unwind_set");

struct unwind_table_header {
	uint32_t magic;
	uint32_t version;
	uint32_t machine; /* EM_* of elf.h */
	uint32_t n_segments;
	uint32_t n_rows;
	uint32_t n_sets;
	uint32_t n_rules;
	uint32_t expressions_size; /* bytes */
	uint64_t base;		   /* svma that rows count from */
	uint32_t build_id_size;
	uint8_t build_id[24];
	uint32_t padding;
	uint64_t content_hash[2]; /* of files without a build id */
};

/* ---- building ---- */

struct unwind_table_builder;

struct unwind_table_builder *unwind_table_builder_new(void);
void unwind_table_builder_free(struct unwind_table_builder *builder);

/*
 * A set's number. rules are sorted by register; set->first_rule and n_rules
 * are filled in. Equal sets get one number.
 */
uint32_t unwind_table_builder_add_set(struct unwind_table_builder *builder,
				      struct unwind_set set,
				      const struct unwind_rule *rules,
				      uint16_t n_rules);

/* What an expression is known by in sets and rules. */
int32_t unwind_table_builder_add_expression(
	struct unwind_table_builder *builder, const void *bytes, uint16_t size);

/* Begins a function at [start, limit). Where functions overlap, the one that
 * starts first is believed, among equals the one added first. */
void unwind_table_builder_begin(struct unwind_table_builder *builder,
				uint64_t start, uint64_t limit);

/* From svma on, in the function begun last, a set holds. In rising order. */
void unwind_table_builder_add_row(struct unwind_table_builder *builder,
				  uint64_t svma, uint32_t set);

/* Appends the blob; header's magic, version, counts and base are filled in.
 * Functions more than 4 GiB above the first are left out. */
void unwind_table_builder_finish(struct unwind_table_builder *builder,
				 struct unwind_table_header header,
				 const struct segment *segments,
				 size_t n_segments, struct buf *out);

/* ---- searching ---- */

/* A checked view of a blob's bytes, which are borrowed. */
struct unwind_table {
	const struct unwind_table_header *header;
	const struct segment *segments;
	const uint32_t *addresses; /* of rows, from header->base */
	const uint32_t *row_sets;
	const struct unwind_set *sets;
	const struct unwind_rule *rules;
	const unsigned char *expressions; /* u16 size, bytes */
};

bool unwind_table_open(struct unwind_table *table, const void *bytes,
		       size_t size, struct err *err);

/* The set that holds at an svma; NULL where nothing is known. */
const struct unwind_set *unwind_table_find(const struct unwind_table *table,
					   uint64_t svma);

/* Where an offset of the file is loaded; false if it is not. */
bool unwind_table_svma(const struct unwind_table *table, uint64_t file_off,
		       uint64_t *svma);

/* The bytes of an expression. */
const unsigned char *unwind_table_expression(const struct unwind_table *table,
					     int32_t expression, size_t *size);

#endif
