#include "config.h"
#include "symbolize/demangle.h"

#include <string.h>

#ifdef HAVE_LIBIBERTY_DEMANGLE_H
#include <libiberty/demangle.h>
#else
#include <demangle.h>
#endif

#include "symbolize/table.h"

char *demangle(const char *linkage_name, bool with_parameters)
{
	int options = with_parameters ? DMGL_PARAMS | DMGL_ANSI : DMGL_NO_OPTS;

	if (strnlen(linkage_name, TABLE_MAX_NAME) == TABLE_MAX_NAME)
		return NULL;
	/* Rust's v0 names begin with _R, its older ones and C++'s with _Z. */
	if (linkage_name[0] == '_' &&
	    (linkage_name[1] == 'Z' || linkage_name[1] == 'R'))
		return cplus_demangle(linkage_name, options);
	/* The automatic style does not try D. */
	if (linkage_name[0] == '_' && linkage_name[1] == 'D')
		return dlang_demangle(linkage_name, options);
	return NULL;
}
