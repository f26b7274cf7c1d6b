/*
 * The worker: this program started anew to read the files of one module, or to
 * demangle names, with bounds on its memory and time. What it may crash on,
 * hang on or grow on costs that module's names and nothing else.
 *
 *	fd 0   the request: struct worker_request and what belongs to it
 *	fd 1   the answer: struct worker_blob headers, each followed by its
 *	       bytes, the last one of kind WORKER_END
 *	fd 3…  the module's files, by enum file_role; those in the request
 *	then   a channel over which the parent sends files that are asked for:
 *	       a byte, and a descriptor with it if there is one
 *
 * Both sides are the same program: numbers are in the machine's byte order.
 */
#ifndef SYMBOLIZE_WORKER_H
#define SYMBOLIZE_WORKER_H

#include <stdbool.h>
#include <stdint.h>

#include "symbolize/find.h"
#include "symbolize/spawn.h"

/* The command line that makes a worker of a program. */
#define WORKER_ARGUMENT "--symbolize-worker"

enum { WORKER_CHANNEL = SPAWN_FIRST_FILE + N_FILE_ROLES };

enum worker_task {
	/* u64 addresses follow: file offsets, sorted. */
	WORKER_SYMBOLIZE_OFFSETS = 1,
	/* u64 addresses follow: distances from the symbol _text (or, if
	 * use_stext is set, _stext), sorted. */
	WORKER_SYMBOLIZE_KERNEL = 2,
	/* Strings follow, each with its NUL. */
	WORKER_DEMANGLE = 3,
	/* u64 addresses follow: svma, sorted. */
	WORKER_SYMBOLIZE_IMAGE = 4,
	/* Nothing follows. */
	WORKER_UNWIND = 5,
	WORKER_INDEX_ALL = 6,  /* every table, and the unwind table */
	WORKER_UNPACK = 7,     /* the file is an archive */
	WORKER_DECOMPRESS = 8, /* the file is a compressed ELF file */
	WORKER_UNWIND_JIT = 9, /* the file is a jitdump */
};

struct worker_request {
	uint32_t task;
	uint32_t use_stext;
	uint64_t n;	    /* addresses or names */
	uint64_t file_size; /* of all files, bytes; the bounds grow with it */
	uint32_t files;	    /* 1 << enum file_role for each that is there */
	uint32_t padding;
	/* The file offsets that the capture has mapped as code: where the
	 * module's own file is missing they tell where its code belongs. */
	uint64_t code_start;
	uint64_t code_limit;
	/* How far behind the start of a kernel module, from where addresses
	 * count then, its first function lies; 0: not known. */
	uint64_t text_first;
};

enum worker_blob_kind {
	WORKER_END = 0,	    /* all is said */
	WORKER_INDEX = 1,   /* an image index */
	WORKER_SYMBOLS = 2, /* a table; number: page */
	WORKER_UNIT = 3,    /* a table; number: offset of the unit */
	WORKER_NAMES = 4,   /* full names in the order of the request */
	WORKER_ERROR = 5,   /* a sentence */
	WORKER_SANDBOX = 6, /* number: what sandbox_enter() gave */
	WORKER_ASK = 7,	    /* a path, a name (struct split_name): the parent
			     * sends the file, or none, over the channel;
			     * number: how many such files to skip */
	WORKER_UNWIND_TABLE = 8,
	WORKER_MEMBER = 9, /* the name of an ELF file in an archive, */
	WORKER_DATA = 10,  /* and some of its bytes; also of a compressed
			    * file */
	WORKER_LACKS = 11, /* number: a unit, the rest of which is not found */
};

struct worker_blob {
	uint32_t kind;
	uint32_t padding;
	uint64_t number;
	uint64_t size; /* bytes that follow */
};

/* Seconds of processor time, and of any time, that a file of a size is worth.
 */
unsigned worker_time_limit(uint64_t file_size);

/* What main() returns when it is started as a worker. */
int worker_main(void);

#endif
