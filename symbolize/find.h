/*
 * The file of a module. For now where the capture says that it was; other
 * places belong here.
 */
#ifndef SYMBOLIZE_FIND_H
#define SYMBOLIZE_FIND_H

#include <stdint.h>
#include <sys/stat.h>

#include "base/err.h"
#include "profile/profile.h"

/*
 * Opens the file of a module and fills st. Returns the descriptor, close() it,
 * or -1 with the reason and a sentence.
 */
int find_module_file(const struct profile *profile, const struct module *module,
		     struct stat *st, enum reason *reason, struct err *why);

/* Opens a file that the user named as one with symbols; -1 with a sentence. */
int find_named_file(const char *path, struct stat *st, struct err *err);

#endif
