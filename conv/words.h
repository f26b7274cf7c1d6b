/*
 * The words of a line of text: what is between its spaces, one after the
 * other, and the numbers that they stand for.
 */
#ifndef CONV_WORDS_H
#define CONV_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline char *words_skip_spaces(char *at)
{
	while (*at == ' ' || *at == '\t')
		at++;
	return at;
}

/*
 * The next word from *at on, which moves behind it and the spaces that follow.
 * The word is NUL-terminated in its place; NULL where there is none.
 */
static inline char *words_next(char **at)
{
	char *word = words_skip_spaces(*at), *end = word;

	while (*end && *end != ' ' && *end != '\t')
		end++;
	if (end == word)
		return NULL;
	if (*end)
		*end++ = '\0';
	*at = words_skip_spaces(end);
	return word;
}

static inline int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Hexadecimal digits at *at, which moves behind them; false: none, or too many
 * for 64 bits. */
static inline bool words_hex_at(const char **at, uint64_t *value)
{
	const char *p = *at;

	*value = 0;
	for (int digit; (digit = hex_digit(*p)) >= 0; p++) {
		if (*value >> 60)
			return false;
		*value = *value << 4 | (uint64_t)digit;
	}
	if (p == *at)
		return false;
	*at = p;
	return true;
}

/* A whole word of them, with or without 0x. */
static inline bool words_hex(const char *word, uint64_t *value)
{
	if (word[0] == '0' && (word[1] | 0x20) == 'x')
		word += 2;
	return words_hex_at(&word, value) && !*word;
}

/* A whole word of decimal digits, limit at most. */
static inline bool words_number(const char *word, uint64_t limit,
				uint64_t *value)
{
	*value = 0;
	if (!*word)
		return false;
	for (; *word >= '0' && *word <= '9'; word++)
		if (__builtin_mul_overflow(*value, 10, value) ||
		    __builtin_add_overflow(*value, (uint64_t)(*word - '0'),
					   value))
			return false;
	return !*word && *value <= limit;
}

/* Whether text begins with start. */
static inline bool words_start_with(const char *text, const char *start)
{
	return strncmp(text, start, strlen(start)) == 0;
}

#endif
