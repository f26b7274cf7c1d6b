#include "config.h"
#include "unwind/expression.h"

#include <dwarf.h>

#include "unwind/dwarf_reader.h"

/* Far more than any compiler's: those have some ten operations. */
enum { MAX_DEPTH = 64, MAX_OPERATIONS = 1000 };

struct machine {
	const struct expression_input *input;
	struct reader r;
	uint64_t stack[MAX_DEPTH];
	unsigned depth;
	bool has_failed;
};

static void push(struct machine *m, uint64_t value)
{
	if (m->depth == MAX_DEPTH)
		m->has_failed = true;
	else
		m->stack[m->depth++] = value;
}

static uint64_t pop(struct machine *m)
{
	if (m->depth == 0) {
		m->has_failed = true;
		return 0;
	}
	return m->stack[--m->depth];
}

/* The item that is below others; 0: the topmost. */
static uint64_t peek(struct machine *m, unsigned below)
{
	if (below >= m->depth) {
		m->has_failed = true;
		return 0;
	}
	return m->stack[m->depth - 1 - below];
}

static void push_register(struct machine *m, uint64_t number)
{
	uint64_t offset = (uint64_t)reader_sleb128(&m->r);

	if (number >= UNWIND_MAX_REGISTERS ||
	    !register_is_known(m->input->registers, (unsigned)number)) {
		m->has_failed = true;
		return;
	}
	push(m, m->input->registers->values[number] + offset);
}

static void dereference(struct machine *m, unsigned size)
{
	uint64_t value = 0;

	if ((size != 1 && size != 2 && size != 4 && size != 8) ||
	    !m->input->read(m->input->context, pop(m), size, &value))
		m->has_failed = true;
	push(m, value);
}

static void jump(struct machine *m, bool is_taken)
{
	int64_t distance = (int16_t)reader_u16(&m->r);
	const unsigned char *start = m->input->bytes;
	int64_t at = m->r.pos - start + distance;

	if (!is_taken)
		return;
	if (at < 0 || at > (int64_t)m->input->size)
		m->has_failed = true;
	else
		m->r.pos = start + at;
}

static void rotate(struct machine *m)
{
	uint64_t first = pop(m), second = pop(m), third = pop(m);

	push(m, first);
	push(m, third);
	push(m, second);
}

/* Operations on the two topmost items; false if op is none of them. */
static bool calculate(struct machine *m, uint8_t op)
{
	uint64_t b = m->depth > 0 ? m->stack[m->depth - 1] : 0;
	uint64_t a = m->depth > 1 ? m->stack[m->depth - 2] : 0, value;
	int64_t signed_a = (int64_t)a, signed_b = (int64_t)b;

	switch (op) {
	case DW_OP_and:
		value = a & b;
		break;
	case DW_OP_or:
		value = a | b;
		break;
	case DW_OP_xor:
		value = a ^ b;
		break;
	case DW_OP_plus:
		value = a + b;
		break;
	case DW_OP_minus:
		value = a - b;
		break;
	case DW_OP_mul:
		value = a * b;
		break;
	case DW_OP_div:
		/* The one quotient that is too large wraps around. */
		if (b == 0)
			m->has_failed = true;
		value = b == 0		 ? 0
			: signed_b == -1 ? 0 - a
					 : (uint64_t)(signed_a / signed_b);
		break;
	case DW_OP_mod:
		if (b == 0)
			m->has_failed = true;
		value = b == 0 ? 0 : a % b;
		break;
	case DW_OP_shl:
		value = b < 64 ? a << b : 0;
		break;
	case DW_OP_shr:
		value = b < 64 ? a >> b : 0;
		break;
	case DW_OP_shra:
		value = (uint64_t)(signed_a >> (b < 63 ? b : 63));
		break;
	case DW_OP_eq:
		value = a == b;
		break;
	case DW_OP_ne:
		value = a != b;
		break;
	case DW_OP_lt:
		value = signed_a < signed_b;
		break;
	case DW_OP_le:
		value = signed_a <= signed_b;
		break;
	case DW_OP_gt:
		value = signed_a > signed_b;
		break;
	case DW_OP_ge:
		value = signed_a >= signed_b;
		break;
	default:
		return false;
	}
	pop(m);
	pop(m);
	push(m, value);
	return true;
}

/* Operations that push a number of their own; false if op is none of them. */
static bool push_number(struct machine *m, uint8_t op)
{
	switch (op) {
	case DW_OP_addr:
		push(m, reader_sized(&m->r, m->input->word_size));
		return true;
	case DW_OP_const1u:
	case DW_OP_const2u:
	case DW_OP_const4u:
	case DW_OP_const8u:
		push(m, reader_sized(&m->r, 1u << ((op - DW_OP_const1u) / 2)));
		return true;
	case DW_OP_const1s:
	case DW_OP_const2s:
	case DW_OP_const4s:
	case DW_OP_const8s:
		push(m, (uint64_t)reader_signed(
				&m->r, 1u << ((op - DW_OP_const1s) / 2)));
		return true;
	case DW_OP_constu:
		push(m, reader_uleb128(&m->r));
		return true;
	case DW_OP_consts:
		push(m, (uint64_t)reader_sleb128(&m->r));
		return true;
	}
	if (op >= DW_OP_lit0 && op <= DW_OP_lit31)
		push(m, op - DW_OP_lit0);
	else if (op >= DW_OP_breg0 && op <= DW_OP_breg31)
		push_register(m, op - DW_OP_breg0);
	else if (op == DW_OP_bregx)
		push_register(m, reader_uleb128(&m->r));
	else
		return false;
	return true;
}

static void operate(struct machine *m, uint8_t op)
{
	uint64_t a, b;

	switch (op) {
	case DW_OP_nop:
		break;
	case DW_OP_dup:
		push(m, peek(m, 0));
		break;
	case DW_OP_drop:
		pop(m);
		break;
	case DW_OP_over:
		push(m, peek(m, 1));
		break;
	case DW_OP_pick:
		push(m, peek(m, reader_u8(&m->r)));
		break;
	case DW_OP_swap:
		a = pop(m);
		b = pop(m);
		push(m, a);
		push(m, b);
		break;
	case DW_OP_rot:
		rotate(m);
		break;
	case DW_OP_deref:
		dereference(m, m->input->word_size);
		break;
	case DW_OP_deref_size:
		dereference(m, reader_u8(&m->r));
		break;
	case DW_OP_abs:
		a = pop(m);
		push(m, (int64_t)a < 0 ? 0 - a : a);
		break;
	case DW_OP_neg:
		push(m, 0 - pop(m));
		break;
	case DW_OP_not:
		push(m, ~pop(m));
		break;
	case DW_OP_plus_uconst:
		a = pop(m);
		push(m, a + reader_uleb128(&m->r));
		break;
	case DW_OP_skip:
		jump(m, true);
		break;
	case DW_OP_bra:
		jump(m, pop(m) != 0);
		break;
	default:
		m->has_failed = true;
	}
}

bool expression_evaluate(const struct expression_input *input,
			 const uint64_t *initial, uint64_t *value)
{
	struct machine m = {
		.input = input,
		.r = reader_over(input->bytes, input->size, input->is_swapped),
	};

	if (initial)
		push(&m, *initial);
	for (unsigned n = 0; reader_left(&m.r) > 0; n++) {
		uint8_t op = reader_u8(&m.r);

		if (n == MAX_OPERATIONS)
			return false;
		if (!push_number(&m, op) && !calculate(&m, op))
			operate(&m, op);
		if (m.has_failed || !reader_ok(&m.r))
			return false;
	}
	*value = pop(&m);
	return !m.has_failed;
}
