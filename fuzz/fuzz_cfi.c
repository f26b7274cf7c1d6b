/* Any bytes as call frame information: compiled, the table is one that its own
 * check takes, and what is found in it lies inside. */
#include "config.h"

#include <stdint.h>
#include <stdlib.h>

#include "unwind/cfi.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The first byte tells which of the kinds of section it is. */
static struct cfi_section section_of(const uint8_t *data, size_t size)
{
	return (struct cfi_section){
		.bytes = data + 1,
		.size = size - 1,
		.svma = 0x2000,
		.is_eh_frame = data[0] & 1,
		.is_swapped = data[0] >> 1 & 1,
		.word_size = data[0] & 4 ? 4 : 8,
	};
}

static void check_expression(const struct unwind_table *table,
			     int32_t expression)
{
	size_t size;
	const unsigned char *bytes =
		unwind_table_expression(table, expression, &size);

	if (bytes < table->expressions ||
	    (size_t)(bytes - table->expressions) + size >
		    table->header->expressions_size)
		abort();
}

static void look_up(const struct unwind_table *table, uint64_t svma)
{
	const struct unwind_set *set = unwind_table_find(table, svma);

	if (!set)
		return;
	if (set->cfa_kind == CFA_EXPRESSION)
		check_expression(table, set->cfa_value);
	for (unsigned i = 0; i < set->n_rules; i++) {
		const struct unwind_rule *rule =
			&table->rules[set->first_rule + i];

		if (rule->kind == RULE_EXPRESSION ||
		    rule->kind == RULE_VALUE_EXPRESSION)
			check_expression(table, rule->value);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct unwind_table_builder *builder = unwind_table_builder_new();
	struct unwind_table_header header = { 0 };
	struct unwind_table table;
	struct buf bytes = { 0 };
	struct err err;

	if (size > 0) {
		struct cfi_section section = section_of(data, size);

		cfi_read(&section, builder);
	}
	unwind_table_builder_finish(builder, header, NULL, 0, &bytes);
	if (!unwind_table_open(&table, bytes.bytes, bytes.size, &err))
		abort();
	for (uint32_t i = 0; i < table.header->n_rows; i++)
		look_up(&table, table.header->base + table.addresses[i]);
	unwind_table_builder_free(builder);
	buf_release(&bytes);
	return 0;
}
