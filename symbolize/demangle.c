/*
 * C++, Rust and D by libiberty, which can be made to blow up: in workers only.
 * Names of Java and OCaml, which it does not know, are taken apart here as perf
 * does it (util/demangle-java.c and util/demangle-ocaml.c of its sources).
 */
#include "config.h"
#include "symbolize/demangle.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#ifdef HAVE_LIBIBERTY_DEMANGLE_H
#include <libiberty/demangle.h>
#else
#include <demangle.h>
#endif

#include "base/alloc.h"
#include "base/text.h"
#include "symbolize/table.h"

/* ---- D ---- */

/* Behind the parenthesis that closes the one at the name's start. */
static const char *skip_parentheses(const char *name)
{
	unsigned depth = 0;

	for (; *name; name++) {
		depth += *name == '(';
		depth -= *name == ')';
		if (depth == 0)
			return name + 1;
	}
	return name;
}

/*
 * Takes parameters away, of functions in functions, too, and what is said of
 * the function behind them; arguments of templates, !(…), stay.
 *
 *	app.main(immutable(char)[][]).each!(int).call(int) const
 *	app.main.each!(int).call
 */
static void cut_parameters(char *name)
{
	const char *from = name;
	char *to = name;

	while (*from && *from != ' ') {
		const char *end =
			*from == '(' ? skip_parentheses(from) : from + 1;
		bool is_kept = *from != '(' || (from > name && from[-1] == '!');

		if (is_kept) {
			memmove(to, from, (size_t)(end - from));
			to += end - from;
		}
		from = end;
	}
	*to = '\0';
}

static char *demangle_d(const char *linkage_name, bool with_parameters)
{
	/* The automatic style does not try D. */
	char *name = dlang_demangle(linkage_name, DMGL_NO_OPTS);

	if (name && !with_parameters)
		cut_parameters(name);
	return name;
}

/* ---- Java ---- */

/* Behind one type of a descriptor; NULL: there is none. */
static const char *skip_java_type(const char *p)
{
	while (*p == '[')
		p++;
	if (*p == 'L') {
		p = strchr(p, ';');
		return p ? p + 1 : NULL;
	}
	return *p && strchr("BCDFIJSZV", *p) ? p + 1 : NULL;
}

/* Whether all of p is a method's "(PARAMETERS)RETURN". */
static bool is_java_signature(const char *p)
{
	if (*p++ != '(')
		return false;
	while (p && *p != ')')
		p = skip_java_type(p);
	p = p ? skip_java_type(p + 1) : NULL;
	return p && *p == '\0';
}

char *demangle_java(const char *linkage_name)
{
	const char *class_end = strchr(linkage_name, ';');
	const char *parameters = class_end ? strchr(class_end, '(') : NULL;
	char *name;

	if (linkage_name[0] != 'L' || !parameters ||
	    class_end == linkage_name + 1 || parameters == class_end + 1 ||
	    strcspn(linkage_name, "( :") < (size_t)(class_end - linkage_name) ||
	    !is_java_signature(parameters))
		return NULL;
	name = mem_printf("%.*s.%.*s", (int)(class_end - linkage_name - 1),
			  linkage_name + 1, (int)(parameters - class_end - 1),
			  class_end + 1);
	for (char *p = name; *p; p++)
		if (*p == '/')
			*p = '.';
	return name;
}

/* ---- OCaml ---- */

/* "$28" → '('; '\0' if it is no such thing. */
static char ocaml_character(const char *p)
{
	char digits[3];

	if (p[0] != '$' || !isxdigit((unsigned char)p[1]) ||
	    !isxdigit((unsigned char)p[2]))
		return '\0';
	memcpy(digits, p + 1, 2);
	digits[2] = '\0';
	return (char)strtoul(digits, NULL, 16);
}

/* camlModule__Sub__name_123 */
static char *demangle_ocaml(const char *linkage_name)
{
	static const char start[] = "caml";
	const char *from = linkage_name + strlen(start);
	char *name, *to;

	if (!text_starts_with(linkage_name, start) ||
	    !isupper((unsigned char)*from) || !strstr(from, "__"))
		return NULL;
	name = to = mem_alloc(strlen(from) + 1);
	while (*from) {
		char special = ocaml_character(from);

		if (from[0] == '_' && from[1] == '_') {
			*to++ = '.';
			from += 2;
		} else if (special) {
			*to++ = special;
			from += 3;
		} else {
			*to++ = *from++;
		}
	}
	*to = '\0';
	return name;
}

/* ---- all of them ---- */

char *demangle(const char *linkage_name, bool with_parameters)
{
	int options = with_parameters ? DMGL_PARAMS | DMGL_ANSI : DMGL_NO_OPTS;

	if (strnlen(linkage_name, TABLE_MAX_NAME) == TABLE_MAX_NAME)
		return NULL;
	/* Rust's v0 names begin with _R, its older ones and C++'s with _Z. */
	if (linkage_name[0] == '_' &&
	    (linkage_name[1] == 'Z' || linkage_name[1] == 'R'))
		return cplus_demangle(linkage_name, options);
	if (linkage_name[0] == '_' && linkage_name[1] == 'D')
		return demangle_d(linkage_name, with_parameters);
	if (linkage_name[0] == 'c')
		return demangle_ocaml(linkage_name);
	return with_parameters ? NULL : demangle_java(linkage_name);
}
