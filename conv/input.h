/*
 * An opened input that can be read anywhere in it, and what kind it is of.
 */
#ifndef CONV_INPUT_H
#define CONV_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum input_kind {
	INPUT_BY_CONTENT,
	INPUT_PERF_DATA,
	INPUT_PERF_SCRIPT,
	INPUT_FOLDED,
	INPUT_PPROF,
	INPUT_STACKS,	  /* our own text, doc/stacks-format.md */
	INPUT_BPFTRACE,	  /* output of bpftrace or bcc */
	INPUT_GPERFTOOLS, /* CPU profile */
	N_INPUT_KINDS,
};

struct input {
	enum input_kind kind; /* never INPUT_BY_CONTENT once opened */
	int fd;
	char *name; /* for messages */
	bool is_stdin;
	char *damage;	       /* a sentence: only the beginning of it could be
				* unpacked; NULL: it is whole */
	const char *directory; /* of perf record --threads; fd is its file
				* "data". NULL: it is a file */
	int64_t written_ns;    /* last change of the file, since 1970; 0: it was
				* a pipe, */
	uint64_t read_from_ns; /* and clock_now() when reading it began */
};

/* The word for --from, and the kind of one; INPUT_BY_CONTENT: of none. */
const char *input_kind_word(enum input_kind kind);
enum input_kind input_kind_of_word(const char *word);

/*
 * Opens a regular file, a directory that perf record --threads wrote, or, for
 * "-", standard input, which is copied to an unlinked temporary file where it
 * cannot be read twice. What is compressed as a whole is unpacked into one.
 * kind: what it is taken for, or by its content.
 */
bool input_open(struct input *input, const char *path, enum input_kind kind,
		struct err *err);
void input_close(struct input *input);

/* Whether input_open() would find a kind for what the path leads to; false
 * with its sentence and errno. Nothing is unpacked for that. */
bool input_is_known(const char *path, enum input_kind kind, struct err *err);

#endif
