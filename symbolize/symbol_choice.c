#include "config.h"
#include "symbolize/symbol_choice.h"

#include <string.h>

static size_t leading_underscores(const char *name)
{
	return strspn(name, "_");
}

/* Old kernels had each system call twice, the second name for the compiler's
 * sake. */
static bool is_system_call_alias(const char *name)
{
	return strncmp(name, "SyS", 3) == 0 ||
	       strncmp(name, "compat_SyS", 10) == 0;
}

bool symbol_is_better(const struct symbol_candidate *b,
		      const struct symbol_candidate *a)
{
	size_t of_a, of_b;

	if ((a->size == 0) != (b->size == 0))
		return a->size == 0;
	if (a->is_weak != b->is_weak)
		return a->is_weak;
	if (a->is_global != b->is_global)
		return b->is_global;
	of_a = leading_underscores(a->name);
	of_b = leading_underscores(b->name);
	if (of_a != of_b)
		return of_b < of_a;
	of_a = strlen(a->name);
	of_b = strlen(b->name);
	if (of_a != of_b)
		return of_b > of_a;
	return is_system_call_alias(a->name);
}
