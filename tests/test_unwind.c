/* Unwinding: expressions, tables, and walks that must end. */
#include "config.h"

#include <dwarf.h>
#include <string.h>

#include "tests/tap.h"
#include "unwind/cfi.h"
#include "unwind/expression.h"
#include "unwind/walk.h"

/* ---- expressions ---- */

static bool read_nothing(void *context, uint64_t avma, unsigned size,
			 uint64_t *value)
{
	(void)context, (void)size;
	*value = avma + 1;
	return avma < 1000;
}

static bool evaluate(const void *bytes, size_t size, const uint64_t *initial,
		     uint64_t *value)
{
	struct unwind_registers registers = { 0 };
	struct expression_input input = {
		.bytes = bytes,
		.size = size,
		.registers = &registers,
		.word_size = 8,
		.read = read_nothing,
	};

	register_set(&registers, 7, 100);
	register_set(&registers, 16, 0x401b);
	return expression_evaluate(&input, initial, value);
}

static void test_expressions(void)
{
	/* What binutils writes for the lazy PLT of x86-64. */
	static const uint8_t plt[] = { DW_OP_breg7, 8,		 DW_OP_breg16,
				       0,	    DW_OP_lit15, DW_OP_and,
				       DW_OP_lit11, DW_OP_ge,	 DW_OP_lit3,
				       DW_OP_shl,   DW_OP_plus };
	static const uint8_t loop[] = { DW_OP_skip, 0xfd, 0xff };
	static const uint8_t empty[] = { DW_OP_plus };
	static const uint8_t unknown[] = { DW_OP_breg3, 0 };
	static const uint8_t division[] = { DW_OP_lit1, DW_OP_lit0, DW_OP_div };
	static const uint8_t far[] = { DW_OP_lit0, DW_OP_skip, 0xff, 0x7f };
	static const uint8_t load[] = { DW_OP_lit9, DW_OP_plus, DW_OP_deref };
	static const uint8_t fault[] = { DW_OP_const2u, 0xff, 0xff,
					 DW_OP_deref };
	uint64_t value = 0, initial = 20;

	ok(evaluate(plt, sizeof(plt), NULL, &value) && value == 116,
	   "the expression of a PLT");
	ok(!evaluate(loop, sizeof(loop), NULL, &value), "one without an end");
	ok(!evaluate(empty, sizeof(empty), NULL, &value),
	   "one that takes more than there is");
	ok(!evaluate(unknown, sizeof(unknown), NULL, &value),
	   "a register that is not known");
	ok(!evaluate(division, sizeof(division), NULL, &value),
	   "a division by zero");
	ok(!evaluate(far, sizeof(far), NULL, &value), "a jump out of it");
	ok(evaluate(load, sizeof(load), &initial, &value) && value == 30,
	   "memory, and what is on the stack at first");
	ok(!evaluate(fault, sizeof(fault), NULL, &value),
	   "memory that is not there");
}

/* ---- tables ---- */

enum { FRAME_SET, OUTERMOST_SET, SIGNAL_SET, N_SETS };

/*
 * [100, 200): CFA is sp + 16, the return address right below it; from 150 on
 * it is the outermost frame. [180, 300): overlaps. [400, 410): a signal frame,
 * whose caller's stack pointer is in the word at the CFA.
 */
static void build(struct buf *out)
{
	struct unwind_table_builder *b = unwind_table_builder_new();
	struct unwind_set set = {
		.cfa_kind = CFA_REGISTER,
		.cfa_register = 7,
		.cfa_value = 16,
		.return_register = 16,
	};
	struct unwind_rule rules[] = {
		{ 7, RULE_OFFSET, 0 },
		{ 16, RULE_OFFSET, -8 },
	};
	struct unwind_rule outermost = { 16, RULE_UNDEFINED, 0 };
	uint32_t sets[N_SETS];

	sets[FRAME_SET] = unwind_table_builder_add_set(b, set, &rules[1], 1);
	sets[OUTERMOST_SET] =
		unwind_table_builder_add_set(b, set, &outermost, 1);
	set.flags = UNWIND_SIGNAL_FRAME;
	sets[SIGNAL_SET] = unwind_table_builder_add_set(b, set, rules, 2);
	ok_equal(unwind_table_builder_add_set(b, set, rules, 2),
		 sets[SIGNAL_SET], "equal sets are one");
	unwind_table_builder_begin(b, 400, 410);
	unwind_table_builder_add_row(b, 400, sets[SIGNAL_SET]);
	unwind_table_builder_begin(b, 180, 300);
	unwind_table_builder_add_row(b, 180, sets[FRAME_SET]);
	unwind_table_builder_begin(b, 100, 200);
	unwind_table_builder_add_row(b, 100, sets[FRAME_SET]);
	unwind_table_builder_add_row(b, 150, sets[OUTERMOST_SET]);
	unwind_table_builder_finish(b, (struct unwind_table_header){ 0 }, NULL,
				    0, out);
	unwind_table_builder_free(b);
}

static bool is_outermost(const struct unwind_table *table, uint64_t svma)
{
	const struct unwind_set *set = unwind_table_find(table, svma);

	return set && table->rules[set->first_rule].kind == RULE_UNDEFINED;
}

static void test_tables(const struct unwind_table *table)
{
	ok(!unwind_table_find(table, 99) && unwind_table_find(table, 100),
	   "a function begins at its first address");
	ok(!is_outermost(table, 149) && is_outermost(table, 150),
	   "a row begins at its address");
	ok(is_outermost(table, 199) && unwind_table_find(table, 200) &&
		   !is_outermost(table, 200),
	   "of two functions the first is believed");
	ok(!unwind_table_find(table, 300) && !unwind_table_find(table, 399),
	   "between functions nothing is known");
	ok(!unwind_table_find(table, 410) &&
		   !unwind_table_find(table, UINT64_MAX),
	   "nor behind the last");
}

static void test_damage(const struct buf *bytes)
{
	struct unwind_table table;
	struct err err;
	size_t n_sound = 0;

	for (size_t size = 0; size < bytes->size; size++)
		n_sound += unwind_table_open(&table, bytes->bytes, size, &err);
	ok_equal(n_sound, 0, "a table that was cut off is refused");
}

/* ---- walks ---- */

static bool find(void *context, uint64_t avma, struct walk_code *code)
{
	const struct unwind_table *table = context;

	code->table = table;
	code->set = unwind_table_find(table, avma);
	return avma < 1000;
}

static enum stack_end walk(const struct unwind_table *table,
			   const uint64_t *words, size_t n, uint64_t pc,
			   bool is_full, struct walk_frames *frames)
{
	struct walk_input input = {
		.arch = unwind_arch_of("x86_64", 2),
		.stack = (const unsigned char *)words,
		.stack_size = n * 8,
		.is_full = is_full,
		.find = find,
		.context = (void *)(uintptr_t)table,
	};

	register_set(&input.registers, 16, pc);
	register_set(&input.registers, 7, 0x10000);
	register_set(&input.registers, 6, 0x10008);
	return walk_stack(&input, frames);
}

static void test_walks(const struct unwind_table *table)
{
	const uint64_t stack[] = { 0, 110, 0, 160 }, nowhere[] = { 0, 5000 };
	const uint64_t record[] = { 0, 0x10018, 710, 0, 5000 };
	/* The interrupted frame is lower: on another stack. */
	const uint64_t signal[] = { 0, 401, 0, 120, 0x10000 };
	const uint64_t again[] = { 0, 400, 0x10000 };
	struct walk_frames frames = { 0 };

	ok_equal(walk(table, stack, 4, 120, false, &frames), STACK_OUTERMOST,
		 "a stack to its outermost frame");
	ok(frames.items.n == 3 && frames.items.items[0].is_exact &&
		   frames.items.items[1].avma == 110 &&
		   !frames.items.items[1].is_exact,
	   "with all of its frames");
	ok_equal(walk(table, stack, 3, 120, true, &frames), STACK_TRUNCATED,
		 "a copy that ends too early");
	ok_equal(frames.items.n, 2, "what there is of it");
	ok_equal(walk(table, stack, 3, 120, false, &frames), STACK_BAD_FRAME,
		 "a stack that ends too early");
	ok_equal(walk(table, nowhere, 2, 120, false, &frames), STACK_BAD_FRAME,
		 "a return address where no code is");
	ok_equal(walk(table, record, 5, 700, false, &frames), STACK_NO_INFO,
		 "frame records end where they lead outside");
	ok_equal(frames.items.n, 2, "but are followed until then");
	walk(table, signal, 5, 120, false, &frames);
	ok(frames.items.n > 3 && frames.items.items[1].avma == 401 &&
		   frames.items.items[1].is_exact &&
		   frames.items.items[2].avma == 120 &&
		   frames.items.items[2].is_exact,
	   "what a signal interrupted is exact");
	ok_equal(walk(table, again, 3, 400, false, &frames), STACK_BAD_FRAME,
		 "signal frames in a circle end");
	vec_release(&frames.items);
}

static void test_machines(void)
{
	const uint64_t x86 = 0xff0fff, arm64 = (UINT64_C(1) << 33) - 1;

	ok_string(unwind_machine_of_registers(x86), "x86_64",
		  "registers of x86-64 are known");
	ok_string(unwind_machine_of_registers(arm64), "aarch64",
		  "registers of AArch64 are known");
	ok_string(unwind_machine_of_registers(arm64 | UINT64_C(1) << 46),
		  "aarch64", "also with the vector granule");
	ok(!unwind_machine_of_registers(0xffff) &&
		   !unwind_machine_of_registers(0xffffffff) &&
		   !unwind_machine_of_registers((UINT64_C(1) << 34) - 1) &&
		   !unwind_machine_of_registers((UINT64_C(1) << 45) - 1),
	   "those of i386 and ARM, RISC-V and LoongArch, s390x, POWER tell "
	   "nothing");
	ok(!unwind_machine_has("x86_64", 0xffffffff) &&
		   unwind_machine_has("x86_64", 0x180) &&
		   !unwind_machine_has("aarch64", UINT64_C(1) << 34),
	   "a machine has no registers of others");
}

int main(void)
{
	test_machines();
	struct unwind_table table;
	struct buf bytes = { 0 };
	struct err err;

	test_expressions();
	build(&bytes);
	if (ok(unwind_table_open(&table, bytes.bytes, bytes.size, &err),
	       "a table that was built is sound")) {
		test_tables(&table);
		test_walks(&table);
	}
	test_damage(&bytes);
	buf_release(&bytes);
	return tap_done();
}
