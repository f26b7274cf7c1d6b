#include "config.h"
#include "symbolize/symbol_choice.h"

#include <stddef.h>
#include <string.h>

#include "base/text.h"

static size_t leading_underscores(const char *name)
{
	return strspn(name, "_");
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
	return strlen(b->name) > strlen(a->name);
}

/* ---- the kernel ---- */

enum kind {
	KIND_FUNCTION,
	KIND_OTHER_ABI,
	KIND_INNER,
	KIND_COPY,
	KIND_PADDING,
	KIND_MARK,
	KIND_COPIED_MARK,
};

/* Names that begin so; SyS names are of kernels before 4.17. */
static const struct {
	const char *start;
	enum kind kind;
} starts[] = {
	{ "__pfx_", KIND_PADDING },
	{ "__cfi_", KIND_PADDING },
	{ "__pi_", KIND_COPY },
	{ "__kvm_nvhe_", KIND_COPY },
	{ "__se_sys_", KIND_INNER },
	{ "__do_sys_", KIND_INNER },
	{ "__se_compat_sys_", KIND_INNER },
	{ "__do_compat_sys_", KIND_INNER },
	{ "SyS_", KIND_INNER },
	{ "compat_SyS_", KIND_INNER },
	{ "__ia32_", KIND_OTHER_ABI },
	{ "__s390_sys_", KIND_OTHER_ABI },
};

/* Of the linker's script, and the names that each module gives its two. */
static bool is_mark(const char *name)
{
	static const char *const marks[] = {
		"_text",      "_stext",	     "_etext",
		"_sinittext", "_einittext",  "__init_begin",
		"__init_end", "init_module", "cleanup_module",
	};

	for (size_t i = 0; i < sizeof(marks) / sizeof(*marks); i++)
		if (strcmp(name, marks[i]) == 0)
			return true;
	if (*name != '_')
		return false;
	return text_ends_with(name, "_array") ||
	       (strstr(name, "text") && (text_ends_with(name, "_start") ||
					 text_ends_with(name, "_end") ||
					 text_ends_with(name, "_begin")));
}

static bool has_word_compat(const char *name)
{
	const char *compat = strstr(name, "compat_");

	return compat && (compat == name || compat[-1] == '_');
}

/* The kind of a name, and where what it is a copy or padding of begins; NULL:
 * it is of neither kind. */
static enum kind kind_of(const char *name, const char **rest)
{
	*rest = NULL;
	if (is_mark(name))
		return KIND_MARK;
	for (size_t i = 0; i < sizeof(starts) / sizeof(*starts); i++) {
		enum kind kind = starts[i].kind;

		if (!text_starts_with(name, starts[i].start))
			continue;
		if (kind != KIND_COPY && kind != KIND_PADDING)
			return kind;
		*rest = name + strlen(starts[i].start);
		return is_mark(*rest) ? KIND_COPIED_MARK : kind;
	}
	return has_word_compat(name) ? KIND_OTHER_ABI : KIND_FUNCTION;
}

/* Two copies, or two paddings, are what they are of. */
static int compare_kinds(const char **a, const char **b)
{
	const char *rest_a = *a, *rest_b = *b;
	enum kind of_a, of_b;

	do {
		*a = rest_a;
		*b = rest_b;
		of_a = kind_of(*a, &rest_a);
		of_b = kind_of(*b, &rest_b);
	} while (of_a == of_b && rest_a && rest_b);
	return of_a < of_b ? -1 : of_a > of_b;
}

bool symbol_is_better_in_kernel(const struct symbol_candidate *b,
				const struct symbol_candidate *a)
{
	const char *name_a = a->name, *name_b = b->name;
	int order = compare_kinds(&name_a, &name_b);
	size_t of_a = leading_underscores(name_a);
	size_t of_b = leading_underscores(name_b);

	if (order != 0)
		return order > 0;
	if (of_a != of_b)
		return of_b < of_a;
	if (a->is_weak != b->is_weak)
		return a->is_weak;
	return strcmp(b->name, a->name) > 0;
}
