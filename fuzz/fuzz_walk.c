/*
 * Any registers and stack, over any unwind table: a walk ends, and reads
 * nothing but the copy of the stack.
 *
 *	byte 0        bits: architecture, whether the stack goes on
 *	bytes 1…2     size of the call frame information behind the registers
 *	256 bytes     registers
 *	then          call frame information, and the stack
 */
#include "config.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/reader.h"
#include "unwind/cfi.h"
#include "unwind/walk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* All below 16 MiB is code. */
static bool find(void *context, uint64_t avma, struct walk_code *code)
{
	const struct unwind_table *table = context;

	*code = (struct walk_code){
		.table = table,
		.set = unwind_table_find(table, avma),
	};
	return avma < 1 << 24;
}

static void compile(struct reader cfi, uint8_t word_size, struct buf *out)
{
	struct unwind_table_builder *builder = unwind_table_builder_new();
	struct unwind_table_header header = { 0 };

	cfi_read(
		&(struct cfi_section){
			.bytes = cfi.pos,
			.size = reader_left(&cfi),
			.word_size = word_size,
			.svma = 0x2000,
		},
		builder);
	unwind_table_builder_finish(builder, header, NULL, 0, out);
	unwind_table_builder_free(builder);
}

static void walk(const struct unwind_table *table, struct walk_input *input,
		 struct reader registers)
{
	struct walk_frames frames = { 0 };

	for (unsigned i = 0; i < 32; i++)
		register_set(&input->registers, i, reader_u64(&registers));
	register_set(&input->registers, (unsigned)input->arch->pc,
		     input->registers.values[0]);
	input->find = find;
	input->context = (void *)(uintptr_t)table;
	walk_stack(input, &frames);
	/* Each frame has a word of the stack, but some behind signals. */
	if (frames.items.n > input->stack_size / 4 + 100)
		abort();
	vec_release(&frames.items);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const machines[] = { "x86_64", "aarch64" };
	struct reader r = reader_over(data, size, false), registers, cfi;
	uint8_t bits = reader_u8(&r);
	size_t cfi_size = reader_u16(&r);
	struct walk_input input = {
		.arch = unwind_arch_of(machines[bits & 1], bits & 2 ? 1 : 2),
		.is_full = bits >> 2 & 1,
	};
	struct unwind_table table;
	struct buf bytes = { 0 };
	void *stack;
	struct err err;

	registers = reader_items(&r, 32, 8);
	cfi = reader_items(&r, cfi_size, 1);
	if (!reader_ok(&r))
		return 0;
	compile(cfi, input.arch->word_size, &bytes);
	if (!unwind_table_open(&table, bytes.bytes, bytes.size, &err))
		abort();
	/* Exactly as large, so that reads past its end are seen. */
	stack = mem_copy(r.pos, reader_left(&r));
	input.stack = stack;
	input.stack_size = reader_left(&r);
	walk(&table, &input, registers);
	free(stack);
	buf_release(&bytes);
	return 0;
}
