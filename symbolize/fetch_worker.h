/*
 * The fetch worker: this program started anew to download files by build id
 * with libdebuginfod, which verifies nothing and whose bounds do not hold: so
 * it has a private folder, a limit on the size of every file that it writes,
 * and a parent that ends it in time.
 *
 *	fd 0  struct fetch_request, its items, the folder, the servers
 *	fd 1  struct fetch_report, any number
 *
 * One server after the other is asked for each item, in the order given. A
 * server that fails in any other way than not to have a file is left alone
 * from then on.
 */
#ifndef SYMBOLIZE_FETCH_WORKER_H
#define SYMBOLIZE_FETCH_WORKER_H

#include <stdint.h>

#include "profile/build_id.h"

#define FETCH_ARGUMENT "--fetch-worker"

/* Both sides are the same program: numbers are in the machine's byte order. */
struct fetch_request {
	uint64_t max_bytes; /* of all files together */
	uint32_t seconds;   /* for all of it */
	uint32_t n_items;
	/* struct fetch_item follow, then two strings, each with its NUL: the
	 * folder for the files, and the servers' URLs with blanks between. */
};

struct fetch_item {
	uint32_t role; /* FILE_DEBUG or FILE_OWN of enum file_role */
	struct build_id build_id;
};

enum fetch_status {
	FETCH_PROGRESS,	     /* size: bytes of it so far */
	FETCH_DONE,	     /* it is in the folder: see fetch_file_name() */
	FETCH_NOT_FOUND,     /* no server has it */
	FETCH_FAILED,	     /* no server is left to ask */
	FETCH_SKIPPED,	     /* the budget is used up */
	FETCH_SERVER_FAILED, /* item: the number of the server; text: why */
};

struct fetch_report {
	uint32_t item;
	uint32_t status;
	uint64_t size; /* bytes */
	char text[240];
};

/* What a downloaded item is called in the folder; returns out. */
enum { FETCH_NAME_MAX = 32 };
char *fetch_file_name(uint32_t item, char out[FETCH_NAME_MAX]);

/* What main() returns when it is started as a fetch worker. */
int fetch_worker_main(void);

#endif
