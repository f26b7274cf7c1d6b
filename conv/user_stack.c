#include "config.h"
#include "conv/user_stack.h"

#include <stdlib.h>

#include "base/alloc.h"

enum { N_KNOWN = 4096 }; /* a power of two */

void user_stack_init(struct user_stack *stack, const char *machine,
		     const struct timeline *timeline,
		     const struct profile *profile,
		     const struct unwind_source *source)
{
	*stack = (struct user_stack){
		.timeline = timeline,
		.profile = profile,
		.source = source,
		.machine = machine,
	};
}

void user_stack_release(struct user_stack *stack)
{
	vec_release(&stack->frames.items);
	free(stack->known);
}

bool user_stack_is_recorded(const struct perf_sample *sample)
{
	return sample->user_abi != 0 && sample->user_stack_copied > 0;
}

/* ---- code ---- */

/*
 * The address by which the table of a mapping's module has what lies at avma;
 * false if it has nothing there. The table of generated code is of its process,
 * and so has avmas.
 */
static bool table_address(const struct unwind_table *table,
			  const struct mapping *mapping, enum module_kind kind,
			  uint64_t avma, uint64_t *address)
{
	*address = avma;
	return kind == MODULE_ANON ||
	       unwind_table_svma(table, avma - mapping->start + mapping->pgoff,
				 address);
}

static void find_anew(const struct user_stack *stack, uint64_t avma,
		      struct known_code *known)
{
	const struct mapping *mapping =
		timeline_mapping(stack->timeline, stack->space, avma);
	const struct unwind_table *table;
	enum module_kind kind;
	uint64_t address;

	*known = (struct known_code){
		.avma = avma,
		.space = stack->space,
		.is_known = true,
		.is_code = mapping != NULL,
	};
	if (!mapping)
		return;
	kind = stack->profile->modules.items[mapping->module].kind;
	if (kind != MODULE_ANON && !module_has_offsets(kind))
		return;
	table = stack->source->get(stack->source->context, mapping->module);
	if (!table || !table_address(table, mapping, kind, avma, &address))
		return;
	known->code.table = table;
	known->code.set = unwind_table_find(table, address);
}

static bool find_code(void *context, uint64_t avma, struct walk_code *code)
{
	struct user_stack *stack = context;
	uint64_t hash = (avma ^ stack->space) * UINT64_C(0x9e3779b97f4a7c15);
	struct known_code *known = &stack->known[hash >> 32 & (N_KNOWN - 1)];

	if (!known->is_known || known->avma != avma ||
	    known->space != stack->space)
		find_anew(stack, avma, known);
	*code = known->code;
	return known->is_code;
}

/* ---- stacks ---- */

static void take_registers(const struct unwind_arch *arch, struct reader r,
			   uint64_t mask, struct unwind_registers *registers)
{
	for (unsigned i = 0; i < 64; i++) {
		uint64_t value;

		if (!(mask >> i & 1))
			continue;
		value = reader_u64(&r);
		if (i < arch->n_perf && arch->of_perf[i] >= 0)
			register_set(registers, (unsigned)arch->of_perf[i],
				     value);
	}
}

static void enter_space(struct user_stack *stack, uint32_t space)
{
	if (!stack->known)
		stack->known = mem_zalloc(N_KNOWN, sizeof(*stack->known));
	stack->space = space;
}

bool user_stack_walk(struct user_stack *stack, const struct perf_sample *sample,
		     uint64_t registers, uint32_t space, enum stack_end *end)
{
	struct walk_input input = {
		.arch = stack->machine ? unwind_arch_of(stack->machine,
							sample->user_abi)
				       : NULL,
		.stack = sample->user_stack.pos,
		.stack_size = (size_t)sample->user_stack_copied,
		.is_full = sample->user_stack_copied ==
			   reader_left(&sample->user_stack),
		.is_swapped = sample->user_stack.is_swapped,
		.find = find_code,
		.context = stack,
	};

	if (!input.arch) {
		if (stack->machine)
			stack->stats.n_unsupported++;
		else
			stack->stats.n_unknown++;
		return false;
	}
	enter_space(stack, space);
	take_registers(input.arch, sample->user_registers, registers,
		       &input.registers);
	*end = walk_stack(&input, &stack->frames);
	stack->stats.n_ends[*end]++;
	return true;
}

bool user_stack_leaf_caller(struct user_stack *stack,
			    const struct perf_sample *sample,
			    uint64_t registers, uint32_t space, uint64_t pc,
			    uint64_t *caller)
{
	const struct unwind_arch *arch =
		stack->machine
			? unwind_arch_of(stack->machine, sample->user_abi)
			: NULL;
	struct unwind_registers found = { 0 };
	struct walk_code code;

	if (!arch || arch->lr < 0)
		return false;
	take_registers(arch, sample->user_registers, registers, &found);
	if (!register_is_known(&found, (unsigned)arch->lr))
		return false;
	enter_space(stack, space);
	*caller = found.values[arch->lr] & arch->address_mask;
	return find_code(stack, pc, &code) && walk_code_is_leaf(arch, &code) &&
	       *caller != 0 && find_code(stack, *caller - 1, &code);
}
