/*
 * Where code was replaced, only what came last can be believed: of a piece that
 * a later one overlaps nothing is left to unwind. So pieces are painted, from
 * the last one to the first, on the stretches between all their ends; a piece
 * that finds a stretch painted is gone. Painted stretches are skipped in one
 * step, whatever the pieces look like (union-find).
 */
#include "config.h"
#include "symbolize/jit_unwind.h"

#include <elf.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/vec.h"
#include "symbolize/jit_code.h"
#include "unwind/cfi.h"
#include "unwind/unwind_table.h"

/* The names of pieces, which are not kept, are the file's. */
struct pieces {
	uint32_t machine; /* that the loads are for */
	VEC(struct jit_code) codes;
	VEC(uint64_t) ends; /* where pieces start or end; then sorted, unique */
	size_t *next;	    /* by stretch: it, or one towards the next that is
			     * not painted */
};

static void take_code(void *context, const struct jit_code *code)
{
	struct pieces *pieces = context;

	/* What its unwinding information counts from lies behind it. */
	if (code->size == 0 || code->start > UINT64_MAX - 8 ||
	    code->size > UINT64_MAX - 8 - code->start)
		return;
	*vec_add(&pieces->codes) = *code;
	if (code->machine != 0)
		pieces->machine = code->machine;
	*vec_add(&pieces->ends) = code->start;
	*vec_add(&pieces->ends) = code->start + code->size;
}

/* What is there now nothing is known of: sections count from their place. */
static void take_move(void *context, uint64_t start, uint64_t size)
{
	take_code(context, &(struct jit_code){ .start = start, .size = size });
}

/* ---- which pieces are left ---- */

static int compare_numbers(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* Each stretch begins at one of the ends. */
static void list_stretches(struct pieces *pieces)
{
	uint64_t *ends = pieces->ends.items;
	size_t n = 0;

	qsort(ends, pieces->ends.n, sizeof(*ends), compare_numbers);
	for (size_t i = 0; i < pieces->ends.n; i++)
		if (n == 0 || ends[i] != ends[n - 1])
			ends[n++] = ends[i];
	pieces->ends.n = n;
	pieces->next = mem_zalloc(n, sizeof(*pieces->next));
	for (size_t i = 0; i < n; i++)
		pieces->next[i] = i;
}

static size_t stretch_at(const struct pieces *pieces, uint64_t start)
{
	const uint64_t *found =
		bsearch(&start, pieces->ends.items, pieces->ends.n,
			sizeof(start), compare_numbers);

	return (size_t)(found - pieces->ends.items);
}

/* The first stretch from one on that is not painted; the last one never is. */
static size_t unpainted_from(struct pieces *pieces, size_t stretch)
{
	size_t *next = pieces->next;

	while (next[stretch] != stretch) {
		next[stretch] = next[next[stretch]];
		stretch = next[stretch];
	}
	return stretch;
}

/* Paints a piece; whether no stretch of it was painted before. */
static bool paint(struct pieces *pieces, const struct jit_code *code)
{
	size_t first = stretch_at(pieces, code->start);
	size_t limit = stretch_at(pieces, code->start + code->size);
	size_t n = 0, i;

	for (i = unpainted_from(pieces, first); i < limit;
	     i = unpainted_from(pieces, i)) {
		pieces->next[i] = i + 1;
		n++;
	}
	return n == limit - first;
}

/* ---- rows ---- */

static void read_rows(const struct jit_code *code,
		      struct unwind_table_builder *builder)
{
	struct cfi_section section = {
		.bytes = code->unwinding.pos,
		.size = reader_left(&code->unwinding),
		/* perf puts it there, behind the code: jit_write_elf() in
		 * tools/perf/util/genelf.c. */
		.svma = code->start + (code->size + 7) / 8 * 8,
		.is_eh_frame = true,
		.is_swapped = code->unwinding.is_swapped,
		.word_size = code->machine == EM_386 || code->machine == EM_ARM
				     ? 4
				     : 8,
		.code_start = code->start,
		.code_limit = code->start + code->size,
	};

	if (section.size > 0)
		cfi_read(&section, builder);
}

bool jit_unwind_table(const void *bytes, size_t size, struct buf *out,
		      struct err *err)
{
	struct pieces pieces = { 0 };
	struct jit_taker taker = { take_code, &pieces, take_move };
	struct unwind_table_header header = { 0 };
	struct unwind_table_builder *builder;

	if (!jit_read_dump(bytes, size, &taker, err))
		return false;
	builder = unwind_table_builder_new();
	if (pieces.codes.n > 0)
		list_stretches(&pieces);
	header.machine = pieces.machine;
	for (size_t i = pieces.codes.n; i-- > 0;)
		if (paint(&pieces, &pieces.codes.items[i]))
			read_rows(&pieces.codes.items[i], builder);
	unwind_table_builder_finish(builder, header, NULL, 0, out);
	unwind_table_builder_free(builder);
	vec_release(&pieces.codes);
	vec_release(&pieces.ends);
	free(pieces.next);
	return true;
}
