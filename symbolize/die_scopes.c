/*
 * A DIE does not say what it stands in. So a walk over a unit notes each scope
 * with the one around it, in the order of the file, and a function is looked
 * for among them by where it is declared: its abstract origin's specification,
 * wherever that stands. Units that are not walked (link-time optimization,
 * common parts that dwz took out) are read when a name needs them.
 *
 *	namespace          its name, or "(anonymous namespace)"
 *	class, struct, …   its name; a closure's is {lambda#N}, of another one
 *			   without a name {unnamed type#N}: the N-th that the
 *			   scope around it declares
 *	function           its demangled linkage name, or its name, qualified
 *	block              nothing
 */
#include "config.h"
#include "symbolize/die_scopes.h"

#include <dwarf.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/slots.h"
#include "base/vec.h"
#include "symbolize/demangle.h"
#include "symbolize/table.h"

/* More scopes in one another, and steps to a declaration, than sources have;
 * and levels of DIEs in a unit that is read for its scopes. */
enum { MAX_SCOPES = 32, MAX_STEPS = 8, MAX_DEPTH = 256 };

struct die_scope {
	Dwarf_Die die;
	uint32_t parent;
	uint32_t ordinal; /* among the types without a name; 0: has one */
};

struct unit_scopes {
	Dwarf_CU *unit;
	VEC(struct die_scope) items; /* in the unit's order; first: itself */
	bool is_numbered;
};

struct die_scopes {
	VEC(struct unit_scopes) units;
	struct slots slots;
};

struct die_scopes *die_scopes_new(void)
{
	struct die_scopes *scopes = mem_zalloc(1, sizeof(*scopes));

	slots_init(&scopes->slots, 16);
	return scopes;
}

void die_scopes_free(struct die_scopes *scopes)
{
	for (size_t i = 0; i < scopes->units.n; i++)
		vec_release(&scopes->units.items[i].items);
	vec_release(&scopes->units);
	slots_release(&scopes->slots);
	free(scopes);
}

/* ---- noting ---- */

static bool unit_equal(const void *context, const void *key, uint32_t number)
{
	const struct die_scopes *scopes = context;

	return scopes->units.items[number].unit == key;
}

/* The scopes of a unit; is_new: nothing is known of it yet. */
static struct unit_scopes *scopes_of(struct die_scopes *scopes, Dwarf_CU *unit,
				     bool *is_new)
{
	uint64_t hash = (uintptr_t)unit * UINT64_C(0x9e3779b97f4a7c15);
	uint32_t next = (uint32_t)scopes->units.n, number;

	number = slots_find_or_add(&scopes->slots, (uint32_t)(hash >> 32),
				   unit_equal, scopes, unit, next);
	*is_new = number == next;
	if (*is_new) {
		struct unit_scopes *added = vec_add(&scopes->units);

		*added = (struct unit_scopes){ .unit = unit };
		*vec_add(&added->items) = (struct die_scope){ 0 };
	}
	return &scopes->units.items[number];
}

static bool is_type(int tag)
{
	return tag == DW_TAG_class_type || tag == DW_TAG_structure_type ||
	       tag == DW_TAG_union_type;
}

uint32_t die_scopes_note(struct die_scopes *scopes, Dwarf_Die *die,
			 uint32_t scope)
{
	int tag = dwarf_tag(die);
	struct unit_scopes *unit;
	bool is_new;

	if (!is_type(tag) && tag != DW_TAG_subprogram &&
	    tag != DW_TAG_namespace && tag != DW_TAG_module)
		return scope;
	unit = scopes_of(scopes, die->cu, &is_new);
	*vec_add(&unit->items) = (struct die_scope){
		.die = *die,
		.parent = scope,
	};
	return (uint32_t)(unit->items.n - 1);
}

static bool has_scopes(Dwarf_Die *die)
{
	int tag = dwarf_tag(die);

	return is_type(tag) || tag == DW_TAG_subprogram ||
	       tag == DW_TAG_namespace || tag == DW_TAG_module ||
	       tag == DW_TAG_lexical_block;
}

/* Notes all of a unit that no walk has noted. */
static void read_unit(struct die_scopes *scopes, Dwarf_Die *unit)
{
	struct {
		Dwarf_Die die;
		uint32_t scope; /* around it */
	} levels[MAX_DEPTH];
	size_t depth = 0;

	if (dwarf_child(unit, &levels[0].die) != 0)
		return;
	levels[0].scope = DIE_SCOPE_UNIT;
	for (;;) {
		uint32_t scope = die_scopes_note(scopes, &levels[depth].die,
						 levels[depth].scope);

		if (depth + 1 < MAX_DEPTH && has_scopes(&levels[depth].die) &&
		    dwarf_child(&levels[depth].die, &levels[depth + 1].die) ==
			    0) {
			levels[++depth].scope = scope;
			continue;
		}
		while (dwarf_siblingof(&levels[depth].die,
				       &levels[depth].die) != 0)
			if (depth-- == 0)
				return;
	}
}

/* ---- types without a name ---- */

static bool is_closure(Dwarf_Die *type)
{
	Dwarf_Die child;

	if (dwarf_child(type, &child) != 0)
		return false;
	do {
		const char *name = dwarf_tag(&child) == DW_TAG_subprogram
					   ? dwarf_diename(&child)
					   : NULL;

		if (name && strcmp(name, "operator()") == 0)
			return true;
	} while (dwarf_siblingof(&child, &child) == 0);
	return false;
}

/* Numbers the types without a name in each scope: those of closures from 1 on,
 * and those of others. */
static void number_types(struct unit_scopes *unit)
{
	struct counts {
		uint32_t closures, others;
	} *counts = mem_zalloc(unit->items.n, sizeof(*counts));

	unit->is_numbered = true;
	for (size_t i = 1; i < unit->items.n; i++) {
		struct die_scope *scope = &unit->items.items[i];
		struct counts *at = &counts[scope->parent];

		if (is_type(dwarf_tag(&scope->die)) &&
		    !dwarf_diename(&scope->die))
			scope->ordinal = is_closure(&scope->die)
						 ? ++at->closures
						 : ++at->others;
	}
	free(counts);
}

/* ---- names ---- */

/* Where something is declared, if it says so: die becomes that. */
static bool to_declaration(Dwarf_Die *die)
{
	static const unsigned ways[] = { DW_AT_abstract_origin,
					 DW_AT_specification, DW_AT_signature };
	Dwarf_Attribute attribute;
	Dwarf_Die target;

	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++)
		if (dwarf_attr(die, ways[i], &attribute) &&
		    dwarf_formref_die(&attribute, &target)) {
			*die = target;
			return true;
		}
	return false;
}

static struct die_scope *find_scope(struct unit_scopes *unit,
				    const Dwarf_Die *die)
{
	size_t low = 1, high = unit->items.n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (unit->items.items[middle].die.addr < die->addr)
			low = middle + 1;
		else
			high = middle;
	}
	return low < unit->items.n &&
			       unit->items.items[low].die.addr == die->addr
		       ? &unit->items.items[low]
		       : NULL;
}

/* The unit's scopes with the DIE's place in them; NULL: it is in none. */
static struct unit_scopes *place_of(struct die_scopes *scopes, Dwarf_Die *die,
				    struct die_scope **place)
{
	struct unit_scopes *unit;
	Dwarf_Die root;
	bool is_new;

	unit = scopes_of(scopes, die->cu, &is_new);
	if (is_new && dwarf_diecu(die, &root, NULL, NULL)) {
		read_unit(scopes, &root);
		unit = scopes_of(scopes, die->cu, &is_new);
	}
	*place = find_scope(unit, die);
	return *place ? unit : NULL;
}

static char *name_of_type(struct unit_scopes *unit, struct die_scope *place,
			  Dwarf_Die *die)
{
	if (!unit->is_numbered)
		number_types(unit);
	return mem_printf(is_closure(die) ? "{lambda#%u}" : "{unnamed type#%u}",
			  place->ordinal);
}

/* The name without scopes; free() it. NULL: it has none. */
static char *own_name(struct unit_scopes *unit, struct die_scope *place,
		      Dwarf_Die *die)
{
	const char *name = dwarf_diename(die);
	int tag = dwarf_tag(die);

	if (name)
		return mem_printf("%.*s", TABLE_MAX_NAME, name);
	if (tag == DW_TAG_namespace)
		return mem_strdup("(anonymous namespace)");
	return unit && is_type(tag) ? name_of_type(unit, place, die) : NULL;
}

static char *linkage_name(Dwarf_Die *die)
{
	Dwarf_Attribute attribute;
	const char *name;

	if (dwarf_tag(die) != DW_TAG_subprogram ||
	    (!dwarf_attr_integrate(die, DW_AT_linkage_name, &attribute) &&
	     !dwarf_attr_integrate(die, DW_AT_MIPS_linkage_name, &attribute)))
		return NULL;
	name = dwarf_formstring(&attribute);
	return name ? demangle(name, false) : NULL;
}

static char *join(char *scope, char *name)
{
	char *whole;

	if (!scope || strlen(scope) + strlen(name) >= TABLE_MAX_NAME) {
		free(scope);
		return name;
	}
	whole = mem_printf("%s::%s", scope, name);
	free(scope);
	free(name);
	return whole;
}

static char *qualified(struct die_scopes *scopes, Dwarf_Die die,
		       unsigned depth);

/* The name of the scope around a place; NULL: none. */
static char *name_around(struct die_scopes *scopes,
			 const struct unit_scopes *unit,
			 const struct die_scope *place, unsigned depth)
{
	if (place->parent == DIE_SCOPE_UNIT || depth == MAX_SCOPES)
		return NULL;
	return qualified(scopes, unit->items.items[place->parent].die,
			 depth + 1);
}

static char *qualified(struct die_scopes *scopes, Dwarf_Die die, unsigned depth)
{
	char *linkage = linkage_name(&die), *name = NULL;
	struct die_scope *place;
	struct unit_scopes *unit;

	if (linkage)
		return linkage;
	for (int step = 0; step < MAX_STEPS && to_declaration(&die); step++)
		;
	unit = place_of(scopes, &die, &place);
	name = own_name(unit, place, &die);
	if (!name || !unit)
		return name;
	return join(name_around(scopes, unit, place, depth), name);
}

bool die_scopes_qualify(Dwarf_Die *unit)
{
	/* Newer than elfutils' dwarf.h. */
	enum { C_PLUS_PLUS_17 = 0x2b, C_PLUS_PLUS_20 = 0x2c };

	switch (dwarf_srclang(unit)) {
	case DW_LANG_C_plus_plus:
	case DW_LANG_C_plus_plus_03:
	case DW_LANG_C_plus_plus_11:
	case DW_LANG_C_plus_plus_14:
	case C_PLUS_PLUS_17:
	case C_PLUS_PLUS_20:
	case DW_LANG_ObjC_plus_plus:
	case DW_LANG_Rust:
		return true;
	}
	return false;
}

char *die_scopes_name(struct die_scopes *scopes, Dwarf_Die *function)
{
	return qualified(scopes, *function, 0);
}
