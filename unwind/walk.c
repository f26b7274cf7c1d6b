/*
 * From a frame to its caller by the rules at its address (DWARF 5, 6.4), or
 * where there are none by its frame record: the caller's frame pointer and the
 * return address, which the frame pointer leads to.
 */
#include "config.h"
#include "unwind/walk.h"

#include "base/reader.h"
#include "unwind/expression.h"

/* A stack of this size in words, all of it return addresses. */
enum { MAX_FRAMES = 16384 };

/* Handlers that were interrupted by signals in turn. */
enum { MAX_SIGNAL_FRAMES = 64 };

struct walk {
	const struct walk_input *input;
	struct unwind_registers registers; /* of the frame at hand */
	uint64_t pc;
	uint64_t cfa; /* of the frame before; at first: the stack pointer */
	bool is_exact;
	bool is_first; /* or interrupted: it may not have a frame yet */
	unsigned n_signal_frames;
	bool is_beyond_copy;   /* something was wanted that was not copied */
	struct walk_code code; /* of the frame at hand */
};

/* ---- memory ---- */

static uint64_t stack_start(const struct walk *walk)
{
	const struct walk_input *input = walk->input;

	return input->registers.values[input->arch->sp];
}

static uint64_t from_bytes(const struct walk *walk, const unsigned char *bytes,
			   unsigned size)
{
	struct reader r = reader_over(bytes, size, walk->input->is_swapped);

	return size == 8   ? reader_u64(&r)
	       : size == 4 ? reader_u32(&r)
	       : size == 2 ? reader_u16(&r)
			   : reader_u8(&r);
}

/* A stack is 8 MiB, if nobody asked for more. */
static void note_beyond_copy(struct walk *walk, uint64_t avma)
{
	if (walk->input->is_full && avma >= stack_start(walk) &&
	    avma - stack_start(walk) < UINT64_C(1) << 30)
		walk->is_beyond_copy = true;
}

static bool read_memory(void *context, uint64_t avma, unsigned size,
			uint64_t *value)
{
	struct walk *walk = context;
	const struct walk_input *input = walk->input;
	uint64_t at = avma - stack_start(walk);

	if (avma >= stack_start(walk) && at <= input->stack_size &&
	    input->stack_size - at >= size) {
		*value = from_bytes(walk, input->stack + at, size);
		return true;
	}
	note_beyond_copy(walk, avma);
	return false;
}

static bool read_word(struct walk *walk, uint64_t avma, uint64_t *value)
{
	return read_memory(walk, avma, walk->input->arch->word_size, value);
}

/* ---- rules ---- */

static bool evaluate(struct walk *walk, const struct unwind_table *table,
		     int32_t expression, const uint64_t *initial,
		     uint64_t *value)
{
	struct expression_input input = {
		.registers = &walk->registers,
		.word_size = walk->input->arch->word_size,
		.is_swapped = walk->input->is_swapped,
		.read = read_memory,
		.context = walk,
	};

	input.bytes = unwind_table_expression(table, expression, &input.size);
	return expression_evaluate(&input, initial, value);
}

static bool find_cfa(struct walk *walk, const struct walk_code *code,
		     uint64_t *cfa)
{
	const struct unwind_set *set = code->set;
	bool ok;

	if (set->cfa_kind == CFA_EXPRESSION) {
		ok = evaluate(walk, code->table, set->cfa_value, NULL, cfa);
	} else {
		ok = register_is_known(&walk->registers, set->cfa_register);
		*cfa = walk->registers.values[set->cfa_register] +
		       (uint64_t)(int64_t)set->cfa_value;
	}
	if (walk->input->arch->word_size == 4)
		*cfa = (uint32_t)*cfa;
	return ok;
}

/* The value in the caller of the register that a rule is for. */
static bool apply_rule(struct walk *walk, const struct unwind_table *table,
		       const struct unwind_rule *rule, uint64_t cfa,
		       uint64_t *value)
{
	uint64_t at;

	switch (rule->kind) {
	case RULE_OFFSET:
		at = cfa + (uint64_t)(int64_t)rule->value;
		return read_word(walk, at, value);
	case RULE_VALUE:
		*value = cfa + (uint64_t)(int64_t)rule->value;
		return true;
	case RULE_REGISTER:
		*value = walk->registers.values[rule->value];
		return register_is_known(&walk->registers,
					 (unsigned)rule->value);
	case RULE_EXPRESSION:
		return evaluate(walk, table, rule->value, &cfa, &at) &&
		       read_word(walk, at, value);
	case RULE_VALUE_EXPRESSION:
		return evaluate(walk, table, rule->value, &cfa, value);
	}
	return false;
}

/*
 * The caller's registers. One that cannot be had is not known; that is an end
 * only where it is needed.
 */
static void apply_rules(struct walk *walk, const struct walk_code *code,
			uint64_t cfa, struct unwind_registers *caller)
{
	const struct unwind_set *set = code->set;
	const struct unwind_rule *rules = &code->table->rules[set->first_rule];

	*caller = walk->registers;
	register_set(caller, (unsigned)walk->input->arch->sp, cfa);
	for (unsigned i = 0; i < set->n_rules; i++) {
		uint64_t value;

		if (apply_rule(walk, code->table, &rules[i], cfa, &value))
			register_set(caller, rules[i].reg, value);
		else
			caller->known &= ~(UINT64_C(1) << rules[i].reg);
	}
}

static const struct unwind_rule *rule_of(const struct walk_code *code,
					 unsigned reg)
{
	const struct unwind_rule *rules =
		&code->table->rules[code->set->first_rule];

	for (unsigned i = 0; i < code->set->n_rules; i++)
		if (rules[i].reg == reg)
			return &rules[i];
	return NULL;
}

bool walk_code_is_leaf(const struct unwind_arch *arch,
		       const struct walk_code *code)
{
	return arch->lr >= 0 && code->set &&
	       code->set->return_register == arch->lr &&
	       !(code->set->flags & UNWIND_SIGNAL_FRAME) &&
	       !rule_of(code, (unsigned)arch->lr);
}

/* ---- steps ---- */

/* A step gives the caller's frame, or the end. */
enum step { STEP_CALLER, STEP_OUTERMOST, STEP_NO_INFO, STEP_BAD_FRAME };

/* The caller continues at pc, and its stack begins at cfa. */
static enum step go_on(struct walk *walk, uint64_t pc, uint64_t cfa,
		       bool is_interrupted)
{
	pc &= walk->input->arch->address_mask;
	if (pc == 0)
		return STEP_OUTERMOST;
	if (!walk->input->find(walk->input->context,
			       is_interrupted ? pc : pc - 1, &walk->code))
		return STEP_BAD_FRAME;
	walk->pc = pc;
	walk->cfa = cfa;
	walk->is_exact = walk->is_first = is_interrupted;
	return STEP_CALLER;
}

/* Whether a frame is above the one before, and in the stack as far as that is
 * known: so that each takes something of it, and a walk ends. */
static bool is_higher(struct walk *walk, uint64_t cfa)
{
	if (cfa < walk->cfa || (cfa == walk->cfa && !walk->is_first) ||
	    cfa % walk->input->arch->word_size != 0)
		return false;
	if (cfa - stack_start(walk) <= walk->input->stack_size)
		return true;
	note_beyond_copy(walk, cfa);
	return false;
}

static enum step step_by_rules(struct walk *walk)
{
	const struct walk_code *code = &walk->code;
	const struct unwind_set *set = code->set;
	const struct unwind_rule *rule = rule_of(code, set->return_register);
	bool is_signal = (set->flags & UNWIND_SIGNAL_FRAME) != 0;
	struct unwind_registers caller;
	uint64_t cfa;

	if (rule && rule->kind == RULE_UNDEFINED)
		return STEP_OUTERMOST;
	if (!find_cfa(walk, code, &cfa))
		return STEP_BAD_FRAME;
	if (is_signal) {
		/* Its caller may be on another stack, anywhere. */
		if (++walk->n_signal_frames > MAX_SIGNAL_FRAMES)
			return STEP_BAD_FRAME;
	} else if (!is_higher(walk, cfa)) {
		return STEP_BAD_FRAME;
	}
	apply_rules(walk, code, cfa, &caller);
	if (!register_is_known(&caller, set->return_register) ||
	    !register_is_known(&caller, (unsigned)walk->input->arch->sp))
		return STEP_BAD_FRAME;
	/* Without a rule it still is in its register, but only of a function
	 * that has called nobody. */
	if (!rule && (!walk->is_first || walk->input->arch->lr < 0))
		return STEP_BAD_FRAME;
	walk->registers = caller;
	if (is_signal)
		cfa = caller.values[walk->input->arch->sp];
	return go_on(walk, caller.values[set->return_register], cfa, is_signal);
}

static enum step step_by_frame_record(struct walk *walk)
{
	const struct unwind_arch *arch = walk->input->arch;
	uint64_t record, caller_fp, pc, cfa;

	if (arch->fp < 0 ||
	    !register_is_known(&walk->registers, (unsigned)arch->fp))
		return STEP_NO_INFO;
	record = walk->registers.values[arch->fp];
	if (record == 0 && !walk->is_first)
		return STEP_OUTERMOST;
	if (record < walk->cfa || record % arch->word_size != 0 ||
	    !read_word(walk, record, &caller_fp) ||
	    !read_word(walk, record + arch->word_size, &pc))
		return STEP_NO_INFO;
	cfa = record + 2u * arch->word_size;
	register_set(&walk->registers, (unsigned)arch->fp, caller_fp);
	register_set(&walk->registers, (unsigned)arch->sp, cfa);
	return go_on(walk, pc, cfa, false) == STEP_CALLER ? STEP_CALLER
	       : pc == 0				  ? STEP_OUTERMOST
							  : STEP_NO_INFO;
}

static enum step step(struct walk *walk, struct walk_frame *frame)
{
	const struct unwind_set *set = walk->code.set;

	walk->is_beyond_copy = false;
	if (!set)
		return step_by_frame_record(walk);
	/* A handler was not called from there: it was made to return there. */
	if (set->flags & UNWIND_SIGNAL_FRAME)
		frame->is_exact = true;
	return step_by_rules(walk);
}

enum stack_end walk_stack(const struct walk_input *input,
			  struct walk_frames *frames)
{
	const struct unwind_arch *arch = input->arch;
	struct walk walk = {
		.input = input,
		.registers = input->registers,
		.pc = input->registers.values[arch->pc],
		.cfa = input->registers.values[arch->sp],
		.is_exact = true,
		.is_first = true,
	};

	frames->items.n = 0;
	if (!register_is_known(&input->registers, (unsigned)arch->pc) ||
	    !register_is_known(&input->registers, (unsigned)arch->sp))
		return STACK_NO_INFO;
	input->find(input->context, walk.pc, &walk.code);
	while (frames->items.n < MAX_FRAMES) {
		struct walk_frame *frame = vec_add(&frames->items);

		*frame = (struct walk_frame){ walk.pc, walk.is_exact };
		switch (step(&walk, frame)) {
		case STEP_CALLER:
			break;
		case STEP_OUTERMOST:
			return STACK_OUTERMOST;
		case STEP_NO_INFO:
			return walk.is_beyond_copy ? STACK_TRUNCATED
						   : STACK_NO_INFO;
		case STEP_BAD_FRAME:
			return walk.is_beyond_copy ? STACK_TRUNCATED
						   : STACK_BAD_FRAME;
		}
	}
	return STACK_BAD_FRAME;
}
