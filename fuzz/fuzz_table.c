/* Any bytes as a table, an image index or an unwind table: refused, or answers
 * that lie inside of them. */
#include "config.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "symbolize/image_index.h"
#include "symbolize/table.h"
#include "unwind/walk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool find_code(void *context, uint64_t avma, struct walk_code *code)
{
	const struct unwind_table *table = context;

	code->table = table;
	code->set = unwind_table_find(table, avma);
	return true;
}

/* Evaluates whatever stands there. */
static void walk(const struct unwind_table *table)
{
	static const unsigned char stack[256];
	struct walk_input input = {
		.arch = unwind_arch_of("x86_64", 2),
		.stack = stack,
		.stack_size = sizeof(stack),
		.find = find_code,
		.context = (void *)(uintptr_t)table,
	};
	struct walk_frames frames = { 0 };
	uint64_t svma;

	for (unsigned i = 0; i < UNWIND_MAX_REGISTERS; i++)
		register_set(&input.registers, i, 0x1000 + 8 * i);
	input.registers.values[16] = table->header->base;
	unwind_table_svma(table, 0, &svma);
	walk_stack(&input, &frames);
	vec_release(&frames.items);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct table_frame frames[TABLE_MAX_DEPTH];
	/* Exactly as large, so that reads past its end are seen. */
	void *bytes = mem_copy(data, size);
	struct unwind_table unwind;
	struct image_index index;
	struct table table;
	struct err err;
	uint64_t base = 0, number;

	if (size >= 16)
		memcpy(&base, data + 8, sizeof(base));
	if (table_open(&table, bytes, size, &err))
		for (uint64_t a = 0; a < 4096; a += 7)
			if (table_find(&table, base + a, frames) >
			    TABLE_MAX_DEPTH)
				abort();
	if (image_index_open(&index, bytes, size, &err))
		for (uint64_t a = 0; a < 4096; a += 7) {
			image_index_svma(&index, a, &number);
			image_index_unit(&index, a, &number);
			if (image_index_page(&index, a, &number) &&
			    number >= index.header->n_pages)
				abort();
		}
	if (unwind_table_open(&unwind, bytes, size, &err))
		walk(&unwind);
	free(bytes);
	return 0;
}
