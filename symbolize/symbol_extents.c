/*
 * A symbol without a size is a label of assembler code, or one of a function
 * that the compiler found to be unreachable. It names what comes up to the
 * next thing that is known to begin or end:
 *
 *	the next symbol
 *	the next function that has unwind information, whatever its name
 *	the end of its own unwind information
 *	the end of the symbol with a size around it
 *	the end of its section
 *
 * A local label without a type inside of a function that has a name is the
 * target of a jump: the name is the function's. It lies inside if the function
 * has a size or unwind information that covers it, or if it bears the name of
 * the function in front (NASM's local labels: "function.loop").
 */
#include "config.h"
#include "symbolize/symbol_extents.h"

#include <string.h>

/* The symbols with a size and the function around a position, which only goes
 * up. */
struct surroundings {
	const struct intervals *functions;
	size_t next;		  /* function that begins behind it */
	struct interval function; /* the last one with an end */
	VEC(uint64_t) limits;	  /* of the symbols */
};

static void move_to(struct surroundings *around, uint64_t svma)
{
	while (around->limits.n > 0 &&
	       around->limits.items[around->limits.n - 1] <= svma)
		around->limits.n--;
	for (; around->next < around->functions->n; around->next++) {
		struct interval function =
			around->functions->items[around->next];

		if (function.start > svma)
			break;
		if (function.limit > function.start)
			around->function = function;
	}
}

static bool has_size(const struct symbol *symbol)
{
	return symbol->limit > symbol->start;
}

/* ---- labels ---- */

static bool bears_name_of(const struct symbol *label,
			  const struct symbol *function)
{
	size_t length = strlen(function->candidate.name);

	return strncmp(label->candidate.name, function->candidate.name,
		       length) == 0 &&
	       label->candidate.name[length] == '.';
}

/* before: the last symbol that was kept; NULL: none. named: where the last
 * function begins that has unwind information and a name. */
static bool is_jump_target(const struct symbol *label,
			   const struct surroundings *around,
			   const struct symbol *before, uint64_t named)
{
	const struct interval *function = &around->function;

	if (!label->is_local_label || has_size(label))
		return false;
	return around->limits.n > 0 ||
	       (function->start == named && label->start > named &&
		label->start < function->limit) ||
	       (before && bears_name_of(label, before));
}

static void drop_jump_targets(struct symbol_list *list,
			      const struct intervals *functions)
{
	struct surroundings around = { .functions = functions };
	struct symbol *items = list->items.items;
	uint64_t named = UINT64_MAX;
	size_t kept = 0;

	for (size_t i = 0; i < list->items.n; i++) {
		move_to(&around, items[i].start);
		if (is_jump_target(&items[i], &around,
				   kept > 0 ? &items[kept - 1] : NULL, named))
			continue;
		if (around.function.start == items[i].start)
			named = items[i].start;
		if (has_size(&items[i]))
			*vec_add(&around.limits) = items[i].limit;
		items[kept++] = items[i];
	}
	list->items.n = kept;
	vec_release(&around.limits);
}

/* ---- limits ---- */

static void lower(uint64_t *limit, uint64_t start, uint64_t bound)
{
	if (bound > start && bound < *limit)
		*limit = bound;
}

static uint64_t limit_of(const struct symbol *symbol, const struct symbol *next,
			 const struct surroundings *around)
{
	uint64_t start = symbol->start, limit = symbol->section_limit;

	if (next)
		lower(&limit, start, next->start);
	if (around->next < around->functions->n)
		lower(&limit, start,
		      around->functions->items[around->next].start);
	if (around->limits.n > 0)
		lower(&limit, start,
		      around->limits.items[around->limits.n - 1]);
	lower(&limit, start, around->function.limit);
	return limit;
}

void symbol_extents_give(struct symbol_list *list,
			 const struct intervals *functions)
{
	struct surroundings around = { .functions = functions };
	struct symbol *items = list->items.items;

	drop_jump_targets(list, functions);
	for (size_t i = 0; i < list->items.n; i++) {
		const struct symbol *next =
			i + 1 < list->items.n ? &items[i + 1] : NULL;

		move_to(&around, items[i].start);
		if (has_size(&items[i]))
			*vec_add(&around.limits) = items[i].limit;
		else
			items[i].limit = limit_of(&items[i], next, &around);
	}
	vec_release(&around.limits);
}
