/*
 * In which namespaces, types and functions a function of DWARF is declared:
 * its qualified name, where no linkage name says it. For workers only.
 */
#ifndef SYMBOLIZE_DIE_SCOPES_H
#define SYMBOLIZE_DIE_SCOPES_H

#include <elfutils/libdw.h>
#include <stdbool.h>
#include <stdint.h>

struct die_scopes;

struct die_scopes *die_scopes_new(void);
void die_scopes_free(struct die_scopes *scopes);

/* The scope around everything. */
enum { DIE_SCOPE_UNIT = 0 };

/*
 * Remembers that a DIE stands in a scope of its unit; returns the scope around
 * its children. DIEs are noted in the order in which they stand in the unit.
 */
uint32_t die_scopes_note(struct die_scopes *scopes, Dwarf_Die *die,
			 uint32_t scope);

/* Whether functions of a unit are called by their scopes ("a::b::f"). */
bool die_scopes_qualify(Dwarf_Die *unit);

/*
 * The qualified name of a function; free() it. NULL: it has none. All DIEs of
 * the units that were noted have been by now; others are read.
 */
char *die_scopes_name(struct die_scopes *scopes, Dwarf_Die *function);

#endif
