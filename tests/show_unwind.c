/*
 * Prints the unwind table of an ELF file, a row a line, for a comparison with
 * what readelf says:
 *
 *	ADDRESS CFA rREGISTER=RULE...
 *
 * CFA is rREGISTER+OFFSET or exp; a rule c+OFFSET, v+OFFSET, rREGISTER, exp,
 * vexp or u, as in readelf's --debug-dump=frames-interp. "-": nothing is known
 * from there on.
 */
#include "config.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "symbolize/image_unwind.h"
#include "unwind/unwind_table.h"

static void print_rule(const struct unwind_rule *rule)
{
	printf(" r%u=", rule->reg);
	switch (rule->kind) {
	case RULE_UNDEFINED:
		printf("u");
		break;
	case RULE_OFFSET:
		printf("c%+d", rule->value);
		break;
	case RULE_VALUE:
		printf("v%+d", rule->value);
		break;
	case RULE_REGISTER:
		printf("r%d", rule->value);
		break;
	case RULE_EXPRESSION:
		printf("exp");
		break;
	case RULE_VALUE_EXPRESSION:
		printf("vexp");
		break;
	}
}

static void print_row(const struct unwind_table *table, uint32_t row)
{
	const struct unwind_set *set = &table->sets[table->row_sets[row]];

	printf("%" PRIx64, table->header->base + table->addresses[row]);
	if (set->cfa_kind == 0)
		printf(" -");
	else if (set->cfa_kind == CFA_EXPRESSION)
		printf(" exp");
	else
		printf(" r%u%+d", set->cfa_register, set->cfa_value);
	for (unsigned i = 0; i < set->n_rules; i++)
		print_rule(&table->rules[set->first_rule + i]);
	putchar('\n');
}

int main(int argc, char **argv)
{
	int fd = argc == 2 ? open(argv[1], O_RDONLY | O_CLOEXEC) : -1;
	struct module_images images = { 0 };
	struct unwind_table table;
	struct buf bytes = { 0 };
	struct err err;

	if (fd < 0) {
		fprintf(stderr, "usage: show_unwind FILE\n");
		return EXIT_FAILURE;
	}
	images.own = &images.images[FILE_OWN];
	if (!image_open(images.own, fd, &err)) {
		fprintf(stderr, "%s: %s\n", argv[1], err.text);
		return EXIT_FAILURE;
	}
	image_unwind_table(&images, &bytes);
	if (!unwind_table_open(&table, bytes.bytes, bytes.size, &err)) {
		fprintf(stderr, "%s: %s\n", argv[1], err.text);
		return EXIT_FAILURE;
	}
	for (uint32_t i = 0; i < table.header->n_rows; i++)
		print_row(&table, i);
	image_close(images.own);
	buf_release(&bytes);
	return EXIT_SUCCESS;
}
