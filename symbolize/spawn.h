/*
 * Starts this program anew as one of its own helpers.
 */
#ifndef SYMBOLIZE_SPAWN_H
#define SYMBOLIZE_SPAWN_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"

/* A helper's descriptors from this on are the given files. */
enum { SPAWN_FIRST_FILE = 3 };

struct spawn {
	const char *argument;	 /* the only one: which helper it is */
	const struct buf *input; /* what it reads on standard input */
	const int *files;	 /* n_files of them, -1: none; borrowed */
	size_t n_files;
	bool keeps_environment; /* else it has none */
};

/*
 * Starts it; its standard error goes nowhere. Gives its process and the end of
 * a pipe that its standard output goes to, close() it. False with a sentence.
 *
 * It is started anew rather than forked: that costs the same however large this
 * process is, and the helper has nothing of it.
 */
bool spawn_self(const struct spawn *spawn, pid_t *pid, int *output,
		struct err *err);

#endif
