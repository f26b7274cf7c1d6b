/*
 * Whose caches are used. What is in a cache is checked wherever it is read, but
 * whoever may write it can choose the names that others see.
 */
#ifndef CACHE_CACHE_TRUST_H
#define CACHE_CACHE_TRUST_H

#include <stdbool.h>
#include <sys/stat.h>

#include "base/err.h"

/*
 * A folder or file is trusted if it is the user's or root's, or belongs to one
 * of the users in $SYMCONV_CACHE_TRUST (names or numbers, with commas between
 * them), and nobody else can write it: no group but the user's own, and those
 * that the variable names as @GROUP. False with a sentence.
 */
bool cache_is_trusted(const char *path, const struct stat *st, struct err *err);

/* The mode of a database in a folder: who may read the folder may read it; and
 * write it, if that is a trusted group. */
mode_t cache_file_mode(const struct stat *folder);

#endif
