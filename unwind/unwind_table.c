#include "config.h"
#include "unwind/unwind_table.h"

#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/alloc.h"
#include "base/slots.h"
#include "base/vec.h"

/* "SCUW", and the version of the format: raise it with every change. */
enum { UNWIND_MAGIC = 0x57554353, UNWIND_VERSION = 2 };

/* ---- building ---- */

struct row {
	uint64_t svma;
	uint32_t set;
};

struct function_rows {
	uint64_t start;
	uint64_t limit;
	size_t first; /* of its rows */
	size_t n;
};

struct unwind_table_builder {
	VEC(struct function_rows) functions;
	VEC(struct row) rows;
	VEC(struct unwind_set) sets; /* number 0: nothing is known */
	VEC(struct unwind_rule) rules;
	struct slots set_slots;
	struct buf expressions;
};

struct unwind_table_builder *unwind_table_builder_new(void)
{
	struct unwind_table_builder *builder = mem_zalloc(1, sizeof(*builder));

	slots_init(&builder->set_slots, 1024);
	*vec_add(&builder->sets) = (struct unwind_set){ 0 };
	return builder;
}

void unwind_table_builder_free(struct unwind_table_builder *builder)
{
	vec_release(&builder->functions);
	vec_release(&builder->rows);
	vec_release(&builder->sets);
	vec_release(&builder->rules);
	slots_release(&builder->set_slots);
	buf_release(&builder->expressions);
	free(builder);
}

struct set_key {
	const struct unwind_set *set; /* first_rule is 0 */
	const struct unwind_rule *rules;
};

static bool set_equal(const void *context, const void *key, uint32_t number)
{
	const struct unwind_table_builder *builder = context;
	const struct set_key *wanted = key;
	struct unwind_set known = builder->sets.items[number];
	size_t first = known.first_rule;

	known.first_rule = 0;
	return memcmp(&known, wanted->set, sizeof(known)) == 0 &&
	       (known.n_rules == 0 ||
		memcmp(&builder->rules.items[first], wanted->rules,
		       known.n_rules * sizeof(*wanted->rules)) == 0);
}

uint32_t unwind_table_builder_add_set(struct unwind_table_builder *builder,
				      struct unwind_set set,
				      const struct unwind_rule *rules,
				      uint16_t n_rules)
{
	uint32_t next = (uint32_t)builder->sets.n, number;
	struct set_key key = { &set, rules };
	uint64_t hash;

	set.first_rule = 0;
	set.n_rules = n_rules;
	hash = XXH3_64bits_withSeed(rules, n_rules * sizeof(*rules),
				    XXH3_64bits(&set, sizeof(set)));
	number = slots_find_or_add(&builder->set_slots, (uint32_t)hash,
				   set_equal, builder, &key, next);
	if (number != next)
		return number;
	set.first_rule = (uint32_t)builder->rules.n;
	for (uint16_t i = 0; i < n_rules; i++)
		*vec_add(&builder->rules) = rules[i];
	*vec_add(&builder->sets) = set;
	return number;
}

int32_t unwind_table_builder_add_expression(
	struct unwind_table_builder *builder, const void *bytes, uint16_t size)
{
	struct buf *all = &builder->expressions;
	uint16_t known;

	/* There are few, and they follow one another. */
	for (size_t at = 0; at < all->size; at += sizeof(known) + known) {
		memcpy(&known, all->bytes + at, sizeof(known));
		if (known == size &&
		    memcmp(all->bytes + at + sizeof(known), bytes, size) == 0)
			return (int32_t)at;
		/* A file full of different ones would take for ever. */
		if (at > 4096)
			break;
	}
	buf_add(all, &size, sizeof(size));
	buf_add(all, bytes, size);
	return (int32_t)(all->size - size - sizeof(size));
}

void unwind_table_builder_begin(struct unwind_table_builder *builder,
				uint64_t start, uint64_t limit)
{
	*vec_add(&builder->functions) = (struct function_rows){
		.start = start,
		.limit = limit,
		.first = builder->rows.n,
	};
}

void unwind_table_builder_add_row(struct unwind_table_builder *builder,
				  uint64_t svma, uint32_t set)
{
	struct function_rows *function =
		&builder->functions.items[builder->functions.n - 1];

	*vec_add(&builder->rows) = (struct row){ svma, set };
	function->n++;
}

static int compare_functions(const void *a, const void *b)
{
	const struct function_rows *x = a, *y = b;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	return x->first < y->first ? -1 : x->first > y->first;
}

/* The rows of all functions in order, with the gaps between them. */
struct flat_rows {
	uint64_t base;
	VEC(uint32_t) addresses;
	VEC(uint32_t) sets;
};

static void add_flat(struct flat_rows *flat, uint64_t svma, uint32_t set)
{
	uint64_t address = svma - flat->base;
	size_t n = flat->addresses.n;

	if (n > 0 && flat->sets.items[n - 1] == set)
		return;
	if (n > 0 && flat->addresses.items[n - 1] == address) {
		flat->sets.items[n - 1] = set;
		return;
	}
	*vec_add(&flat->addresses) = (uint32_t)address;
	*vec_add(&flat->sets) = set;
}

/* Adds what of a function lies behind covered. */
static void flatten_function(struct flat_rows *flat,
			     const struct function_rows *function,
			     const struct row *rows, uint64_t covered)
{
	for (size_t i = 0; i < function->n; i++) {
		uint64_t limit = i + 1 < function->n ? rows[i + 1].svma
						     : function->limit;
		uint64_t start = rows[i].svma;

		if (start < covered)
			start = covered;
		if (start < limit)
			add_flat(flat, start, rows[i].set);
	}
}

static void flatten(struct unwind_table_builder *builder,
		    struct flat_rows *flat)
{
	uint64_t covered = 0;

	if (builder->functions.n == 0)
		return;
	qsort(builder->functions.items, builder->functions.n,
	      sizeof(struct function_rows), compare_functions);
	flat->base = builder->functions.items[0].start;
	vec_reserve(&flat->addresses, builder->rows.n);
	vec_reserve(&flat->sets, builder->rows.n);
	for (size_t i = 0; i < builder->functions.n; i++) {
		const struct function_rows *function =
			&builder->functions.items[i];

		if (function->limit <= covered ||
		    function->limit - flat->base > UINT32_MAX)
			continue;
		if (flat->addresses.n > 0 && function->start > covered)
			add_flat(flat, covered, 0);
		flatten_function(flat, function,
				 builder->rows.items + function->first,
				 covered);
		covered = function->limit;
	}
	if (flat->addresses.n > 0)
		add_flat(flat, covered, 0);
}

void unwind_table_builder_finish(struct unwind_table_builder *builder,
				 struct unwind_table_header header,
				 const struct segment *segments,
				 size_t n_segments, struct buf *out)
{
	struct flat_rows flat = { 0 };
	size_t n;

	flatten(builder, &flat);
	n = flat.addresses.n;
	header.magic = UNWIND_MAGIC;
	header.version = UNWIND_VERSION;
	header.n_segments = (uint32_t)n_segments;
	header.n_rows = (uint32_t)n;
	header.n_sets = (uint32_t)builder->sets.n;
	header.n_rules = (uint32_t)builder->rules.n;
	header.expressions_size = (uint32_t)builder->expressions.size;
	header.base = flat.base;
	buf_align(out, 8);
	buf_add(out, &header, sizeof(header));
	buf_add(out, segments, n_segments * sizeof(*segments));
	buf_add(out, flat.addresses.items, n * sizeof(uint32_t));
	buf_add(out, flat.sets.items, n * sizeof(uint32_t));
	buf_add(out, builder->sets.items,
		builder->sets.n * sizeof(struct unwind_set));
	buf_add(out, builder->rules.items,
		builder->rules.n * sizeof(struct unwind_rule));
	buf_add(out, builder->expressions.bytes, builder->expressions.size);
	vec_release(&flat.addresses);
	vec_release(&flat.sets);
}

/* ---- searching ---- */

static bool is_expression(const struct unwind_table *table, int32_t at)
{
	uint64_t size = table->header->expressions_size;
	uint16_t own;

	if (at < 0 || (uint64_t)at + sizeof(own) > size)
		return false;
	memcpy(&own, table->expressions + at, sizeof(own));
	return (uint64_t)at + sizeof(own) + own <= size;
}

static bool is_sound_rule(const struct unwind_table *table,
			  const struct unwind_rule *rule)
{
	if (rule->reg >= UNWIND_MAX_REGISTERS)
		return false;
	switch (rule->kind) {
	case RULE_UNDEFINED:
	case RULE_OFFSET:
	case RULE_VALUE:
		return true;
	case RULE_REGISTER:
		return rule->value >= 0 && rule->value < UNWIND_MAX_REGISTERS;
	case RULE_EXPRESSION:
	case RULE_VALUE_EXPRESSION:
		return is_expression(table, rule->value);
	}
	return false;
}

static bool is_sound_set(const struct unwind_table *table,
			 const struct unwind_set *set)
{
	if (set->cfa_register >= UNWIND_MAX_REGISTERS ||
	    set->return_register >= UNWIND_MAX_REGISTERS ||
	    (uint64_t)set->first_rule + set->n_rules > table->header->n_rules)
		return false;
	return set->cfa_kind <= CFA_REGISTER ||
	       (set->cfa_kind == CFA_EXPRESSION &&
		is_expression(table, set->cfa_value));
}

static bool is_sound(const struct unwind_table *table)
{
	const struct unwind_table_header *header = table->header;

	if (header->build_id_size > BUILD_ID_MAX)
		return false;
	if (!segments_are_sound(table->segments, header->n_segments))
		return false;
	for (uint32_t i = 0; i < header->n_rows; i++)
		if (table->row_sets[i] >= header->n_sets ||
		    (i > 0 && table->addresses[i] <= table->addresses[i - 1]))
			return false;
	for (uint32_t i = 0; i < header->n_sets; i++)
		if (!is_sound_set(table, &table->sets[i]))
			return false;
	for (uint32_t i = 0; i < header->n_rules; i++)
		if (!is_sound_rule(table, &table->rules[i]))
			return false;
	return true;
}

bool unwind_table_open(struct unwind_table *table, const void *bytes,
		       size_t size, struct err *err)
{
	const struct unwind_table_header *header = bytes;
	const unsigned char *at = bytes;
	uint64_t wanted = sizeof(*header);

	if (size < sizeof(*header) || header->magic != UNWIND_MAGIC ||
	    header->version != UNWIND_VERSION)
		return err_set(err, "not an unwind table of this version");
	wanted += (uint64_t)header->n_segments * sizeof(struct segment) +
		  (uint64_t)header->n_rows * 2 * sizeof(uint32_t) +
		  (uint64_t)header->n_sets * sizeof(struct unwind_set) +
		  (uint64_t)header->n_rules * sizeof(struct unwind_rule) +
		  header->expressions_size;
	if (wanted != size)
		return err_set(err, "an unwind table of a wrong size");
	table->header = header;
	at += sizeof(*header);
	table->segments = (const void *)at;
	at += header->n_segments * sizeof(struct segment);
	table->addresses = (const void *)at;
	at += header->n_rows * sizeof(uint32_t);
	table->row_sets = (const void *)at;
	at += header->n_rows * sizeof(uint32_t);
	table->sets = (const void *)at;
	at += header->n_sets * sizeof(struct unwind_set);
	table->rules = (const void *)at;
	at += header->n_rules * sizeof(struct unwind_rule);
	table->expressions = at;
	if (!is_sound(table))
		return err_set(err, "an unwind table that contradicts itself");
	return true;
}

const struct unwind_set *unwind_table_find(const struct unwind_table *table,
					   uint64_t svma)
{
	uint64_t address = svma - table->header->base;
	const struct unwind_set *set;
	size_t low = 0, high = table->header->n_rows;

	if (svma < table->header->base || address > UINT32_MAX)
		return NULL;
	/* The last row that is not behind the address. */
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (table->addresses[middle] <= address)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == 0)
		return NULL;
	set = &table->sets[table->row_sets[low - 1]];
	return set->cfa_kind ? set : NULL;
}

bool unwind_table_svma(const struct unwind_table *table, uint64_t file_off,
		       uint64_t *svma)
{
	return segments_svma(table->segments, table->header->n_segments,
			     file_off, svma);
}

const unsigned char *unwind_table_expression(const struct unwind_table *table,
					     int32_t expression, size_t *size)
{
	const unsigned char *at = table->expressions + expression;
	uint16_t own;

	memcpy(&own, at, sizeof(own));
	*size = own;
	return at + sizeof(own);
}
