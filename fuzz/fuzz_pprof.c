/* Any bytes as a pprof profile: nothing but an error may come of it, and what
 * is written of it reads and writes to the same bytes. */
#include "config.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "conv/pprof_write.h"
#include "conv/read.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* One file for all runs; its name. */
static const char *put_in_file(const void *bytes, size_t size)
{
	static int fd = -1;
	static char path[64];

	if (fd < 0) {
		fd = file_scratch();
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	}
	if (fd < 0 || ftruncate(fd, 0) != 0 || lseek(fd, 0, SEEK_SET) != 0 ||
	    !file_write(fd, bytes, size))
		abort();
	return path;
}

static bool pass_through(const void *bytes, size_t size, struct buf *out)
{
	static const struct sample_filter no_filter;
	struct read_options options = { .filter = &no_filter, .n_threads = 1 };
	struct read_stats stats;
	struct profile profile;
	struct err err;
	bool ok;

	profile_init(&profile);
	ok = read_input(put_in_file(bytes, size), INPUT_PPROF, &options,
			&profile, &stats, &err);
	if (ok)
		pprof_write(&profile, &(struct pprof_options){ .n_threads = 1 },
			    out);
	read_stats_release(&stats);
	profile_release(&profile);
	return ok;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf once = { 0 }, twice = { 0 };

	if (pass_through(data, size, &once) &&
	    (!pass_through(once.bytes, once.size, &twice) ||
	     once.size != twice.size ||
	     memcmp(once.bytes, twice.bytes, once.size) != 0))
		abort();
	buf_release(&once);
	buf_release(&twice);
	return 0;
}
