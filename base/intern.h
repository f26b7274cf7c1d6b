/*
 * Strings, each kept once and known by a small number. Number 0 is always the
 * empty string. A string may hold any byte but NUL. A number stays valid for
 * the table's life, a pointer only until the next string is added.
 */
#ifndef BASE_INTERN_H
#define BASE_INTERN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct intern {
	char *bytes; /* the strings, each with its NUL */
	size_t size;
	size_t capacity;
	size_t *offsets; /* number → where it starts in bytes */
	uint32_t n;
	uint32_t offsets_capacity;
	uint32_t *slots;  /* hash table of numbers, UINT32_MAX where free */
	uint32_t n_slots; /* a power of two */
};

void intern_init(struct intern *table);
void intern_release(struct intern *table);

/* The number of a string, new or known. text may not point into the table. */
uint32_t intern_add(struct intern *table, const char *text);
uint32_t intern_add_bytes(struct intern *table, const char *text, size_t size);

/* Whether a string is there; then number is its. */
bool intern_find(const struct intern *table, const char *text,
		 uint32_t *number);

/* The string of a number below n. */
static inline const char *intern_get(const struct intern *table,
				     uint32_t number)
{
	return table->bytes + table->offsets[number];
}

#endif
